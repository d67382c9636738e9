/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, waiting and waking. */
#include <weft/plugin.h>

#include "p2p/net/fiber.h"
#include "test/unit/node_plugin/bed.h"

/* --- starting ------------------------------------------------------------- */

struct note {
	struct bed *b;
	int ran; /* times */
	int rc;
	bool inside;
};

static int run_note(void *arg)
{
	struct note *n = arg;

	n->ran++;
	n->inside = task_current() != NULL &&
		    task_owner_of(task_current()) == &n->b->owner;
	/* What an overflow would print. */
	cr_assert_str_eq(fiber_label(fiber_current()), "bed");
	return 42;
}

static void note_done(void *arg, int rc)
{
	struct note *n = arg;

	n->rc = rc;
	n->inside = n->inside && task_current() == NULL;
}

Test(task, runs_later_and_its_result_is_told_outside_of_it)
{
	struct bed b;
	struct note n = { .b = &b };

	bed_open(&b, NULL);
	cr_assert_eq(task_start(&b.owner, 0, run_note, &n, note_done),
		     ERR_NONE);
	cr_assert_eq(n.ran, 0);
	cr_assert_eq(b.owner.live, 1);
	bed_turn(&b);
	cr_assert_eq(n.ran, 1);
	cr_assert_eq(n.rc, 42);
	cr_assert(n.inside);
	cr_assert_eq(b.owner.live, 0);
	cr_assert_null(task_current());
	bed_close(&b);
}

static int start_another(void *arg)
{
	struct note *n = arg;

	bed_start(n->b, run_note, n);
	n->rc = n->ran; /* not inside of this call */
	return 0;
}

Test(task, starts_another_that_runs_in_the_same_turn_but_later)
{
	struct bed b;
	struct note n = { .b = &b, .rc = -1 };

	bed_open(&b, NULL);
	bed_start(&b, start_another, &n);
	bed_turn(&b);
	cr_assert_eq(n.rc, 0);
	cr_assert_eq(n.ran, 1);
	bed_close(&b);
}

static int wait_for_ever(void *arg)
{
	(void)arg;
	return task_wait(NULL, MONO_NEVER, "test_wait");
}

Test(task, is_refused_over_the_limit_and_with_a_wrong_stack)
{
	static const struct task_limits two = { .tasks = 2 };
	struct bed b;

	bed_open(&b, &two);
	cr_assert_eq(task_start(&b.owner, 63, wait_for_ever, NULL, NULL),
		     ERR_LIMIT);
	cr_assert_eq(task_start(&b.owner, 8193, wait_for_ever, NULL, NULL),
		     ERR_LIMIT);
	bed_start(&b, wait_for_ever, NULL);
	bed_start(&b, wait_for_ever, NULL);
	cr_assert_eq(task_start(&b.owner, 0, wait_for_ever, NULL, NULL),
		     ERR_LIMIT);
	cr_assert_eq(b.owner.live, 2);
	bed_close(&b);
}

Test(task, waits_in_a_task_only)
{
	struct task_waiters on = { NULL, NULL };
	struct bed b;

	bed_open(&b, NULL);
	cr_assert_eq(task_wait(&on, MONO_NEVER, "x"), WEFT_EINVAL);
	cr_assert_null(on.first);
	task_closed_call("x"); /* nothing */
	bed_close(&b);
}

/* --- waking --------------------------------------------------------------- */

/* Tasks that wait for the same thing and write down when they went on. */
struct crowd {
	struct bed *b;
	struct task_waiters on;
	struct mono deadline;
	unsigned went;
	unsigned order[16];
	int rc[16];
};

struct member {
	struct crowd *c;
	unsigned number;
};

static int wait_in_crowd(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->c;
	int rc = task_wait(&c->on, c->deadline, "test_crowd");

	c->rc[m->number] = rc;
	c->order[c->went++] = m->number;
	return rc;
}

static void gather(struct crowd *c, struct member *members, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		members[i] = (struct member){ c, i };
		bed_start(c->b, wait_in_crowd, &members[i]);
	}
	bed_turn(c->b);
	cr_assert_eq(c->went, 0);
}

Test(task, wakes_in_the_order_of_the_waits)
{
	struct member members[6];
	struct bed b;
	struct crowd c = { .b = &b, .deadline = MONO_NEVER };

	bed_open(&b, NULL);
	gather(&c, members, 6);
	task_wake_one(&c.on);
	task_wake_one(&c.on);
	cr_assert_eq(c.went, 0, "never inside the call that wakes");
	bed_turn(&b);
	cr_assert_eq(c.went, 2);
	task_wake_all(&c.on);
	cr_assert_null(c.on.first);
	cr_assert_null(c.on.last);
	bed_turn(&b);
	cr_assert_eq(c.went, 6);
	for (unsigned i = 0; i < 6; i++) {
		cr_assert_eq(c.order[i], i);
		cr_assert_eq(c.rc[i], WEFT_OK);
	}
	bed_close(&b);
}

/* "It has no memory: a wake that finds nobody waiting is lost". */
Test(task, wake_before_the_wait_is_lost)
{
	struct bed b;
	struct crowd c = { .b = &b };
	struct member member = { .c = &c };

	bed_open(&b, NULL);
	c.deadline = bed_in_ms(&b, 5);
	task_wake_all(&c.on);
	task_wake_one(&c.on);
	bed_start(&b, wait_in_crowd, &member);
	BED_UNTIL(&b, c.went == 1);
	cr_assert_eq(c.rc[0], WEFT_ETIMEDOUT);
	cr_assert_null(c.on.first);
	bed_close(&b);
}

static int wake_and_look(void *arg)
{
	struct crowd *c = arg;

	task_wake_all(&c->on);
	cr_assert_eq(c->went, 0);
	return 0;
}

Test(task, woken_by_another_task_goes_on_after_it)
{
	struct member members[3];
	struct bed b;
	struct crowd c = { .b = &b, .deadline = MONO_NEVER };

	bed_open(&b, NULL);
	gather(&c, members, 3);
	bed_start(&b, wake_and_look, &c);
	bed_turn(&b);
	cr_assert_eq(c.went, 3);
	bed_close(&b);
}

/* --- deadlines ------------------------------------------------------------ */

struct sleeper {
	struct bed *b;
	struct mono until;
	unsigned *went;
	struct sleeper **order;
	bool late; /* it was so before it slept */
};

static int sleep_until(void *arg)
{
	struct sleeper *s = arg;
	int rc;

	s->late = !mono_before(net_loop_now(s->b->loop), s->until);
	rc = task_wait(NULL, s->until, "test_sleep");
	cr_assert_eq(rc, WEFT_ETIMEDOUT);
	cr_assert(!mono_before(net_loop_now(s->b->loop), s->until), "early");
	s->order[(*s->went)++] = s;
	return 0;
}

/* False when the machine was so slow that there was no order to keep. */
static bool sleep_in_order(uint64_t offset_ms)
{
	static const unsigned delays[] = { 23, 7, 15, 1, 7, 30, 0 };
	static const unsigned order[] = { 6, 3, 1, 4, 2, 0, 5 };
	struct sleeper sleepers[ARRAY_LEN(delays)];
	struct sleeper *seen[ARRAY_LEN(delays)];
	unsigned went = 0;
	bool in_time = true;
	struct mono start;
	struct bed b;

	bed_open(&b, NULL);
	start = bed_in_ms(&b, offset_ms);
	for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
		sleepers[i] = (struct sleeper){ &b, start, &went, seen, false };
		sleepers[i].until.ns += delays[i] * 1000000 + 300001;
		bed_start(&b, sleep_until, &sleepers[i]);
	}
	BED_UNTIL(&b, went == ARRAY_LEN(delays));
	for (unsigned i = 0; i < ARRAY_LEN(delays); i++)
		in_time = in_time && !sleepers[i].late;
	for (unsigned i = 0; in_time && i < ARRAY_LEN(delays); i++)
		cr_assert_eq(seen[i], &sleepers[order[i]], "place %u", i);
	bed_close(&b);
	return in_time;
}

Test(task, wakes_at_its_deadline_in_order_and_never_early)
{
	for (uint64_t offset_ms = 2; !sleep_in_order(offset_ms); offset_ms *= 2)
		cr_assert_lt(offset_ms, 5000);
}

/* The timer is left alone when what it was set for ended before its time. */
Test(task, wakes_though_the_timer_was_set_for_another)
{
	struct bed b;
	struct crowd c = { .b = &b }, late = { .b = &b };
	struct member first = { .c = &c }, second = { .c = &late };

	bed_open(&b, NULL);
	c.deadline = bed_in_ms(&b, 20);
	late.deadline = bed_in_ms(&b, 40);
	bed_start(&b, wait_in_crowd, &first);
	bed_start(&b, wait_in_crowd, &second);
	bed_turn(&b);
	task_wake_all(&c.on);
	BED_UNTIL(&b, late.went);
	cr_assert_eq(late.rc[0], WEFT_ETIMEDOUT);
	bed_close(&b);
}

static int sleep_and_stop(void *arg)
{
	struct bed *b = arg;
	struct mono until = bed_in_ms(b, 15);

	cr_assert_eq(task_wait(NULL, until, "test_sleep"), WEFT_ETIMEDOUT);
	cr_assert(!mono_before(net_loop_now(b->loop), until));
	net_loop_stop(b->loop);
	return 0;
}

Test(task, wakes_a_loop_that_has_nothing_else_to_do)
{
	struct bed b;

	bed_open(&b, NULL);
	bed_start(&b, sleep_and_stop, &b);
	net_loop_run(b.loop);
	cr_assert_eq(b.owner.live, 0);
	bed_close(&b);
}

/* Waits one after the other, in turns until woken and until a deadline. What is
 * left of one must not end the next. */
struct again {
	struct bed *b;
	struct task_waiters on;
	bool wants_wake;
	bool over;
};

static int wait_again_and_again(void *arg)
{
	struct again *a = arg;

	for (int i = 0; i < 20; i++) {
		struct mono until = bed_in_ms(a->b, 3600000);

		a->wants_wake = true;
		cr_assert_eq(task_wait(&a->on, until, "test_again"), WEFT_OK);
		a->wants_wake = false;
		until = bed_in_ms(a->b, 2);
		cr_assert_eq(task_wait(&a->on, until, "test_again"),
			     WEFT_ETIMEDOUT);
		cr_assert(!mono_before(net_loop_now(a->b->loop), until));
	}
	a->over = true;
	return 0;
}

Test(task, keeps_nothing_of_an_earlier_wait)
{
	struct bed b;
	struct again a = { .b = &b };

	bed_open(&b, NULL);
	bed_start(&b, wait_again_and_again, &a);
	while (!a.over) {
		if (a.wants_wake)
			task_wake_all(&a.on);
		bed_patience(&b, "the waits to be over");
	}
	bed_close(&b);
}

static void wake_crowd(void *ctx)
{
	struct crowd *c = ctx;

	task_wake_all(&c->on);
}

/* Both in one turn, whichever timer comes first. False when the machine was
 * so slow that the task did not get to wait. */
static bool wake_at_the_deadline(uint64_t wake_ms, uint64_t deadline_ms)
{
	struct bed b;
	struct crowd c = { .b = &b };
	struct member member = { .c = &c };
	struct net_timer *t;
	struct mono wake;
	bool waited;

	bed_open(&b, NULL);
	c.deadline = bed_in_ms(&b, deadline_ms);
	wake = mono_add_ms(net_loop_now(b.loop), wake_ms);
	t = net_timer_open(b.loop, wake_crowd, &c);
	bed_start(&b, wait_in_crowd, &member);
	bed_turn(&b);
	waited = c.on.first != NULL;
	net_timer_set(t, wake);
	/* Nothing runs until both have passed, by libuv's clock too. */
	while (mono_since_ms(mono_now(), wake) < 5 ||
	       mono_since_ms(mono_now(), c.deadline) < 5)
		;
	BED_UNTIL(&b, c.went == 1);
	if (waited)
		cr_assert_eq(c.rc[0], WEFT_OK);
	net_timer_close(t);
	bed_close(&b);
	return waited;
}

Test(task, a_wake_counts_though_the_deadline_has_passed)
{
	for (uint64_t ms = 10; !wake_at_the_deadline(ms, ms + 1); ms *= 2)
		cr_assert_lt(ms, 5000);
	for (uint64_t ms = 10; !wake_at_the_deadline(ms + 1, ms); ms *= 2)
		cr_assert_lt(ms, 5000);
}

/* --- fairness ------------------------------------------------------------- */

struct poller {
	struct bed *b;
	bool *stop;
	unsigned times;
	unsigned *all;
	unsigned most_ahead;
	struct poller *other;
};

static int poll_in_a_loop(void *arg)
{
	struct poller *p = arg;

	while (!*p->stop || *p->all <= TASK_TURN_RESUMES) {
		struct mono now = net_loop_now(p->b->loop);

		cr_assert_eq(task_wait(NULL, now, "test_poll"), WEFT_ETIMEDOUT);
		p->times++;
		(*p->all)++;
		if (p->times > p->other->times + p->most_ahead)
			p->most_ahead = p->times - p->other->times;
	}
	return 0;
}

static void set_flag(void *ctx)
{
	*(bool *)ctx = true;
}

/* A wait whose time has come never blocks the loop, nor the other tasks. */
Test(task, polling_lets_others_and_the_loop_go_on)
{
	struct bed b;
	struct poller p[2] = { { 0 } };
	unsigned all = 0, before;
	bool stop = false;
	struct net_timer *t;

	bed_open(&b, NULL);
	for (int i = 0; i < 2; i++) {
		p[i] = (struct poller){
			.b = &b, .stop = &stop, .all = &all, .other = &p[1 - i]
		};
		bed_start(&b, poll_in_a_loop, &p[i]);
	}
	t = net_timer_open(b.loop, set_flag, &stop);
	net_timer_set(t, bed_in_ms(&b, 20));
	while (!stop || all <= TASK_TURN_RESUMES) {
		before = all;
		bed_turn(&b);
		/* The queue has its turn before and after the poll. */
		cr_assert_leq(all - before, 2 * TASK_TURN_RESUMES);
	}
	cr_assert_leq(p[0].most_ahead, 1);
	cr_assert_leq(p[1].most_ahead, 1);
	net_timer_close(t);
	BED_UNTIL(&b, b.owner.live == 0);
	bed_close(&b);
}

static int poll_hundred_times(void *arg)
{
	struct poller *p = arg;

	for (p->times = 0; p->times < 100; p->times++)
		task_wait(NULL, net_loop_now(p->b->loop), "test_poll");
	return 0;
}

Test(task, polling_costs_no_turn_of_the_loop)
{
	struct bed b;
	struct poller p = { .b = &b };

	bed_open(&b, NULL);
	bed_start(&b, poll_hundred_times, &p);
	bed_turn(&b);
	cr_assert_eq(p.times, 100);
	bed_close(&b);
}

static void compute_ms(uint64_t ms)
{
	struct mono until = mono_add_ms(mono_now(), ms);

	while (mono_before(mono_now(), until))
		;
}

static int compute_a_little(void *arg)
{
	compute_ms(3);
	(*(unsigned *)arg)++;
	return 0;
}

Test(task, computing_ones_share_the_thread_with_io)
{
	enum {
		COUNT = 60
	};
	static const struct task_limits limits = { .turn_ms = TASK_TURN_MS };
	struct bed b;
	unsigned done = 0;

	bed_open(&b, &limits);
	for (int i = 0; i < COUNT; i++)
		bed_start(&b, compute_a_little, &done);
	bed_turn(&b);
	cr_assert_gt(done, 0);
	/* 10 ms, twice a turn, by a clock that may be 10 ms behind. */
	cr_assert_lt(done, COUNT / 2);
	BED_UNTIL(&b, done == COUNT);
	bed_close(&b);
}

/* --- the pool ------------------------------------------------------------- */

Test(task, stacks_are_given_back_in_a_quiet_moment)
{
	enum {
		COUNT = 300
	};
	static const struct task_limits often = { .trim_ms = 10 };
	struct task_counts counts;
	struct bed b;

	bed_open(&b, &often);
	for (int i = 0; i < COUNT; i++)
		bed_start(&b, wait_for_ever, NULL);
	bed_turn(&b);
	task_count(b.tasks, &counts);
	cr_assert_eq(counts.live, COUNT);
	cr_assert_eq(counts.stacks, COUNT);
	task_owner_close(&b.owner);
	do {
		bed_patience(&b, "stacks to be given back");
		task_count(b.tasks, &counts);
	} while (counts.stacks > COUNT / 2);
	cr_assert_eq(counts.live, 0);
	cr_assert_gt(counts.stacks, 0);
	bed_close(&b);
}
