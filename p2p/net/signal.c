/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/net/loop_internal.h"
#include "p2p/net/sockaddr.h"

struct net_signal {
	struct net_loop *loop;
	void (*fire)(void *ctx, int signum);
	void *ctx;
	uv_signal_t uv;
};

static void on_signal(uv_signal_t *h, int signum)
{
	struct net_signal *s = h->data;

	s->fire(s->ctx, signum);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

enum err net_signal_open(struct net_signal **out, struct net_loop *loop,
			 int signum, void (*fire)(void *ctx, int signum),
			 void *ctx, struct why *why)
{
	struct net_signal *s = net_new(sizeof(*s));
	int rc;

	*out = NULL;
	s->loop = loop;
	s->fire = fire;
	s->ctx = ctx;
	rc = uv_signal_init(&loop->uv, &s->uv);
	if (rc) {
		free(s);
		return net_fail(why, rc, "signal %d", signum);
	}
	s->uv.data = s;
	rc = uv_signal_start(&s->uv, on_signal, signum);
	if (rc) {
		uv_close((uv_handle_t *)&s->uv, on_closed);
		return net_fail(why, rc, "signal %d", signum);
	}
	net_loop_hold(loop);
	*out = s;
	return ERR_NONE;
}

void net_signal_close(struct net_signal *s)
{
	if (!s || uv_is_closing((uv_handle_t *)&s->uv))
		return;
	uv_close((uv_handle_t *)&s->uv, on_closed);
	net_loop_let_go(s->loop);
}
