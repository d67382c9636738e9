/* SPDX-License-Identifier: Apache-2.0 */
/* How tasks end, and what becomes of those that do not. */
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

#include "test/unit/node_plugin/bed.h"

/* --- closing -------------------------------------------------------------- */

/* Waits in one of the ways there are, then again and again. */
enum way {
	WAY_WAITERS,
	WAY_DEADLINE,
	WAY_BOTH,
	WAY_NEITHER,
	WAYS
};

struct patient {
	struct bed *b;
	enum way way;
	struct task_waiters on;
	int first, later;
	bool over;
	unsigned *clock; /* counts all steps of all patients */
	unsigned steps_between;
};

static int wait_some_way(struct patient *p)
{
	bool on = p->way == WAY_WAITERS || p->way == WAY_BOTH;
	bool until = p->way == WAY_DEADLINE || p->way == WAY_BOTH;

	return task_wait(on ? &p->on : NULL,
			 until ? bed_in_ms(p->b, 3600000) : MONO_NEVER,
			 "test_wait");
}

static int be_patient(void *arg)
{
	struct patient *p = arg;
	unsigned now;

	p->first = wait_some_way(p);
	now = ++*p->clock;
	for (int i = 0; i < WAYS * 2; i++) {
		p->way = (enum way)(i % WAYS);
		p->later = wait_some_way(p);
		if (p->later != WEFT_ECLOSED)
			break;
	}
	p->steps_between = *p->clock - now;
	p->over = true;
	return p->later;
}

Test(task_end, close_ends_every_wait_at_once_and_every_later_one)
{
	struct patient p[WAYS] = { { 0 } };
	unsigned clock = 0;
	struct bed b;

	bed_open(&b, NULL);
	for (int i = 0; i < WAYS; i++) {
		p[i] = (struct patient){ .b = &b,
					 .way = (enum way)i,
					 .clock = &clock,
					 .first = 1,
					 .later = 1 };
		bed_start(&b, be_patient, &p[i]);
	}
	bed_turns(&b, 3);
	task_owner_close(&b.owner);
	task_owner_close(&b.owner);
	cr_assert_eq(clock, 0, "never inside of the call that closes");
	bed_turn(&b);
	for (int i = 0; i < WAYS; i++) {
		cr_assert_eq(p[i].first, WEFT_ECLOSED, "way %d", i);
		cr_assert_eq(p[i].later, WEFT_ECLOSED, "way %d", i);
		cr_assert(p[i].over);
		cr_assert_eq(p[i].steps_between, 0,
			     "later waits do not suspend");
		cr_assert_null(p[i].on.first);
	}
	cr_assert_eq(task_start(&b.owner, 0, be_patient, &p[0], NULL),
		     ERR_CLOSED);
	bed_close(&b);
}

Test(task_end, one_that_was_closed_before_it_ran_still_runs)
{
	struct patient p = { 0 };
	unsigned clock = 0;
	struct bed b;

	bed_open(&b, NULL);
	p = (struct patient){ .b = &b, .clock = &clock };
	bed_start(&b, be_patient, &p);
	task_owner_close(&b.owner);
	bed_close(&b);
	cr_assert(p.over);
	cr_assert_eq(p.first, WEFT_ECLOSED);
}

Test(task_end, closed_counts_more_than_woken)
{
	struct patient p = { 0 };
	unsigned clock = 0;
	struct bed b;

	bed_open(&b, NULL);
	p = (struct patient){ .b = &b, .way = WAY_BOTH, .clock = &clock };
	bed_start(&b, be_patient, &p);
	bed_turn(&b);
	cr_assert_not_null(p.on.first);
	task_wake_one(&p.on);
	task_owner_close(&b.owner);
	bed_turn(&b);
	cr_assert_eq(p.first, WEFT_ECLOSED);
	bed_close(&b);
}

static int wait_on(void *arg)
{
	return task_wait(arg, MONO_NEVER, "test_wait");
}

/* What holds the waiters may go as soon as the owner is closed. */
Test(task_end, closed_ones_have_left_what_they_waited_for)
{
	struct task_waiters *on = calloc(1, sizeof(*on));
	struct bed b;

	bed_open(&b, NULL);
	bed_start(&b, wait_on, on);
	bed_turn(&b);
	task_owner_close(&b.owner);
	cr_assert_null(on->first);
	free(on);
	bed_close(&b);
}

Test(task_end, an_uncut_wait_goes_on)
{
	struct bed_worker w = { .later = 1 };
	struct bed b;

	bed_open(&b, NULL);
	bed_start(&b, bed_work, &w);
	bed_turn(&b);
	task_owner_close(&b.owner);
	bed_turns(&b, 3);
	cr_assert_not(w.woken);
	cr_assert_not_null(w.on.first);
	cr_assert_eq(b.empty, 0);
	task_wake_one(&w.on);
	bed_turn(&b);
	cr_assert(w.woken);
	cr_assert_eq(w.later, WEFT_ECLOSED);
	bed_close(&b);
}

Test(task_end, only_the_uncut_wait_is_not_cut_short)
{
	struct bed_worker w = { .later = 1 };
	struct bed b;

	bed_open(&b, NULL);
	bed_start(&b, bed_work, &w);
	bed_turn(&b);
	task_wake_one(&w.on);
	bed_turn(&b);
	cr_assert(w.woken);
	cr_assert_eq(w.later, 1);
	task_owner_close(&b.owner);
	bed_turn(&b);
	cr_assert_eq(w.later, WEFT_ECLOSED);
	bed_close(&b);
}

/* --- late, and parked ----------------------------------------------------- */

static const struct task_limits short_limits = {
	.late_ms = 20,
	.park_ms = 50,
	.park_calls = 10,
};

static int hold_and_work(void *arg)
{
	struct bed_worker *w = arg;
	char *held = malloc(100); /* no leak: its stack stays */

	memset(held, 1, 100);
	task_wait_uncut(&w->on, "test_work");
	w->woken = true;
	free(held);
	return 0;
}

Test(task_end, one_that_does_not_end_is_logged_and_then_parked)
{
	struct bed_worker w = { .later = 1 };
	struct task_counts counts;
	char text[128];
	struct bed b;

	bed_open(&b, &short_limits);
	bed_start(&b, hold_and_work, &w);
	bed_turn(&b);
	task_owner_close(&b.owner);
	BED_UNTIL(&b, b.line_count == 2);
	cr_assert_str_eq(b.lines[0],
			 "fiber has not ended fiber=bed last_call=test_work");
	cr_assert_geq(b.closed_for_ns[0], 20000000);
	cr_assert_str_eq(b.lines[1],
			 "fiber parked for ever fiber=bed last_call=test_work");
	cr_assert_geq(b.closed_for_ns[1], 50000000);
	cr_assert_eq(b.owner.live, 1);
	cr_assert_eq(b.owner.parked, 1);
	cr_assert(task_describe(&b.owner, text, sizeof(text)));
	cr_assert_str_eq(text, "bed, parked for ever in test_work");
	task_count(b.tasks, &counts);
	cr_assert_eq(counts.live, 0);
	cr_assert_eq(counts.parked, 1);
	cr_assert_eq(counts.stacks, 1);

	/* The work returns after all: nobody is there to hear of it. */
	cr_assert_null(w.on.first);
	task_wake_all(&w.on);
	bed_turns(&b, 3);
	cr_assert_not(w.woken);
	cr_assert_eq(b.empty, 0);
	bed_abandon(&b);
}

Test(task_end, one_that_ends_in_time_is_not_logged)
{
	static const struct task_limits limits = { .late_ms = 3600000 };
	struct bed_worker w = { .later = 1 };
	struct bed b;

	bed_open(&b, &limits);
	bed_start(&b, bed_work, &w);
	bed_turn(&b);
	task_owner_close(&b.owner);
	cr_assert_neq(b.owner.due.place, 0);
	bed_turn(&b);
	task_wake_all(&w.on);
	BED_UNTIL(&b, b.empty);
	cr_assert_eq(b.owner.due.place, 0, "nothing will come");
	cr_assert_eq(b.line_count, 0, "%s", b.lines[0]);
	bed_close(&b);
}

Test(task_end, one_that_ends_after_it_was_logged_is_not_parked)
{
	static const struct task_limits limits = { .late_ms = 5,
						   .park_ms = 3600000 };
	struct bed_worker w = { .later = 1 };
	char text[128];
	struct bed b;

	bed_open(&b, &limits);
	bed_start(&b, bed_work, &w);
	bed_turn(&b);
	task_owner_close(&b.owner);
	BED_UNTIL(&b, b.line_count == 1);
	cr_assert_neq(b.owner.due.place, 0);
	cr_assert(task_describe(&b.owner, text, sizeof(text)));
	cr_assert_str_eq(text, "bed, waiting in test_work");
	task_wake_all(&w.on);
	BED_UNTIL(&b, b.empty);
	cr_assert_eq(b.owner.due.place, 0, "nothing will come");
	cr_assert_eq(b.line_count, 1, "%s", b.lines[1]);
	cr_assert(w.woken);
	bed_close(&b);
}

/* A loop that never looks at what it is told. */
struct deaf {
	bool waits; /* by task_wait, not just closed calls */
	unsigned calls;
};

static int never_listen(void *arg)
{
	struct deaf *d = arg;

	while (d->calls < 100000) {
		d->calls++;
		if (d->waits)
			task_wait(NULL, MONO_NEVER, "test_wait");
		else
			task_closed_call("test_write");
	}
	return 0;
}

/* False when the machine was so slow that the time was over, too. */
static bool park_by_calls(bool waits, const char *line, uint64_t late_ms)
{
	const struct task_limits limits = {
		.late_ms = late_ms,
		.park_ms = late_ms + 100,
		.park_calls = 10,
	};
	struct deaf d = { .waits = waits };
	struct mono closed;
	bool in_time;
	struct bed b;

	bed_open(&b, &limits);
	bed_start(&b, never_listen, &d);
	/* With an open owner the other way would be over at once. */
	if (waits)
		bed_turn(&b);
	closed = mono_now();
	task_owner_close(&b.owner);
	bed_turn(&b);
	in_time = mono_since_ms(mono_now(), closed) < late_ms;
	if (in_time) {
		/* The first wait was cut short, and is not a call on a closed
		 * one. */
		cr_assert_eq(d.calls, waits ? 11 : 10);
		cr_assert_eq(b.line_count, 1);
		cr_assert_str_eq(b.lines[0], line);
		cr_assert_eq(b.owner.parked, 1);
	}
	BED_UNTIL(&b, b.owner.late && !b.owner.due.place);
	if (in_time)
		cr_assert_eq(b.line_count, 1, "it was late, too: %s",
			     b.lines[1]);
	bed_abandon(&b);
	return in_time;
}

static void expect_parked_by_calls(bool waits, const char *line)
{
	for (uint64_t ms = 300; !park_by_calls(waits, line, ms); ms *= 2)
		cr_assert_lt(ms, 20000);
}

Test(task_end, one_that_calls_and_calls_is_parked)
{
	expect_parked_by_calls(true, "fiber parked for ever fiber=bed "
				     "last_call=test_wait");
	expect_parked_by_calls(false, "fiber parked for ever fiber=bed "
				      "last_call=test_write");
}

static int call_often(void *arg)
{
	for (int i = 0; i < 5000; i++)
		task_closed_call("test_write");
	*(bool *)arg = true;
	return 0;
}

Test(task_end, calls_on_closed_handles_are_fine_while_its_owner_is_open)
{
	bool over = false;
	struct bed b;

	bed_open(&b, &short_limits);
	bed_start(&b, call_often, &over);
	bed_turn(&b);
	cr_assert(over);
	bed_close(&b);
}

/* --- slow ----------------------------------------------------------------- */

static int compute(void *arg)
{
	struct mono until;

	task_wait(NULL, (struct mono){ 0 }, "test_wait");
	until = mono_add_ms(mono_now(), *(unsigned *)arg);
	while (mono_before(mono_now(), until))
		;
	return 0;
}

/* False when the machine was so slow that another one was, or that the silence
 * after the line was over. */
static bool compute_twice(void)
{
	static const struct task_limits limits = { .slow_ms = 150 };
	struct mono begun = mono_now();
	struct task_counts counts;
	unsigned ms = 300;
	bool in_time;
	struct bed b;

	bed_open(&b, &limits);
	/* Another one soon is counted only. */
	for (int i = 0; i < 2; i++) {
		bed_start(&b, compute, &ms);
		BED_UNTIL(&b, b.owner.live == 0);
	}
	task_count(b.tasks, &counts);
	cr_assert_geq(counts.slow, 2);
	in_time = counts.slow == 2 && mono_since_ms(mono_now(), begun) < 1000;
	if (in_time) {
		cr_assert_eq(b.line_count, 1);
		cr_assert_str_eq(b.lines[0],
				 "fiber computed without a wait fiber=bed "
				 "last_call=test_wait");
	}
	bed_close(&b);
	return in_time;
}

Test(task_end, one_that_computes_long_is_logged)
{
	for (int tries = 1; !compute_twice(); tries++)
		cr_assert_lt(tries, 20);
}

static int sleep_long(void *arg)
{
	struct bed *b = arg;
	unsigned ms = 40;

	compute(&ms);

	return task_wait(NULL, bed_in_ms(b, 1200), "test_wait");
}

Test(task_end, waiting_and_a_little_computing_are_not)
{
	static const struct task_limits limits = { .slow_ms = 1000 };
	struct bed b;

	bed_open(&b, &limits);
	bed_start(&b, sleep_long, &b);
	BED_UNTIL(&b, b.owner.live == 0);
	cr_assert_eq(b.line_count, 0, "%s", b.lines[0]);
	bed_close(&b);
}
