/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.h - many nodes on one loop: each a server on loopback with one plugin
 * of its own options. */
#ifndef TEST_SCENE_NODES_H
#define TEST_SCENE_NODES_H

#include "p2p/server/server.h"
#include "test/unit/node_plugin/rig.h"

struct node {
	struct rig *rig;
	struct rigged plugin;
	struct server *server; /* NULL: closed */
	struct ecc_keypair key;
	struct enode self;
	size_t added, dropped;
};

struct nodes {
	struct rig rig;
	struct node *node;
	size_t count;
};

/* nodes_open - options(i) is what node i's plugin gets, as text. */
void nodes_open(struct nodes *all, size_t count,
		const struct weft_plugin *plugin,
		const char *(*options)(size_t i));

/* nodes_dial - the one at `from` keeps a session with the one at `to`. */
void nodes_dial(struct nodes *all, size_t from, size_t to);

/* nodes_until - the loop turns until it holds; fails when it never does. */
void nodes_until(struct nodes *all, bool (*holds)(const struct nodes *all));

/* nodes_state - what the plugin's start gave as its state. */
void *nodes_state(const struct nodes *all, size_t i);

/* nodes_call - an admin method without parameters, which must succeed. */
void nodes_call(struct nodes *all, size_t i, const char *method);

/* nodes_close - every server says goodbye, every plugin is stopped. */
void nodes_close(struct nodes *all);

#endif
