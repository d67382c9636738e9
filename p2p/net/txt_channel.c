/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/txt_inside.h"

enum {
	TRY_MS = 1500, /* for the first round of the servers; then twice that */
	TRIES = 2,
	/* What a UDP answer may have, so that it is not split on its way; the
	 * server says so when there is more, and TCP is used. */
	UDP_ANSWER_MAX = 1232,
};

/* One of c-ares's sockets. */
struct watched {
	struct link link;
	struct net_txt *t;
	ares_socket_t fd;
	int events;
	uv_poll_t uv;
};

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

static struct watched *find(const struct net_txt *t, ares_socket_t fd)
{
	for (struct link *l = t->sockets.next; l != &t->sockets; l = l->next) {
		struct watched *w = CONTAINER_OF(l, struct watched, link);

		if (w->fd == fd)
			return w;
	}
	return NULL;
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct watched *w = h->data;
	bool failed = status < 0;
	struct net_txt *t = w->t;

	/* On an error (a port where nobody is) libuv has stopped to watch and
	 * says no more: c-ares finds out what it was by reading and writing. */
	ares_process_fd(
		t->channel,
		failed || events & UV_READABLE ? w->fd : ARES_SOCKET_BAD,
		failed || events & UV_WRITABLE ? w->fd : ARES_SOCKET_BAD);
	if (failed && !uv_is_closing((uv_handle_t *)h))
		uv_poll_start(h, w->events, on_poll);
	txt_schedule(t);
}

static struct watched *watch(struct net_txt *t, ares_socket_t fd)
{
	struct watched *w = net_new(sizeof(*w));

	if (uv_poll_init(&t->loop->uv, &w->uv, fd)) {
		free(w);
		return NULL;
	}
	w->t = t;
	w->fd = fd;
	w->uv.data = w;
	link_init(&w->link);
	link_append(&t->sockets, &w->link);
	return w;
}

static void unwatch(struct watched *w)
{
	link_leave(&w->link);
	/* At once, not in the close callback: c-ares closes the socket now, and
	 * the next may have its number. */
	uv_poll_stop(&w->uv);
	uv_close((uv_handle_t *)&w->uv, on_closed);
}

static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct net_txt *t = ctx;
	struct watched *w = find(t, fd);

	if (!readable && !writable) {
		if (w)
			unwatch(w);
		return;
	}
	if (!w)
		w = watch(t, fd);
	if (!w)
		return; /* the query times out */
	w->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
	uv_poll_start(&w->uv, w->events, on_poll);
}

static int set_server(struct net_txt *t)
{
	int port = t->server.port ? t->server.port : NET_TXT_PORT;
	struct ares_addr_port_node node = {
		.udp_port = port,
		.tcp_port = port,
	};

	if (t->server.ip.family == IP_V4) {
		node.family = AF_INET;
		memcpy(&node.addr.addr4, t->server.ip.b, 4);
	} else {
		node.family = AF_INET6;
		memcpy(&node.addr.addr6, t->server.ip.b, 16);
	}
	return ares_set_servers_ports(t->channel, &node);
}

static void init_library(void)
{
	/* It only looks after a counter here, and is never undone. */
	if (ares_library_init(ARES_LIB_INIT_ALL))
		abort();
}

enum err txt_channel_open(struct net_txt *t, struct why *why)
{
	static uv_once_t once = UV_ONCE_INIT;
	bool is_chosen = t->server.ip.family != IP_NONE;
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ednspsz = UDP_ANSWER_MAX,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = t,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
	int rc;

	/* Of a server that failed or refused c-ares tells nothing but that
	 * there is no other; without another, have its answer. */
	if (is_chosen)
		options.flags |= ARES_FLAG_NOCHECKRESP;
	uv_once(&once, init_library);
	rc = ares_init_options(&t->channel, &options, mask);
	if (rc)
		t->channel = NULL;
	else if (is_chosen)
		rc = set_server(t);
	if (!rc)
		return ERR_NONE;
	txt_channel_close(t);
	return err_fail(why, ERR_SYSTEM, "c-ares: %s", ares_strerror(rc));
}

void txt_channel_close(struct net_txt *t)
{
	if (!t->channel)
		return;
	ares_destroy(t->channel);
	t->channel = NULL;
	assert(link_is_alone(&t->sockets));
}

struct mono txt_channel_timeout(const struct net_txt *t)
{
	struct timeval tv, *left;

	left = t->channel ? ares_timeout(t->channel, NULL, &tv) : NULL;
	if (!left)
		return MONO_NEVER;
	return mono_add_ms(net_loop_now(t->loop),
			   (uint64_t)left->tv_sec * 1000 +
				   (uint64_t)(left->tv_usec + 999) / 1000);
}

void txt_channel_tick(struct net_txt *t)
{
	if (t->channel)
		ares_process_fd(t->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
