/* SPDX-License-Identifier: Apache-2.0 */
/* node_admin.h - a node as its admin interface sees it: what struct admin_node
 * asks, answered from the node, its server and its plugins. Thread: the loop's.
 */
#ifndef NODE_NODE_ADMIN_H
#define NODE_NODE_ADMIN_H

#include "node/admin/admin.h"
#include "node/node.h"

/* Start from node_admin_init; not to be moved while the interface is open. */
struct node_admin {
	struct admin_node node; /* what admin_open takes */
	const struct node *of;
	struct server *server; /* of that node, as the next */
	struct manager *plugins;
	const char *name; /* in Hello */
	bool is_listening;
	void (*stop)(void *ctx); /* asked for by node_stop */
	void *ctx;
};

/* node_admin_init - of a node that serves. */
void node_admin_init(struct node_admin *a, const struct node *node,
		     const char *name, bool is_listening,
		     void (*stop)(void *ctx), void *ctx);

/* node_admin_tell - a peer came or went: those who watch are told. Other events
 * are not theirs. `admin` may be NULL. */
void node_admin_tell(struct admin *admin, const struct server_event *ev);

#endif
