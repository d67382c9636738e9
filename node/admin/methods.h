/* SPDX-License-Identifier: Apache-2.0 */
/* methods.h - the methods of the admin interface: go-ethereum's for peers, with
 * its names, results and errors, ours for plugins, discovery and the node, and
 * those that
 * plugins register.
 *
 *     admin_nodeInfo  admin_peers
 *     admin_addPeer  admin_removePeer  admin_addTrustedPeer
 *     admin_removeTrustedPeer                            [ENODE] -> true
 *     admin_subscribe ["peerEvents"], admin_peerEvents   -> ID of the watch,
 *         then notifications "admin_subscription"
 *     admin_unsubscribe                                  [ID] -> true
 *     plugin_list  plugin_load [NAME, OPTIONS?]  plugin_unload [NAME]
 *     plugin_reload [NAME]  node_stop -> true
 *     node_counters  -> {"peers": 2, "memory": 4096, "sessions": 5, ...}
 *     discovery_counters  -> {"v4": {"known": 12, ...}, ...}
 *     discv4_buckets  discv5_buckets  -> [[{"node": "enr:...", ...}], ...]
 *     rpc_modules  -> {"admin": "1.0", ...}
 *
 * Pure but for what the node does. */
#ifndef NODE_ADMIN_METHODS_H
#define NODE_ADMIN_METHODS_H

#include "node/admin/call.h"
#include "node/admin/node.h"

enum {
	METHODS_WATCH_ID = 35 /* "0x", 32 hex digits, terminator */
};

/* What a method can do to the session of whoever called it. */
struct methods_caller {
	void *ctx;

	/* A new watch of peer events; false: it has as many as it may. */
	bool (*watch)(void *ctx, char id[METHODS_WATCH_ID]);

	/* False: there is no such one. */
	bool (*unwatch)(void *ctx, const char *id);

	/* The node's stop is to be called once the answer is on its way. */
	void (*stop)(void *ctx);
};

/* methods_call - run a method; the call is answered by it or by whomever it
 * gives it to. params: NULL or any JSON value, borrowed. */
void methods_call(const struct admin_node *node,
		  const struct methods_caller *caller, const char *method,
		  const json_t *params, struct admin_call *call);

/* methods_name - the i-th of ours, in the order of the alphabet; NULL behind
 * the last. */
const char *methods_name(size_t i);

#endif
