/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "p2p/net/stream_internal.h"

/* How much of this turn's share is left. */
static size_t share_left(struct net_stream *s)
{
	if (s->iteration != s->loop->iteration) {
		s->iteration = s->loop->iteration;
		s->share = 0;
	}
	return NET_TURN_MAX - s->share;
}

static void on_alloc(uv_handle_t *h, size_t suggested UNUSED, uv_buf_t *buf)
{
	struct net_stream *s = h->data;
	size_t left = share_left(s);

	buf->base = (char *)s->loop->scratch;
	buf->len = left < NET_READ_MAX ? left : NET_READ_MAX;
}

void net_stream_in_end(struct net_stream *s, enum err rc)
{
	s->read_over = true;
	s->wants_data = false;
	net_stream_in_update(s);
	if (s->events.ended)
		s->events.ended(s->ctx, rc);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct net_stream *s = h->data;

	if (n == 0)
		return; /* nothing there after all */
	if (n == UV_EOF && !s->write_broken) {
		net_stream_in_end(s, ERR_CLOSED);
		return;
	}
	if (n < 0) {
		net_stream_out_give_up(s);
		net_stream_in_end(s, ERR_SYSTEM);
		return;
	}
	s->bytes_in += (uint64_t)n;
	s->loop->got = true;
	s->share += (size_t)n;
	if (share_left(s) == 0)
		net_stream_in_update(s);
	if (s->events.data)
		s->events.data(s->ctx, (const uint8_t *)buf->base, (size_t)n);
}

static void on_resume(struct net_task *task)
{
	net_stream_in_update(CONTAINER_OF(task, struct net_stream, resume));
}

void net_stream_in_init(struct net_stream *s)
{
	net_task_init(&s->resume, on_resume);
}

void net_stream_in_update(struct net_stream *s)
{
	bool wanted = s->wants_data && s->state == STREAM_OPEN;
	bool allowed = share_left(s) > 0;
	int rc;

	if (wanted && !allowed)
		net_loop_resume(s->loop, &s->resume);
	if ((wanted && allowed) == s->reading)
		return;
	s->reading = !s->reading;
	if (s->reading)
		rc = uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
	else
		rc = uv_read_stop((uv_stream_t *)&s->tcp);
	/* It refuses closing, unconnected and failed streams only, and those
	 * are not wanted. */
	assert(rc == 0);
	(void)rc;
}

void net_stream_start(struct net_stream *s)
{
	if (s->read_over)
		return;
	s->wants_data = true;
	net_stream_in_update(s);
}

void net_stream_stop(struct net_stream *s)
{
	s->wants_data = false;
	net_stream_in_update(s);
}

uint64_t net_stream_bytes_in(const struct net_stream *s)
{
	return s->bytes_in;
}
