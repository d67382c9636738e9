/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/rig.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"

enum {
	PATIENCE_MS = 60000
};

/* --- the loop --------------------------------------------------------------
 */

static void on_poll(void *ctx)
{
	struct rig *r = ctx;

	r->late = !mono_before(mono_now(), r->give_up);
	if (r->late || r->holds(r->ctx)) {
		net_loop_stop(r->loop);
		return;
	}
	net_timer_set(r->poll, mono_add_ms(net_loop_now(r->loop), 1));
}

void rig_until(struct rig *r, bool (*holds)(void *ctx), void *ctx)
{
	r->holds = holds;
	r->ctx = ctx;
	r->late = false;
	r->give_up = mono_add_ms(mono_now(), PATIENCE_MS);
	net_timer_set(r->poll, net_loop_now(r->loop));
	net_loop_run(r->loop);
	cr_assert_not(r->late, "the awaited did not happen in time");
}

/* --- the node --------------------------------------------------------------
 */

static void note(void *ctx, const struct log_line *line)
{
	struct rig *r = ctx;
	size_t n;

	if (line->level > LOG_WARN)
		return;
	r->warnings++;
	n = (size_t)snprintf(r->warning, sizeof(r->warning), "%s",
			     line->message);
	for (const struct log_field *f = line->fields; f->kind; f++)
		if (f->kind == LOG_KIND_TEXT && n < sizeof(r->warning))
			n += (size_t)snprintf(
				r->warning + n, sizeof(r->warning) - n,
				" %s=%.*s", f->key, (int)f->text.len,
				(const char *)f->text.data);
}

static void facts(void *ctx, struct weft_node_facts *out)
{
	(void)ctx;
	snprintf(out->name, sizeof(out->name), "rig/v1");
}

static bool is_taken(void *ctx, const char *name, uint32_t version)
{
	const struct rig *r = ctx;

	return r->taken && !strcmp(r->taken, name) && version == 1;
}

void rig_open(struct rig *r, const struct task_limits *limits)
{
	struct task_limits l = limits ? *limits : (struct task_limits){ 0 };

	if (!l.slow_ms)
		l.slow_ms = PATIENCE_MS;
	*r = (struct rig){ 0 };
	crypto_init();
	cr_assert_eq(net_loop_open(&r->loop, NULL), ERR_NONE);
	r->poll = net_timer_open(r->loop, on_poll, r);
	r->tasks = task_loop_open(r->loop, &l);
	r->log = (struct log){ .level = LOG_DEBUG, .sink = note, .ctx = r };
	r->node = (struct instance_node){
		.ctx = r,
		.loop = r->loop,
		.tasks = r->tasks,
		.log = &r->log,
		.facts = facts,
		.is_taken = is_taken,
	};
}

void rig_close(struct rig *r)
{
	net_timer_close(r->poll);
	task_loop_close(r->tasks);
	net_loop_close(r->loop);
}

/* --- instances --------------------------------------------------------------
 */

static void on_started(void *ctx, int rc)
{
	struct rigged *i = ctx;

	cr_assert(!i->started);
	i->started = true;
	i->rc = rc;
}

void rig_stopped(void *ctx)
{
	struct rigged *i = ctx;

	cr_assert(!i->stopped);
	i->stopped = true;
	i->host = NULL;
}

static bool has_started(void *ctx)
{
	const struct rigged *i = ctx;

	return i->started;
}

static bool has_stopped(void *ctx)
{
	const struct rigged *i = ctx;

	return i->stopped;
}

void rig_start(struct rigged *i, struct rig *r, const struct weft_plugin *p)
{
	*i = (struct rigged){ .rig = r };
	i->host = instance_open(&r->node, p, NULL, on_started, i);
	cr_assert(!i->started);
	rig_until(r, has_started, i);
}

void rig_stop(struct rigged *i)
{
	instance_stop(i->host, rig_stopped, i);
	cr_assert(!i->stopped);
	rig_until(i->rig, has_stopped, i);
}
