/* SPDX-License-Identifier: Apache-2.0 */
/* How bytes come: paused, shared out, and both ways at once. */
#include <unistd.h>

#include "test/unit/net/scene.h"

Test(net_stream, a_stopped_reader_stops_the_sender)
{
	enum {
		ALL = 16 * 1024 * 1024
	};
	struct end a = { 0 };
	struct end b = { .in = end_in_pattern };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_set_limit(a.s, ALL);
	end_send_pattern(&a, 0, ALL);
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
		end_send_pattern(&x->a, x->sent, len);
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
	end_in_pattern(e, data, len);
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
		.a = { .in = end_in_pattern, .hook = echo_a, .test = &x },
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
