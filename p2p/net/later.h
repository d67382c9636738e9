/* SPDX-License-Identifier: Apache-2.0 */
/* later.h - work for the end of the loop's turn: after the callbacks of this
 * turn's I/O, and before the loop waits for more. What it writes to streams
 * leaves before the loop waits. */
#ifndef P2P_NET_LATER_H
#define P2P_NET_LATER_H

#include "p2p/net/loop.h"

struct net_later;

/* net_later_open - run(ctx) is what net_later_ask asks for. */
struct net_later *net_later_open(struct net_loop *loop, void (*run)(void *ctx),
				 void *ctx);

/* net_later_ask - run it once at the end of this turn, however often asked.
 * Asked for while it runs, it runs again after the loop has looked for I/O,
 * without waiting. */
void net_later_ask(struct net_later *l);

/* net_later_close - it will not run any more; also from inside of it. NULL is
 * ignored. */
void net_later_close(struct net_later *l);

#endif
