/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - a connection to a node with no server behind it: TCP, handshake,
 * Hello both ways, and then nothing of its own accord but Pongs. Its curve work
 * is done on the spot, as by any client that does one thing at a time.
 *
 * Thread: the loop's. */
#ifndef NODE_BENCH_CALL_H
#define NODE_BENCH_CALL_H

#include "p2p/enode/enode.h"
#include "p2p/net/loop.h"
#include "p2p/rlpx/rlpx.h"

struct call;

struct call_config {
	struct net_loop *loop;
	const struct enode *node; /* with an address */
	const struct ecc_keypair *us;
	const char *name;		/* in Hello; outlives the call */
	const struct capability *offer; /* one; outlives the call */

	void (*up)(void *ctx, struct call *c); /* both have said Hello */
	void (*pong)(void *ctx, struct call *c);

	/* The last one; the call is gone after it. cause is NULL if we closed
	 * it. */
	void (*over)(void *ctx, struct call *c, const char *cause);
	void *ctx;
};

/* call_open - what net_stream_dial refuses, and ERR_FORMAT: the node's key is
 * no point of the curve. */
MUST_USE enum err call_open(struct call **out, const struct call_config *config,
			    struct why *why);

void call_ping(struct call *c);

/* call_leave - call_close, once all that was said is on its way: from `up` on,
 * our Hello may be among it. */
void call_leave(struct call *c);

/* call_close - without a Disconnect; `over` follows. */
void call_close(struct call *c);

/* call_hello - theirs, from `up` on. call_shares - our offer with them? */
const struct hello *call_hello(const struct call *c);
bool call_shares(const struct call *c);

#endif
