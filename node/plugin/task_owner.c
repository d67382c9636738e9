/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>

#include "node/plugin/task_internal.h"
#include "p2p/base/attr.h"

/* --- the tree ------------------------------------------------------------- */

static void adopt(struct task_owner *parent, struct task_owner *o)
{
	o->next_sibling = parent->children;
	if (parent->children)
		parent->children->prev_sibling = o;
	parent->children = o;
}

static void orphan(struct task_owner *o)
{
	if (o->prev_sibling)
		o->prev_sibling->next_sibling = o->next_sibling;
	else
		o->parent->children = o->next_sibling;
	if (o->next_sibling)
		o->next_sibling->prev_sibling = o->prev_sibling;
}

/* --- late ones ------------------------------------------------------------ */

static void say_late(const struct task_owner *o)
{
	for (const struct task *t = o->tasks; t; t = t->next_owned) {
		if (t->state == TASK_PARKED)
			continue;
		log_event(o->log, LOG_WARN, "plugin", "fiber has not ended",
			  LOG_TEXT("fiber", o->label),
			  LOG_TEXT("last_call", task_call(t)),
			  LOG_MS("closed_for",
				 mono_since_ns(net_loop_now(o->loop->loop),
					       o->closed_at)));
	}
}

static void park_all(struct task_owner *o)
{
	for (struct task *t = o->tasks; t; t = t->next_owned)
		if (t->state != TASK_PARKED)
			task_park(t);
}

static void on_due(struct deadline *d)
{
	struct task_owner *o = CONTAINER_OF(d, struct task_owner, due);
	struct task_loop *l = o->loop;

	if (o->late) {
		park_all(o);
		return;
	}
	o->late = true;
	say_late(o);
	task_loop_deadline(l, d, mono_add_ms(o->closed_at, l->limits.park_ms));
}

/* --- ends ----------------------------------------------------------------- */

void task_owner_settle(struct task_owner *o)
{
	if (!o->closed || o->live || o->children)
		return;
	task_loop_deadline(o->loop, &o->due, MONO_NEVER);
	task_loop_empty(o);
}

void task_owner_emptied(struct task_owner *o)
{
	struct task_owner *parent = o->parent;

	if (o->children)
		return; /* new, behind o in the queue; the last brings o back */
	if (parent) {
		orphan(o);
		task_owner_settle(parent);
	}
	if (o->empty)
		o->empty(o->ctx);
}

/* As deep as the tree, which has three levels. */
void task_owner_close(struct task_owner *o)
{
	struct task_loop *l = o->loop;

	if (o->closed)
		return;
	o->closed = true;
	o->closed_at = net_loop_now(l->loop);
	for (struct task_owner *c = o->children; c; c = c->next_sibling)
		task_owner_close(c);
	for (struct task *t = o->tasks; t; t = t->next_owned)
		task_interrupt(t);
	if (o->tasks)
		task_loop_deadline(
			l, &o->due,
			mono_add_ms(o->closed_at, l->limits.late_ms));
	task_owner_settle(o);
}

void task_owner_init(struct task_owner *o, struct task_loop *loop,
		     struct task_owner *parent, const struct log *log,
		     const char *label, void (*empty)(void *ctx), void *ctx)
{
	*o = (struct task_owner){
		.loop = loop,
		.parent = parent,
		.log = log,
		.label = task_loop_label(loop, label),
		.empty = empty,
		.ctx = ctx,
		.due = { .due = on_due },
	};
	if (!parent)
		return;
	adopt(parent, o);
	if (parent->closed)
		task_owner_close(o);
}

/* --- words ---------------------------------------------------------------- */

static void describe(const struct task *t, char *out, size_t room)
{
	static const char *const words[] = {
		[TASK_READY] = "about to run, after",
		[TASK_RUNNING] = "running, after",
		[TASK_WAITING] = "waiting in",
		[TASK_PARKED] = "parked for ever in",
	};

	snprintf(out, room, "%s, %s %s", t->owner->label, words[t->state],
		 t->call ? t->call : "its start");
}

bool task_describe(const struct task_owner *o, char *out, size_t room)
{
	if (o->tasks) {
		describe(o->tasks, out, room);
		return true;
	}
	for (const struct task_owner *c = o->children; c; c = c->next_sibling)
		if (task_describe(c, out, room))
			return true;
	return false;
}
