/* SPDX-License-Identifier: Apache-2.0 */
/* end.h - one end of a connection without a socket: a core that behaves, what
 * it wants to send, and a diary of its events. */
#ifndef TEST_UNIT_RLPX_END_H
#define TEST_UNIT_RLPX_END_H

#include "p2p/rlpx/rlpx.h"
#include "test/support/unit.h"

enum {
	END_OFFERED = 2
};

/* What each end offers: bar/2 of two codes, foo/1 of three. */
extern const struct capability end_offered[END_OFFERED];

struct end {
	struct rlpx *x;
	struct buf out;
	char diary[8192];	/* "secured hello(5) m0.1:c0ffee ping ..." */
	struct rlpx_event last; /* its message has been put */
	enum err rc;		/* how the last drain ended */
};

/* end_config - initiator and recipient are fixed_key(0) and fixed_key(1). */
struct rlpx_config end_config(enum handshake_side side);
void end_open_with(struct end *e, const struct rlpx_config *config);
void end_open(struct end *e, enum handshake_side side);
void end_close(struct end *e);

/* end_drain - take every event there is, as a well-behaved peer would. */
void end_drain(struct end *e);

/* end_carry - feed what one end wrote to the other, `chunk` bytes at a time. */
void end_carry(struct end *from, struct end *to, size_t chunk);

/* end_settle - both ways, until neither end has anything to send. */
void end_settle(struct end *a, struct end *b, size_t chunk);

/* pattern - bytes that Snappy cannot make smaller; to be freed. */
struct span pattern(size_t len);

/* end_send - a message of such bytes. */
void end_send(struct end *e, uint32_t match, uint32_t code, size_t len);

#endif
