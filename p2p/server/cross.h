/* SPDX-License-Identifier: Apache-2.0 */
/* cross.h - cross dials: we dialed a node while it dialed us (specs: devp2p
 * 11.4, point 10: "prefer the connection dialed by the smaller ID; hold the
 * other until the first is decided; if that one fails, use the other"). Pure.
 *
 * Most nodes keep the connection whose Hello came first and refuse the other
 * with 0x05. If both had our Hello, we could decide for the one that such a
 * node refuses, and lose both. So, as far as we know of the other connection in
 * time, only one of them gets our Hello:
 *
 * - A connection that is not preferred waits with Hello for the other one, once
 *   that got beyond TCP.
 * - A dial that did not get that far is given up for one that came in.
 * - Where both did get it (ours was underway when theirs came, and theirs is
 *   preferred), neither becomes a session before the other node has refused one
 *   or sent a message on one.
 *
 * Between two nodes of these rules the connection that the smaller dialed gets
 * both Hellos and the other one lacks its, so that neither waits in vain. */
#ifndef P2P_SERVER_CROSS_H
#define P2P_SERVER_CROSS_H

#include <stdbool.h>

#include "p2p/enode/enode.h"

/* One connection beside the other. */
struct cross {
	bool preferred;	  /* see cross_prefers */
	bool rival;	  /* there is another, beyond TCP and not ended */
	bool rival_hello; /* and that one got our Hello */
};

/* cross_prefers - the connection that the node with the smaller id dialed. */
bool cross_prefers(const struct node_id *us, const struct node_id *them,
		   bool inbound);

/* cross_may_greet - send Hello now? */
bool cross_may_greet(const struct cross *c);

/* cross_may_welcome - both Hellos are there: is it a session now? */
bool cross_may_welcome(const struct cross *c);

#endif
