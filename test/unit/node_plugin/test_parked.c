/* SPDX-License-Identifier: Apache-2.0 */
/* A fiber that is parked for ever keeps what it was given, and nothing else is
 * lost with it: leak checkers are the other half of these tests. */
#include <stdlib.h>

#include "node/plugin/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/thing.h"

static struct {
	struct weft_host *host;
	unsigned calls;
	char seen;
} deaf;

/* Calls and calls, whatever it is told. Nothing on its stack points to what it
 * was given once it has looked at it. */
static int never_listen(void *arg)
{
	deaf.seen = *(const char *)arg;
	while (deaf.seen) {
		deaf.calls++;
		(void)weft_sleep_until(deaf.host, WEFT_FOREVER);
	}
	return WEFT_OK;
}

static void never_listen_to(void *arg)
{
	(void)never_listen(arg);
}

static char *given(char what)
{
	char *out = malloc(1000);

	cr_assert_not_null(out);
	memset(out, what, 1000);
	return out;
}

static const struct task_limits limits = { .park_calls = 10 };

static bool has_called(void *ctx)
{
	(void)ctx;
	return deaf.calls > 0;
}

static bool has_called_much(void *ctx)
{
	(void)ctx;
	return deaf.calls > (unsigned)limits.park_calls;
}

static int go_deaf(struct weft_host *host)
{
	deaf.host = host;
	return weft_go(host, never_listen, given('g'));
}

static int post_deaf(struct weft_host *host)
{
	deaf.host = host;
	return weft_post(host, never_listen_to, given('p'));
}

static int time_deaf(struct weft_host *host)
{
	deaf.host = host;
	return weft_after(host, 0, never_listen_to, given('t')) ? WEFT_OK
								: WEFT_ELIMIT;
}

/* --- an admin call -----------------------------------------------------------
 */

static struct {
	bool came;
	int rc;
} answer;

static int answer_never(void *state, const char *params, size_t size,
			struct weft_text *result)
{
	(void)state;
	(void)size;
	(void)result;
	return never_listen((void *)params);
}

static void on_answer(void *ctx, int rc, const char *json)
{
	(void)ctx;
	cr_assert_not(answer.came);
	cr_assert_null(json);
	answer.came = true;
	answer.rc = rc;
}

static bool has_answer(void *ctx)
{
	(void)ctx;
	return answer.came;
}

static int call_deaf(struct weft_host *host)
{
	const struct instance_rpc *rpcs;
	int rc = weft_rpc_add(host, "thing_wait", answer_never, NULL);

	deaf.host = host;
	instance_rpcs(host, &rpcs);
	instance_rpc_call(host, &rpcs[0], "[]", on_answer, NULL);
	return rc;
}

/* --- parking -----------------------------------------------------------------
 */

/* A plugin whose fiber began like that is left behind. */
static void park(int (*begin)(struct weft_host *host), char seen)
{
	struct task_counts counts;
	struct why why = WHY_NONE;
	struct rigged i;
	struct rig r;

	rig_open(&r, &limits);
	thing_does.start = begin;
	deaf.calls = 0;
	rig_start(&i, &r, &thing);
	rig_until(&r, has_called, NULL);
	instance_stop(i.host, rig_stopped, &i);
	rig_until(&r, has_called_much, NULL);
	cr_assert_eq(deaf.seen, seen);
	cr_assert_not(instance_is_idle(i.host, &why));
	cr_assert_str_eq(why.text,
			 "thing, parked for ever in weft_sleep_until");
	task_count(r.tasks, &counts);
	cr_assert_eq(counts.parked, (size_t)1);
	if (begin == call_deaf)
		rig_until(&r, has_answer, NULL);
	instance_abandon(i.host);
	rig_close(&r);
}

Test(parked, fibers_keep_what_they_were_given)
{
	park(go_deaf, 'g');
}

Test(parked, posts_keep_what_they_were_given)
{
	park(post_deaf, 'p');
}

Test(parked, timers_keep_what_they_were_given)
{
	park(time_deaf, 't');
}

/* Whoever asked is not kept waiting for ever. */
Test(parked, admin_calls_are_answered_and_keep_what_they_were_given)
{
	park(call_deaf, '[');
	cr_assert_eq(answer.rc, WEFT_ECLOSED);
}
