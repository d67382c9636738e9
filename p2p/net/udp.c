/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/udp.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p2p/net/loop_internal.h"
#include "p2p/net/sockaddr.h"

enum {
	/* For the kernel to keep while the loop is busy: a second of some
	 * hundred datagrams of any size. The system may grant less. */
	RECEIVE_BUFFER = 1024 * 1024,
};

/* A datagram that waits. */
struct waiting {
	struct link link;
	struct addr to;
	size_t len;
	uint8_t data[NET_UDP_MAX];
};

struct net_udp {
	struct net_loop *loop;
	void (*received)(void *ctx, const struct addr *from,
			 const uint8_t *data, size_t len);
	void *ctx;
	uv_udp_t uv;
	struct net_udp_counts counts;

	/* libuv has one datagram at a time. Of several it sends in one call, it
	 * gives up all when the first is refused, and takes all for sent when
	 * only the first ones were. */
	struct link queue;
	size_t queued;	       /* in `queue`, and the one libuv has */
	struct waiting *given; /* that one; NULL: none */
	uv_udp_send_t request;
};

static bool is_closing(const struct net_udp *u)
{
	return uv_is_closing((const uv_handle_t *)&u->uv);
}

/* --- in ------------------------------------------------------------------- */

/* One byte more than is allowed, so that what is longer shows.
 *
 * Not with UV_UDP_RECVMMSG, which saves a tenth of the system's work at best:
 * libuv wants 64 KiB of room for each datagram then, exceeds our share of a
 * turn, and goes on calling after a close. */
static void on_room(uv_handle_t *h, size_t suggested UNUSED, uv_buf_t *out)
{
	struct net_udp *u = h->data;

	static_assert(sizeof(u->loop->scratch) > NET_UDP_MAX, "room");
	*out = uv_buf_init((char *)u->loop->scratch, NET_UDP_MAX + 1);
}

static void on_received(uv_udp_t *h, ssize_t len, const uv_buf_t *buf,
			const struct sockaddr *sa, unsigned flags UNUSED)
{
	struct net_udp *u = h->data;
	struct addr from;

	if (len < 0) {
		u->counts.receive_errors++;
	} else if (!sa) {
		return; /* there is no more */
	} else if (len == 0) {
		u->counts.empty++;
	} else if (len > NET_UDP_MAX) {
		u->counts.too_long++;
	} else {
		from = net_from_sockaddr(sa);
		u->counts.received++;
		u->counts.bytes_in += (uint64_t)len;
		u->received(u->ctx, &from, (uint8_t *)buf->base, (size_t)len);
	}
}

/* --- out ------------------------------------------------------------------ */

static void count_sent(struct net_udp *u, int rc, size_t len)
{
	if (rc < 0) {
		u->counts.send_errors++;
		return;
	}
	u->counts.sent++;
	u->counts.bytes_out += len;
}

/* Returns UV_EAGAIN when it has to wait, and has counted it otherwise. */
static int try_send(struct net_udp *u, const struct addr *to,
		    const uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
	struct sockaddr_storage sa;
	int rc;

	net_to_sockaddr(&sa, to);
	rc = uv_udp_try_send(&u->uv, &buf, 1, (struct sockaddr *)&sa);
	if (rc != UV_EAGAIN)
		count_sent(u, rc, len);
	return rc;
}

static void on_sent(uv_udp_send_t *req, int rc);

/* Let libuv wait until the kernel takes this one. */
static int give(struct net_udp *u, struct waiting *w)
{
	uv_buf_t buf = uv_buf_init((char *)w->data, (unsigned)w->len);
	struct sockaddr_storage sa;

	net_to_sockaddr(&sa, &w->to);
	return uv_udp_send(&u->request, &u->uv, &buf, 1, (struct sockaddr *)&sa,
			   on_sent);
}

static void forget(struct net_udp *u, struct waiting *w)
{
	u->queued--;
	free(w);
}

/* All that the kernel takes now; the next one after that goes to libuv. */
static void send_waiting(struct net_udp *u)
{
	struct link *l;

	while (!u->given && (l = link_pop(&u->queue))) {
		struct waiting *w = CONTAINER_OF(l, struct waiting, link);
		int rc = try_send(u, &w->to, w->data, w->len);

		if (rc == UV_EAGAIN) {
			rc = give(u, w);
			if (rc == 0) {
				u->given = w;
				return;
			}
			count_sent(u, rc, w->len);
		}
		forget(u, w);
	}
}

static void on_sent(uv_udp_send_t *req, int rc)
{
	struct net_udp *u = CONTAINER_OF(req, struct net_udp, request);
	struct waiting *w = u->given;

	u->given = NULL;
	if (!is_closing(u))
		count_sent(u, rc, w->len);
	forget(u, w);
	if (!is_closing(u))
		send_waiting(u);
}

static void wait_for_kernel(struct net_udp *u, const struct addr *to,
			    const uint8_t *data, size_t len)
{
	struct waiting *w;

	if (u->queued == NET_UDP_QUEUE_MAX) {
		u->counts.dropped++;
		return;
	}
	w = net_new(sizeof(*w));
	link_init(&w->link);
	w->to = *to;
	w->len = len;
	memcpy(w->data, data, len);
	link_append(&u->queue, &w->link);
	u->queued++;
	send_waiting(u);
}

void net_udp_send(struct net_udp *u, const struct addr *to, const uint8_t *data,
		  size_t len)
{
	assert(len <= NET_UDP_MAX);
	if (is_closing(u))
		return;
	/* In order: none overtakes those that wait. */
	if (u->queued > 0 || try_send(u, to, data, len) == UV_EAGAIN)
		wait_for_kernel(u, to, data, len);
}

size_t net_udp_queued(const struct net_udp *u)
{
	return u->queued;
}

/* --- life ----------------------------------------------------------------- */

static void on_closed(uv_handle_t *h)
{
	struct net_udp *u = h->data;
	struct link *l;

	while ((l = link_pop(&u->queue)))
		free(CONTAINER_OF(l, struct waiting, link));
	free(u);
}

/* Not with SO_REUSEADDR: for UDP that would let another take the port. */
static int bind_socket(struct net_udp *u, const struct addr *at)
{
	struct sockaddr_storage sa;
	int room = RECEIVE_BUFFER;
	int off = 0;
	int rc;
	int fd;

	net_to_sockaddr(&sa, at);
	rc = uv_fileno((uv_handle_t *)&u->uv, &fd);
	if (rc)
		return rc;
	if (sa.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
		return -errno;
	/* Less room is no reason to go without. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	rc = uv_udp_bind(&u->uv, (struct sockaddr *)&sa, 0);
	return rc ? rc : uv_udp_recv_start(&u->uv, on_room, on_received);
}

struct opening {
	struct net_loop *loop;
	struct net_udp *u; /* NULL: failed */
};

static int open_at(void *arg, const struct addr *at)
{
	struct opening *o = arg;
	struct net_udp *u = net_new(sizeof(*u));
	bool v6 = at->ip.family == IP_V6;
	int rc;

	rc = uv_udp_init_ex(&o->loop->uv, &u->uv, v6 ? AF_INET6 : AF_INET);
	if (rc) {
		free(u);
		return rc;
	}
	u->loop = o->loop;
	u->uv.data = u;
	link_init(&u->queue);
	rc = bind_socket(u, at);
	if (rc)
		uv_close((uv_handle_t *)&u->uv, on_closed);
	else
		o->u = u;
	return rc;
}

enum err net_udp_open(struct net_udp **out, struct net_loop *loop,
		      const struct addr *at,
		      void (*received)(void *ctx, const struct addr *from,
				       const uint8_t *data, size_t len),
		      void *ctx, struct why *why)
{
	struct opening o = { .loop = loop };
	char text[ADDR_TEXT_MAX];
	int rc = net_open_at(at, open_at, &o);

	*out = o.u;
	if (rc)
		return net_fail(why, rc, "UDP on %s", addr_text(text, at));
	o.u->received = received;
	o.u->ctx = ctx;
	net_loop_hold(loop);
	return ERR_NONE;
}

struct addr net_udp_addr(const struct net_udp *u)
{
	struct sockaddr_storage sa = { 0 };
	int len = sizeof(sa);

	if (uv_udp_getsockname(&u->uv, (struct sockaddr *)&sa, &len))
		return (struct addr){ 0 };
	return net_from_sockaddr((struct sockaddr *)&sa);
}

/* "Connecting" such a socket only chooses the route. */
bool net_udp_source(struct ip *out, const struct addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, to);
	struct addr us = { 0 };
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (!connect(fd, (struct sockaddr *)&sa, len)) {
		len = sizeof(sa);
		if (!getsockname(fd, (struct sockaddr *)&sa, &len))
			us = net_from_sockaddr((struct sockaddr *)&sa);
	}
	close(fd);
	if (ip_is_unspecified(&us.ip))
		return false;
	*out = us.ip;
	return true;
}

/* A root name server's addresses: far from everywhere. A way by IPv6 is none
 * with an address that only our own network knows. */
void net_udp_ways(struct reach *reach)
{
	static const struct addr far4 = { { IP_V4, { 193, 0, 14, 129 } }, 53 };
	static const struct addr far6 = {
		{ IP_V6, { 0x20, 0x01, 0x07, 0xfd, [15] = 1 } }, 53
	};
	struct ip us;
	bool way4 = net_udp_source(&us, &far4) && !ip_is_loopback(&us);
	bool way6 =
		net_udp_source(&us, &far6) && ip_scope(&us) == IP_SCOPE_GLOBAL;

	reach->no_way4 = way6 && !way4;
	reach->no_way6 = way4 && !way6;
}

struct net_udp_counts net_udp_counts(const struct net_udp *u)
{
	return u->counts;
}

void net_udp_close(struct net_udp *u)
{
	if (!u || is_closing(u))
		return;
	uv_close((uv_handle_t *)&u->uv, on_closed);
	net_loop_let_go(u->loop);
}
