/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection: connecting, ending, closing. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/stream_internal.h"
#include "test/unit/net/scene.h"

static void send_text(struct end *e, const char *text)
{
	cr_assert_eq(buf_append(net_stream_out(e->s), text, strlen(text)),
		     ERR_NONE);
}

/* Queue more than the kernel takes while nobody reads. */
enum {
	PLENTY = 16 * 1024 * 1024
};

static void send_plenty(struct end *e)
{
	uint8_t *to;

	net_stream_set_limit(e->s, PLENTY);
	to = buf_grow(net_stream_out(e->s), PLENTY);
	cr_assert_not_null(to);
	memset(to, 'x', PLENTY);
	buf_commit(net_stream_out(e->s), PLENTY);
}

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
	send_text(&a, "never sent");
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
	send_text(&a, "nor this");
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
	send_text(&a, "early");
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

Test(net_stream, shutdown_ends_one_direction_after_all_is_out)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_start(a.s);
	send_plenty(&a);
	net_stream_shutdown(a.s);
	net_stream_shutdown(a.s);
	scene_turns(&sc, 1); /* some is out */
	cr_assert_lt(net_stream_queued(a.s), PLENTY);
	cr_assert_gt(net_stream_queued(a.s), 0);
	net_stream_start(b.s);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_CLOSED);
	cr_assert_eq(b.bytes, PLENTY);
	cr_assert_eq(a.drained, 1);

	/* The other direction still works, and this one no more. */
	send_text(&a, "too late");
	send_text(&b, "answer");
	UNTIL(&sc, a.bytes == 6 && b.drained == 1);
	cr_assert_eq(a.ended, 0);
	net_stream_shutdown(b.s);
	UNTIL(&sc, a.ended);
	cr_assert_eq(a.end_rc, ERR_CLOSED);
	cr_assert_eq(net_stream_queued(a.s), 0);
	end_close(&a);
	end_close(&b);
	cr_assert_eq(a.ended, 1);
	cr_assert_eq(b.ended, 1);
	cr_assert_eq(b.bytes, PLENTY);
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
	send_text(&b, "to nobody"); /* and SIGPIPE harms nobody */
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
		send_text(&b, "to nobody");
		scene_turns(&sc, 1);
	}
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	cr_assert_eq(net_stream_queued(b.s), 0);
	net_stream_start(b.s);
	send_text(&b, "more");
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
	send_text(&b, "to nobody");
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
	send_text(&b, "refused by the system");
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
		send_text(&b, "to nobody");
		scene_turns(&sc, 1);
	}
	cr_assert_eq(b.ended, 2);
	cr_assert_eq(b.end_rc, ERR_SYSTEM);
	end_close(&b);
	scene_close(&sc);
}

static void wait_for_end(struct scene *sc, int fd, long *n, int *errnum)
{
	uint8_t bytes[4096];

	do {
		scene_turns(sc, 1);
		*n = raw_recv(fd, bytes, sizeof(bytes));
		*errnum = errno;
	} while (*n > 0 || (*n < 0 && *errnum == EAGAIN));
}

Test(net_stream, close_is_an_orderly_end_and_reset_is_not)
{
	struct end b = { 0 };
	struct scene sc;
	int errnum;
	long n;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &b);
	end_close(&b);
	wait_for_end(&sc, fd, &n, &errnum);
	cr_assert_eq(n, 0);
	close(fd);

	b = (struct end){ 0 };
	fd = half_pair(&sc, &b);
	net_stream_reset(b.s);
	cr_assert_eq(b.closed, 0);
	UNTIL(&sc, b.closed);
	wait_for_end(&sc, fd, &n, &errnum);
	cr_assert_eq(n, -1);
	cr_assert_eq(errnum, ECONNRESET);
	close(fd);

	/* Also after a shutdown, when the peer has seen the end. */
	b = (struct end){ 0 };
	fd = half_pair(&sc, &b);
	send_text(&b, "x");
	net_stream_shutdown(b.s);
	UNTIL(&sc, b.drained);
	wait_for_end(&sc, fd, &n, &errnum);
	cr_assert_eq(n, 0);
	cr_assert_eq(raw_error(fd), 0);
	net_stream_reset(b.s);
	UNTIL(&sc, b.closed);
	cr_assert_eq(raw_error(fd), EPIPE);
	close(fd);
	scene_close(&sc);
}

Test(net_stream, close_is_idempotent_and_closed_comes_once)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	net_stream_close(a.s);
	net_stream_close(a.s);
	net_stream_reset(a.s);
	net_stream_start(a.s);
	net_stream_stop(a.s);
	net_stream_shutdown(a.s);
	send_text(&a, "dropped");
	cr_assert_eq(net_stream_queued(a.s), 0);
	end_close(&a);
	scene_turns(&sc, 3);
	cr_assert_eq(a.closed, 1);
	cr_assert_eq(a.drained, 0);
	end_close(&b);
	scene_close(&sc);
}

Test(net_stream, close_in_the_middle_of_a_write_drops_the_rest)
{
	struct end a = { 0 };
	struct end b = { 0 };
	uint64_t out;
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	send_plenty(&a);
	scene_turns(&sc, 1);
	out = net_stream_bytes_out(a.s);
	cr_assert_gt(out, 0);
	cr_assert_eq(out + net_stream_queued(a.s), PLENTY);
	cr_assert_gt(net_stream_queued(a.s), 0);
	net_stream_close(a.s);
	cr_assert_eq(net_stream_bytes_out(a.s), out);
	cr_assert_eq(net_stream_queued(a.s), 0);
	end_close(&a);
	cr_assert_eq(a.drained + a.ended, 0);
	net_stream_start(b.s);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.bytes, out);
	end_close(&b);
	scene_close(&sc);
}

/* Closes its stream inside one kind of event. */
static void close_at(struct end *e, const char *event)
{
	if (!strcmp(event, e->test)) {
		net_stream_close(e->s);
		cr_assert_eq(e->closed, 0);
	}
}

static void close_within(const char *event, struct end *a)
{
	struct end b = { 0 };
	struct scene sc;
	struct door d;
	struct addr at;

	*a = (struct end){ .hook = close_at, .test = (void *)event };
	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	end_dial(&sc, a, &at);
	net_stream_start(a->s);
	send_text(a, "hello");
	UNTIL(&sc, d.count);
	end_adopt(&sc, &b, d.streams[0]);
	d.streams[0] = NULL;
	send_text(&b, "hello, and more to come");
	net_stream_shutdown(b.s);
	UNTIL(&sc, a->closed);
	scene_turns(&sc, 3);
	cr_assert_eq(a->closed, 1, "%s", event);
	end_close(&b);
	door_close(&d);
	scene_close(&sc);
}

Test(net_stream, may_be_closed_inside_each_of_its_callbacks)
{
	struct end a;

	close_within("connected", &a);
	cr_assert_eq(a.connected, 1);
	cr_assert_eq(a.drained + a.bytes + a.ended, 0);
	close_within("drained", &a);
	cr_assert_eq(a.drained, 1);
	cr_assert_eq(a.ended, 0);
	close_within("data", &a);
	cr_assert_gt(a.bytes, 0);
	cr_assert_eq(a.ended, 0);
	close_within("ended", &a);
	cr_assert_eq(a.ended, 1);
	cr_assert_eq(a.bytes, 23);
}

/* Closes the other stream inside an event of this one. */
static void close_other(struct end *e, const char *event UNUSED)
{
	struct end *other = e->test;

	if (other->s)
		net_stream_close(other->s);
}

Test(net_stream, closing_another_that_is_to_be_flushed_is_safe)
{
	struct end a = { 0 };
	struct end b = { 0 };
	struct scene sc;

	scene_open(&sc);
	pair_open(&sc, &a, &b);
	a.hook = close_other;
	a.test = &b;
	send_text(&a, "flushed first");
	send_text(&b, "second");
	UNTIL(&sc, a.drained);
	UNTIL(&sc, b.closed);
	cr_assert_eq(b.drained, 0);
	end_close(&a);
	scene_close(&sc);
}

/* In `data` (the poll) it answers; in the `drained` of that (check) it gives
 * the other more to send, and closes it before that can go out. */
static void answer_then_close(struct end *e, const char *event)
{
	struct end *other = e->test;

	if (!strcmp(event, "data"))
		send_text(e, "answer");
	if (!strcmp(event, "drained")) {
		send_text(other, "never sent");
		net_stream_close(other->s);
	}
}

Test(net_stream, closing_another_that_has_just_been_given_bytes_is_safe)
{
	struct end a = { .hook = answer_then_close };
	struct end b = { 0 };
	struct scene sc;
	int other_fd;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &a);
	other_fd = half_pair(&sc, &b);
	a.test = &b;
	net_stream_start(a.s);
	cr_assert_eq(raw_send(fd, "question", 8), 8);
	UNTIL(&sc, b.closed);
	scene_turns(&sc, 3);
	cr_assert_eq(b.drained, 0);
	end_close(&a);
	close(fd);
	close(other_fd);
	scene_close(&sc);
}

Test(net_stream, an_accepted_one_that_nobody_adopts_can_be_closed)
{
	struct scene sc;
	struct door d;
	struct addr at;
	int fd;

	scene_open(&sc);
	door_open(&sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	fd = raw_connect(&at);
	cr_assert_eq(raw_send(fd, "hello", 5), 5);
	UNTIL(&sc, d.count);
	/* Even one that is used has nobody to call. */
	net_stream_start(d.streams[0]);
	cr_assert_eq(buf_append(net_stream_out(d.streams[0]), "x", 1),
		     ERR_NONE);
	net_stream_shutdown(d.streams[0]);
	close(fd);
	scene_turns(&sc, 5);
	door_close(&d);
	scene_close(&sc);
}
