/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/async.h"

#include <stdlib.h>

#include "p2p/net/loop_internal.h"

struct net_async {
	struct net_loop *loop;
	void (*fire)(void *ctx);
	void *ctx;
	uv_async_t uv;
};

static void on_async(uv_async_t *h)
{
	struct net_async *a = h->data;

	a->fire(a->ctx);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

struct net_async *net_async_open(struct net_loop *loop, void (*fire)(void *ctx),
				 void *ctx)
{
	struct net_async *a = net_new(sizeof(*a));

	a->loop = loop;
	a->fire = fire;
	a->ctx = ctx;
	/* The descriptor behind it is the loop's, and was made with it. */
	if (uv_async_init(&loop->uv, &a->uv, on_async))
		abort();
	a->uv.data = a;
	net_loop_hold(loop);
	return a;
}

void net_async_wake(struct net_async *a)
{
	uv_async_send(&a->uv);
}

void net_async_close(struct net_async *a)
{
	if (!a || uv_is_closing((uv_handle_t *)&a->uv))
		return;
	uv_close((uv_handle_t *)&a->uv, on_closed);
	net_loop_let_go(a->loop);
}
