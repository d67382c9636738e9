/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's life on a node: how it begins and how it ends. */
#include "node/plugin/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/thing.h"

/* --- the order ---------------------------------------------------------------
 */

static int mark_end(void *arg)
{
	cr_assert_eq(weft_sleep_until(arg, WEFT_FOREVER), WEFT_ECLOSED);
	strcat(thing_does.calls, "x");
	return WEFT_OK;
}

static int start_a_fiber(struct weft_host *host)
{
	return weft_go(host, mark_end, host);
}

static void stop_slowly(struct weft_host *host)
{
	/* Nothing is closed while it runs. */
	cr_assert_eq(weft_sleep_until(host, weft_now(host) + WEFT_MS(2)),
		     WEFT_OK);
	strcat(thing_does.calls, "-");
}

Test(instance, stops_then_closes_then_frees)
{
	struct rig r;
	struct rigged i;
	int state;

	rig_open(&r, NULL);
	thing_does.start = start_a_fiber;
	thing_does.stop = stop_slowly;
	thing_does.state = &state;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	expect_calls("[]");
	rig_stop(&i);
	expect_calls("[](-)x.");
	rig_close(&r);
}

static int fail_to_start(struct weft_host *host)
{
	cr_assert_eq(weft_go(host, mark_end, host), WEFT_OK);
	return WEFT_EFAIL;
}

Test(instance, frees_but_does_not_stop_what_failed_to_start)
{
	struct rig r;
	struct rigged i;
	int state;

	rig_open(&r, NULL);
	thing_does.start = fail_to_start;
	thing_does.state = &state;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_EFAIL);
	rig_stop(&i);
	expect_calls("[]x.");

	/* One that had set no state has nothing to free. */
	thing_does.calls[0] = '\0';
	thing_does.state = NULL;
	rig_start(&i, &r, &thing);
	rig_stop(&i);
	expect_calls("[]x");
	rig_close(&r);
}

static int wait_in_start(struct weft_host *host)
{
	return weft_sleep_until(host, WEFT_FOREVER);
}

static void ignore_start(void *ctx, int rc)
{
	int *out = ctx;

	*out = rc;
}

static void note_stopped(void *ctx)
{
	bool *out = ctx;

	*out = true;
}

static bool is_true(void *ctx)
{
	const bool *b = ctx;

	return *b;
}

Test(instance, can_be_stopped_while_it_starts)
{
	struct rig r;
	struct weft_host *host;
	bool stopped = false;
	int rc = 1;

	rig_open(&r, NULL);
	thing_does.start = wait_in_start;
	host = instance_open(&r.node, &thing, NULL, ignore_start, &rc);
	instance_stop(host, note_stopped, &stopped);
	rig_until(&r, is_true, &stopped);
	cr_assert_eq(rc, WEFT_ECLOSED);
	expect_calls("[]");
	rig_close(&r);
}

static void stop_never(struct weft_host *host)
{
	while (weft_sleep_until(host, WEFT_FOREVER) == WEFT_OK)
		;
	strcat(thing_does.calls, "!");
}

Test(instance, closes_what_does_not_stop_in_time)
{
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	r.node.stop_ms = 20;
	thing_does.start = start_a_fiber;
	thing_does.stop = stop_never;
	rig_start(&i, &r, &thing);
	rig_stop(&i);
	/* Everything else first; then the wait in stop ends too. */
	expect_calls("[](x!).");
	cr_assert_eq(r.warnings, (size_t)1);
	cr_assert_str_eq(r.warning, "stop takes too long plugin=thing");
	rig_close(&r);
}

static bool two_begun(void *ctx)
{
	(void)ctx;
	return !strcmp(thing_does.calls, "[][");
}

Test(instance, ends_although_there_is_no_fiber_for_stop)
{
	static const struct task_limits one = { .tasks = 1 };
	struct rig r;
	struct rigged i, other;

	rig_open(&r, &one);
	r.node.stop_ms = 20;
	rig_start(&i, &r, &thing);
	thing_does.start = wait_in_start;
	other = (struct rigged){ .rig = &r };
	other.host =
		instance_open(&r.node, &thing, NULL, ignore_start, &other.rc);
	rig_until(&r, two_begun, NULL);
	rig_stop(&i); /* while the start of the other has the only fiber */
	expect_calls("[][().");
	rig_stop(&other);
	expect_calls("[][().]");
	rig_close(&r);
}

Test(instance, says_when_there_is_no_fiber_for_start)
{
	static const struct task_limits one = { .tasks = 1 };
	struct rig r;
	struct rigged i, other;

	rig_open(&r, &one);
	thing_does.start = wait_in_start;
	other = (struct rigged){ .rig = &r };
	other.host =
		instance_open(&r.node, &thing, NULL, ignore_start, &other.rc);
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_ELIMIT);
	rig_stop(&i);
	rig_stop(&other);
	expect_calls("[]");
	rig_close(&r);
}

/* --- what is left
 * --------------------------------------------------------------
 */

static struct weft_timer *timers[2];

static void nothing(void *arg)
{
	(void)arg;
}

static int hold_things(struct weft_host *host)
{
	for (size_t i = 0; i < ARRAY_LEN(timers); i++)
		timers[i] = weft_after(host, WEFT_FOREVER, nothing, NULL);
	return start_a_fiber(host);
}

static void let_go(struct weft_host *host)
{
	struct why why = WHY_NONE;

	/* The fiber that asks is one too; the newest is named. */
	cr_assert(!instance_is_idle(host, &why));
}

static bool fiber_waits(void *ctx)
{
	struct why why = WHY_NONE;

	return !instance_is_idle(ctx, &why) &&
	       !strcmp(why.text, "thing, waiting in weft_sleep_until");
}

static bool only_timers_wait(void *ctx)
{
	struct why why = WHY_NONE;

	return !instance_is_idle(ctx, &why) && !strcmp(why.text, "2 timers");
}

Test(instance, names_what_is_left)
{
	struct rig r;
	struct rigged i;
	struct why why = WHY_NONE;

	rig_open(&r, NULL);
	thing_does.start = hold_things;
	thing_does.stop = let_go;
	rig_start(&i, &r, &thing);
	rig_until(&r, fiber_waits, i.host);
	rig_stop(&i);

	thing_does.start = NULL;
	rig_start(&i, &r, &thing);
	cr_assert(instance_is_idle(i.host, &why), "%s", why.text);
	for (size_t n = 0; n < ARRAY_LEN(timers); n++)
		timers[n] = weft_after(i.host, WEFT_FOREVER, nothing, NULL);
	rig_until(&r, only_timers_wait, i.host);
	weft_timer_free(timers[1]);
	cr_assert(!instance_is_idle(i.host, &why));
	cr_assert_str_eq(why.text, "1 timer");
	weft_timer_free(timers[0]);
	cr_assert(instance_is_idle(i.host, &why), "%s", why.text);
	rig_stop(&i);
	rig_close(&r);
}
