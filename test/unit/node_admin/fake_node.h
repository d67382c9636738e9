/* SPDX-License-Identifier: Apache-2.0 */
/* fake_node.h - a node that has the facts it is given, remembers what was asked
 * of it, and answers some calls only when told to. */
#ifndef TEST_UNIT_NODE_ADMIN_FAKE_NODE_H
#define TEST_UNIT_NODE_ADMIN_FAKE_NODE_H

#include "node/admin/call.h"
#include "node/admin/node.h"

struct fake_node {
	struct admin_node node; /* give &fake.node to whoever wants one */

	struct admin_self self;
	const struct admin_peer *peers;
	size_t peer_count;

	/* What it was asked last, such as "add 127.0.0.1:30303", and what it
	 * answers to that. */
	char asked[1024];
	enum err rc;
	const char *why;

	/* plugin_unload and the method "foobar_wait" are kept here. */
	struct admin_call *waiting;
	unsigned stops;
	void (*on_stop)(void *ctx);
	void *ctx;
};

void fake_node_init(struct fake_node *n);

#endif
