/* SPDX-License-Identifier: Apache-2.0 */
/* api_timer.c - calls at a time, or again and again. All of a plugin's timers
 * hang on the one of its instance. */
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"

static void free_timer(struct weft_timer *t)
{
	DL_DELETE(t->host->timers, t);
	free(t);
}

void timer_reclaim(struct weft_timer *t)
{
	free_timer(t);
}

static int run_timer(void *arg)
{
	struct weft_timer *t = arg;

	/* "Once that returned no further call begins." */
	if (!t->freed)
		t->fn(t->arg);
	return WEFT_OK;
}

static void timer_done(void *arg, int rc)
{
	struct weft_timer *t = arg;
	struct weft_host *h = t->host;

	(void)rc;
	t->running = false;
	if (t->freed)
		free_timer(t);
	/* It may have become due meanwhile. */
	instance_arm(h);
}

/* When it is due again: in step with when it was due first, and not for the
 * times that passed while it ran or there was no fiber. */
static weft_time next_time(const struct weft_timer *t, weft_time now)
{
	weft_time behind = now - t->at;
	weft_time steps;

	if (!t->every)
		return WEFT_FOREVER;
	steps = behind / t->every + 1;
	if (steps > (WEFT_FOREVER - t->at) / t->every)
		return WEFT_FOREVER;
	return t->at + steps * t->every;
}

static bool start_timer(struct weft_timer *t, weft_time now)
{
	if (task_start(&t->host->work, 0, run_timer, t, timer_done))
		return false;
	t->running = true;
	t->at = next_time(t, now);
	return true;
}

struct mono timers_due(struct weft_host *h)
{
	weft_time now = api_now(h);
	struct mono next = MONO_NEVER;
	struct weft_timer *t;

	if (h->work_closed)
		return MONO_NEVER;
	DL_FOREACH (h->timers, t) {
		if (t->freed || t->running)
			continue; /* timer_done looks again */
		if (t->at <= now && start_timer(t, now))
			continue;
		if (t->at > now)
			next = mono_min(next, api_deadline(t->at));
		else
			next = mono_min(next, mono_add_ms(api_deadline(now),
							  INSTANCE_RETRY_MS));
	}
	return next;
}

struct weft_timer *api_timer(struct weft_host *h, weft_time first,
			     weft_time every, void (*fn)(void *arg), void *arg)
{
	struct weft_timer *t;

	if (!h || !fn || every < 0 || h->work_closed ||
	    h->timer_count == INSTANCE_TIMERS_MAX)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	*t = (struct weft_timer){
		.host = h,
		.at = first > 0 ? first : 0,
		.every = every && every < TIMER_PERIOD_MIN ? TIMER_PERIOD_MIN
							   : every,
		.fn = fn,
		.arg = arg,
	};
	h->timer_count++;
	DL_APPEND(h->timers, t);
	instance_arm(h);
	return t;
}

void api_timer_free(struct weft_timer *t)
{
	if (!t || t->freed)
		return;
	t->host->timer_count--;
	if (!t->running) {
		free_timer(t);
		return;
	}
	t->freed = true;
}
