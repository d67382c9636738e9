/* SPDX-License-Identifier: Apache-2.0 */
/* A socket whose kernel takes what the test says: libuv's two ways of sending
 * lead through here. */
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/udp.h"
#include "test/unit/net/scene.h"

int __wrap_uv_udp_try_send(uv_udp_t *h, const uv_buf_t bufs[], unsigned n,
			   const struct sockaddr *sa);
int __real_uv_udp_try_send(uv_udp_t *h, const uv_buf_t bufs[], unsigned n,
			   const struct sockaddr *sa);
int __wrap_uv_udp_send(uv_udp_send_t *req, uv_udp_t *h, const uv_buf_t bufs[],
		       unsigned n, const struct sockaddr *sa,
		       uv_udp_send_cb cb);
int __real_uv_udp_send(uv_udp_send_t *req, uv_udp_t *h, const uv_buf_t bufs[],
		       unsigned n, const struct sockaddr *sa,
		       uv_udp_send_cb cb);

static struct {
	bool on;
	unsigned room;	    /* datagrams that the kernel takes */
	bool refuses;	    /* to be given one to keep */
	bool lets_wait;	    /* only try_send finds no room */
	uv_udp_send_t *req; /* what libuv keeps meanwhile */
	uv_udp_send_cb cb;
} held;

int __wrap_uv_udp_try_send(uv_udp_t *h, const uv_buf_t bufs[], unsigned n,
			   const struct sockaddr *sa)
{
	if (held.on && held.room == 0)
		return UV_EAGAIN;
	if (held.on)
		held.room--;
	return __real_uv_udp_try_send(h, bufs, n, sa);
}

int __wrap_uv_udp_send(uv_udp_send_t *req, uv_udp_t *h, const uv_buf_t bufs[],
		       unsigned n, const struct sockaddr *sa, uv_udp_send_cb cb)
{
	if (held.on && held.refuses)
		return UV_ENOMEM;
	if (held.on && !held.lets_wait) {
		cr_assert_null(held.req, "one at a time");
		held.req = req;
		held.cb = cb;
		return 0;
	}
	return __real_uv_udp_send(req, h, bufs, n, sa, cb);
}

/* The one that libuv has leaves, or fails, and then `room` more. */
static void let_go(int status, unsigned room)
{
	uv_udp_send_t *req = held.req;

	held.req = NULL;
	held.room = room;
	held.cb(req, status);
}

struct lane {
	struct scene sc;
	struct net_udp *u;
	struct addr to;
	int fd;
};

static void ignore(void *ctx UNUSED, const struct addr *from UNUSED,
		   const uint8_t *data UNUSED, size_t len UNUSED)
{
}

static void lane_open(struct lane *l)
{
	struct sockaddr_storage sa;
	struct addr at = loopback4(0);
	socklen_t len = net_to_sockaddr(&sa, &at);

	scene_open(&l->sc);
	cr_assert_eq(net_udp_open(&l->u, l->sc.loop, &at, ignore, NULL, NULL),
		     ERR_NONE);
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(l->fd, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	cr_assert_eq(getsockname(l->fd, (struct sockaddr *)&sa, &len), 0);
	l->to = net_from_sockaddr((struct sockaddr *)&sa);
	memset(&held, 0, sizeof(held));
}

static void lane_close(struct lane *l)
{
	net_udp_close(l->u);
	close(l->fd);
	held.on = false;
	scene_close(&l->sc);
}

/* Numbered datagrams; what they carry lives for the call alone. */
static void post(struct lane *l, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		uint8_t data[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		net_udp_send(l->u, &l->to, data, sizeof(data));
	}
}

static void expect(struct lane *l, unsigned number)
{
	uint8_t data[3];

	cr_assert_eq(raw_recv(l->fd, data, sizeof(data)), 2);
	cr_assert_eq((unsigned)(data[0] << 8 | data[1]), number);
}

static void expect_nothing(struct lane *l)
{
	uint8_t data[3];

	cr_assert_lt(raw_recv(l->fd, data, sizeof(data)), 0);
}

Test(net_udp_queue, keeps_the_order_when_the_kernel_is_full)
{
	struct net_udp_counts c;
	struct lane l;

	lane_open(&l);
	held.on = true;
	held.room = 1;
	post(&l, 0, 6);
	cr_assert_eq(net_udp_queued(l.u), 5);
	expect(&l, 0);
	expect_nothing(&l);
	/* There is room now, and still none overtakes those that wait. */
	held.room = 9;
	post(&l, 6, 7);
	cr_assert_eq(net_udp_queued(l.u), 6);
	expect_nothing(&l);

	let_go(0, 2); /* 1 was the one libuv had */
	expect(&l, 2);
	expect(&l, 3);
	expect_nothing(&l);
	cr_assert_eq(net_udp_queued(l.u), 3);
	let_go(0, 9); /* and 4 */
	expect(&l, 5);
	expect(&l, 6);
	cr_assert_eq(net_udp_queued(l.u), 0);
	cr_assert_null(held.req);
	post(&l, 7, 8);
	expect(&l, 7);
	c = net_udp_counts(l.u);
	cr_assert_eq(c.sent, 8);
	cr_assert_eq(c.bytes_out, 16);
	cr_assert_eq(c.dropped, 0);
	cr_assert_eq(c.send_errors, 0);
	lane_close(&l);
}

Test(net_udp_queue, leaves_by_itself_once_the_kernel_has_room)
{
	struct lane l;

	lane_open(&l);
	held.on = true;
	held.lets_wait = true;
	post(&l, 0, 4);
	cr_assert_eq(net_udp_queued(l.u), 4);
	held.on = false;
	while (net_udp_queued(l.u) > 0)
		scene_turns(&l.sc, 1);
	for (unsigned i = 0; i < 4; i++)
		expect(&l, i);
	expect_nothing(&l);
	cr_assert_eq(net_udp_counts(l.u).sent, 4);

	/* Closed before libuv could say that one is out. */
	held.on = true;
	post(&l, 4, 8);
	cr_assert_eq(net_udp_queued(l.u), 4);
	lane_close(&l);
}

Test(net_udp_queue, drops_the_newest_when_too_many_wait)
{
	struct lane l;

	lane_open(&l);
	held.on = true;
	post(&l, 0, NET_UDP_QUEUE_MAX);
	cr_assert_eq(net_udp_queued(l.u), NET_UDP_QUEUE_MAX);
	cr_assert_eq(net_udp_counts(l.u).dropped, 0);
	post(&l, 900, 903);
	cr_assert_eq(net_udp_queued(l.u), NET_UDP_QUEUE_MAX);
	cr_assert_eq(net_udp_counts(l.u).dropped, 3);
	let_go(0, 1000);
	for (unsigned i = 1; i < NET_UDP_QUEUE_MAX; i++)
		expect(&l, i);
	expect_nothing(&l);
	cr_assert_eq(net_udp_counts(l.u).sent, NET_UDP_QUEUE_MAX);
	lane_close(&l);
}

Test(net_udp_queue, one_that_fails_takes_no_other_with_it)
{
	struct addr nowhere;
	struct lane l;

	lane_open(&l);
	held.on = true;
	nowhere = l.to;
	nowhere.port = 0;
	post(&l, 0, 2);
	net_udp_send(l.u, &nowhere, (const uint8_t *)"xx", 2);
	post(&l, 2, 4);
	let_go(UV_EPERM, 10); /* 0 */
	for (unsigned i = 1; i < 4; i++)
		expect(&l, i);
	cr_assert_eq(net_udp_counts(l.u).send_errors, 2);
	cr_assert_eq(net_udp_counts(l.u).sent, 3);
	/* Nor is it kept when libuv does not take it. */
	held.room = 0;
	held.refuses = true;
	post(&l, 4, 6);
	cr_assert_eq(net_udp_counts(l.u).send_errors, 4);
	cr_assert_eq(net_udp_queued(l.u), 0);
	lane_close(&l);
}

Test(net_udp_queue, is_let_go_of_when_the_socket_closes)
{
	struct net_udp_counts c;
	struct lane l;

	lane_open(&l);
	held.on = true;
	post(&l, 0, 5);
	c = net_udp_counts(l.u);
	net_udp_close(l.u);
	let_go(UV_ECANCELED, 10);
	cr_assert_eq(net_udp_counts(l.u).send_errors, c.send_errors);
	cr_assert_eq(net_udp_counts(l.u).sent, 0);
	lane_close(&l);
	/* Here the leak checkers look for the other four. */
}
