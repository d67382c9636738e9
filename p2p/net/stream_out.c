/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "p2p/net/stream_internal.h"

enum {
	AHEAD_NS = 50000,  /* that bytes wait for the turn to end */
	AHEAD_STEP = 1024, /* bytes between two looks at the clock */
};

static bool is_writing(const struct net_stream *s)
{
	return s->sending.len > 0;
}

static void socket_shutdown(struct net_stream *s, int how)
{
	uv_os_fd_t fd;

	/* Fails only when the connection is gone, which a read or a write
	 * tells better. */
	if (!uv_fileno((uv_handle_t *)&s->tcp, &fd))
		(void)shutdown(fd, how);
}

void net_stream_out_give_up(struct net_stream *s)
{
	s->write_broken = true;
	buf_clear(&s->out);
	if (!s->piece)
		buf_clear(&s->sending);
}

/* A write failed. What the peer sent before is often the reason why (a
 * Disconnect, then a close), so whoever reads gets that first: with both
 * directions shut the read side comes to its end by itself. */
static void write_failed(struct net_stream *s)
{
	net_stream_out_give_up(s);
	if (s->wants_data)
		socket_shutdown(s, SHUT_RDWR);
	else
		net_stream_in_end(s, ERR_SYSTEM);
}

/* All is out: the peer is told so if that was asked for. */
static void all_out(struct net_stream *s)
{
	if (s->fin == FIN_WANTED) {
		s->fin = FIN_SENT;
		socket_shutdown(s, SHUT_WR);
	}
}

/* Some bytes left. */
static void progressed(struct net_stream *s)
{
	size_t queued = net_stream_queued(s);

	if (!queued)
		all_out(s);
	if (queued <= s->low && s->events.drained)
		s->events.drained(s->ctx);
}

static void on_written(uv_write_t *req, int rc);

/* libuv gets no more than a piece of `sending`: its callback is how we hear
 * that there is room again, so it must not wait until all is out. */
static int give_piece(struct net_stream *s)
{
	size_t len =
		s->sending.len < NET_PIECE_MAX ? s->sending.len : NET_PIECE_MAX;
	uv_buf_t piece = uv_buf_init((char *)s->sending.data, (unsigned)len);
	int rc;

	s->write.data = s;
	s->loop->writes++;
	rc = uv_write(&s->write, (uv_stream_t *)&s->tcp, &piece, 1, on_written);
	if (rc)
		return rc;
	s->piece = len;
	s->bytes_given += len;
	return 0;
}

/* Send of `sending` what the kernel takes; libuv waits with the rest. */
static int send_on(struct net_stream *s)
{
	uv_buf_t all =
		uv_buf_init((char *)s->sending.data, (unsigned)s->sending.len);
	int n;

	s->loop->writes++;
	n = uv_try_write((uv_stream_t *)&s->tcp, &all, 1);
	if (n < 0 && n != UV_EAGAIN)
		return n;
	if (n > 0) {
		s->bytes_given += (uint64_t)n;
		buf_drop(&s->sending, (size_t)n);
	}
	if (s->sending.len)
		return give_piece(s);
	s->loop->sent = true;
	return 0;
}

static void on_written(uv_write_t *req, int rc)
{
	struct net_stream *s = req->data;
	size_t written = s->piece;

	s->piece = 0;
	if (s->state == STREAM_CLOSING || s->write_broken) {
		buf_clear(&s->sending);
		return;
	}
	if (!rc) {
		buf_drop(&s->sending, written);
		rc = s->sending.len ? send_on(s) : 0;
	}
	if (rc) {
		write_failed(s);
		return;
	}
	if (!s->sending.len && s->out.len)
		net_loop_at_end(s->loop, &s->flush);
	progressed(s);
}

static void on_flush(struct net_task *task)
{
	struct net_stream *s = CONTAINER_OF(task, struct net_stream, flush);
	uint64_t before = net_stream_bytes_out(s);

	s->ahead = 0;
	s->look_at = 0;
	if (s->write_broken || s->fin == FIN_SENT)
		buf_clear(&s->out);
	if (s->state != STREAM_OPEN || s->write_broken || is_writing(s))
		return;
	if (s->out.len) {
		s->sending = s->out;
		buf_init(&s->out, s->sending.limit);
		if (send_on(s)) {
			write_failed(s);
			return;
		}
	} else {
		all_out(s);
	}
	if (net_stream_bytes_out(s) != before)
		progressed(s);
}

/* A turn in which much is said may take long, and all the while the other end
 * would wait: the two would take turns rather than work side by side. So what
 * has waited for AHEAD_NS leaves before the end of its turn. What could not
 * leave stays for the flush, which also finds out why. */
static void send_ahead(struct net_stream *s)
{
	uv_buf_t all = uv_buf_init((char *)s->out.data, (unsigned)s->out.len);
	int n;

	s->loop->writes++;
	n = uv_try_write((uv_stream_t *)&s->tcp, &all, 1);
	if (n > 0) {
		s->loop->sent = true;
		s->bytes_given += (uint64_t)n;
		s->ahead += (size_t)n;
		buf_drop(&s->out, (size_t)n);
	}
}

static void look_ahead(struct net_stream *s)
{
	struct mono now = mono_now();
	bool first = s->look_at == 0;
	bool taken = true;

	if (first) {
		s->since = now;
	} else if (mono_since_ns(now, s->since) >= AHEAD_NS &&
		   s->state == STREAM_OPEN && s->fin != FIN_SENT &&
		   !s->write_broken && !is_writing(s)) {
		send_ahead(s);
		s->since = now;
		taken = s->out.len == 0;
	}
	s->look_at = taken ? s->out.len + AHEAD_STEP : SIZE_MAX;
}

void net_stream_out_init(struct net_stream *s)
{
	buf_init(&s->out, NET_OUT_DEFAULT);
	net_task_init(&s->flush, on_flush);
}

struct buf *net_stream_out(struct net_stream *s)
{
	if (s->state != STREAM_CLOSING)
		net_loop_at_end(s->loop, &s->flush);
	if (s->out.len >= s->look_at)
		look_ahead(s);
	return &s->out;
}

void net_stream_set_limit(struct net_stream *s, size_t limit)
{
	s->out.limit = limit;
}

void net_stream_set_low(struct net_stream *s, size_t low)
{
	s->low = low;
}

void net_stream_shutdown(struct net_stream *s)
{
	if (s->state == STREAM_CLOSING || s->fin != FIN_NONE)
		return;
	s->fin = FIN_WANTED;
	net_loop_at_end(s->loop, &s->flush);
}

static size_t held_by_libuv(const struct net_stream *s)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&s->tcp);
}

size_t net_stream_queued(const struct net_stream *s)
{
	if (s->state == STREAM_CLOSING || s->write_broken)
		return 0;
	return s->out.len + s->sending.len - s->piece + held_by_libuv(s) +
	       s->ahead;
}

size_t net_stream_memory(const struct net_stream *s)
{
	return s->out.room + s->sending.room;
}

uint64_t net_stream_bytes_out(const struct net_stream *s)
{
	if (s->state == STREAM_CLOSING)
		return s->bytes_given; /* settled when it was closed */
	return s->bytes_given - held_by_libuv(s) - s->ahead;
}
