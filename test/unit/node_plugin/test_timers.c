/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/inside.h"
#include "test/unit/node_plugin/subject.h"

struct ticking {
	struct weft_timer *timer;
	struct weft_event *go;
	int begun, ended, most, now;
	weft_time at[8];
	bool frees;
	bool waits;
};

static void tick(void *arg)
{
	struct ticking *t = arg;

	if (t->begun < (int)ARRAY_LEN(t->at))
		t->at[t->begun] = weft_now(weft_test_host());
	t->begun++;
	t->now++;
	if (t->now > t->most)
		t->most = t->now;
	if (t->frees)
		weft_timer_free(t->timer);
	if (t->waits)
		weft_wait(t->go, WEFT_FOREVER);
	t->now--;
	t->ended++;
}

static int ticked_three_times(void *arg)
{
	const struct ticking *t = arg;

	return t->ended >= 3;
}

static int timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking once = { 0 }, often = { 0 }, freed = { .frees = true };
	weft_time begun = weft_now(host);

	(void)arg;
	once.timer = weft_after(host, begun + WEFT_MS(1), tick, &once);
	often.timer = weft_every(host, WEFT_MS(3), tick, &often);
	freed.timer = weft_every(host, WEFT_MS(1), tick, &freed);
	cr_assert(once.timer && often.timer && freed.timer);
	subject_until(ticked_three_times, &often);
	cr_assert_eq(once.begun, 1);
	cr_assert_eq(freed.begun, 1); /* it freed itself */
	for (int i = 0; i < 3; i++)
		cr_assert_geq(often.at[i] - begun, WEFT_MS(3) * (i + 1));
	weft_timer_free(often.timer);
	weft_timer_free(once.timer);
	weft_timer_free(NULL);
	cr_assert_null(weft_after(host, 0, NULL, NULL));
	cr_assert_null(weft_after(NULL, 0, tick, NULL));
	return WEFT_OK;
}

Test(timers, fire_once_or_again_and_again)
{
	subject_run(timers, NULL);
}

static int free_before_it_fires(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking t = { 0 };

	(void)arg;
	/* Due now: its task stands in the queue when it is given back. */
	t.timer = weft_after(host, 0, tick, &t);
	weft_timer_free(t.timer);
	subject_let_run();
	cr_assert_eq(t.begun, 0);
	return WEFT_OK;
}

Test(timers, fire_no_more_once_given_back)
{
	subject_run(free_before_it_fires, NULL);
}

static int begun_once(void *arg)
{
	const struct ticking *t = arg;

	return t->begun >= 1;
}

static int begun_often(void *arg)
{
	const struct ticking *t = arg;

	return t->begun > 2;
}

static int slow_timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking t = { .waits = true }, other = { 0 };
	weft_time woken;

	(void)arg;
	t.go = weft_event_new(host);
	t.timer = weft_every(host, WEFT_MS(1), tick, &t);
	other.timer = weft_every(host, WEFT_MS(1), tick, &other);
	subject_until(begun_once, &t);
	/* It has been due many times; the others go on. A stalled machine does
	 * not make up for what they missed either. */
	cr_assert_eq(weft_sleep_until(host, weft_now(host) + WEFT_MS(30)),
		     WEFT_OK);
	subject_until(begun_often, &other);
	cr_assert_eq(t.begun, 1);
	/* They are not made up for. */
	woken = weft_now(host);
	t.waits = false;
	weft_wake(t.go);
	subject_let_run();
	cr_assert_gt(t.begun, 1);
	cr_assert_leq(t.begun, 3 + (weft_now(host) - woken) / WEFT_MS(1));
	cr_assert_eq(t.most, 1);
	weft_timer_free(t.timer);
	weft_timer_free(other.timer);
	return WEFT_OK;
}

Test(timers, do_not_overlap_nor_catch_up)
{
	subject_run(slow_timers, NULL);
}

static int many_timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct weft_timer *timers_[INSTANCE_TIMERS_MAX];
	struct ticking t = { 0 };

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(timers_); i++) {
		timers_[i] = weft_after(host, WEFT_FOREVER, tick, &t);
		cr_assert_not_null(timers_[i]);
	}
	cr_assert_null(weft_after(host, WEFT_FOREVER, tick, &t));
	weft_timer_free(timers_[7]);
	timers_[7] = weft_after(host, 0, tick, &t);
	cr_assert_not_null(timers_[7]);
	cr_assert_null(weft_every(host, WEFT_MS(1), tick, &t));
	subject_let_run();
	cr_assert_eq(t.begun, 1);
	return WEFT_OK; /* the rest goes with the run */
}

Test(timers, are_limited)
{
	subject_run(many_timers, NULL);
}
