/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/bed.h"

#include <stdio.h>
#include <string.h>

enum {
	PATIENCE_MS = 60000
};

static void on_tick(void *ctx)
{
	struct bed *b = ctx;

	net_loop_stop(b->loop);
}

static void on_empty(void *ctx)
{
	struct bed *b = ctx;

	b->empty++;
}

static void add_field(char *line, size_t room, const struct log_field *f)
{
	size_t len = strlen(line);

	snprintf(line + len, room - len, " %s=%.*s", f->key, (int)f->text.len,
		 (const char *)f->text.data);
}

static void on_line(void *ctx, const struct log_line *line)
{
	struct bed *b = ctx;
	unsigned n = b->line_count++;
	char *out;

	cr_assert_lt(n, BED_LINES);
	out = b->lines[n];
	snprintf(out, sizeof(b->lines[0]), "%s", line->message);
	for (const struct log_field *f = line->fields; f->kind; f++) {
		if (f->kind == LOG_KIND_TEXT)
			add_field(out, sizeof(b->lines[0]), f);
		else if (!strcmp(f->key, "closed_for"))
			b->closed_for_ns[n] = f->number;
	}
}

void bed_open(struct bed *b, const struct task_limits *limits)
{
	struct task_limits l = limits ? *limits : (struct task_limits){ 0 };

	if (!l.turn_ms)
		l.turn_ms = PATIENCE_MS;
	if (!l.slow_ms)
		l.slow_ms = PATIENCE_MS;
	*b = (struct bed){ 0 };
	cr_assert_eq(net_loop_open(&b->loop, NULL), ERR_NONE);
	b->log = (struct log){ .level = LOG_DEBUG, .sink = on_line, .ctx = b };
	b->started = mono_now();
	b->tasks = task_loop_open(b->loop, &l);
	b->tick = net_timer_open(b->loop, on_tick, b);
	task_owner_init(&b->owner, b->tasks, NULL, &b->log, "bed", on_empty, b);
}

void bed_abandon(struct bed *b)
{
	task_loop_close(b->tasks);
	net_timer_close(b->tick);
	net_loop_close(b->loop);
}

void bed_close(struct bed *b)
{
	task_owner_close(&b->owner);
	BED_UNTIL(b, b->empty);
	cr_assert_eq(b->empty, 1);
	bed_abandon(b);
}

void bed_turn(struct bed *b)
{
	net_timer_set(b->tick, net_loop_now(b->loop));
	net_loop_run(b->loop);
}

void bed_turns(struct bed *b, unsigned n)
{
	while (n--)
		bed_turn(b);
}

void bed_patience(struct bed *b, const char *for_what)
{
	cr_assert_lt(mono_since_ms(mono_now(), b->started), PATIENCE_MS, "%s",
		     for_what);
	net_timer_set(b->tick, bed_in_ms(b, 1));
	net_loop_run(b->loop);
}

void bed_start(struct bed *b, int (*fn)(void *arg), void *arg)
{
	cr_assert_eq(task_start(&b->owner, 0, fn, arg, NULL), ERR_NONE);
}

int bed_work(void *arg)
{
	struct bed_worker *w = arg;

	task_wait_uncut(&w->on, "test_work");
	w->woken = true;
	w->later = task_wait(&w->on, MONO_NEVER, "test_wait");
	return 0;
}

struct mono bed_in_ms(struct bed *b, uint64_t ms)
{
	return mono_add_ms(net_loop_now(b->loop), ms);
}
