/* SPDX-License-Identifier: Apache-2.0 */
/* How bytes leave: gathered, early in a long turn, and what `drained` tells. */
#include <unistd.h>

#include "test/support/instrumented.h"
#include "test/unit/net/scene.h"

Test(net_stream, all_bytes_of_one_turn_leave_in_one_write)
{
	struct end a = { 0 };
	struct end b = { .in = end_in_pattern };
	uint64_t before;
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_start(b.s);
	before = sc.loop->writes;
	for (unsigned i = 0; i < 10; i++)
		end_send_pattern(&a, i * 100, 100);
	cr_assert_eq(sc.loop->writes, before);
	UNTIL(&sc, b.bytes == 1000);
	cr_assert_eq(sc.loop->writes, before + 1);
	cr_assert_eq(a.drained, 1);

	/* Asking for the buf and appending nothing writes nothing. */
	net_stream_out(a.s);
	scene_turns(&sc, 3);
	cr_assert_eq(sc.loop->writes, before + 1);
	cr_assert_eq(a.drained, 1);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

static void on_late(void *ctx)
{
	struct end *e = ctx;

	end_send_pattern(e, 0, 3);
	end_send_pattern(e, 3, 3);
}

/* Answers from inside an event, and stops the loop in it. */
static void answer(struct end *e, const char *event)
{
	if (!strcmp(event, "data")) {
		end_send_pattern(e, 0, 4);
		end_send_pattern(e, 4, 4);
	}
}

Test(net_stream, bytes_leave_whoever_appends_them)
{
	struct end a = { .in = end_in_pattern };
	struct end b = { .in = end_in_pattern };
	struct net_timer *t;
	uint64_t before;
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_start(a.s);
	net_stream_start(b.s);

	/* A timer. */
	t = net_timer_open(sc.loop, on_late, &a);
	net_timer_set(t, mono_add_ms(net_loop_now(sc.loop), 2));
	before = sc.loop->writes;
	UNTIL(&sc, b.bytes == 6);
	cr_assert_eq(sc.loop->writes, before + 1);
	net_timer_close(t);

	/* An I/O callback that stops the loop: written before it returns. */
	b.hook = answer;
	end_send_pattern(&a, 6, 1);
	UNTIL(&sc, b.bytes == 7);
	cr_assert_eq(net_stream_queued(b.s), 0);
	cr_assert_eq(sc.loop->writes, before + 3);
	UNTIL(&sc, a.bytes == 8);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

enum {
	PIECE = 64 * 1024
};

/* A peer that reads all there is. */
static size_t swallow(int fd, size_t pos)
{
	static uint8_t bytes[PIECE];
	long n;

	while ((n = raw_recv(fd, bytes, sizeof(bytes))) > 0) {
		cr_assert(pattern_matches(bytes, pos, (size_t)n));
		pos += (size_t)n;
	}
	return pos;
}

/* Compute for so long that what is said then may leave at once. */
static void take_long(void)
{
	const struct mono began = mono_now();

	while (mono_since_ns(mono_now(), began) < 1000000)
		;
}

Test(net_stream, bytes_leave_early_in_a_turn_that_takes_long)
{
	struct end b = { 0 };
	uint8_t byte;
	uint64_t before;
	struct scene sc;
	size_t got = 0;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	before = sc.loop->writes;
	end_send_pattern(&b, 0, 3000);
	take_long();
	end_send_pattern(&b, 3000, 1000);
	cr_assert_eq(sc.loop->writes, before + 1);
	while (raw_recv(fd, &byte, 1) != 1)
		; /* the loop does not turn: it left already */
	got = 1;

	/* To whoever waits for room, all of it waits until the turn ends. */
	cr_assert_eq(net_stream_queued(b.s), 4000);
	cr_assert_eq(net_stream_bytes_out(b.s), 0);
	cr_assert_eq(b.drained, 0);
	UNTIL(&sc, b.drained);
	cr_assert_eq(net_stream_queued(b.s), 0);
	cr_assert_eq(net_stream_bytes_out(b.s), 4000);
	cr_assert_eq(net_stream_memory(b.s), 0);
	while (got < 4000)
		got = swallow(fd, got);
	scene_turns(&sc, 3);
	cr_assert_eq(b.drained, 1);
	cr_assert_eq(sc.loop->writes, before + 2);
	close(fd);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, what_left_early_is_out_though_the_stream_closes_then)
{
	struct end b = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	end_send_pattern(&b, 0, 3000);
	take_long();
	(void)net_stream_out(b.s);
	net_stream_close(b.s);
	cr_assert_eq(net_stream_bytes_out(b.s), 3000);
	cr_assert_eq(net_stream_queued(b.s), 0);
	UNTIL(&sc, b.closed);
	cr_assert_eq(swallow(fd, 0), 3000);
	close(fd);
	scene_close(&sc);
}

Test(net_stream, a_turn_that_takes_long_tells_of_a_failed_write_at_its_end)
{
	struct end b = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	raw_reset(fd);
	end_send_pattern(&b, 0, 3000);
	take_long();
	end_send_pattern(&b, 3000, 1000);
	cr_assert_eq(b.ended, 0);
	cr_assert_eq(net_stream_queued(b.s), 4000);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	cr_assert_eq(net_stream_queued(b.s), 0);
	cr_assert_eq(b.drained, 0);
	end_close(&b);
	scene_close(&sc);
}

/* Sends the next piece whenever the last is out. */
static void next_piece(struct end *e, const char *event)
{
	size_t *sent = e->test;

	if (strcmp(event, "drained"))
		return;
	if (*sent == 1000) {
		net_loop_stop(e->sc->loop);
		return;
	}
	end_send_pattern(e, *sent, 10);
	*sent += 10;
}

Test(net_stream, what_drained_appends_does_not_wait_for_an_event)
{
	size_t sent = 10;
	struct end a = { .hook = next_piece, .test = &sent };
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b); /* b does not read: nothing wakes the loop */
	a.runs_on = true;
	end_send_pattern(&a, 0, 10);
	net_loop_run(sc.loop);
	a.runs_on = false;
	cr_assert_eq(a.drained, 100);
	cr_assert_eq(net_stream_bytes_out(a.s), 1000);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

/* Send pieces until the kernel takes no more; returns how much was given. */
static size_t stuff(struct end *e)
{
	size_t given = 0;

	while (net_stream_queued(e->s) == 0) {
		end_send_pattern(e, given, PIECE);
		given += PIECE;
		scene_turns(e->sc, 1);
	}
	return given;
}

Test(net_stream, gathers_while_a_write_is_under_way)
{
	struct end b = { 0 };
	unsigned drained;
	uint64_t writes;
	size_t queued;
	size_t given;
	struct scene sc;
	size_t got = 0;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	given = stuff(&b);
	queued = net_stream_queued(b.s);
	cr_assert_eq(net_stream_bytes_out(b.s), given - queued);
	drained = b.drained;
	writes = sc.loop->writes;
	for (unsigned i = 0; i < 20; i++) {
		end_send_pattern(&b, given, 1000);
		given += 1000;
		scene_turns(&sc, 1);
	}
	cr_assert_eq(sc.loop->writes, writes);
	cr_assert_eq(net_stream_queued(b.s), queued + 20 * 1000);
	cr_assert_eq(b.drained, drained);
	/* The buf itself is full only now. */
	cr_assert_eq(net_stream_out(b.s)->len, 20 * 1000);
	cr_assert_null(buf_grow(net_stream_out(b.s), 64 * 1024 - 19999));

	while (got < given) {
		got = swallow(fd, got);
		scene_turns(&sc, 1);
	}
	cr_assert_eq(got, given);
	cr_assert_eq(net_stream_queued(b.s), 0);
	cr_assert_eq(net_stream_bytes_out(b.s), given);
	/* One write for all that had gathered, one more if it was split. */
	cr_assert_leq(sc.loop->writes, writes + 2);
	cr_assert_eq(b.drained, drained + 1);
	close(fd);
	end_close(&b);
	scene_close(&sc);
}

/* Queue `more` on top of what the kernel does not take; then the peer reads
 * until the first `drained`. Returns how much waits then. */
static size_t left_at_drained(size_t more, size_t low)
{
	struct end b = { 0 };
	struct scene sc;
	size_t given, left;
	size_t got = 0;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	given = stuff(&b);
	net_stream_set_limit(b.s, more);
	net_stream_set_low(b.s, low);
	end_send_pattern(&b, given, more);
	given += more;
	scene_turns(&sc, 3);
	b.drained = 0;
	while (!b.drained) {
		cr_assert_lt(got, given);
		got = swallow(fd, got);
		scene_turns(&sc, 1);
	}
	left = net_stream_queued(b.s);
	cr_assert_eq(net_stream_bytes_out(b.s), given - left);

	/* All comes, in its order, and at the end nothing is held. */
	while (got < given) {
		got = swallow(fd, got);
		scene_turns(&sc, 1);
	}
	cr_assert_eq(net_stream_queued(b.s), 0);
	cr_assert_eq(net_stream_memory(b.s), 0);
	close(fd);
	end_close(&b);
	scene_close(&sc);
	return left;
}

Test(net_stream, tells_when_no_more_than_the_mark_waits)
{
#ifdef TEST_INSTRUMENTED
	enum {
		MORE = 32 * 1024 * 1024
	};
#else
	enum {
		MORE = 64 * 1024 * 1024
	};
#endif

	cr_assert_eq(left_at_drained(MORE, 0), 0);
	/* Before all is out, though not to the byte: the kernel takes a good
	 * deal at once. */
	cr_assert_leq(left_at_drained(MORE, MORE / 2), MORE / 2);
	cr_assert_gt(left_at_drained(MORE, MORE / 2), 0);
	/* Whenever it takes something. */
	cr_assert_gt(left_at_drained(MORE, SIZE_MAX), MORE / 2);
}

Test(net_stream, does_not_tell_of_the_mark_when_nothing_left)
{
	struct end b = { 0 };
	struct scene sc;
	size_t given, queued;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	given = stuff(&b);
	net_stream_set_low(b.s, SIZE_MAX);
	scene_turns(&sc, 3);
	queued = net_stream_queued(b.s);
	b.drained = 0;
	end_send_pattern(&b, given, 100);
	scene_turns(&sc, 3);
	cr_assert_eq(net_stream_queued(b.s), queued + 100);
	cr_assert_eq(b.drained, 0);
	close(fd);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, a_broken_write_under_way_frees_what_it_held)
{
	struct end b = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	stuff(&b);
	end_send_pattern(&b, 0, 1000);
	raw_reset(fd);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	cr_assert_eq(net_stream_queued(b.s), 0);
	end_close(&b);
	scene_close(&sc);
}
