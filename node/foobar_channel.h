/* SPDX-License-Identifier: Apache-2.0 */
/* foobar_channel.h - the foobar protocol on the server's channels: the pure
 * core of protocols/foobar, a timer, and what is told of it. Each side says
 * foo when the session is up, and again at every interval if there is one.
 *
 * What a peer makes us tell is limited: the foo and bar it causes are told
 * FOOBAR_TOLD_AT_ONCE at a time and FOOBAR_TOLD_PER_SECOND in the long run. Our
 * own foo, and as many bar in answer, are ours to cause, and always told.
 * Thread: the loop's. */
#ifndef NODE_FOOBAR_CHANNEL_H
#define NODE_FOOBAR_CHANNEL_H

#include "p2p/net/loop.h"
#include "p2p/server/protocol.h"

enum {
	FOOBAR_TOLD_AT_ONCE = 20,
	FOOBAR_TOLD_PER_SECOND = 10,
};

enum foobar_way {
	FOOBAR_RECEIVED,
	FOOBAR_SENT,
};

struct foobar_host {
	struct net_loop *loop;
	uint64_t interval_ms; /* 0: foo is said once */

	/* A "foo" or "bar" came or was queued to go. */
	void (*told)(void *ctx, const struct node_id *peer, enum foobar_way way,
		     const char *text);

	/* So many were not told since the last call, at most once a second
	 * and at the end. */
	void (*left_out)(void *ctx, const struct node_id *peer, uint64_t count);
	void *ctx; /* of both, which may be NULL */
};

/* foobar_protocol - fill in what server_open takes. The host is borrowed until
 * the server is closed. */
void foobar_protocol(struct protocol *out, struct foobar_host *host);

/* foobar_capability - the same without a host: what we offer in Hello. */
void foobar_capability(struct capability *out);

#endif
