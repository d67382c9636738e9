/* SPDX-License-Identifier: Apache-2.0 */
/* How the bytes of a connection flow: gathered, paused, shared out. */
#include <stdlib.h>
#include <unistd.h>

#include "test/unit/net/scene.h"

static void send_pattern(struct end *e, size_t pos, size_t len)
{
	uint8_t *to = buf_grow(net_stream_out(e->s), len);

	cr_assert_not_null(to);
	pattern_fill(to, pos, len);
	buf_commit(net_stream_out(e->s), len);
}

static void in_pattern(struct end *e, const uint8_t *data, size_t len)
{
	cr_assert(pattern_matches(data, e->bytes, len), "at %zu", e->bytes);
}

Test(net_stream, all_bytes_of_one_turn_leave_in_one_write)
{
	struct end a = { 0 };
	struct end b = { .in = in_pattern };
	uint64_t before;
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_start(b.s);
	before = sc.loop->writes;
	for (unsigned i = 0; i < 10; i++)
		send_pattern(&a, i * 100, 100);
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

	send_pattern(e, 0, 3);
	send_pattern(e, 3, 3);
}

/* Answers from inside an event, and stops the loop in it. */
static void answer(struct end *e, const char *event)
{
	if (!strcmp(event, "data")) {
		send_pattern(e, 0, 4);
		send_pattern(e, 4, 4);
	}
}

Test(net_stream, bytes_leave_whoever_appends_them)
{
	struct end a = { .in = in_pattern };
	struct end b = { .in = in_pattern };
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
	send_pattern(&a, 6, 1);
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
	send_pattern(&b, 0, 3000);
	take_long();
	send_pattern(&b, 3000, 1000);
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
	send_pattern(&b, 0, 3000);
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
	send_pattern(&b, 0, 3000);
	take_long();
	send_pattern(&b, 3000, 1000);
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
	send_pattern(e, *sent, 10);
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
	send_pattern(&a, 0, 10);
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
		send_pattern(e, given, PIECE);
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
		send_pattern(&b, given, 1000);
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
	send_pattern(&b, given, more);
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
	enum {
		MORE = 64 * 1024 * 1024
	};

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
	send_pattern(&b, given, 100);
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
	send_pattern(&b, 0, 1000);
	raw_reset(fd);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	cr_assert_eq(net_stream_queued(b.s), 0);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, a_stopped_reader_stops_the_sender)
{
	enum {
		ALL = 16 * 1024 * 1024
	};
	struct end a = { 0 };
	struct end b = { .in = in_pattern };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_set_limit(a.s, ALL);
	send_pattern(&a, 0, ALL);
	scene_turns(&sc, 50);
	cr_assert_eq(b.bytes, 0);
	cr_assert_gt(net_stream_queued(a.s), 0);
	cr_assert_eq(a.drained, 0);

	net_stream_start(b.s);
	UNTIL(&sc, b.bytes > 100000);
	net_stream_stop(b.s);
	cr_assert_lt(b.bytes, ALL);
	{
		size_t stopped_at = b.bytes;

		scene_turns(&sc, 50);
		cr_assert_eq(b.bytes, stopped_at);
	}
	cr_assert_gt(net_stream_queued(a.s), 0);
	net_stream_start(b.s);
	UNTIL(&sc, b.bytes == ALL && a.drained);
	cr_assert_eq(a.drained, 1);
	cr_assert_eq(net_stream_bytes_in(b.s), ALL);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

/* Stops itself inside `data`: not one byte more may come. */
static void stop_at_data(struct end *e, const char *event)
{
	if (!strcmp(event, "data"))
		net_stream_stop(e->s);
}

Test(net_stream, stop_inside_data_holds_at_once)
{
	static uint8_t bytes[4 * NET_READ_MAX];
	struct end b = { .hook = stop_at_data };
	struct scene sc;
	size_t sent;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	sent = raw_send(fd, bytes, sizeof(bytes));
	while (b.bytes < sent) {
		size_t before = b.bytes;

		net_stream_start(b.s);
		UNTIL(&sc, b.bytes > before);
		cr_assert_leq(b.bytes - before, NET_READ_MAX);
		before = b.bytes;
		scene_turns(&sc, 3);
		cr_assert_eq(b.bytes, before);
	}
	close(fd);
	end_close(&b);
	scene_close(&sc);
}

/* An endless sender: whenever the stream reads, more is there at once. */
struct flood {
	int fd;
	uint64_t iteration;
	size_t in_turn;	   /* bytes handed over in it */
	size_t most;	   /* in any turn */
	size_t limit;	   /* then it ends */
	struct end *quiet; /* who must not starve */
	int quiet_fd;
	uint64_t quiet_sent_at;
};

static void top_up(int fd)
{
	static uint8_t bytes[1024 * 1024];

	raw_send(fd, bytes, sizeof(bytes));
}

static void in_flood(struct end *e, const uint8_t *data UNUSED, size_t len)
{
	struct flood *f = e->test;
	uint64_t now = e->sc->loop->iteration;

	if (f->iteration != now) {
		f->iteration = now;
		f->in_turn = 0;
	}
	f->in_turn += len;
	if (f->in_turn > f->most)
		f->most = f->in_turn;
	if (e->bytes < f->limit)
		top_up(f->fd);
	if (!f->quiet_sent_at && f->most == NET_TURN_MAX) {
		cr_assert_eq(raw_send(f->quiet_fd, "q", 1), 1);
		f->quiet_sent_at = now;
	}
}

static void in_quiet(struct end *e, const uint8_t *data UNUSED,
		     size_t len UNUSED)
{
	struct flood *f = e->test;

	cr_assert_leq(e->sc->loop->iteration, f->quiet_sent_at + 1);
}

Test(net_stream, one_that_floods_gets_its_share_of_a_turn_and_no_more)
{
	struct end loud = { .in = in_flood };
	struct end quiet = { .in = in_quiet };
	struct flood f = { .limit = 64 * 1024 * 1024 };
	struct scene sc;

	scene_open(&sc);
	loud.test = quiet.test = &f;
	f.fd = half_pair(&sc, &loud);
	f.quiet_fd = half_pair(&sc, &quiet);
	net_stream_start(loud.s);
	net_stream_start(quiet.s);
	top_up(f.fd);
	UNTIL(&sc, loud.bytes >= f.limit);
	/* It was at its limit, so the limit is what held it. */
	cr_assert_eq(f.most, NET_TURN_MAX);
	cr_assert_eq(quiet.bytes, 1);
	/* Nothing is lost by the pauses: all comes, and the end. */
	close(f.fd);
	UNTIL(&sc, loud.ended);
	cr_assert_eq(loud.end_rc, ERR_CLOSED);
	close(f.quiet_fd);
	end_close(&loud);
	end_close(&quiet);
	scene_close(&sc);
}

/* Tries to get round the share: stop and start in every callback. */
static void restart(struct end *e, const char *event)
{
	if (!strcmp(event, "data")) {
		net_stream_stop(e->s);
		net_stream_start(e->s);
	}
}

Test(net_stream, starting_again_does_not_renew_the_share)
{
	struct end loud = { .in = in_flood, .hook = restart };
	struct flood f = { .limit = 32 * 1024 * 1024, .quiet_sent_at = 1 };
	struct scene sc;

	scene_open(&sc);
	loud.test = &f;
	f.fd = half_pair(&sc, &loud);
	net_stream_start(loud.s);
	top_up(f.fd);
	UNTIL(&sc, loud.bytes >= f.limit);
	cr_assert_eq(f.most, NET_TURN_MAX);
	close(f.fd);
	end_close(&loud);
	scene_close(&sc);
}

static void close_at_share(struct end *e, const char *event)
{
	struct flood *f = e->test;

	if (!strcmp(event, "data") && f->in_turn == NET_TURN_MAX)
		net_stream_close(e->s);
}

Test(net_stream, may_be_closed_when_its_share_is_used_up)
{
	struct end loud = { .in = in_flood, .hook = close_at_share };
	struct flood f = { .limit = 32 * 1024 * 1024, .quiet_sent_at = 1 };
	struct scene sc;

	scene_open(&sc);
	loud.test = &f;
	f.fd = half_pair(&sc, &loud);
	net_stream_start(loud.s);
	top_up(f.fd);
	UNTIL(&sc, loud.closed);
	scene_turns(&sc, 3);
	cr_assert_eq(f.most, NET_TURN_MAX);
	close(f.fd);
	scene_close(&sc);
}

/* The echo: b sends back what it gets and does not read while it has much to
 * send; a sends a pattern in pieces of random size and reads with pauses. */
struct echo {
	struct end a, b;
	struct net_timer *pause; /* a reads again */
	size_t sent;
	unsigned random;
};

enum {
	ECHO_ALL = 8 * 1024 * 1024,
	ECHO_HIGH = 256 * 1024,
};

static unsigned draw(struct echo *x, unsigned below)
{
	x->random = x->random * 1103515245u + 12345u;
	return (x->random >> 8) % below;
}

static void echo_send(struct echo *x)
{
	while (x->sent < ECHO_ALL && net_stream_queued(x->a.s) < ECHO_HIGH) {
		size_t len = 1 + draw(x, 70000);

		if (len > ECHO_ALL - x->sent)
			len = ECHO_ALL - x->sent;
		send_pattern(&x->a, x->sent, len);
		x->sent += len;
		if (draw(x, 3) == 0)
			break;
	}
}

static void on_pause_over(void *ctx)
{
	struct echo *x = ctx;

	net_stream_start(x->a.s);
	echo_send(x);
}

static void echo_a(struct end *e, const char *event)
{
	struct echo *x = e->test;

	if (!strcmp(event, "drained"))
		echo_send(x);
	if (!strcmp(event, "data") && draw(x, 4) == 0) {
		net_stream_stop(e->s);
		net_timer_set(x->pause, mono_add_ms(net_loop_now(e->sc->loop),
						    draw(x, 3)));
	}
}

static void echo_b_in(struct end *e, const uint8_t *data, size_t len)
{
	in_pattern(e, data, len);
	cr_assert_eq(buf_append(net_stream_out(e->s), data, len), ERR_NONE);
	if (net_stream_queued(e->s) > ECHO_HIGH)
		net_stream_stop(e->s);
}

static void echo_b(struct end *e, const char *event)
{
	if (!strcmp(event, "drained"))
		net_stream_start(e->s);
}

Test(net_stream, echoes_8_mib_with_pauses_and_any_split)
{
	static struct echo x;
	struct scene sc;

	x = (struct echo){
		.a = { .in = in_pattern, .hook = echo_a, .test = &x },
		.b = { .in = echo_b_in, .hook = echo_b },
		.random = 1,
	};
	scene_open(&sc);
	pair_open(&sc, &x.a, &x.b);
	x.pause = net_timer_open(sc.loop, on_pause_over, &x);
	net_stream_set_limit(x.a.s, 2 * ECHO_HIGH);
	net_stream_set_limit(x.b.s, 2 * ECHO_HIGH);
	net_stream_start(x.a.s);
	net_stream_start(x.b.s);
	echo_send(&x);
	UNTIL(&sc, x.a.bytes == ECHO_ALL);
	cr_assert_eq(x.b.bytes, ECHO_ALL);
	net_timer_close(x.pause);
	end_close(&x.a);
	end_close(&x.b);
	scene_close(&sc);
}
