/* SPDX-License-Identifier: Apache-2.0 */
/* api_fiber.c - fibers of a plugin's own, and work on other threads. */
#include <stdlib.h>

#include "node/plugin/api.h"
#include "p2p/net/work.h"

/* --- go ----------------------------------------------------------------------
 */

/* A fiber of a channel: what it returns is for the session. */
struct errand {
	struct weft_channel *ch;
	int (*fn)(void *arg);
	void *arg;
};

static int run_errand(void *arg)
{
	const struct errand *e = arg;

	return e->fn(e->arg);
}

static void errand_done(void *arg, int rc)
{
	struct errand *e = arg;

	/* "but for 0, which only ends the fiber". The channel outlives its
	 * fibers. */
	channel_obey(e->ch, rc, CHANNEL_HANDLER);
	free(e);
}

static int started(enum err rc)
{
	return rc == ERR_SYSTEM ? WEFT_ELIMIT : api_result(rc);
}

int api_go(struct weft_host *h, int (*fn)(void *arg), void *arg)
{
	if (!h || !fn)
		return WEFT_EINVAL;
	if (h->work_closed)
		return api_closed("weft_go");
	return started(task_start(&h->work, 0, fn, arg, NULL));
}

int api_channel_go(struct weft_channel *ch, int (*fn)(void *arg), void *arg)
{
	struct errand *e;
	enum err rc;

	if (!ch || !fn)
		return WEFT_EINVAL;
	if (ch->closed)
		return api_closed("weft_channel_go");
	e = malloc(sizeof(*e));
	if (!e)
		abort();
	*e = (struct errand){ ch, fn, arg };
	rc = task_start(&ch->owner, ch->protocol->p.stack_kib, run_errand, e,
			errand_done);
	if (rc)
		free(e);
	return started(rc);
}

/* --- waiting -----------------------------------------------------------------
 */

int api_sleep_until(struct weft_host *h, weft_time at)
{
	int rc;

	if (!h)
		return WEFT_EINVAL;
	rc = api_may_wait(h, "weft_sleep_until");
	if (rc)
		return rc;
	rc = task_wait(NULL, api_deadline(at), "weft_sleep_until");
	return rc == WEFT_ETIMEDOUT ? WEFT_OK : rc;
}

/* On the stack of the task that waits, which stays until it is done. */
struct work {
	void (*fn)(void *arg);
	void *arg;
	struct task_waiters waiter;
	bool done;
};

static void run_work(void *arg)
{
	const struct work *w = arg;

	w->fn(w->arg);
}

static void work_done(void *arg)
{
	struct work *w = arg;

	w->done = true;
	task_wake_all(&w->waiter);
}

int api_work(struct weft_host *h, void (*fn)(void *arg), void *arg)
{
	struct work w = { .fn = fn, .arg = arg };
	int rc;

	if (!h || !fn)
		return WEFT_EINVAL;
	rc = api_may_wait(h, "weft_work");
	if (rc)
		return rc;
	net_work_long(h->node->loop, run_work, work_done, &w);
	while (!w.done)
		task_wait_uncut(&w.waiter, "weft_work");
	/* "after the work returned": */
	return api_may_wait(h, "weft_work");
}

int api_post(struct weft_host *h, void (*fn)(void *arg), void *arg)
{
	if (!h || !fn)
		return WEFT_EINVAL;
	return posts_add(&h->posts, fn, arg);
}
