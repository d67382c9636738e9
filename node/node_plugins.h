/* SPDX-License-Identifier: Apache-2.0 */
/* node_plugins.h - the plugins of a node, from before its server opens until
 * after it has closed.
 *
 *     node_plugins_open   load what is wanted, one after the other
 *     -> ready            all run, or one cannot: the node starts, or not
 *     node_plugins_serve  from now on the server is told of every change
 *     node_plugins_close  the server is closed; stop them
 *     -> closed
 *
 * Thread: the loop's. */
#ifndef NODE_NODE_PLUGINS_H
#define NODE_NODE_PLUGINS_H

#include "node/node_record.h"
#include "node/node_talk.h"
#include "node/node_told.h"
#include "node/plugin/manager.h"
#include "p2p/server/server.h"

struct node_plugins_config {
	struct net_loop *loop;
	struct task_loop *tasks; /* as the loader maybe other nodes' too */
	struct loader *loader;
	const struct log *log;
	const struct wanted *wanted; /* borrowed until `ready` */
	size_t count;

	/* Who we are. */
	void (*facts)(void *ctx, struct weft_node_facts *out);

	struct node_talk *talk; /* borrowed; all 0 until it is opened */
	struct node_told *told; /* borrowed */

	/* What they put into the record is another now (manager_entries). */
	void (*entries)(void *ctx);

	/* As of instance_node. */
	enum err (*record)(void *ctx, struct enr *out,
			   const struct node_id *id);

	/* Called once, from inside of node_plugins_open or later. An error
	 * names the plugin, and why. */
	void (*ready)(void *ctx, enum err rc, const struct why *why);
	void *ctx;
};

/* Not to be moved while open. */
struct node_plugins {
	struct node_plugins_config config;
	struct instance_node node;
	struct manager *manager; /* NULL: not open */
	struct server *server;	 /* NULL: not yet, or no longer */
	size_t loaded;		 /* of those that are wanted */
	void (*closed)(void *ctx);
};

/* node_plugins_check - can these be loaded, and do they take their options?
 * Each is loaded and let go again, before anything of a node is there. Errors
 * of loader_get, and of wanted_options; *misused is the plugin of the latter, a
 * mistake in a setting rather than in a plugin, and NULL otherwise. Blocks on
 * the file system. */
MUST_USE enum err node_plugins_check(const struct wanted *wanted, size_t count,
				     const char *folder,
				     const struct wanted **misused,
				     struct why *why);

void node_plugins_open(struct node_plugins *p,
		       const struct node_plugins_config *config);

/* node_plugins_offer - what they speak, for server_open; the caller frees it.
 */
struct protocol *node_plugins_offer(const struct node_plugins *p,
				    size_t *count);

void node_plugins_serve(struct node_plugins *p, struct server *server);

/* node_plugins_close - `closed` comes later; the memory of what would not end
 * stays. */
void node_plugins_close(struct node_plugins *p, void (*closed)(void *ctx));

#endif
