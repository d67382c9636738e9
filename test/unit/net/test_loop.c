/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "test/unit/net/scene.h"

/* One of several timers that note the order they fire in. */
struct alarm {
	struct net_loop *loop;
	struct net_timer *t;
	struct mono at;
	struct alarm **order;
	unsigned *fired;
	bool stops;
};

static void on_alarm(void *ctx)
{
	struct alarm *a = ctx;

	cr_assert(!mono_before(net_loop_now(a->loop), a->at), "early");
	a->order[(*a->fired)++] = a;
	if (a->stops)
		net_loop_stop(a->loop);
}

static void alarm_set(struct alarm *a, struct mono at)
{
	a->at = at;
	net_timer_set(a->t, at);
}

/* False when the machine was so slow that the first was late when it was set:
 * between those that are there is no order. */
static bool fire_in_order(void)
{
	static const unsigned delays[] = { 23, 7, 15, 1, 30 };
	static const unsigned order[] = { 3, 1, 2, 0, 4 };
	struct alarm alarms[ARRAY_LEN(delays)];
	struct alarm *seen[ARRAY_LEN(delays)];
	unsigned fired = 0;
	struct scene sc;
	struct mono now;
	bool in_time;

	scene_open(&sc);
	now = net_loop_now(sc.loop);
	for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
		alarms[i] = (struct alarm){
			.loop = sc.loop,
			.order = seen,
			.fired = &fired,
			.stops = true,
		};
		alarms[i].t = net_timer_open(sc.loop, on_alarm, &alarms[i]);
		/* With and without a fraction of a millisecond. */
		alarm_set(&alarms[i],
			  (struct mono){ now.ns + delays[i] * 1000000 +
					 i * 250000 });
	}
	in_time = mono_since_ns(mono_now(), now) < 1000000;
	while (fired < ARRAY_LEN(delays))
		net_loop_run(sc.loop);
	for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
		if (in_time)
			cr_assert_eq(seen[i], &alarms[order[i]], "place %u", i);
		net_timer_close(alarms[i].t);
	}
	scene_close(&sc);
	return in_time;
}

Test(net_loop, timers_fire_in_order_and_never_early)
{
	for (int tries = 1; !fire_in_order(); tries++)
		cr_assert_lt(tries, 100);
}

Test(net_loop, setting_a_timer_replaces_what_was_set)
{
	struct alarm *seen[4];
	unsigned fired = 0;
	struct alarm a = { .order = seen, .fired = &fired };
	struct alarm b = { .order = seen, .fired = &fired, .stops = true };
	struct scene sc;
	struct mono now;

	scene_open(&sc);
	now = net_loop_now(sc.loop);
	a.loop = b.loop = sc.loop;
	a.t = net_timer_open(sc.loop, on_alarm, &a);
	b.t = net_timer_open(sc.loop, on_alarm, &b);
	alarm_set(&a, mono_add_ms(now, 1));
	alarm_set(&a, mono_add_ms(now, 60000));
	alarm_set(&b, mono_add_ms(now, 5));
	net_loop_run(sc.loop);
	cr_assert_eq(fired, 1);
	cr_assert_eq(seen[0], &b);
	alarm_set(&a, now); /* past, and then not after all */
	alarm_set(&a, MONO_NEVER);
	alarm_set(&b, mono_add_ms(now, 20));
	net_loop_run(sc.loop);
	cr_assert_eq(fired, 2);
	cr_assert_eq(seen[1], &b);
	net_timer_close(a.t);
	net_timer_close(b.t);
	scene_close(&sc);
}

/* Two that are due together; the first to fire closes both. */
struct twins {
	struct net_loop *loop;
	struct net_timer *t[2];
	unsigned fired;
};

static void on_twin(void *ctx)
{
	struct twins *w = ctx;

	w->fired++;
	net_timer_close(w->t[0]);
	net_timer_close(w->t[1]);
	net_timer_close(w->t[1]);
	net_timer_set(w->t[1], net_loop_now(w->loop));
	net_loop_stop(w->loop);
}

static void run_twins(uint64_t delay_ms)
{
	struct twins w = { 0 };
	struct scene sc;

	scene_open(&sc);
	w.loop = sc.loop;
	for (unsigned i = 0; i < 2; i++) {
		w.t[i] = net_timer_open(sc.loop, on_twin, &w);
		net_timer_set(w.t[i],
			      mono_add_ms(net_loop_now(sc.loop), delay_ms));
	}
	cr_assert_eq(w.fired, 0);
	net_loop_run(sc.loop);
	scene_turns(&sc, 3);
	cr_assert_eq(w.fired, 1);
	scene_close(&sc);
}

Test(net_loop, a_closed_timer_is_silent_even_when_due)
{
	run_twins(0);
	run_twins(3);
}

/* A timer that is always due. */
struct asks {
	struct net_loop *loop;
	struct net_timer *t;
	unsigned fired;
};

static void on_eager(void *ctx)
{
	struct asks *e = ctx;

	e->fired++;
	net_timer_set(e->t, net_loop_now(e->loop));
}

Test(net_loop, a_timer_that_is_always_due_leaves_room_for_the_others)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct asks e = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	e.loop = sc.loop;
	e.t = net_timer_open(sc.loop, on_eager, &e);
	net_timer_set(e.t, net_loop_now(sc.loop));
	cr_assert_eq(e.fired, 0);
	net_stream_start(b.s);
	cr_assert_eq(buf_append(net_stream_out(a.s), "x", 1), ERR_NONE);
	UNTIL(&sc, b.bytes == 1);
	cr_assert_gt(e.fired, 0);
	net_timer_close(e.t);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

/* Wakes the loop without keeping it alive, some turns long, then closes the
 * one thing that is open. */
struct prod {
	uv_async_t async;
	struct net_timer *t;
	unsigned left;
};

static void on_prod(uv_async_t *h)
{
	struct prod *p = h->data;

	if (p->left--)
		uv_async_send(h);
	else
		net_timer_close(p->t);
}

static void never(void *ctx UNUSED)
{
	cr_assert(false, "a timer fired that was not set");
}

Test(net_loop, runs_until_the_last_thing_is_closed_even_if_it_is_idle)
{
	struct prod p = { .left = 5 };
	struct net_loop *loop;

	cr_assert_eq(net_loop_open(&loop, NULL), ERR_NONE);
	net_loop_run(loop); /* nothing is open: returns */
	p.t = net_timer_open(loop, never, NULL);
	cr_assert_eq(uv_async_init(&loop->uv, &p.async, on_prod), 0);
	uv_unref((uv_handle_t *)&p.async);
	p.async.data = &p;
	uv_async_send(&p.async);
	net_loop_run(loop);
	cr_assert_eq(p.left, UINT_MAX);
	uv_close((uv_handle_t *)&p.async, NULL);
	net_loop_close(loop);
}

/* Looks at the clock twice in one callback, busy in between. */
struct clock {
	struct net_loop *loop;
	struct net_timer *t;
	struct mono seen[2];
	unsigned fired;
};

static void on_clock(void *ctx)
{
	struct clock *c = ctx;
	struct mono before = net_loop_now(c->loop);
	struct mono start = mono_now();

	while (mono_since_ns(mono_now(), start) < 2000000)
		;
	cr_assert_eq(net_loop_now(c->loop).ns, before.ns);
	c->seen[c->fired++] = before;
	if (c->fired == 2)
		net_loop_stop(c->loop);
	else
		net_timer_set(c->t, before);
}

Test(net_loop, the_clock_stands_still_within_a_turn_and_moves_between_two)
{
	struct clock c = { 0 };
	struct scene sc;

	scene_open(&sc);
	c.loop = sc.loop;
	c.t = net_timer_open(sc.loop, on_clock, &c);
	net_timer_set(c.t, net_loop_now(sc.loop));
	net_loop_run(sc.loop);
	cr_assert_geq(mono_since_ns(c.seen[1], c.seen[0]), 2000000);
	net_timer_close(c.t);
	scene_close(&sc);
}

struct heard {
	struct net_loop *loop;
	unsigned count;
	int signum;
};

static void on_signal(void *ctx, int signum)
{
	struct heard *h = ctx;

	h->count++;
	h->signum = signum;
	net_loop_stop(h->loop);
}

Test(net_loop, signals_arrive_on_the_loop_until_closed)
{
	struct heard one = { 0 };
	struct heard two = { 0 };
	struct net_signal *s1;
	struct net_signal *s2;
	struct scene sc;

	scene_open(&sc);
	one.loop = two.loop = sc.loop;
	cr_assert_eq(
		net_signal_open(&s1, sc.loop, SIGUSR1, on_signal, &one, NULL),
		ERR_NONE);
	cr_assert_eq(
		net_signal_open(&s2, sc.loop, SIGUSR1, on_signal, &two, NULL),
		ERR_NONE);
	raise(SIGUSR1);
	cr_assert_eq(one.count, 0);
	UNTIL(&sc, one.count && two.count);
	cr_assert_eq(one.signum, SIGUSR1);
	net_signal_close(s1);
	net_signal_close(s1);
	raise(SIGUSR1);
	UNTIL(&sc, two.count == 2);
	cr_assert_eq(one.count, 1);
	net_signal_close(s2);
	scene_close(&sc);
}

Test(net_loop, a_signal_that_cannot_be_caught_is_refused)
{
	struct why why = WHY_NONE;
	struct heard h = { 0 };
	struct net_signal *s;
	struct scene sc;

	scene_open(&sc);
	cr_assert_eq(net_signal_open(&s, sc.loop, SIGKILL, on_signal, &h, &why),
		     ERR_SYSTEM);
	cr_assert_null(s);
	cr_assert_str_eq(why.text, "signal 9: invalid argument");
	scene_close(&sc);
}

static void own_handler(int signum UNUSED)
{
}

static void *sigpipe_handler(void)
{
	struct sigaction act;

	cr_assert_eq(sigaction(SIGPIPE, NULL, &act), 0);
	return (void *)act.sa_handler;
}

Test(net_loop, ignores_sigpipe_but_leaves_a_handler_of_the_program)
{
	struct scene sc;

	signal(SIGPIPE, SIG_DFL);
	scene_open(&sc);
	cr_assert_eq(sigpipe_handler(), (void *)SIG_IGN);
	scene_close(&sc);
	signal(SIGPIPE, own_handler);
	scene_open(&sc);
	cr_assert_eq(sigpipe_handler(), (void *)own_handler);
	scene_close(&sc);
}
