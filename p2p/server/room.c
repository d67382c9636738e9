/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/room.h"

#include <stdlib.h>

void room_init(struct room *r, size_t budget, size_t users)
{
	*r = (struct room){ .budget = budget, .count = users };
	r->users = calloc(users + 1, sizeof(*r->users));
	if (!r->users)
		abort();
}

void room_clear(struct room *r)
{
	free(r->users);
	*r = (struct room){ 0 };
}

static bool has_room(const struct room *r, const struct room_user *u,
		     size_t queued)
{
	bool others_wait = r->waiting > u->waits;

	if (queued <= room_low(r))
		return true; /* or nobody might ever have a turn again */
	if (queued >= r->budget)
		return false;
	return u->credit > 0 || !(r->contended || others_wait);
}

bool room_ask(struct room *r, size_t user, size_t queued)
{
	struct room_user *u = &r->users[user];

	if (has_room(r, u, queued))
		return true;
	r->waiting += !u->waits;
	u->waits = true;
	return false;
}

void room_took(struct room *r, size_t user, size_t bytes)
{
	if (r->contended)
		r->users[user].credit -= (int64_t)bytes;
}

/* Who found no room in its turn keeps what it had left. Who wants nothing saves
 * nothing up, but what it owes grows less. */
static void give(struct room_user *u, int64_t share, int64_t most)
{
	u->credit += share;
	if (!u->waits)
		most = 0;
	if (u->credit > most)
		u->credit = most;
}

void room_open(struct room *r, size_t queued)
{
	int64_t share = 0;

	r->contended = r->waiting > 1;
	if (r->contended)
		share = (int64_t)((r->budget - queued) / r->waiting);
	for (size_t i = 0; i < r->count; i++) {
		struct room_user *u = &r->users[i];

		if (r->contended)
			give(u, share, (int64_t)r->budget);
		else
			u->credit = 0;
		u->is_due = u->waits;
	}
}

/* Who got least so far comes first. */
int room_next(struct room *r)
{
	int first = ROOM_NOBODY;

	for (size_t i = 0; i < r->count; i++) {
		const struct room_user *u = &r->users[i];

		if (u->is_due && (first == ROOM_NOBODY ||
				  u->credit > r->users[first].credit))
			first = (int)i;
	}
	if (first != ROOM_NOBODY)
		room_leave(r, (size_t)first);
	return first;
}

void room_leave(struct room *r, size_t user)
{
	struct room_user *u = &r->users[user];

	r->waiting -= u->waits;
	u->waits = false;
	u->is_due = false;
}
