/* SPDX-License-Identifier: Apache-2.0 */
/* async.h - how another thread gets the loop's attention. It is all that other
 * threads may call of p2p/net; what they have to say lies in a queue of the
 * owner's, under a lock of the owner's. */
#ifndef P2P_NET_ASYNC_H
#define P2P_NET_ASYNC_H

#include "p2p/net/loop.h"

struct net_async;

/* net_async_open - `fire` is called on the loop's thread after each wake. */
struct net_async *net_async_open(struct net_loop *loop, void (*fire)(void *ctx),
				 void *ctx);

/* net_async_wake - from any thread: `fire` is called soon, once or more often,
 * but several wakes may give one call. What the caller wrote before is seen in
 * it. Not during or after net_async_close, which the owner's lock sees to. */
void net_async_wake(struct net_async *a);

/* net_async_close - on the loop's thread; `fire` is not called any more. NULL
 * is ignored. */
void net_async_close(struct net_async *a);

#endif
