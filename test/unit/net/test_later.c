/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/later.h"
#include "test/support/unit.h"

struct scene {
	struct net_loop *loop;
	struct net_later *later;
	struct net_timer *timer;
	unsigned ran, fired;
	unsigned asks_again;
	bool closes;
};

static void on_run(void *ctx)
{
	struct scene *s = ctx;

	s->ran++;
	if (s->asks_again > 0) {
		s->asks_again--;
		net_later_ask(s->later);
	} else {
		net_loop_stop(s->loop);
	}
	if (s->closes) {
		net_later_close(s->later);
		s->later = NULL;
	}
}

static void on_timer(void *ctx)
{
	struct scene *s = ctx;

	s->fired++;
	net_later_ask(s->later);
	net_later_ask(s->later);
	cr_assert_eq(s->ran, 0, "not inside of the call");
}

static void scene_open(struct scene *s)
{
	*s = (struct scene){ 0 };
	cr_assert_eq(net_loop_open(&s->loop, NULL), ERR_NONE);
	s->later = net_later_open(s->loop, on_run, s);
	s->timer = net_timer_open(s->loop, on_timer, s);
}

static void scene_close(struct scene *s)
{
	net_later_close(s->later);
	net_timer_close(s->timer);
	net_loop_close(s->loop);
}

Test(net_later, runs_once_at_the_end_of_the_turn_however_often_asked)
{
	struct scene s;

	scene_open(&s);
	net_timer_set(s.timer, net_loop_now(s.loop));
	net_loop_run(s.loop);
	cr_assert_eq(s.fired, 1);
	cr_assert_eq(s.ran, 1);
	net_later_ask(s.later); /* again, from outside */
	net_loop_run(s.loop);
	cr_assert_eq(s.ran, 2);
	scene_close(&s);
}

/* That of a timer which is always due, so it counts the turns. */
static void on_turn(void *ctx)
{
	struct scene *s = ctx;

	s->fired++;
	net_timer_set(s->timer, net_loop_now(s->loop));
}

Test(net_later, asked_for_while_it_runs_lets_the_loop_turn)
{
	struct scene s;

	scene_open(&s);
	net_timer_close(s.timer);
	s.timer = net_timer_open(s.loop, on_turn, &s);
	net_timer_set(s.timer, net_loop_now(s.loop));
	s.asks_again = 100;
	net_later_ask(s.later);
	net_loop_run(s.loop);
	cr_assert_eq(s.ran, 101);
	cr_assert_geq(s.fired, 40, "twice a turn at most");
	scene_close(&s);
}

Test(net_later, may_be_closed_inside_of_itself_and_while_asked_for)
{
	struct scene s;

	scene_open(&s);
	s.closes = true;
	s.asks_again = 1;
	net_later_ask(s.later);
	net_timer_close(s.timer);
	s.timer = NULL;
	net_loop_run(s.loop); /* returns: nothing is open */
	cr_assert_eq(s.ran, 1);
	s.later = net_later_open(s.loop, on_run, &s);
	net_later_ask(s.later);
	net_later_close(s.later);
	s.later = NULL;
	net_loop_run(s.loop);
	cr_assert_eq(s.ran, 1);
	scene_close(&s);
}
