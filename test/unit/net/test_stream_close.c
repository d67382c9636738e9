/* SPDX-License-Identifier: Apache-2.0 */
/* How a stream is closed, from where and in the middle of what. */
#include <errno.h>
#include <unistd.h>

#include "test/unit/net/scene.h"

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
	end_send_text(&a, "too late");
	end_send_text(&b, "answer");
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
	end_send_text(&b, "x");
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
	end_send_text(&a, "dropped");
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
	end_send_text(a, "hello");
	UNTIL(&sc, d.count);
	end_adopt(&sc, &b, d.streams[0]);
	d.streams[0] = NULL;
	end_send_text(&b, "hello, and more to come");
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
	end_send_text(&a, "flushed first");
	end_send_text(&b, "second");
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
		end_send_text(e, "answer");
	if (!strcmp(event, "drained")) {
		end_send_text(other, "never sent");
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
