/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - what the admin interface needs of its node, as a table of functions
 * that the node fills in; tests have a node of their own.
 *
 * Thread: the loop's, all of it. Everything handed over is borrowed for the
 * call. No function here may call the admin interface back before it returns,
 * but for answering the call it was given (call.h), which it may do at once. */
#ifndef NODE_ADMIN_NODE_H
#define NODE_ADMIN_NODE_H

#include <jansson.h>

#include "p2p/base/span.h"
#include "p2p/enode/enode.h"

struct admin_call;

/* A protocol in admin_nodeInfo or admin_peers. */
struct admin_protocol {
	const char *name;
	/* JSON text of what the protocol tells of itself, or of the peer; NULL
	 * shows as "unknown". */
	const char *info;
	bool is_shaking; /* its handshake is not over; shows so if no info */
};

/* Who we are (go-ethereum's p2p.NodeInfo). */
struct admin_self {
	const char *name; /* as in Hello */
	struct enode enode;
	const char *enr;    /* "enr:..."; NULL: there is none */
	uint16_t asked;	    /* UDP port of discovery; 0: there is none */
	struct addr listen; /* where it really listens */
	bool is_listening;
	const struct admin_protocol *protocols; /* the first of a name counts */
	size_t protocol_count;
};

/* One peer (p2p.PeerInfo). */
struct admin_peer {
	struct enode enode;
	const char *enr;	 /* NULL: not known */
	struct span name;	 /* of Hello, any bytes */
	const struct span *caps; /* all its Hello offered, each "name/version",
				  * any bytes */
	size_t cap_count;
	struct addr local;
	struct addr remote;
	bool is_inbound;
	bool is_trusted;
	bool is_static;
	const char *source; /* who told us of it: "v4"; NULL or "": nobody */
	const struct admin_protocol *protocols; /* that run with it */
	size_t protocol_count;
};

/* A plugin that is loaded. */
struct admin_counter {
	const char *name;
	int64_t value;
};

struct admin_plugin {
	const char *name;
	const char *version;
	const char *summary; /* may be NULL */
	const char *path;
	const char *state;	      /* "starting", "running", "stopping" */
	const char *const *protocols; /* "foobar/1" */
	size_t protocol_count;
	const struct admin_counter *counters;
	size_t counter_count;
};

enum admin_event_kind {
	ADMIN_PEER_ADD,
	ADMIN_PEER_DROP,
	ADMIN_MSG_SEND,
	ADMIN_MSG_RECV,
};

/* What befell a peer (p2p.PeerEvent). */
struct admin_event {
	enum admin_event_kind kind;
	struct node_id peer;
	struct addr local;
	struct addr remote;
	const char *error; /* of a drop: why; NULL or "": nothing to say */

	/* Of messages: protocol, code in it, and bytes uncompressed. */
	const char *protocol;
	uint64_t code;
	uint32_t size;
};

enum admin_trust {
	ADMIN_TRUST,
	ADMIN_TRUST_NOT,
};

/* Every member is set, but that the four that list, load, unload and reload
 * plugins are NULL, all of them, in a node that has none, as are those of
 * discovery: then there are no such methods. */
struct admin_node {
	void *ctx;

	/* Call `tell` once, with facts that live as long as that call. */
	void (*self)(void *ctx,
		     void (*tell)(void *to, const struct admin_self *),
		     void *to);

	/* Call `tell` for each, in any order. */
	void (*peers)(void *ctx,
		      void (*tell)(void *to, const struct admin_peer *),
		      void *to);
	void (*plugins)(void *ctx,
			void (*tell)(void *to, const struct admin_plugin *),
			void *to);

	/* Keep a session with this node, or no longer, ending the one there is;
	 * let it in when there is no room, or no longer. As in go-ethereum it
	 * is no error to add what is there or to remove what is not, nor to
	 * add oneself, which does nothing. What can never work is: why says. */
	enum err (*peer_add)(void *ctx, const struct enode *node,
			     struct why *why);
	enum err (*peer_remove)(void *ctx, const struct enode *node,
				struct why *why);
	enum err (*peer_trust)(void *ctx, const struct enode *node,
			       enum admin_trust trust, struct why *why);

	/* Each answers the call once, now or later. `options` is an object of
	 * strings, numbers and booleans, or NULL. */
	void (*plugin_load)(void *ctx, const char *name_or_path,
			    const json_t *options, struct admin_call *call);
	void (*plugin_unload)(void *ctx, const char *name,
			      struct admin_call *call);
	void (*plugin_reload)(void *ctx, const char *name,
			      struct admin_call *call);

	/* A method that a plugin registered, with its params as JSON text.
	 * False: there is none of that name, and the call is not answered. */
	bool (*plugin_method)(void *ctx, const char *method, const char *params,
			      struct admin_call *call);

	/* Call `tell` for each such method. */
	void (*plugin_methods)(void *ctx,
			       void (*tell)(void *to, const char *method),
			       void *to);

	/* What it counted since it began, an object of the caller's. */
	json_t *(*counters)(void *ctx);

	/* What discovery counted, and the nodes in a table of version 4 or 5:
	 * see finder_json.h. Objects of the caller's; the second is NULL for a
	 * version that is off. Without discovery both functions are NULL, and
	 * there are no such methods. */
	json_t *(*discovery_counters)(void *ctx);
	json_t *(*discovery_buckets)(void *ctx, unsigned version);

	/* End the node, soon; called when the answer is on its way. May close
	 * the admin interface from inside. */
	void (*stop)(void *ctx);
};

#endif
