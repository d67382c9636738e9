/* SPDX-License-Identifier: Apache-2.0 */
/* instance.h - one plugin on one node: the `struct weft_host` behind the plugin
 * interface. What the plugin registered hangs off it and dies with it.
 *
 * An instance knows its node only through struct instance_node, so that tests
 * and the in-memory pipes of <weft/test.h> can stand in for one.
 *
 * Thread: the loop's, but for what weft_post does. */
#ifndef NODE_PLUGIN_INSTANCE_H
#define NODE_PLUGIN_INSTANCE_H

#include "node/plugin/options.h"
#include "node/plugin/task.h"
#include "p2p/enode/enr.h"
#include "p2p/server/protocol.h"
#include "weft/plugin.h"

/* A TALK request of a plugin's; borrowed for the call. */
struct instance_talk {
	const char *node; /* "enr:...", or an id in hex */
	const char *protocol;
	struct span request;
};

/* What an instance needs of its node. Borrowed; outlives the instance. */
struct instance_node {
	void *ctx;
	struct net_loop *loop;
	struct task_loop *tasks;
	const struct log *log; /* may be NULL */
	uint64_t stop_ms;      /* for a plugin's stop; 0: 5 s */

	/* Who we are. */
	void (*facts)(void *ctx, struct weft_node_facts *out);

	/* Is (name, version) offered already? May be NULL, as the next two:
	 * the instance itself knows what it offers. */
	bool (*is_taken)(void *ctx, const char *name, uint32_t version);

	/* Is that service published already? And the service of another
	 * instance of the node that can be held now, or NULL. */
	bool (*service_is_taken)(void *ctx, const char *name, uint32_t version);
	struct service *(*service_find)(void *ctx, const char *name,
					uint32_t version);

	/* Does another instance answer that TALK protocol already? May be
	 * NULL. */
	bool (*talk_is_taken)(void *ctx, const char *name);

	/* The answer to an instance_talk_asked. */
	void (*talk_reply)(void *ctx, uint64_t token, struct span response);

	/* Ask a node. `done` comes once, later, maybe after the instance's end,
	 * with a response borrowed for the call; not after an error: ERR_FORMAT
	 * and ERR_NOT_FOUND for the node, ERR_LIMIT. NULL: there is no
	 * discovery. */
	enum err (*talk)(void *ctx, const struct instance_talk *talk,
			 void (*done)(void *ctx, enum err rc,
				      struct span response),
			 void *done_ctx);

	/* The plugin tells of a node, with an address and a TCP port, that may
	 * be dialed. ERR_LIMIT: too many plugins do. ERR_CLOSED: it is being
	 * unloaded. NULL: nobody dials. */
	enum err (*candidate)(void *ctx, const char *plugin,
			      const struct enode *node,
			      const struct enr *record);

	/* The plugin has set its entry of this key in the node's record, or
	 * taken it out; instance_entries has them all. An error undoes it:
	 * ERR_EXISTS, another plugin has one of that key; ERR_LIMIT, there is
	 * no room; ERR_CLOSED, it is being unloaded. May be NULL. */
	enum err (*entry)(void *ctx, const char *key);

	/* The newest record that is known of a node, verified.
	 * ERR_NOT_FOUND. May be NULL: none is. */
	enum err (*record)(void *ctx, struct enr *out,
			   const struct node_id *id);
};

/* instance_open - make it and queue its start. `started` is called once, later,
 * from the queue: 0 or what start returned (then instance_stop it). The
 * descriptor and what it points to are borrowed for the instance's life;
 * options (NULL: there are none) are taken over. Gives the descriptor the
 * table. */
struct weft_host *instance_open(const struct instance_node *node,
				const struct weft_plugin *plugin,
				struct options *options,
				void (*started)(void *ctx, int rc), void *ctx);

/* instance_stop - call the plugin's stop in a fiber; when it returned, or after
 * stop_ms, close everything it has: its sessions end with 0x08. When nothing of
 * it is left call `freed` of the descriptor and then `stopped`, after which the
 * instance is gone. Once; also while start still runs, and after it failed.
 *
 * The server that offers its protocols must go on running until `stopped`,
 * since channels wait for its word that a session is over; it refuses new ones
 * meanwhile. After `stopped` nothing may offer them any more. */
void instance_stop(struct weft_host *host, void (*stopped)(void *ctx),
		   void *ctx);

/* instance_abandon - some time after instance_stop, when nothing can be left
 * but parked tasks: let go of the loop, which can then be closed. The instance
 * is not freed, its plugin cannot be unloaded, and `stopped` is not called. */
void instance_abandon(struct weft_host *host);

/* instance_is_idle - false, with text saying what is left ("gossip gossip/1,
 * waiting in weft_work", "2 timers", "its service geo/1 is used by weather"),
 * while it cannot be unloaded. After instance_stop that is what `stopped` still
 * waits for. */
bool instance_is_idle(struct weft_host *host, struct why *why);

/* instance_protocols - what the server is to offer; borrowed until stop. */
size_t instance_protocols(const struct weft_host *host,
			  const struct protocol **out);

/* JSON of the named protocol for admin_nodeInfo, into a text the caller frees;
 * NULL when the plugin has nothing to say. */
char *instance_node_info(struct weft_host *host, const char *name,
			 uint32_t version);

/* instance_peer_info - the same about its session with one peer, for
 * admin_peers; NULL too when there is none. */
char *instance_peer_info(struct weft_host *host, const char *name,
			 uint32_t version, const struct node_id *peer);

/* The admin methods it registered. */
struct instance_rpc {
	const char *method;
	int (*fn)(void *state, const char *params, size_t size,
		  struct weft_text *result);
	void *state;
};
size_t instance_rpcs(const struct weft_host *host,
		     const struct instance_rpc **out);

/* instance_rpc_call - run it in a fiber of the plugin's. `done` gets JSON text,
 * borrowed, or a negative WEFT_E and NULL. */
void instance_rpc_call(struct weft_host *host, const struct instance_rpc *rpc,
		       const char *params,
		       void (*done)(void *ctx, int rc, const char *json),
		       void *ctx);

/* instance_service - one that it publishes, or NULL. */
struct service *instance_service(const struct weft_host *host, const char *name,
				 uint32_t version);

/* instance_is_used - does another plugin hold a service of it? Then why says
 * which and who: "its service geo/1 is used by weather". */
bool instance_is_used(const struct weft_host *host, struct why *why);

/* instance_talks - does it answer this TALK protocol? */
bool instance_talks(const struct weft_host *host, struct span protocol);

/* instance_talk_asked - have the plugin answer, in a fiber of its own: once, by
 * talk_reply with this token, unless it does not end. ERR_NOT_FOUND: no such
 * protocol. ERR_BUSY, ERR_LIMIT, ERR_CLOSED, ERR_SYSTEM: not now. */
MUST_USE enum err instance_talk_asked(struct weft_host *host, uint64_t token,
				      const struct weft_talk_facts *who,
				      struct span protocol,
				      struct span request);

/* instance_entries - what it puts into the node's record; borrowed until it
 * sets others. */
const struct enr_draft *instance_entries(const struct weft_host *host);

struct instance_counter {
	const char *name;
	int64_t value;
};
size_t instance_counters(const struct weft_host *host,
			 const struct instance_counter **out);

const struct weft_plugin *instance_plugin(const struct weft_host *host);

/* The one table of calls, for plugins and for programs that embed a node. */
extern const struct weft_api instance_api;

#endif
