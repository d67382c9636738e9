/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "test/unit/net/scene.h"

Test(net_listener, says_which_port_was_picked_and_that_it_is_busy)
{
	char text[ADDR_TEXT_MAX];
	struct why why = WHY_NONE;
	struct net_listener *l;
	char expected[128];
	struct scene sc;
	struct door d;
	struct addr at;

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	cr_assert_neq(at.port, 0);
	cr_assert(ip_is_loopback(&at.ip));
	cr_assert_eq(net_listener_open(&l, sc.loop, &at, NULL, NULL, &why),
		     ERR_BUSY);
	cr_assert_null(l);
	snprintf(expected, sizeof(expected),
		 "listen on %s: address already in use", addr_text(text, &at));
	cr_assert_str_eq(why.text, expected);

	/* The port is free as soon as the listener is closed. */
	door_close(&d);
	door_open(&sc, &d, at);
	cr_assert_eq(net_listener_addr(d.l).port, at.port);
	door_close(&d);
	scene_close(&sc);
}

Test(net_listener, refuses_an_address_that_no_interface_has)
{
	struct why why = WHY_NONE;
	struct net_listener *l;
	struct addr at = { 0 };
	struct scene sc;

	scene_open(&sc);
	cr_assert_eq(ip_parse(&at.ip, "192.0.2.1"), ERR_NONE);
	cr_assert_eq(net_listener_open(&l, sc.loop, &at, NULL, NULL, &why),
		     ERR_NOT_FOUND);
	cr_assert_null(l);
	cr_assert(!strncmp(why.text, "listen on 192.0.2.1:0: ", 23), "%s",
		  why.text);
	scene_close(&sc);
}

Test(net_listener, maps_the_systems_errors)
{
	struct why why = WHY_NONE;

	cr_assert_eq(net_err(UV_EACCES), ERR_DENIED);
	cr_assert_eq(net_err(UV_EADDRINUSE), ERR_BUSY);
	cr_assert_eq(net_err(UV_EADDRNOTAVAIL), ERR_NOT_FOUND);
	cr_assert_eq(net_err(UV_EMFILE), ERR_SYSTEM);
	cr_assert_eq(net_fail(&why, UV_EACCES, "port %d", 80), ERR_DENIED);
	cr_assert_str_eq(why.text, "port 80: permission denied");
}

Test(net_listener, takes_both_families_when_no_address_is_given)
{
	struct addr any = { 0 };
	struct addr remote;
	struct addr at;
	struct scene sc;
	struct door d;
	int fd;

	scene_open(&sc);
	door_open(&sc, &d, any);
	at = net_listener_addr(d.l);
	cr_assert(ip_is_unspecified(&at.ip));
	at = loopback4(at.port);
	fd = raw_connect(&at);
	UNTIL(&sc, d.count == 1);
	/* Not as ::ffff:127.0.0.1, which it is to the socket. */
	remote = net_stream_remote(d.streams[0]);
	cr_assert(ip_equal(&remote.ip, &at.ip));
	remote = net_stream_local(d.streams[0]);
	cr_assert(ip_equal(&remote.ip, &at.ip));
	close(fd);
	if (has_ipv6()) {
		at = loopback6(at.port);
		fd = raw_connect(&at);
		UNTIL(&sc, d.count == 2);
		remote = net_stream_remote(d.streams[1]);
		cr_assert(ip_equal(&remote.ip, &at.ip));
		close(fd);
	}
	door_close(&d);
	scene_close(&sc);
}

Test(net_listener, leaves_connections_waiting_while_paused)
{
	struct scene sc;
	struct door d;
	struct addr at;
	int fds[5];

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	fds[0] = raw_connect(&at);
	UNTIL(&sc, d.count == 1);
	net_listener_pause(d.l);
	net_listener_pause(d.l);
	for (unsigned i = 1; i < ARRAY_LEN(fds); i++)
		fds[i] = raw_connect(&at);
	scene_turns(&sc, 20);
	cr_assert_eq(d.count, 1);
	net_listener_resume(d.l);
	net_listener_resume(d.l);
	UNTIL(&sc, d.count == ARRAY_LEN(fds));
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	door_close(&d);
	scene_close(&sc);
}

/* Takes one, and then pauses or closes its listener. */
struct once {
	struct scene *sc;
	struct net_listener *l;
	unsigned count;
	bool closes;
};

static void accept_once(void *ctx, struct net_stream *s)
{
	struct once *o = ctx;

	o->count++;
	net_stream_close(s);
	if (o->closes)
		net_listener_close(o->l);
	else
		net_listener_pause(o->l);
	net_loop_stop(o->sc->loop);
}

static void run_once(bool closes)
{
	struct addr at = loopback4(0);
	struct once o = { .closes = closes };
	struct scene sc;
	int fds[3];

	scene_open(&sc);
	o.sc = &sc;
	cr_assert_eq(
		net_listener_open(&o.l, sc.loop, &at, accept_once, &o, NULL),
		ERR_NONE);
	at = net_listener_addr(o.l);
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = raw_connect(&at);
	UNTIL(&sc, o.count);
	scene_turns(&sc, 10);
	cr_assert_eq(o.count, 1);
	if (!closes) {
		net_listener_resume(o.l);
		UNTIL(&sc, o.count == 2);
		net_listener_close(o.l);
		net_listener_close(o.l);
	}
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	scene_close(&sc);
}

Test(net_listener, may_be_paused_or_closed_by_its_own_callback)
{
	run_once(false);
	run_once(true);
}

/* Closes its listener and opens another, which likely gets the descriptor that
 * was just closed, and has somebody waiting at once. */
struct mover {
	struct scene *sc;
	struct net_listener *l;
	struct door next;
	unsigned count;
	int fd;
};

static void accept_and_move(void *ctx, struct net_stream *s)
{
	struct mover *m = ctx;
	struct addr at;

	m->count++;
	net_listener_close(m->l);
	door_open(m->sc, &m->next, loopback4(0));
	at = net_listener_addr(m->next.l);
	m->fd = raw_connect(&at);
	net_stream_close(s);
}

Test(net_listener, closed_by_its_callback_accepts_nothing_of_another)
{
	struct addr at = loopback4(0);
	struct mover m = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	m.sc = &sc;
	cr_assert_eq(net_listener_open(&m.l, sc.loop, &at, accept_and_move, &m,
				       NULL),
		     ERR_NONE);
	at = net_listener_addr(m.l);
	fd = raw_connect(&at);
	UNTIL(&sc, m.next.count == 1);
	cr_assert_eq(m.count, 1);
	door_close(&m.next);
	close(m.fd);
	close(fd);
	scene_close(&sc);
}

Test(net_listener, goes_on_when_there_are_descriptors_again)
{
	struct rlimit old;
	struct rlimit none;
	uint64_t iterations;
	struct mono start;
	struct scene sc;
	struct door d;
	struct addr at;
	int second;
	int fd;

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	scene_turns(&sc, 2); /* whatever the loop opens, it has */
	fd = raw_connect(&at);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	start = net_loop_now(sc.loop);
	scene_turns(&sc, 3);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	cr_assert_eq(d.count, 0);
	iterations = sc.loop->iteration;
	/* Valgrind, which plays the limit, loses the first connection. */
	second = raw_connect(&at);
	UNTIL(&sc, d.count > 0);
	/* It waited, and did not turn meanwhile. */
	cr_assert_geq(mono_since_ms(mono_now(), start), 200);
	cr_assert_leq(sc.loop->iteration, iterations + 5);
	close(fd);
	close(second);
	door_close(&d);
	scene_close(&sc);
}

Test(net_listener, accepts_a_crowd_in_bounded_turns)
{
	enum {
		CROWD = 200
	};
	struct addr at = loopback4(0);
	static int fds[CROWD];
	struct once o = { 0 };
	struct scene sc;

	scene_open(&sc);
	o.sc = &sc;
	cr_assert_eq(
		net_listener_open(&o.l, sc.loop, &at, accept_once, &o, NULL),
		ERR_NONE);
	at = net_listener_addr(o.l);
	for (unsigned i = 0; i < CROWD; i++)
		fds[i] = raw_connect(&at);
	while (o.count < CROWD) {
		net_listener_resume(o.l);
		net_loop_run(sc.loop);
	}
	cr_assert_eq(o.count, CROWD);
	net_listener_close(o.l);
	for (unsigned i = 0; i < CROWD; i++)
		close(fds[i]);
	scene_close(&sc);
}
