/* SPDX-License-Identifier: Apache-2.0 */
/* A poll on a socket of our own, not uv_listen: libuv accepts until nobody
 * waits, before it asks anyone, which neither leaves connections in the
 * backlog nor gives other work its turn. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/stream_internal.h"

enum {
	ACCEPTS_PER_TURN = 64,
	RETRY_MS = 200, /* after an accept error */
};

struct net_listener {
	struct net_loop *loop;
	void (*accepted)(void *ctx, struct net_stream *s);
	void *ctx;
	int fd;
	bool paused;  /* by its owner */
	bool waiting; /* for the retry timer */
	struct net_timer *retry;
	uv_poll_t poll;
};

static bool is_closing(const struct net_listener *l)
{
	return uv_is_closing((const uv_handle_t *)&l->poll);
}

/* A stream of the next connection in the backlog; NULL with errno set. */
static struct net_stream *accept_one(struct net_listener *l)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	struct net_stream *s;
	struct addr from;
	int rc;
	int fd;

	fd = accept4(l->fd, (struct sockaddr *)&sa, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	from = net_from_sockaddr((struct sockaddr *)&sa);
	s = net_stream_take(&rc, l->loop, fd, &from);
	if (!s) {
		errno = -rc;
		return NULL;
	}
	/* Without this, small messages wait for delayed acknowledgements. */
	if (sa.ss_family != AF_UNIX)
		uv_tcp_nodelay(&s->tcp, 1);
	return s;
}

static void on_poll(uv_poll_t *h, int status, int events);

static void update(struct net_listener *l)
{
	bool wanted = !l->paused && !l->waiting;

	if (is_closing(l))
		return;
	if (!wanted)
		uv_poll_stop(&l->poll);
	else if (!uv_is_active((uv_handle_t *)&l->poll))
		uv_poll_start(&l->poll, UV_READABLE, on_poll);
}

static void retry_later(struct net_listener *l)
{
	l->waiting = true;
	update(l);
	net_timer_set(l->retry, mono_add_ms(net_loop_now(l->loop), RETRY_MS));
}

static void on_retry(void *ctx)
{
	struct net_listener *l = ctx;

	l->waiting = false;
	update(l);
}

/* Errors of the connection and not of the listener: it is gone again. */
static bool is_passing(int errnum)
{
	return errnum == EINTR || errnum == ECONNABORTED || errnum == EPROTO;
}

static void on_poll(uv_poll_t *h, int status UNUSED, int events UNUSED)
{
	struct net_listener *l = h->data;

	/* On an error libuv has stopped the poll; accept says what it was. */
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct net_stream *s = accept_one(l);

		if (s)
			l->accepted(l->ctx, s);
		else if (errno == EAGAIN)
			break;
		else if (!is_passing(errno))
			retry_later(l);
		/* The callback may have done either; l itself lives until the
		 * close callback, later in this iteration. */
		if (is_closing(l) || l->paused || l->waiting)
			return;
	}
	update(l);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* Returns a listening socket, or a negative error as libuv has them. */
static int listen_socket(void *arg UNUSED, const struct addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, at);
	int on = 1;
	int off = 0;
	int rc;
	int fd;

	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return -errno;
	/* A node that is started again finds the connections of its last run
	 * in TIME_WAIT; that must not keep it from its port. */
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    (sa.ss_family != AF_INET6 ||
	     !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))) &&
	    !bind(fd, (struct sockaddr *)&sa, len) && !listen(fd, NET_BACKLOG))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int net_listener_take(struct net_listener **out, struct net_loop *loop, int fd,
		      void (*accepted)(void *ctx, struct net_stream *s),
		      void *ctx)
{
	struct net_listener *l = net_new(sizeof(*l));
	int rc = uv_poll_init(&loop->uv, &l->poll, fd);

	*out = NULL;
	if (rc) {
		close(fd);
		free(l);
		return rc;
	}
	l->loop = loop;
	l->accepted = accepted;
	l->ctx = ctx;
	l->fd = fd;
	l->poll.data = l;
	l->retry = net_timer_open(loop, on_retry, l);
	net_loop_hold(loop);
	update(l);
	*out = l;
	return 0;
}

enum err net_listener_open(struct net_listener **out, struct net_loop *loop,
			   const struct addr *at,
			   void (*accepted)(void *ctx, struct net_stream *s),
			   void *ctx, struct why *why)
{
	int fd = net_open_at(at, listen_socket, NULL);
	char text[ADDR_TEXT_MAX];
	int rc = fd;

	*out = NULL;
	if (fd >= 0)
		rc = net_listener_take(out, loop, fd, accepted, ctx);
	if (rc < 0)
		return net_fail(why, rc, "listen on %s", addr_text(text, at));
	return ERR_NONE;
}

void net_listener_pause(struct net_listener *l)
{
	l->paused = true;
	update(l);
}

void net_listener_resume(struct net_listener *l)
{
	l->paused = false;
	update(l);
}

struct addr net_listener_addr(const struct net_listener *l)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (is_closing(l) || getsockname(l->fd, (struct sockaddr *)&sa, &len))
		return (struct addr){ 0 };
	return net_from_sockaddr((struct sockaddr *)&sa);
}

void net_listener_close(struct net_listener *l)
{
	if (!l || is_closing(l))
		return;
	net_timer_close(l->retry);
	uv_close((uv_handle_t *)&l->poll, on_closed);
	close(l->fd); /* libuv has let go of it; the port is free at once */
	net_loop_let_go(l->loop);
}
