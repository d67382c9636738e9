/* SPDX-License-Identifier: Apache-2.0 */
/* bench_fiber - switches, and what a task adds to them. */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "node/plugin/task.h"
#include "p2p/net/fiber.h"
#include "test/bench/bench.h"

enum {
	MANY = 10000
};

static void must(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "bench_fiber: out of memory\n");
	exit(1);
}

/* --- fibers --------------------------------------------------------------- */

struct fibers {
	struct fiber_pool *pool;
	struct fiber *many[MANY];
	size_t at;
};

static void suspend_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		fiber_suspend();
}

static void return_at_once(void *arg)
{
	(void)arg;
}

static void run_resume(void *arg, size_t times)
{
	struct fibers *f = arg;

	while (times--)
		fiber_resume(f->many[0]);
}

static void run_resume_many(void *arg, size_t times)
{
	struct fibers *f = arg;

	while (times--) {
		fiber_resume(f->many[f->at]);
		f->at = (f->at + 1) % MANY;
	}
}

static void run_start(void *arg, size_t times)
{
	struct fibers *f = arg;
	struct fiber *one;

	while (times--) {
		must(!fiber_new(&one, f->pool, FIBER_STACK_KIB, return_at_once,
				NULL, "bench"));
		fiber_resume(one);
	}
}

/* The same with what libc has for it. */
static ucontext_t main_context, other_context;

static void swap_for_ever(void)
{
	for (;;)
		swapcontext(&other_context, &main_context);
}

static void run_swapcontext(void *arg, size_t times)
{
	(void)arg;
	while (times--)
		swapcontext(&main_context, &other_context);
}

static void bench_fibers(struct fibers *f)
{
	static char stack[64 * 1024];
	struct bench_run none = { NULL, NULL };

	f->pool = fiber_pool_open(0);
	for (size_t i = 0; i < MANY; i++) {
		must(!fiber_new(&f->many[i], f->pool, FIBER_STACK_KIB,
				suspend_for_ever, NULL, "bench"));
		fiber_resume(f->many[i]);
	}
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = stack;
	other_context.uc_stack.ss_size = sizeof(stack);
	makecontext(&other_context, swap_for_ever, 0);

	bench_rate("fiber: resume, suspend", "M/s", 1, 1e6,
		   (struct bench_run){ run_resume, f }, "swapcontext",
		   (struct bench_run){ run_swapcontext, NULL });
	bench_rate("fiber: the same, 10,000 in turn", "M/s", 1, 1e6,
		   (struct bench_run){ run_resume_many, f }, NULL, none);
	bench_rate("fiber: new, run, end", "M/s", 1, 1e6,
		   (struct bench_run){ run_start, f }, NULL, none);

	for (size_t i = 0; i < MANY; i++)
		fiber_abandon(f->many[i]);
	fiber_pool_close(f->pool);
}

/* --- tasks ---------------------------------------------------------------- */

struct tasks {
	struct net_loop *loop;
	struct task_loop *tasks;
	struct task_owner owner;
	struct task_waiters on[2];
	struct mono deadline;
	size_t left;
};

/* Two that wake each other: the one that comes second stops the loop. */
static int ping(void *arg)
{
	struct tasks *t = arg;

	while (t->left-- > 0) {
		task_wake_one(&t->on[1]);
		task_wait(&t->on[0], t->deadline, "bench");
	}
	net_loop_stop(t->loop);
	return 0;
}

static int pong(void *arg)
{
	struct tasks *t = arg;

	while (task_wait(&t->on[1], t->deadline, "bench") == 0 && t->left > 0)
		task_wake_one(&t->on[0]);
	task_wake_one(&t->on[0]);
	return 0;
}

static void run_ping_pong(void *arg, size_t times)
{
	struct tasks *t = arg;

	t->left = times / 2 + 1; /* two wakes each */
	must(!task_start(&t->owner, 0, pong, t, NULL));
	must(!task_start(&t->owner, 0, ping, t, NULL));
	net_loop_run(t->loop);
}

static void run_no_deadline(void *arg, size_t times)
{
	struct tasks *t = arg;

	t->deadline = MONO_NEVER;
	run_ping_pong(t, times);
}

static void run_deadline(void *arg, size_t times)
{
	struct tasks *t = arg;

	t->deadline = mono_add_ms(net_loop_now(t->loop), 3600000);
	run_ping_pong(t, times);
}

static int start_next(void *arg)
{
	struct tasks *t = arg;

	if (t->left-- > 0)
		must(!task_start(&t->owner, 0, start_next, t, NULL));
	else
		net_loop_stop(t->loop);
	return 0;
}

static void run_task_start(void *arg, size_t times)
{
	struct tasks *t = arg;

	t->left = times;
	start_next(t);
	net_loop_run(t->loop);
}

static void on_empty(void *ctx)
{
	struct tasks *t = ctx;

	net_loop_stop(t->loop);
}

static void bench_tasks(struct tasks *t)
{
	struct bench_run none = { NULL, NULL };

	must(!net_loop_open(&t->loop, NULL));
	t->tasks = task_loop_open(t->loop, NULL);
	task_owner_init(&t->owner, t->tasks, NULL, NULL, "bench", on_empty, t);
	bench_rate("task: wake, run, wait", "M/s", 1, 1e6,
		   (struct bench_run){ run_no_deadline, t }, NULL, none);
	bench_rate("task: the same with a deadline", "M/s", 1, 1e6,
		   (struct bench_run){ run_deadline, t }, NULL, none);
	bench_rate("task: start, run, end", "M/s", 1, 1e6,
		   (struct bench_run){ run_task_start, t }, NULL, none);
	task_owner_close(&t->owner);
	net_loop_run(t->loop);
	task_loop_close(t->tasks);
	net_loop_close(t->loop);
}

int main(int argc, char **argv)
{
	static struct fibers f;
	static struct tasks t;

	bench_begin(argc, argv, "fibers and tasks");
	bench_fibers(&f);
	bench_tasks(&t);
	return bench_end();
}
