/* SPDX-License-Identifier: Apache-2.0 */
/* api_event.c - something happened. */
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"

static void free_event(struct weft_event *e)
{
	DL_DELETE(e->host->events, e);
	free(e);
}

void event_reclaim(struct weft_event *e)
{
	free_event(e);
}

struct weft_event *api_event_new(struct weft_host *h)
{
	struct weft_event *e;

	if (!h)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->host = h;
	DL_APPEND(h->events, e);
	return e;
}

int api_event_wait(struct weft_event *e, weft_time deadline)
{
	int rc;

	if (!e)
		return WEFT_EINVAL;
	rc = api_may_wait(e->host, "weft_wait");
	if (rc)
		return rc;
	if (e->happened) {
		e->happened = false;
		return WEFT_OK;
	}
	e->waiting++;
	rc = task_wait(&e->waiters, api_deadline(deadline), "weft_wait");
	e->waiting--;
	if (!e->freed)
		return rc;
	/* It was given back meanwhile: the last one out frees it. */
	if (!e->waiting)
		free_event(e);
	return WEFT_ECLOSED;
}

void api_event_wake(struct weft_event *e)
{
	if (!e || e->freed)
		return;
	if (e->waiters.first)
		task_wake_all(&e->waiters);
	else
		e->happened = true;
}

void api_event_free(struct weft_event *e)
{
	if (!e || e->freed)
		return;
	if (!e->waiting) {
		free_event(e);
		return;
	}
	e->freed = true;
	task_wake_all(&e->waiters);
}
