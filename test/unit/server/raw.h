/* SPDX-License-Identifier: Apache-2.0 */
/* raw.h - a client that does RLPx by hand, so that it can do it wrong: any
 * bytes in place of auth, any frame afterwards, reading or not. Built from the
 * parts of p2p/rlpx below its core. It may also be the one who is dialed. */
#ifndef TEST_UNIT_SERVER_RAW_H
#define TEST_UNIT_SERVER_RAW_H

#include "p2p/rlpx/frame.h"
#include "test/unit/server/scene.h"

enum {
	RAW_NO_REASON = -1
};

struct raw {
	struct scene *scene;
	struct net_stream *stream; /* NULL once closed */
	struct ecc_keypair key;
	struct handshake_entropy entropy;
	struct handshake_packet auth; /* as sent by raw_auth */

	/* Of raw_listen. */
	struct net_listener *listener; /* until the node came */
	struct enode self;
	bool answers; /* the node dialed: auth comes in, ack goes out */

	bool connected;
	bool ended; /* the server closed, or the connection broke */
	bool secured;
	bool blind; /* set by a test: count what comes, read none of it */
	struct buf in;
	struct frame_codec codec;
	bool in_body;
	size_t size;

	size_t bytes_in;
	size_t hellos, pings, pongs, messages;
	int reason; /* of a Disconnect that came, or RAW_NO_REASON */
};

/* raw_open - a TCP connection to the node; waits until it stands. */
void raw_open(struct raw *r, struct node *to);

/* raw_open_as - the same, with this key as identity. */
void raw_open_as(struct raw *r, struct node *to, const struct ecc_keypair *key);
void raw_close(struct raw *r);
void raw_reset(struct raw *r);

void raw_bytes(struct raw *r, const void *data, size_t len);

/* raw_auth - send a proper auth; raw_handshake - and wait for the keys. */
void raw_auth(struct raw *r, struct node *to);
void raw_handshake(struct raw *r, struct node *to);

/* raw_listen - be there for one dial of the node's, at r->self; raw_wait_dial -
 * until it stands. raw_answer - and then, once auth came, the keys. */
void raw_listen(struct raw *r, struct scene *s, const struct ecc_keypair *key);
void raw_wait_dial(struct raw *r);
void raw_answer(struct raw *r);

/* raw_hello - send a Hello that offers test/1. */
void raw_hello(struct raw *r);

/* raw_join - all of it, until the node has the peer. */
void raw_join(struct raw *r, struct node *to);

/* raw_frame - a frame with this data, as it is: code and payload. */
void raw_frame(struct raw *r, const void *data, size_t len);

/* raw_frame_part - only the first n bytes of that frame. */
void raw_frame_part(struct raw *r, const void *data, size_t len, size_t n);

void raw_wait_end(struct raw *r);
void raw_wait_reason(struct raw *r);

#endif
