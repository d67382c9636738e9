/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection begins and fails. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/stream_internal.h"
#include "test/unit/net/scene.h"

Test(net_stream, says_who_is_connected_to_whom)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct addr local;
	struct addr remote;
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	local = net_stream_local(a.s);
	remote = net_stream_remote(b.s);
	cr_assert(ip_is_loopback(&local.ip));
	cr_assert_neq(local.port, 0);
	cr_assert_eq(local.port, remote.port);
	cr_assert(ip_equal(&local.ip, &remote.ip));
	local = net_stream_local(b.s);
	remote = net_stream_remote(a.s);
	cr_assert_eq(local.port, remote.port);
	cr_assert(ip_equal(&local.ip, &remote.ip));
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

static bool has_nodelay(struct end *e)
{
	int on = 0;
	socklen_t len = sizeof(on);
	int fd;

	cr_assert_eq(uv_fileno((uv_handle_t *)&e->s->tcp, &fd), 0);
	cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	return on;
}

Test(net_stream, never_waits_for_acknowledgements)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	cr_assert(has_nodelay(&a));
	cr_assert(has_nodelay(&b));
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
}

/* A port that nobody listens at. */
static struct addr dead_addr(struct scene *sc)
{
	struct door d;
	struct addr at;

	door_open(sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	door_close(&d);
	return at;
}

Test(net_stream, tells_of_a_refused_dial_and_then_only_closes)
{
	char text[ADDR_TEXT_MAX];
	char expected[128];
	struct end a = { 0 };
	struct scene sc;
	struct addr at;

	scene_open(&sc);
	at = dead_addr(&sc);
	end_dial(&sc, &a, &at);
	end_send_text(&a, "never sent");
	net_stream_start(a.s);
	net_stream_shutdown(a.s);
	cr_assert_eq(a.connected, 0);
	UNTIL(&sc, a.connected);
	cr_assert_eq(a.connect_rc, ERR_SYSTEM);
	snprintf(expected, sizeof(expected),
		 "connect to %s: connection refused", addr_text(text, &at));
	cr_assert_str_eq(a.why.text, expected);
	cr_assert_eq(net_stream_queued(a.s), 0);
	net_stream_start(a.s);
	end_send_text(&a, "nor this");
	scene_turns(&sc, 3);
	cr_assert_eq(a.connected + a.drained + a.ended + a.closed, 1);
	end_close(&a);
	scene_close(&sc);
}

Test(net_stream, refuses_to_dial_what_is_no_whole_address)
{
	struct addr nowhere = { .port = 1 };
	struct addr no_port = loopback4(0);
	struct why why = WHY_NONE;
	struct net_stream *s;
	struct scene sc;

	scene_open(&sc);
	cr_assert_eq(
		net_stream_dial(&s, sc.loop, &nowhere, &end_events, NULL, &why),
		ERR_FORMAT);
	cr_assert_null(s);
	cr_assert_str_eq(why.text, "connect to :1: not a whole address");
	cr_assert_eq(
		net_stream_dial(&s, sc.loop, &no_port, &end_events, NULL, NULL),
		ERR_FORMAT);
	scene_close(&sc);
}

Test(net_stream, is_silent_about_a_dial_that_the_system_refuses_at_once)
{
	struct addr to = { .port = 1 };
	struct why why = WHY_NONE;
	struct net_stream *s;
	struct scene sc;

	scene_open(&sc);
	/* The broadcast address is nobody's TCP address. */
	cr_assert_eq(ip_parse(&to.ip, "255.255.255.255"), ERR_NONE);
	cr_assert_neq(
		net_stream_dial(&s, sc.loop, &to, &end_events, NULL, &why),
		ERR_NONE);
	cr_assert_null(s);
	cr_assert(!strncmp(why.text, "connect to 255.255.255.255:1: ", 30));
	scene_close(&sc);
}

Test(net_stream, closed_while_dialing_is_never_connected)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;
	struct door d;
	struct addr at;

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	end_dial(&sc, &a, &at);
	end_dial(&sc, &b, &at);
	net_stream_reset(b.s);
	end_close(&a);
	UNTIL(&sc, b.closed);
	cr_assert_eq(a.connected + b.connected, 0);
	door_close(&d);
	scene_close(&sc);
}

Test(net_stream, what_was_appended_while_dialing_is_sent_on_connecting)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;
	struct door d;
	struct addr at;

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	end_dial(&sc, &a, &at);
	end_send_text(&a, "early");
	cr_assert_eq(net_stream_queued(a.s), 5);
	UNTIL(&sc, d.count);
	end_adopt(&sc, &b, d.streams[0]);
	d.streams[0] = NULL;
	net_stream_start(b.s);
	UNTIL(&sc, b.bytes == 5);
	cr_assert_eq(a.drained, 1);
	cr_assert_eq(net_stream_bytes_out(a.s), 5);
	cr_assert_eq(net_stream_bytes_in(b.s), 5);
	end_close(&a);
	end_close(&b);
	door_close(&d);
	scene_close(&sc);
}

Test(net_stream, a_reset_by_the_peer_is_an_error_not_an_end)
{
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	raw_reset(half_pair(&sc, &b));
	net_stream_start(b.s);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	end_send_text(&b, "to nobody"); /* and SIGPIPE harms nobody */
	net_stream_start(b.s);
	scene_turns(&sc, 3);
	cr_assert_eq(b.ended, 1);
	cr_assert_eq(net_stream_queued(b.s), 0);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, a_failed_write_ends_a_stream_that_does_not_read)
{
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	raw_reset(half_pair(&sc, &b));
	while (!b.ended) {
		end_send_text(&b, "to nobody");
		scene_turns(&sc, 1);
	}
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	cr_assert_eq(net_stream_queued(b.s), 0);
	net_stream_start(b.s);
	end_send_text(&b, "more");
	scene_turns(&sc, 3);
	cr_assert_eq(b.ended, 1);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, the_last_words_of_a_peer_arrive_though_a_write_fails)
{
	struct end b = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	cr_assert_eq(raw_send(fd, "because", 7), 7);
	raw_reset(fd);
	/* The flush comes before the next read. */
	net_stream_start(b.s);
	end_send_text(&b, "to nobody");
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.bytes, 7);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	scene_turns(&sc, 3);
	cr_assert_eq(b.ended, 1);
	cr_assert_eq(b.drained, 0);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, a_failed_write_ends_reading_though_the_peer_is_silent)
{
	struct end b = { 0 };
	struct scene sc;
	int own_fd;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	net_stream_start(b.s);
	cr_assert_eq(uv_fileno((uv_handle_t *)&b.s->tcp, &own_fd), 0);
	cr_assert_eq(shutdown(own_fd, SHUT_WR), 0);
	end_send_text(&b, "refused by the system");
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	close(fd);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, a_write_that_fails_after_the_peers_end_is_told_too)
{
	struct end b = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	net_stream_start(b.s);
	close(fd);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_CLOSED);
	while (b.ended == 1) {
		end_send_text(&b, "to nobody");
		scene_turns(&sc, 1);
	}
	cr_assert_eq(b.ended, 2);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	end_close(&b);
	scene_close(&sc);
}
