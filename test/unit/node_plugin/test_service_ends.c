/* SPDX-License-Identifier: Apache-2.0 */
/* How the two sides of a service end, on a node with one plugin that answers
 * and one that asks. */
#include "node/plugin/service.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/sums.h"

static struct weft_host *asks_host;
static struct weft_service_use *held;
static struct sums_asker asked;

static int asks_start(struct weft_host *host, void **state)
{
	(void)state;
	asks_host = host;
	return weft_service_get(host, "sums", 3, &held);
}

SUBJECT(asks, .start = asks_start);

static struct service *find_service(void *ctx, const char *name,
				    uint32_t version)
{
	(void)ctx;
	return instance_service(sums.host, name, version);
}

struct pair {
	struct rig rig;
	struct rigged answers, asks;
};

static bool is_waiting(void *ctx)
{
	(void)ctx;
	return sums.waiting > 0;
}

static void pair_open(struct pair *p, const struct task_limits *limits)
{
	rig_open(&p->rig, limits);
	p->rig.node.service_find = find_service;
	rig_start(&p->answers, &p->rig, &sums_plugin);
	rig_start(&p->asks, &p->rig, &asks);
	cr_assert_eq(p->asks.rc, WEFT_OK);
}

static void pair_ask(struct pair *p)
{
	asked = (struct sums_asker){ .use = held, .deadline = WEFT_FOREVER };
	cr_assert_eq(weft_go(asks_host, sums_ask, &asked), WEFT_OK);
	rig_until(&p->rig, is_waiting, NULL);
}

Test(services, pin_the_plugin_that_answers)
{
	struct why why = WHY_NONE;
	struct weft_service_use *more;
	struct pair p;

	pair_open(&p, NULL);
	cr_assert_eq(weft_service_get(asks_host, "sums", 3, &more), WEFT_OK);
	cr_assert(instance_is_used(p.answers.host, &why));
	cr_assert_str_eq(why.text, "its service sums/3 is used by asks");
	cr_assert_not(instance_is_idle(p.answers.host, &why));
	cr_assert_str_eq(why.text, "its service sums/3 is used by asks");
	cr_assert(instance_is_idle(p.asks.host, &why));
	weft_service_put(held);
	cr_assert(instance_is_used(p.answers.host, &why));
	weft_service_put(more);
	cr_assert_not(instance_is_used(p.answers.host, &why));
	cr_assert(instance_is_idle(p.answers.host, &why));
	rig_stop(&p.asks);
	rig_stop(&p.answers);
	cr_assert_eq(p.rig.warnings, (size_t)0, "%s", p.rig.warning);
	rig_close(&p.rig);
}

Test(services, end_a_call_with_the_plugin_that_asks)
{
	struct why why = WHY_NONE;
	struct pair p;

	pair_open(&p, NULL);
	pair_ask(&p);
	rig_stop(&p.asks);
	cr_assert_eq(asked.rc, WEFT_ECLOSED);
	cr_assert_eq(sums.waiting, 0);
	cr_assert_eq(sums.last, WEFT_ECLOSED);
	/* What it forgot was given back for it, and told. */
	cr_assert_eq(p.rig.warnings, (size_t)1);
	cr_assert_str_eq(p.rig.warning, "service was not given back "
					"plugin=asks service=sums/3");
	cr_assert_not(instance_is_used(p.answers.host, &why));
	rig_stop(&p.answers);
	rig_close(&p.rig);
}

Test(services, end_a_call_with_the_plugin_that_answers)
{
	struct pair p;

	pair_open(&p, NULL);
	pair_ask(&p);
	rig_stop(&p.answers);
	cr_assert_eq(sums.last, WEFT_ECLOSED);
	cr_assert(asked.done);
	cr_assert_eq(asked.rc, WEFT_ECLOSED);
	/* A handle stays good, though there is nothing behind it. */
	asked = (struct sums_asker){ .use = held, .deadline = WEFT_FOREVER };
	cr_assert_eq(weft_go(asks_host, sums_ask, &asked), WEFT_OK);
	rig_stop(&p.asks);
	cr_assert_eq(asked.rc, WEFT_ECLOSED);
	rig_close(&p.rig);
}

static bool is_done(void *ctx)
{
	(void)ctx;
	return asked.done;
}

/* It does not hear that it is closed, and is parked for it. */
static int wait_deaf(void *state, const struct weft_msg *request,
		     struct weft_text *reply)
{
	(void)state;
	(void)request;
	(void)reply;
	sums.waiting++;
	while (sums.waiting)
		sums.last = weft_wait(sums.go, WEFT_FOREVER);
	return WEFT_OK;
}

static int deaf_start(struct weft_host *host, void **state)
{
	static const struct weft_service_call deaf_call = {
		.size = sizeof(deaf_call), .name = "deaf", .fn = wait_deaf
	};
	static const struct weft_service_call *const list[] = {
		&deaf_call, &deaf_call, &deaf_call, NULL
	};
	struct weft_service s = sums_service;

	(void)state;
	sums.host = host;
	sums.go = weft_event_new(host);
	s.calls = list;
	return weft_service_add(host, &s, NULL);
}

SUBJECT(deaf, .start = deaf_start);

Test(services, that_do_not_end_hold_up_nobody_who_asked)
{
	static const struct task_limits limits = { .park_calls = 10 };
	struct why why = WHY_NONE;
	struct pair p;

	rig_open(&p.rig, &limits);
	p.rig.node.service_find = find_service;
	rig_start(&p.answers, &p.rig, &deaf);
	rig_start(&p.asks, &p.rig, &asks);
	pair_ask(&p);
	instance_stop(p.answers.host, rig_stopped, &p.answers);
	rig_until(&p.rig, is_done, NULL);
	cr_assert_eq(asked.rc, WEFT_ECLOSED);
	rig_stop(&p.asks);
	cr_assert_not(instance_is_idle(p.answers.host, &why));
	cr_assert_str_eq(why.text, "deaf sums/3 deaf, parked for ever in "
				   "weft_wait");
	instance_abandon(p.answers.host);
	rig_close(&p.rig);
}

static int take_the_only_fiber(void *arg)
{
	(void)arg;
	asked.rc = weft_service_call(held, SUMS_ECHO, NULL, 0, NULL);
	asked.done = true;
	return WEFT_OK;
}

Test(services, say_when_there_is_no_fiber_for_a_call)
{
	static const struct task_limits one = { .tasks = 1 };
	struct pair p;

	pair_open(&p, &one);
	p.rig.node.stop_ms = 20;
	asked = (struct sums_asker){ .rc = 1 };
	cr_assert_eq(weft_go(asks_host, take_the_only_fiber, NULL), WEFT_OK);
	rig_until(&p.rig, is_done, NULL);
	cr_assert_eq(asked.rc, WEFT_ELIMIT);
	weft_service_put(held);
	rig_stop(&p.asks);
	rig_stop(&p.answers);
	rig_close(&p.rig);
}
