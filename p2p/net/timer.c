/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/net/loop_internal.h"

struct net_timer {
	struct net_loop *loop;
	void (*fire)(void *ctx);
	void *ctx;
	struct mono at;	      /* MONO_NEVER: not set */
	uv_timer_t uv;	      /* for an `at` in the future */
	struct net_task soon; /* for one that has passed */
};

static void on_timer(uv_timer_t *h)
{
	struct net_timer *t = h->data;

	/* libuv counts whole milliseconds from the start of its iteration, so
	 * it may be up to one early: then wait for the rest. */
	if (mono_before(net_loop_now(t->loop), t->at)) {
		net_timer_set(t, t->at);
		return;
	}
	t->at = MONO_NEVER;
	t->fire(t->ctx);
}

static void on_soon(struct net_task *task)
{
	struct net_timer *t = CONTAINER_OF(task, struct net_timer, soon);

	t->at = MONO_NEVER;
	t->fire(t->ctx);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

struct net_timer *net_timer_open(struct net_loop *loop, void (*fire)(void *ctx),
				 void *ctx)
{
	struct net_timer *t = net_new(sizeof(*t));

	t->loop = loop;
	t->fire = fire;
	t->ctx = ctx;
	t->at = MONO_NEVER;
	net_task_init(&t->soon, on_soon);
	uv_timer_init(&loop->uv, &t->uv);
	t->uv.data = t;
	net_loop_hold(loop);
	return t;
}

void net_timer_set(struct net_timer *t, struct mono at)
{
	uint64_t ns;

	if (uv_is_closing((uv_handle_t *)&t->uv))
		return;
	uv_timer_stop(&t->uv);
	link_leave(&t->soon.link);
	t->at = at;
	if (at.ns == MONO_NEVER.ns)
		return;
	ns = mono_since_ns(at, net_loop_now(t->loop));
	/* Not a libuv timer of 0 ms: those that set themselves again would run
	 * for ever without a poll. */
	if (ns == 0)
		net_loop_soon(t->loop, &t->soon);
	else
		uv_timer_start(&t->uv, on_timer, (ns - 1) / 1000000 + 1, 0);
}

void net_timer_close(struct net_timer *t)
{
	if (!t || uv_is_closing((uv_handle_t *)&t->uv))
		return;
	link_leave(&t->soon.link);
	uv_close((uv_handle_t *)&t->uv, on_closed);
	net_loop_let_go(t->loop);
}
