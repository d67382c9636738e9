/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/udp.h"

#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "test/unit/net/scene.h"

enum {
	HUGE = 65507 /* bytes: the most that UDP over IPv4 carries */
};

/* A socket that keeps its last datagram, and counts by turn. */
struct post {
	struct scene *sc;
	struct net_udp *u;
	unsigned count;
	struct addr from;
	uint8_t data[NET_UDP_MAX];
	size_t len;
	uint64_t iteration;
	unsigned in_turn, most_in_turn;
	bool echoes, closes;
};

static void on_datagram(void *ctx, const struct addr *from, const uint8_t *data,
			size_t len)
{
	struct post *p = ctx;

	cr_assert_gt(len, 0);
	cr_assert_leq(len, sizeof(p->data));
	p->count++;
	p->from = *from;
	p->len = len;
	memcpy(p->data, data, len);
	if (p->iteration != p->sc->loop->iteration)
		p->in_turn = 0;
	p->iteration = p->sc->loop->iteration;
	if (++p->in_turn > p->most_in_turn)
		p->most_in_turn = p->in_turn;
	if (p->echoes)
		net_udp_send(p->u, from, data, len);
	if (p->closes)
		net_udp_close(p->u);
	net_loop_stop(p->sc->loop);
}

static void post_open(struct scene *sc, struct post *p, struct addr at)
{
	struct why why = WHY_NONE;

	*p = (struct post){ .sc = sc };
	cr_assert_eq(net_udp_open(&p->u, sc->loop, &at, on_datagram, p, &why),
		     ERR_NONE, "%s", why.text);
}

/* A plain socket of the system's that is bound to the loopback. */
static int raw_udp(struct addr at)
{
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, &at);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static uint16_t raw_port(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	cr_assert_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return net_from_sockaddr((struct sockaddr *)&sa).port;
}

static void raw_post(int fd, struct addr to, const void *data, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = net_to_sockaddr(&sa, &to);

	cr_assert_eq(sendto(fd, data, len, 0, (struct sockaddr *)&sa, sa_len),
		     (ssize_t)len);
}

/* There and back between our socket at `at` and a plain one at `peer`, which
 * knows ours as `to`. */
static void round_trip(struct addr at, struct addr peer, struct addr to)
{
	uint8_t sent[NET_UDP_MAX];
	uint8_t got[NET_UDP_MAX + 1];
	struct net_udp_counts c;
	struct scene sc;
	struct post p;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, at);
	p.echoes = true;
	fd = raw_udp(peer);
	peer.port = raw_port(fd);
	to.port = net_udp_addr(p.u).port;
	cr_assert_neq(to.port, 0);
	for (unsigned i = 1; i <= 2; i++) {
		size_t len = i == 1 ? 1 : NET_UDP_MAX;

		pattern_fill(sent, i, len);
		raw_post(fd, to, sent, len);
		UNTIL(&sc, p.count == i);
		cr_assert(ip_equal(&p.from.ip, &peer.ip));
		cr_assert_eq(p.from.port, peer.port);
		cr_assert_eq(p.len, len);
		cr_assert_arr_eq(p.data, sent, len);
		/* On the loopback it is there once it was sent. */
		cr_assert_eq(raw_recv(fd, got, sizeof(got)), (long)len);
		cr_assert_arr_eq(got, sent, len);
	}
	c = net_udp_counts(p.u);
	cr_assert_eq(c.received, 2);
	cr_assert_eq(c.bytes_in, 1 + NET_UDP_MAX);
	cr_assert_eq(c.sent, 2);
	cr_assert_eq(c.bytes_out, 1 + NET_UDP_MAX);
	close(fd);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, carries_datagrams_both_ways_over_either_family)
{
	round_trip(loopback4(0), loopback4(0), loopback4(0));
	if (has_ipv6())
		round_trip(loopback6(0), loopback6(0), loopback6(0));
}

Test(net_udp, takes_both_families_when_no_address_is_given)
{
	struct addr any = { 0 };

	/* The sender is not ::ffff:127.0.0.1, which it is to the socket. */
	round_trip(any, loopback4(0), loopback4(0));
	if (has_ipv6()) {
		round_trip(any, loopback6(0), loopback6(0));
		any.ip.family = IP_V6;
		round_trip(any, loopback4(0), loopback4(0));
	}
	any.ip.family = IP_V4;
	round_trip(any, loopback4(0), loopback4(0));
}

Test(net_udp, says_which_port_was_picked_and_that_it_is_busy)
{
	char text[ADDR_TEXT_MAX];
	struct why why = WHY_NONE;
	struct net_udp *second;
	char expected[128];
	struct scene sc;
	struct addr at;
	struct post p;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	at = net_udp_addr(p.u);
	cr_assert(ip_is_loopback(&at.ip));
	cr_assert_eq(
		net_udp_open(&second, sc.loop, &at, on_datagram, NULL, &why),
		ERR_BUSY);
	cr_assert_null(second);
	snprintf(expected, sizeof(expected),
		 "UDP on %s: address already in use", addr_text(text, &at));
	cr_assert_str_eq(why.text, expected);

	/* The port is free as soon as the socket is closed. */
	net_udp_close(p.u);
	net_udp_close(p.u);
	net_udp_close(NULL);
	post_open(&sc, &p, at);
	cr_assert_eq(net_udp_addr(p.u).port, at.port);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, gives_its_port_to_nobody_who_asks_to_share_it)
{
	struct sockaddr_storage sa;
	struct scene sc;
	struct addr at;
	struct post p;
	socklen_t len;
	int on = 1;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	at = net_udp_addr(p.u);
	len = net_to_sockaddr(&sa, &at);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
		     0);
	cr_assert_neq(bind(fd, (struct sockaddr *)&sa, len), 0);
	close(fd);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, refuses_an_address_that_no_interface_has)
{
	struct why why = WHY_NONE;
	struct addr at = { 0 };
	struct net_udp *u;
	struct scene sc;

	scene_open(&sc);
	cr_assert_eq(ip_parse(&at.ip, "192.0.2.1"), ERR_NONE);
	cr_assert_eq(net_udp_open(&u, sc.loop, &at, on_datagram, NULL, &why),
		     ERR_NOT_FOUND);
	cr_assert_null(u);
	cr_assert(!strncmp(why.text, "UDP on 192.0.2.1:0: ", 20), "%s",
		  why.text);
	scene_close(&sc);
}

Test(net_udp, drops_and_counts_what_is_empty_or_too_long)
{
	static uint8_t data[HUGE];
	struct net_udp_counts c;
	struct scene sc;
	struct addr at;
	struct post p;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	at = net_udp_addr(p.u);
	fd = raw_udp(loopback4(0));
	raw_post(fd, at, data, 0);
	raw_post(fd, at, data, NET_UDP_MAX + 1);
	raw_post(fd, at, data, NET_UDP_MAX + 2);
	raw_post(fd, at, data, HUGE);
	raw_post(fd, at, data, 0);
	raw_post(fd, at, data, NET_UDP_MAX);
	UNTIL(&sc, p.count);
	cr_assert_eq(p.count, 1);
	cr_assert_eq(p.len, NET_UDP_MAX);
	c = net_udp_counts(p.u);
	cr_assert_eq(c.empty, 2);
	cr_assert_eq(c.too_long, 3);
	cr_assert_eq(c.received, 1);
	cr_assert_eq(c.bytes_in, NET_UDP_MAX);
	cr_assert_eq(c.receive_errors, 0);
	close(fd);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, lets_others_have_their_turn_in_a_flood)
{
	enum {
		FLOOD = 150 /* what fits without the wider buffer is under 100
			     */
	};
	uint8_t data[NET_UDP_MAX] = { 0 };
	struct scene sc;
	struct addr at;
	struct post p;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	at = net_udp_addr(p.u);
	fd = raw_udp(loopback4(0));
	for (unsigned i = 0; i < FLOOD; i++)
		raw_post(fd, at, data, sizeof(data));
	UNTIL(&sc, p.count == FLOOD);
	cr_assert_eq(p.most_in_turn, NET_UDP_TURN_MAX);
	close(fd);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, closed_by_its_callback_hears_nothing_more)
{
	struct scene sc;
	struct addr at;
	struct post p;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	p.closes = true;
	at = net_udp_addr(p.u);
	fd = raw_udp(loopback4(0));
	for (unsigned i = 0; i < 5; i++)
		raw_post(fd, at, "x", 1);
	UNTIL(&sc, p.count);
	scene_turns(&sc, 5);
	cr_assert_eq(p.count, 1);
	close(fd);
	scene_close(&sc);
}

static void find_udp(uv_handle_t *h, void *arg)
{
	if (h->type == UV_UDP)
		cr_assert_eq(uv_fileno(h, arg), 0);
}

static void raw_aim(int fd, struct addr to)
{
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, &to);

	cr_assert_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
}

/* The system reports ICMP errors to sockets that are aimed at somebody, so
 * this one is, behind the back of its owner. */
Test(net_udp, goes_on_when_others_refuse_its_datagrams)
{
	struct net_udp_counts c;
	struct addr nobody;
	struct scene sc;
	struct post p;
	int friend;
	int fd;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	uv_walk(&sc.loop->uv, find_udp, &fd);
	friend = raw_udp(loopback4(0));
	nobody = loopback4(raw_port(friend));
	close(friend);
	raw_aim(fd, nobody);

	/* The next receive meets the error, */
	cr_assert_eq(send(fd, "x", 1, 0), 1);
	while (net_udp_counts(p.u).receive_errors == 0)
		scene_turns(&sc, 1);
	/* or the next send does, */
	cr_assert_eq(send(fd, "x", 1, 0), 1);
	net_udp_send(p.u, &nobody, (const uint8_t *)"x", 1);
	c = net_udp_counts(p.u);
	cr_assert_eq(c.receive_errors, 1);
	cr_assert_eq(c.send_errors, 1);
	cr_assert_eq(c.sent, 0);

	/* and it is there for others all the same. */
	friend = raw_udp(loopback4(0));
	raw_aim(fd, loopback4(raw_port(friend)));
	raw_post(friend, net_udp_addr(p.u), "y", 1);
	UNTIL(&sc, p.count);
	cr_assert_eq(p.data[0], 'y');
	net_udp_send(p.u, &p.from, p.data, 1);
	cr_assert_eq(net_udp_counts(p.u).sent, 1);
	close(friend);
	net_udp_close(p.u);
	scene_close(&sc);
}

Test(net_udp, counts_what_cannot_be_sent_and_goes_on)
{
	struct addr none = { .port = 1 };
	struct scene sc;
	struct addr at;
	struct post p;

	scene_open(&sc);
	post_open(&sc, &p, loopback4(0));
	at = net_udp_addr(p.u);
	net_udp_send(p.u, &none, (const uint8_t *)"x", 1);
	none = loopback4(0); /* port 0 */
	net_udp_send(p.u, &none, (const uint8_t *)"x", 1);
	none = loopback6(1); /* from a socket of IPv4 */
	net_udp_send(p.u, &none, (const uint8_t *)"x", 1);
	cr_assert_eq(net_udp_counts(p.u).send_errors, 3);
	cr_assert_eq(net_udp_counts(p.u).sent, 0);
	cr_assert_eq(net_udp_queued(p.u), 0);
	net_udp_send(p.u, &at, (const uint8_t *)"x", 1);
	UNTIL(&sc, p.count);
	cr_assert_eq(p.from.port, at.port);
	net_udp_close(p.u);
	/* Between close and the next turn: nothing happens. */
	net_udp_send(p.u, &at, (const uint8_t *)"x", 1);
	cr_assert_eq(net_udp_counts(p.u).sent, 1);
	scene_close(&sc);
}
