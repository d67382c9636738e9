/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/stream.h"

#include <stdlib.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/stream_internal.h"

/* After this libuv holds nothing of the stream: the callbacks of its connect
 * and its write, cancelled or not, came before. */
static void on_closed(uv_handle_t *h)
{
	struct net_stream *s = h->data;

	buf_clear(&s->out);
	buf_clear(&s->sending);
	if (s->events.closed)
		s->events.closed(s->ctx);
	free(s);
}

/* A stream without a socket. */
static struct net_stream *new_stream(struct net_loop *loop,
				     enum net_stream_state state,
				     const struct addr *remote)
{
	struct net_stream *s = net_new(sizeof(*s));

	s->loop = loop;
	s->state = state;
	s->remote = *remote;
	net_stream_in_init(s);
	net_stream_out_init(s);
	uv_tcp_init(&loop->uv, &s->tcp); /* makes no socket, cannot fail */
	s->tcp.data = s;
	net_loop_hold(loop);
	return s;
}

struct net_stream *net_stream_take(int *rc, struct net_loop *loop, int fd,
				   const struct addr *remote)
{
	struct net_stream *s = new_stream(loop, STREAM_OPEN, remote);

	*rc = uv_tcp_open(&s->tcp, fd);
	if (!*rc)
		return s;
	close(fd);
	net_stream_close(s);
	return NULL;
}

static void on_connect(uv_connect_t *req, int rc)
{
	struct net_stream *s = req->data;
	struct why why = WHY_NONE;
	char text[ADDR_TEXT_MAX];
	enum err e = ERR_NONE;

	if (s->state == STREAM_CLOSING)
		return;
	if (rc) {
		s->state = STREAM_FAILED;
		net_stream_out_give_up(s);
		e = net_fail(&why, rc, "connect to %s",
			     addr_text(text, &s->remote));
	} else {
		s->state = STREAM_OPEN;
		net_stream_in_update(s);
		net_loop_at_end(s->loop, &s->flush);
	}
	if (s->events.connected)
		s->events.connected(s->ctx, e, &why);
}

enum err net_stream_dial(struct net_stream **out, struct net_loop *loop,
			 const struct addr *to,
			 const struct net_stream_events *events, void *ctx,
			 struct why *why)
{
	struct sockaddr_storage sa;
	struct net_stream *s;
	char text[ADDR_TEXT_MAX];
	int rc;

	*out = NULL;
	if (!net_to_sockaddr(&sa, to) || !to->port)
		return err_fail(why, ERR_FORMAT,
				"connect to %s: not a whole address",
				addr_text(text, to));
	s = new_stream(loop, STREAM_DIALING, to);
	s->connect.data = s;
	/* Without this, small messages wait for delayed acknowledgements. */
	uv_tcp_nodelay(&s->tcp, 1);
	rc = uv_tcp_connect(&s->connect, &s->tcp, (struct sockaddr *)&sa,
			    on_connect);
	if (rc) {
		net_stream_close(s);
		return net_fail(why, rc, "connect to %s", addr_text(text, to));
	}
	net_stream_adopt(s, events, ctx);
	*out = s;
	return ERR_NONE;
}

void net_stream_adopt(struct net_stream *s,
		      const struct net_stream_events *events, void *ctx)
{
	s->events = *events;
	s->ctx = ctx;
}

/* What both ways of closing begin with; false if one was called before. */
static bool begin_close(struct net_stream *s)
{
	if (s->state == STREAM_CLOSING)
		return false;
	/* What left ahead of the flush is out; what libuv still holds never
	 * was. */
	s->ahead = 0;
	s->bytes_given = net_stream_bytes_out(s);
	s->state = STREAM_CLOSING;
	link_leave(&s->flush.link);
	link_leave(&s->resume.link);
	net_loop_let_go(s->loop);
	return true;
}

void net_stream_close(struct net_stream *s)
{
	if (begin_close(s))
		uv_close((uv_handle_t *)&s->tcp, on_closed);
}

void net_stream_reset(struct net_stream *s)
{
	if (!begin_close(s))
		return;
	/* Without a socket there is nothing to reset, and libuv says so. */
	if (uv_tcp_close_reset(&s->tcp, on_closed))
		uv_close((uv_handle_t *)&s->tcp, on_closed);
}

struct addr net_stream_local(const struct net_stream *s)
{
	struct sockaddr_storage sa = { 0 };
	int len = sizeof(sa);

	if (uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&sa, &len))
		return (struct addr){ 0 };
	return net_from_sockaddr((struct sockaddr *)&sa);
}

struct addr net_stream_remote(const struct net_stream *s)
{
	return s->remote;
}
