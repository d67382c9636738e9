/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/room.h"

#include "test/support/unit.h"

enum {
	BUDGET = 1000,
	USERS = 4,
};

static struct room room;
static size_t queued;
static size_t sent[USERS];

static void open_room(void)
{
	room_init(&room, BUDGET, USERS);
	queued = 0;
	memset(sent, 0, sizeof(sent));
}

static bool try_send(size_t user, size_t bytes)
{
	if (!room_ask(&room, user, queued))
		return false;
	queued += bytes;
	sent[user] += bytes;
	room_took(&room, user, bytes);
	return true;
}

static void fill(size_t user, size_t bytes)
{
	while (try_send(user, bytes))
		;
}

static void drain_to(size_t left)
{
	queued = left;
	if (queued <= room_low(&room))
		room_open(&room, queued);
}

Test(room, is_the_budget_and_one_message)
{
	open_room();
	cr_assert(try_send(0, BUDGET - 1));
	cr_assert(try_send(0, 5000));
	cr_assert_not(try_send(0, 0));
	cr_assert_not(try_send(1, 0));
	drain_to(BUDGET);
	cr_assert_not(try_send(0, 0));
	room_clear(&room);
}

Test(room, tells_who_waits_once_half_of_it_is_free)
{
	open_room();
	fill(2, 100);
	cr_assert_eq(sent[2], (size_t)BUDGET);
	drain_to(501);
	cr_assert_eq(room_next(&room), ROOM_NOBODY);
	drain_to(500);
	cr_assert_eq(room_next(&room), 2);
	cr_assert_eq(room_next(&room), ROOM_NOBODY);
	/* Alone it has all of it again. */
	fill(2, 100);
	cr_assert_eq(queued, (size_t)BUDGET);
	room_clear(&room);
}

Test(room, tells_nobody_who_does_not_wait)
{
	open_room();
	fill(0, 100);
	cr_assert_not(try_send(1, 1));
	room_leave(&room, 0);
	drain_to(0);
	cr_assert_eq(room_next(&room), 1);
	cr_assert_eq(room_next(&room), ROOM_NOBODY);
	room_clear(&room);
}

/* Who polls would otherwise take each byte that becomes free. */
Test(room, lets_nobody_overtake_who_waits)
{
	open_room();
	fill(0, 100);
	cr_assert_not(try_send(1, 100));
	drain_to(900);
	cr_assert_not(try_send(2, 1));
	drain_to(501);
	cr_assert_not(try_send(0, 1));
	drain_to(500);
	for (size_t user = 0; user < 3; user++)
		cr_assert_eq(room_next(&room), (int)user);
	room_clear(&room);
}

Test(room, refuses_nobody_while_half_of_it_is_free)
{
	open_room();
	fill(0, 100);
	cr_assert_not(try_send(1, 100));
	drain_to(0);
	cr_assert_eq(room_next(&room), 0);
	cr_assert_eq(room_next(&room), 1);
	/* Neither wants it any more, so nobody would be told again. */
	cr_assert(try_send(3, 500));
	cr_assert(try_send(3, 1));
	cr_assert_not(try_send(3, 1), "now somebody will");
	drain_to(500);
	cr_assert_eq(room_next(&room), 3);
	room_clear(&room);
}

/* Each wants as much as it gets, in messages of its size, for many turns. */
static void turns(const size_t size[USERS], size_t users)
{
	open_room();
	for (size_t round = 0; round < 20000; round++) {
		int user;

		for (size_t i = 0; i < users; i++)
			if (!room.users[i].waits)
				fill(i, size[i]);
		drain_to(room_low(&room));
		while ((user = room_next(&room)) != ROOM_NOBODY)
			fill((size_t)user, size[user]);
	}
	for (size_t i = 1; i < users; i++) {
		cr_assert_gt(sent[i], sent[0] - sent[0] / 20, "%zu", i);
		cr_assert_lt(sent[i], sent[0] + sent[0] / 20, "%zu", i);
	}
	room_clear(&room);
}

Test(room, is_shared_by_bytes_not_by_messages)
{
	turns((size_t[USERS]){ 10, 10 }, 2);
	turns((size_t[USERS]){ 16000, 1 }, 2);
	turns((size_t[USERS]){ 1, 16000 }, 2);
	turns((size_t[USERS]){ 7, 3000, 64, 900 }, 4);
}

Test(room, owes_nobody_for_the_time_when_there_was_enough)
{
	open_room();
	for (int i = 0; i < 1000; i++) { /* user 0 alone */
		fill(0, 100);
		drain_to(0);
		cr_assert_eq(room_next(&room), 0);
	}
	fill(0, 100);
	cr_assert_not(try_send(1, 100));
	drain_to(0);
	cr_assert_eq(room_next(&room), 0, "it came first, and owes nothing");
	cr_assert_eq(room_next(&room), 1);
	room_clear(&room);
}

Test(room, forgives_what_is_owed_once_nobody_else_waits)
{
	open_room();
	fill(0, 100000);
	cr_assert_not(try_send(1, 1));
	drain_to(0);
	cr_assert_eq(room_next(&room), 0);
	fill(0, 100000); /* far more than its share */
	cr_assert_eq(room_next(&room), 1);
	drain_to(0); /* user 1 wants nothing */
	cr_assert_eq(room_next(&room), 0);
	fill(0, 100);
	cr_assert_eq(queued, (size_t)BUDGET);
	room_clear(&room);
}
