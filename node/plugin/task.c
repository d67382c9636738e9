/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/task.h"

#include <assert.h>
#include <stdlib.h>
#include <weft/plugin.h>

#include "node/plugin/task_internal.h"
#include "p2p/base/attr.h"

static __thread struct task *current;

/* --- waiters -------------------------------------------------------------- */

static void join(struct task_waiters *on, struct task *t)
{
	t->on = on;
	t->next_waiter = NULL;
	t->prev_waiter = on->last;
	if (on->last)
		on->last->next_waiter = t;
	else
		on->first = t;
	on->last = t;
}

static void leave(struct task *t)
{
	struct task_waiters *on = t->on;

	if (!on)
		return;
	if (t->prev_waiter)
		t->prev_waiter->next_waiter = t->next_waiter;
	else
		on->first = t->next_waiter;
	if (t->next_waiter)
		t->next_waiter->prev_waiter = t->prev_waiter;
	else
		on->last = t->prev_waiter;
	t->on = NULL;
}

static void make_ready(struct task *t)
{
	if (t->state == TASK_WAITING)
		task_loop_ready(t);
}

void task_wake_one(struct task_waiters *on)
{
	struct task *t = on->first;

	if (!t)
		return;
	leave(t);
	t->woken = true;
	make_ready(t);
}

void task_wake_all(struct task_waiters *on)
{
	while (on->first)
		task_wake_one(on);
}

/* --- waiting -------------------------------------------------------------- */

static void on_deadline(struct deadline *d)
{
	make_ready(CONTAINER_OF(d, struct task, deadline));
}

static void suspend(struct task *t, struct task_waiters *on, struct mono until)
{
	struct task_loop *l = t->owner->loop;

	t->woken = false;
	if (on)
		join(on, t);
	t->state = TASK_WAITING;
	/* One that has passed is none for the timer, which would come after
	 * the next poll only: the task goes to the end of the queue. */
	if (until.ns <= net_loop_now(l->loop).ns)
		make_ready(t);
	else
		task_loop_deadline(l, &t->deadline, until);
	fiber_suspend();
	task_loop_deadline(l, &t->deadline, MONO_NEVER);
	leave(t);
}

int task_wait(struct task_waiters *on, struct mono deadline, const char *call)
{
	struct task *t = current;

	if (!t)
		return WEFT_EINVAL;
	t->call = call;
	if (t->owner->closed) {
		task_closed_call(call);
		return WEFT_ECLOSED;
	}
	suspend(t, on, deadline);
	if (t->owner->closed)
		return WEFT_ECLOSED;
	return t->woken ? WEFT_OK : WEFT_ETIMEDOUT;
}

void task_wait_uncut(struct task_waiters *on, const char *call)
{
	struct task *t = current;

	assert(t);
	t->call = call;
	t->uncut = true;
	suspend(t, on, MONO_NEVER);
	t->uncut = false;
}

void task_interrupt(struct task *t)
{
	if (t->uncut)
		return;
	/* Also when it is in the queue already: whoever owns the waiters may
	 * take them away now. */
	leave(t);
	make_ready(t);
}

/* --- ends ----------------------------------------------------------------- */

static void disown(struct task *t)
{
	struct task_owner *o = t->owner;

	if (t->prev_owned)
		t->prev_owned->next_owned = t->next_owned;
	else
		o->tasks = t->next_owned;
	if (t->next_owned)
		t->next_owned->prev_owned = t->prev_owned;
}

/* The owner does not become empty before `done` has returned, since the task
 * counts as live until then. */
static void finish(struct task *t)
{
	struct task_owner *o = t->owner;
	void (*done)(void *arg, int rc) = t->done;
	void *arg = t->arg;
	int rc = t->rc;

	disown(t);
	free(t);
	o->loop->counts.live--;
	if (done)
		done(arg, rc);
	o->live--;
	task_owner_settle(o);
}

void task_park(struct task *t)
{
	struct task_owner *o = t->owner;
	struct task_loop *l = o->loop;

	/* It may be in the queue, which passes over it. */
	t->state = TASK_PARKED;
	leave(t);
	task_loop_deadline(l, &t->deadline, MONO_NEVER);
	fiber_abandon(t->fiber);
	o->parked++;
	l->counts.live--;
	l->counts.parked++;
	t->next_parked = l->parked;
	l->parked = t;
	log_event(o->log, LOG_WARN, "plugin", "fiber parked for ever",
		  LOG_TEXT("fiber", o->label),
		  LOG_TEXT("last_call", task_call(t)),
		  LOG_MS("closed_for",
			 mono_since_ns(net_loop_now(l->loop), o->closed_at)),
		  LOG_U64("closed_calls", t->closed_calls));
}

void task_called(const char *call)
{
	struct task *t = current;

	if (!t)
		return;
	t->call = call;
	watch_called(&t->owner->loop->watch, call);
}

void task_closed_call(const char *call)
{
	struct task *t = current;

	task_called(call);
	if (!t || !t->owner->closed)
		return;
	if (++t->closed_calls < t->owner->loop->limits.park_calls)
		return;
	t->state = TASK_PARKED;
	for (;;)
		fiber_suspend();
}

/* --- running -------------------------------------------------------------- */

static void run(void *arg)
{
	struct task *t = arg;

	t->rc = t->fn(t->arg);
}

void task_run(struct task *t)
{
	struct task_loop *l = t->owner->loop;
	enum fiber_end end;

	current = t;
	t->state = TASK_RUNNING;
	watch_runs(&l->watch, t->owner->label, task_call(t), l->clock);
	end = fiber_resume(t->fiber);
	watch_rests(&l->watch);
	current = NULL;
	task_loop_ran(t);
	if (end == FIBER_ENDED)
		finish(t);
	else if (t->state == TASK_PARKED)
		task_park(t);
}

enum err task_start(struct task_owner *o, size_t stack_kib,
		    int (*fn)(void *arg), void *arg,
		    void (*done)(void *arg, int rc))
{
	struct task *t;
	enum err rc;

	if (o->closed)
		return ERR_CLOSED;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	rc = fiber_new(&t->fiber, o->loop->fibers,
		       stack_kib ? stack_kib : FIBER_STACK_KIB, run, t,
		       o->label);
	if (rc) {
		free(t);
		return rc;
	}
	t->owner = o;
	t->fn = fn;
	t->arg = arg;
	t->done = done;
	t->deadline.due = on_deadline;
	t->next_owned = o->tasks;
	if (o->tasks)
		o->tasks->prev_owned = t;
	o->tasks = t;
	o->live++;
	o->loop->counts.live++;
	task_loop_ready(t);
	return ERR_NONE;
}

struct task *task_current(void)
{
	return current;
}

struct task_owner *task_owner_of(const struct task *t)
{
	return t->owner;
}

const char *task_call(const struct task *t)
{
	return t->call ? t->call : "none";
}
