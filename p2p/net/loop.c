/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "p2p/net/loop_internal.h"
#include "p2p/net/sockaddr.h"
#include "p2p/net/work.h"

void *net_new(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* The prepare handle is always active; whether it counts as a reason to go on
 * turning is what net_loop_run waits for. libuv's own count would not do: to
 * it a paused stream or an unset timer is nothing. */
void net_loop_hold(struct net_loop *loop)
{
	if (loop->open++ == 0)
		uv_ref((uv_handle_t *)&loop->prepare);
}

void net_loop_let_go(struct net_loop *loop)
{
	assert(loop->open > 0);
	if (--loop->open == 0)
		uv_unref((uv_handle_t *)&loop->prepare);
}

void net_task_init(struct net_task *task, void (*run)(struct net_task *task))
{
	link_init(&task->link);
	task->run = run;
}

/* One batch only: what a task adds to the list waits for the next time, so
 * tasks that add each other cannot keep the loop from its poll. */
static void run_tasks(struct link *list)
{
	struct link batch;
	struct link *l;

	link_init(&batch);
	link_move(&batch, list);
	while ((l = link_pop(&batch))) {
		struct net_task *task = CONTAINER_OF(l, struct net_task, link);

		task->run(task);
	}
}

static void on_idle(uv_idle_t *h)
{
	struct net_loop *loop = h->data;

	run_tasks(&loop->soon);
}

static void end_turn(struct net_loop *loop)
{
	run_tasks(&loop->flush);
	loop->now_known = false;
}

static void on_check(uv_check_t *h)
{
	end_turn(h->data);
}

static bool is_eager(struct net_loop *loop)
{
	bool sent = loop->sent;
	bool got = loop->got;

	loop->sent = loop->got = false;
	return loop->may_be_eager &&
	       eager_wants_time(&loop->eager, sent, got) &&
	       eager_poll(&loop->eager, mono_now(), sent, got);
}

static void on_prepare(uv_prepare_t *h)
{
	struct net_loop *loop = h->data;

	end_turn(loop);
	loop->iteration++;
	run_tasks(&loop->resume);
	if (net_work_is_due(loop)) {
		net_work_turn(loop);
		end_turn(loop);
	}
	/* Flushing calls upward, which may have made more work just now; then
	 * the poll must not block. */
	if (link_is_alone(&loop->flush) && link_is_alone(&loop->soon) &&
	    !net_work_is_due(loop) && !is_eager(loop))
		uv_idle_stop(&loop->idle);
	else
		uv_idle_start(&loop->idle, on_idle);
}

void net_loop_at_end(struct net_loop *loop, struct net_task *task)
{
	if (link_is_alone(&task->link))
		link_append(&loop->flush, &task->link);
}

void net_loop_resume(struct net_loop *loop, struct net_task *task)
{
	if (link_is_alone(&task->link))
		link_append(&loop->resume, &task->link);
}

void net_loop_soon(struct net_loop *loop, struct net_task *task)
{
	if (link_is_alone(&task->link))
		link_append(&loop->soon, &task->link);
	uv_idle_start(&loop->idle, on_idle);
}

struct mono net_loop_now(struct net_loop *loop)
{
	/* Read when first asked for: the poll may have blocked for long since
	 * the turn before ended, and libuv has no hook right after it. */
	if (!loop->now_known || !loop->running) {
		loop->now = mono_now();
		loop->now_known = true;
	}
	return loop->now;
}

/* libuv writes with write(2), which raises SIGPIPE on a connection that the
 * peer has reset; by default that would end the process. */
static void ignore_sigpipe(void)
{
	struct sigaction act = { .sa_handler = SIG_IGN };
	struct sigaction old;

	if (!sigaction(SIGPIPE, NULL, &old) && !(old.sa_flags & SA_SIGINFO) &&
	    old.sa_handler == SIG_DFL)
		sigaction(SIGPIPE, &act, NULL);
}

enum err net_loop_open(struct net_loop **out, struct why *why)
{
	struct net_loop *loop = net_new(sizeof(*loop));
	int rc = uv_loop_init(&loop->uv);

	*out = NULL;
	if (rc) {
		free(loop);
		return net_fail(why, rc, "event loop");
	}
	ignore_sigpipe();
	link_init(&loop->flush);
	link_init(&loop->resume);
	link_init(&loop->soon);
	net_work_init(loop);
	loop->may_be_eager = uv_available_parallelism() > 1;
	eager_init(&loop->eager);

	/* None of these fails: they only enter lists. */
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_check_init(&loop->uv, &loop->check);
	uv_idle_init(&loop->uv, &loop->idle);
	loop->prepare.data = loop;
	loop->check.data = loop;
	loop->idle.data = loop;
	uv_prepare_start(&loop->prepare, on_prepare);
	uv_check_start(&loop->check, on_check);
	uv_unref((uv_handle_t *)&loop->prepare);
	uv_unref((uv_handle_t *)&loop->check);
	uv_unref((uv_handle_t *)&loop->idle);
	*out = loop;
	return ERR_NONE;
}

void net_loop_run(struct net_loop *loop)
{
	assert(!loop->running);
	loop->running = true;
	loop->now_known = false;
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	loop->running = false;
}

void net_loop_stop(struct net_loop *loop)
{
	uv_stop(&loop->uv);
}

/* Until no handle is closing and no job runs, whoever calls stop meanwhile. */
static void turn_out(struct net_loop *loop)
{
	do {
		net_loop_run(loop);
	} while (uv_loop_alive(&loop->uv));
}

void net_loop_close(struct net_loop *loop)
{
	int rc;

	assert(loop->open == net_work_waiting(loop));
	turn_out(loop);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	uv_close((uv_handle_t *)&loop->idle, NULL);
	turn_out(loop);
	rc = uv_loop_close(&loop->uv);
	assert(rc == 0);
	(void)rc;
	free(loop);
}
