/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/limits.h"
#include "p2p/server/pace.h"
#include "test/support/unit.h"

/* A clock that starts nowhere in particular. */
enum {
	START_MS = 1000000
};

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, START_MS + ms);
}

static const struct pace_limits *limits(void)
{
	return &server_limits_default.pace;
}

/* What is due at `ms`; Pings are sent and not told. */
static enum pace_due due_at(struct pace *p, uint64_t ms)
{
	enum pace_due due;
	struct mono next;

	do {
		due = pace_tick(p, at(ms), &next);
	} while (due == PACE_PING);
	return due;
}

/* A peer that is up since time 0. */
static struct pace peer_up(void)
{
	struct pace p;

	pace_init(&p, limits(), at(0));
	pace_up(&p, at(0));
	return p;
}

Test(pace, gives_handshake_and_hello_eight_seconds_together)
{
	struct mono next;
	struct pace p;

	pace_init(&p, limits(), at(0));
	cr_assert_eq(pace_tick(&p, at(0), &next), PACE_NOTHING);
	cr_assert_eq(next.ns, at(8000).ns);
	/* Bytes do not help, and a pause neither. */
	pace_bytes(&p, at(7000), 300, 1, RLPX_IN_HEADER);
	pace_pause(&p, at(7100), PACE_FOR_CHANNEL);
	cr_assert_eq(due_at(&p, 7999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 8000), PACE_HANDSHAKE);
}

Test(pace, forgets_the_handshake_once_hello_came)
{
	struct pace p;

	pace_init(&p, limits(), at(0));
	pace_up(&p, at(7999));
	cr_assert_eq(due_at(&p, 9000), PACE_NOTHING);
}

Test(pace, ends_a_peer_after_forty_five_seconds_without_a_byte)
{
	struct pace p = peer_up();

	cr_assert_eq(due_at(&p, 44999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 45000), PACE_IDLE);

	p = peer_up();
	pace_bytes(&p, at(44999), 64, 1, RLPX_BETWEEN);
	cr_assert_eq(due_at(&p, 89998), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 89999), PACE_IDLE);
}

Test(pace, takes_only_bytes_for_life)
{
	struct pace p = peer_up();

	/* Events that had waited were pulled; nothing arrived. */
	pace_bytes(&p, at(40000), 0, 3, RLPX_BETWEEN);
	cr_assert_eq(due_at(&p, 45000), PACE_IDLE);
}

Test(pace, pings_every_fifteen_seconds)
{
	struct pace p = peer_up();
	struct mono next;

	cr_assert_eq(pace_tick(&p, at(0), &next), PACE_NOTHING);
	cr_assert_eq(next.ns, at(15000).ns);
	cr_assert_eq(pace_tick(&p, at(14999), &next), PACE_NOTHING);
	cr_assert_eq(pace_tick(&p, at(15000), &next), PACE_PING);
	cr_assert_eq(pace_tick(&p, at(15000), &next), PACE_NOTHING);
	cr_assert_eq(next.ns, at(30000).ns);
	cr_assert_eq(pace_tick(&p, at(30000), &next), PACE_PING);
}

Test(pace, gives_a_started_header_ten_seconds)
{
	struct pace p = peer_up();

	pace_bytes(&p, at(5000), 1, 0, RLPX_IN_HEADER);
	/* One byte now and then does not restart it. */
	pace_bytes(&p, at(14000), 1, 0, RLPX_IN_HEADER);
	cr_assert_eq(due_at(&p, 14999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 15000), PACE_HEADER);
}

Test(pace, gives_each_header_its_own_ten_seconds)
{
	struct pace p = peer_up();

	pace_bytes(&p, at(5000), 1, 0, RLPX_IN_HEADER);
	/* That message came whole, and some of the next header with it. */
	pace_bytes(&p, at(14000), 100, 1, RLPX_IN_HEADER);
	cr_assert_eq(due_at(&p, 23999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 24000), PACE_HEADER);
	pace_bytes(&p, at(23999), 100, 1, RLPX_BETWEEN);
	cr_assert_eq(due_at(&p, 24000), PACE_NOTHING);
}

/* Feed a body `per_second` bytes a second; when does it end? */
static uint64_t body_ends(uint64_t per_second, uint64_t until_ms)
{
	struct pace p = peer_up();

	pace_bytes(&p, at(0), 1, 0, RLPX_IN_BODY);
	for (uint64_t ms = 500; ms <= until_ms; ms += 500) {
		enum pace_due due = due_at(&p, ms);

		if (due != PACE_NOTHING) {
			cr_assert_eq(due, PACE_BODY);
			return ms;
		}
		pace_bytes(&p, at(ms), per_second / 2, 0, RLPX_IN_BODY);
	}
	return 0;
}

Test(pace, wants_eight_kib_a_second_of_a_body)
{
	cr_assert_eq(body_ends(8192 + 512, 120000), 0);
	cr_assert_eq(body_ends(8192 - 512, 120000), 10000);
	cr_assert_eq(body_ends(0, 120000), 10000);
}

Test(pace, watches_any_ten_seconds_of_a_body)
{
	struct pace p = peer_up();

	/* A good start does not pay for later. */
	pace_bytes(&p, at(0), 10 * 1024 * 1024, 0, RLPX_IN_BODY);
	cr_assert_eq(due_at(&p, 10000), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 10999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 11000), PACE_BODY);
}

Test(pace, starts_a_new_window_with_each_body)
{
	struct pace p = peer_up();

	pace_bytes(&p, at(0), 1, 0, RLPX_IN_BODY);
	pace_bytes(&p, at(9000), 50, 1, RLPX_IN_BODY);
	cr_assert_eq(due_at(&p, 18999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 19000), PACE_BODY);
}

Test(pace, forgets_a_body_that_is_whole)
{
	struct pace p = peer_up();

	pace_bytes(&p, at(0), 1, 0, RLPX_IN_BODY);
	pace_bytes(&p, at(9999), 50, 1, RLPX_BETWEEN);
	cr_assert_eq(due_at(&p, 30000), PACE_NOTHING);
}

Test(pace, wakes_for_each_part_of_a_window)
{
	struct pace p = peer_up();
	struct mono next;

	pace_bytes(&p, at(0), 1, 0, RLPX_IN_BODY);
	cr_assert_eq(pace_tick(&p, at(100), &next), PACE_NOTHING);
	cr_assert_eq(next.ns, at(1000).ns);
}

Test(pace, stops_the_clocks_of_the_peer_while_reading_is_paused)
{
	struct pace p = peer_up();

	pace_pause(&p, at(40000), PACE_FOR_CHANNEL);
	cr_assert_eq(due_at(&p, 54999), PACE_NOTHING);
	pace_resume(&p, at(54999), PACE_FOR_CHANNEL);
	/* 40 s of 45 had passed. */
	cr_assert_eq(due_at(&p, 59998), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 59999), PACE_IDLE);

	p = peer_up();
	pace_bytes(&p, at(0), 1, 0, RLPX_IN_HEADER);
	pace_pause(&p, at(9000), PACE_FOR_CHANNEL);
	pace_resume(&p, at(19000), PACE_FOR_CHANNEL);
	cr_assert_eq(due_at(&p, 19999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 20000), PACE_HEADER);

	p = peer_up();
	pace_bytes(&p, at(0), 1, 0, RLPX_IN_BODY);
	pace_pause(&p, at(9000), PACE_FOR_CHANNEL);
	pace_resume(&p, at(19000), PACE_FOR_CHANNEL);
	cr_assert_eq(due_at(&p, 19999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 20000), PACE_BODY);
}

Test(pace, pings_while_reading_is_paused)
{
	struct pace p = peer_up();
	struct mono next;

	pace_pause(&p, at(14000), PACE_FOR_CHANNEL);
	cr_assert_eq(pace_tick(&p, at(15000), &next), PACE_PING);
}

Test(pace, bounds_a_pause_to_fifteen_seconds)
{
	struct pace p = peer_up();

	pace_pause(&p, at(1000), PACE_FOR_CHANNEL);
	pace_pause(&p, at(9000), PACE_FOR_CHANNEL); /* does not start it anew */
	cr_assert_eq(due_at(&p, 15999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 16000), PACE_PAUSE);
}

Test(pace, stops_the_clocks_until_nothing_pauses_any_more)
{
	struct pace p = peer_up();

	pace_pause(&p, at(10000), PACE_FOR_PONGS);
	pace_pause(&p, at(12000), PACE_FOR_CHANNEL);
	pace_resume(&p, at(20000), PACE_FOR_PONGS);
	pace_resume(&p, at(20000), PACE_FOR_PONGS); /* does nothing */
	cr_assert_eq(due_at(&p, 26999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 27000), PACE_PAUSE, "a channel's alone");
	pace_resume(&p, at(26000), PACE_FOR_CHANNEL);
	/* 10 s of 45 had passed. */
	cr_assert_eq(due_at(&p, 60999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 61000), PACE_IDLE);
}

Test(pace, leaves_a_pause_for_pongs_to_the_write_deadline)
{
	struct pace p = peer_up();

	pace_pause(&p, at(1000), PACE_FOR_PONGS);
	cr_assert_eq(due_at(&p, 100000), PACE_NOTHING);
	pace_out(&p, at(100000), 500, 0);
	cr_assert_eq(due_at(&p, 119999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 120000), PACE_WRITE);
}

Test(pace, ends_a_peer_that_takes_no_byte_for_twenty_seconds)
{
	struct pace p = peer_up();
	struct mono next;

	pace_out(&p, at(1000), 5000, 0);
	pace_bytes(&p, at(20000), 64, 1, RLPX_BETWEEN);
	pace_out(&p, at(20999), 5000, 0);
	cr_assert_eq(due_at(&p, 20999), PACE_NOTHING);
	pace_out(&p, at(21000), 6000, 0); /* more to send is no progress */
	cr_assert_eq(due_at(&p, 21000), PACE_WRITE);

	/* Between the deadlines it looks for progress. */
	p = peer_up();
	pace_out(&p, at(1000), 5000, 0);
	cr_assert_eq(pace_tick(&p, at(1000), &next), PACE_NOTHING);
	cr_assert_eq(next.ns, at(6000).ns);
}

enum {
	WRITE_MIN = 80 * 1024
};

/* `queued` bytes wait from time 0 on, and until 20 s `taken` of them go. */
static enum pace_due write_due(size_t queued, size_t taken)
{
	struct pace p = peer_up();

	pace_out(&p, at(0), queued, 0);
	pace_bytes(&p, at(19000), 64, 1, RLPX_BETWEEN);
	for (uint64_t s = 1; s < 20; s++)
		pace_out(&p, at(s * 1000), queued - taken * s / 19,
			 taken * s / 19);
	return due_at(&p, 20000);
}

Test(pace, wants_all_that_waits_or_eighty_kib_of_it_taken_in_twenty_seconds)
{
	cr_assert_eq(write_due(5000, 4999), PACE_WRITE);
	cr_assert_eq(write_due(5000, 5000), PACE_NOTHING);
	cr_assert_eq(write_due(WRITE_MIN, WRITE_MIN - 1), PACE_WRITE);
	cr_assert_eq(write_due(WRITE_MIN, WRITE_MIN), PACE_NOTHING);
	cr_assert_eq(write_due(17 << 20, WRITE_MIN - 1), PACE_WRITE);
	cr_assert_eq(write_due(17 << 20, WRITE_MIN), PACE_NOTHING);
}

Test(pace, begins_the_next_twenty_seconds_once_enough_was_taken)
{
	struct pace p = peer_up();

	pace_out(&p, at(1000), 5000, 0);
	/* What came later is not part of it. */
	pace_out(&p, at(11000), 1000000, 4999);
	pace_out(&p, at(20999), 1000000, 5000);
	pace_bytes(&p, at(21000), 64, 1, RLPX_BETWEEN);
	pace_out(&p, at(40998), 1000000, 5000 + WRITE_MIN - 1);
	cr_assert_eq(due_at(&p, 40998), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 40999), PACE_WRITE);
	pace_out(&p, at(40999), 1000000, 5000 + WRITE_MIN);
	cr_assert_eq(due_at(&p, 40999), PACE_NOTHING);
	/* An empty queue has no deadline, and the next one its own. */
	pace_out(&p, at(50000), 0, 2000000);
	cr_assert_eq(due_at(&p, 60998), PACE_NOTHING);
	pace_bytes(&p, at(61000), 64, 1, RLPX_BETWEEN);
	pace_out(&p, at(70000), 10, 2000000);
	cr_assert_eq(due_at(&p, 89999), PACE_NOTHING);
	cr_assert_eq(due_at(&p, 90000), PACE_WRITE);
}

Test(pace, keeps_the_write_deadline_while_paused_and_before_hello)
{
	struct pace p = peer_up();

	pace_pause(&p, at(10000), PACE_FOR_CHANNEL);
	pace_out(&p, at(0), 5000, 0);
	pace_out(&p, at(20000), 5000, 0);
	cr_assert_eq(due_at(&p, 20000), PACE_WRITE);
}
