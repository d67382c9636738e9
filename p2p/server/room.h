/* SPDX-License-Identifier: Apache-2.0 */
/* room.h - who may queue how much to a peer: one budget, "1 MiB plus one
 * message, shared fairly between protocols" (specs: plugin-abi "Flow control,
 * in numbers"). A pure core.
 *
 *     room_ask    may this one queue a message? If not, it waits
 *     room_took   it did
 *     room_open   half of the budget is free again: who waits has a turn
 *     room_next   the next whose turn it is
 *
 * As long as there is more room than any wants, nobody is counted. Once more
 * than one waits each turn gives all the same number of bytes. A message may
 * go beyond them; that is owed in the next turns, so that over time each gets
 * as many bytes as the others, whatever the size of its messages.
 *
 * Who is told to wait will have a turn: more than half of the budget is queued
 * then, and room_open is owed when it is not any more. */
#ifndef P2P_SERVER_ROOM_H
#define P2P_SERVER_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/base/attr.h"

enum {
	ROOM_NOBODY = -1
};

struct room_user {
	bool waits;
	bool is_due;	/* it is to have its turn now */
	int64_t credit; /* bytes it may still queue in this turn, or owes */
};

struct room {
	size_t budget; /* bytes, plus one message */
	struct room_user *users;
	size_t count;
	size_t waiting;
	bool contended; /* more than one waited when there was room */
};

void room_init(struct room *r, size_t budget, size_t users);
void room_clear(struct room *r);

/* room_low - so many bytes queued leave half of the budget. */
static inline size_t room_low(const struct room *r)
{
	return r->budget / 2;
}

/* room_ask - with `queued` bytes waiting. False: the user waits for room_next.
 */
MUST_USE bool room_ask(struct room *r, size_t user, size_t queued);
void room_took(struct room *r, size_t user, size_t bytes);

/* room_open - no more than room_low is queued. */
void room_open(struct room *r, size_t queued);

/* room_next - a user that had waited and does not any more, or ROOM_NOBODY. It
 * may ask at once. */
int room_next(struct room *r);

/* room_leave - the user wants nothing any more. */
void room_leave(struct room *r, size_t user);

#endif
