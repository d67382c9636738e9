/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/plugin/task_internal.h"
#include "p2p/base/attr.h"

enum {
	SLOW_SILENT_MS = 1000, /* from one line about a slow task to the next */
};

/* --- the timer ------------------------------------------------------------ */

/* A timer that is set too early is left alone: it fires for nothing once,
 * which costs less than to set it with each wait that ended before its time. */
static void arm(struct task_loop *l)
{
	struct mono next = deadlines_next(&l->deadlines);

	if (!mono_before(next, l->timer_at))
		return;
	l->timer_at = next;
	net_timer_set(l->timer, next);
}

static void on_timer(void *ctx)
{
	struct task_loop *l = ctx;
	struct mono now = net_loop_now(l->loop);
	struct deadline *d;

	l->timer_at = MONO_NEVER;
	while ((d = deadlines_take(&l->deadlines, now)))
		d->due(d);
	arm(l);
}

void task_loop_deadline(struct task_loop *l, struct deadline *d, struct mono at)
{
	if (at.ns == MONO_NEVER.ns && !d->place)
		return;
	deadlines_set(&l->deadlines, d, at);
	arm(l);
}

static void trim_later(struct task_loop *l)
{
	struct mono now = net_loop_now(l->loop);

	task_loop_deadline(l, &l->trim, mono_add_ms(now, l->limits.trim_ms));
}

static void on_trim(struct deadline *d)
{
	struct task_loop *l = CONTAINER_OF(d, struct task_loop, trim);

	if (fiber_pool_trim(l->fibers))
		trim_later(l);
}

/* --- labels ----------------------------------------------------------------
 */

struct task_label {
	struct task_label *next;
	char text[TASK_LABEL_MAX];
};

const char *task_loop_label(struct task_loop *l, const char *text)
{
	struct task_label *label = l->labels;

	while (label && strncmp(label->text, text, TASK_LABEL_MAX - 1) != 0)
		label = label->next;
	if (label)
		return label->text;
	label = calloc(1, sizeof(*label));
	if (!label)
		abort();
	memcpy(label->text, text, strnlen(text, TASK_LABEL_MAX - 1));
	label->next = l->labels;
	l->labels = label;
	return label->text;
}

static void free_labels(struct task_loop *l)
{
	while (l->labels) {
		struct task_label *label = l->labels;

		l->labels = label->next;
		free(label);
	}
}

/* --- the queue ------------------------------------------------------------ */

/* While it runs it sees by itself what is added. */
static void ask(struct task_loop *l)
{
	if (!l->running)
		net_later_ask(l->turn);
}

void task_loop_ready(struct task *t)
{
	struct task_loop *l = t->owner->loop;

	t->state = TASK_READY;
	t->next_ready = NULL;
	if (l->last_ready)
		l->last_ready->next_ready = t;
	else
		l->first_ready = t;
	l->last_ready = t;
	ask(l);
}

void task_loop_empty(struct task_owner *o)
{
	struct task_loop *l = o->loop;

	o->next_empty = NULL;
	if (l->last_empty)
		l->last_empty->next_empty = o;
	else
		l->first_empty = o;
	l->last_empty = o;
	ask(l);
}

static struct task *next_task(struct task_loop *l)
{
	struct task *t;

	do {
		t = l->first_ready;
		if (!t)
			return NULL;
		l->first_ready = t->next_ready;
		if (!l->first_ready)
			l->last_ready = NULL;
	} while (t->state == TASK_PARKED);
	return t;
}

static struct task_owner *next_empty(struct task_loop *l)
{
	struct task_owner *o = l->first_empty;

	if (!o)
		return NULL;
	l->first_empty = o->next_empty;
	if (!l->first_empty)
		l->last_empty = NULL;
	return o;
}

/* A peer's message may be what makes a plugin compute, so the lines are
 * few. */
static void say_slow(struct task_loop *l, const struct task *t, uint64_t ns)
{
	l->counts.slow++;
	if (mono_before(l->clock, l->slow_silent_until)) {
		l->slow_unsaid++;
		return;
	}
	l->slow_silent_until = mono_add_ms(l->clock, SLOW_SILENT_MS);
	log_event(t->owner->log, LOG_WARN, "plugin",
		  "fiber computed without a wait",
		  LOG_TEXT("fiber", t->owner->label),
		  LOG_TEXT("last_call", task_call(t)), LOG_MS("took", ns),
		  LOG_U64("others_unsaid", l->slow_unsaid));
	l->slow_unsaid = 0;
}

void task_loop_ran(const struct task *t)
{
	struct task_loop *l = t->owner->loop;
	struct mono now = watch_clock();
	uint64_t ns = mono_since_ns(now, l->clock);

	l->clock = now;
	if (ns >= l->limits.slow_ms * 1000000)
		say_slow(l, t, ns);
}

/* One thing from the queue; false when there is none. Owners first: each comes
 * once, while there may be no end of tasks. */
static bool step(struct task_loop *l)
{
	struct task_owner *o = next_empty(l);
	struct task *t;

	if (o) {
		task_owner_emptied(o);
		l->clock = watch_clock();
		return true;
	}
	t = next_task(l);
	if (t)
		task_run(t);
	return t;
}

static void on_turn(void *ctx)
{
	struct task_loop *l = ctx;
	struct mono start = watch_clock();
	bool more = true;

	l->clock = start;
	l->running = true;
	watch_turn(&l->watch, true);
	for (unsigned n = 0; more && n < TASK_TURN_RESUMES; n++) {
		more = step(l);
		if (mono_since_ms(l->clock, start) >= l->limits.turn_ms)
			break;
	}
	watch_turn(&l->watch, false);
	l->running = false;
	if (l->first_ready || l->first_empty)
		net_later_ask(l->turn);
	if (!l->trim.place)
		trim_later(l);
}

/* --- the loop ------------------------------------------------------------- */

static struct task_limits with_defaults(const struct task_limits *given)
{
	struct task_limits l = given ? *given : (struct task_limits){ 0 };

	if (!l.late_ms)
		l.late_ms = TASK_LATE_MS;
	if (!l.park_ms)
		l.park_ms = TASK_PARK_MS;
	if (!l.slow_ms)
		l.slow_ms = TASK_SLOW_MS;
	if (!l.turn_ms)
		l.turn_ms = TASK_TURN_MS;
	if (!l.trim_ms)
		l.trim_ms = TASK_TRIM_MS;
	if (!l.park_calls)
		l.park_calls = TASK_PARK_CALLS;
	return l;
}

struct task_loop *task_loop_open(struct net_loop *loop,
				 const struct task_limits *limits)
{
	struct task_loop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->loop = loop;
	l->limits = with_defaults(limits);
	l->fibers = fiber_pool_open(l->limits.tasks);
	l->turn = net_later_open(loop, on_turn, l);
	l->timer = net_timer_open(loop, on_timer, l);
	l->timer_at = MONO_NEVER;
	l->trim.due = on_trim;
	return l;
}

void task_loop_watch(struct task_loop *l, const struct log *log)
{
	if (log && log->any_thread)
		watch_open(&l->watch, log, l->limits.slow_ms);
}

/* Where leak checkers find them, from whatever loop. */
static void keep_parked(struct task *t)
{
	static _Atomic(struct task *) kept;

	while (t) {
		struct task *next = t->next_parked;

		t->next_parked = atomic_load(&kept);
		while (!atomic_compare_exchange_weak(&kept, &t->next_parked, t))
			;
		t = next;
	}
}

void task_loop_close(struct task_loop *l)
{
	assert(l->counts.live == 0 && !l->first_ready && !l->first_empty);
	watch_close(&l->watch);
	keep_parked(l->parked);
	free_labels(l);
	net_timer_close(l->timer);
	net_later_close(l->turn);
	fiber_pool_close(l->fibers);
	deadlines_clear(&l->deadlines);
	free(l);
}

void task_count(const struct task_loop *l, struct task_counts *out)
{
	struct fiber_counts fibers;

	fiber_count(l->fibers, &fibers);
	*out = l->counts;
	out->stacks = fibers.live + fibers.pooled + fibers.abandoned;
}
