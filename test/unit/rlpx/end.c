/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - see end.h. */
#include "test/unit/rlpx/end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/support/raw_peer.h"

const struct capability end_offered[END_OFFERED] = {
	{ .name = "bar", .version = 2, .codes = 2, .max_message = 1000 },
	{ .name = "foo", .version = 1, .codes = 3 },
};

struct rlpx_config end_config(enum handshake_side side)
{
	unsigned us = side == HANDSHAKE_INITIATOR ? 0 : 1;

	return (struct rlpx_config){
		.side = side,
		.us = fixed_key(us),
		.remote = fixed_key(1 - us)->pub,
		.entropy = fixed_entropy(us),
		.version = BASE_VERSION,
		.name = us ? "recipient" : "initiator",
		.local = end_offered,
		.local_count = END_OFFERED,
	};
}

void end_open_with(struct end *e, const struct rlpx_config *config)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->out, 64 << 20);
	cr_assert_eq(rlpx_new(&e->x, config), ERR_NONE);
}

void end_open(struct end *e, enum handshake_side side)
{
	struct rlpx_config config = end_config(side);

	end_open_with(e, &config);
}

void end_close(struct end *e)
{
	rlpx_free(e->x);
	buf_clear(&e->out);
}

PRINTF_LIKE(2, 3)
static void note(struct end *e, const char *fmt, ...)
{
	size_t n = strlen(e->diary);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->diary + n, sizeof(e->diary) - n, fmt, ap);
	va_end(ap);
}

static unsigned long checksum(const struct msg *m)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < m->size; i++)
		sum = sum * 31 + m->payload[i];
	return sum;
}

/* Take every event there is, behaving as a well-behaved peer would. */
void end_drain(struct end *e)
{
	struct rlpx_event ev;

	while (!(e->rc = rlpx_next(e->x, &ev))) {
		e->last = ev;
		switch (ev.kind) {
		case RLPX_JOB:
			rlpx_job_run(ev.job);
			rlpx_job_done(e->x, ev.job, &e->out);
			break;
		case RLPX_SECURED:
			note(e, "secured ");
			cr_assert_eq(rlpx_hello(e->x, &e->out), ERR_NONE);
			break;
		case RLPX_HELLO:
			note(e, "hello(%lu) ",
			     (unsigned long)rlpx_peer_hello(e->x)->version);
			break;
		case RLPX_MESSAGE:
			note(e, "m%u.%u:%lx ", ev.match, ev.msg->code,
			     checksum(ev.msg));
			msg_put(ev.msg);
			break;
		case RLPX_PING:
			note(e, "ping ");
			cr_assert_eq(rlpx_pong(e->x, &e->out), ERR_NONE);
			break;
		case RLPX_PONG:
			note(e, "pong ");
			break;
		case RLPX_DISCONNECT:
			note(e, "disconnect(%u) ", ev.reason);
			break;
		}
	}
}

/* Feed what one end wrote to the other, in pieces of `chunk` bytes. */
void end_carry(struct end *from, struct end *to, size_t chunk)
{
	while (from->out.len) {
		size_t n = from->out.len < chunk ? from->out.len : chunk;

		cr_assert_eq(rlpx_feed(to->x, from->out.data, n), ERR_NONE);
		buf_drop(&from->out, n);
		end_drain(to);
	}
}

void end_settle(struct end *a, struct end *b, size_t chunk)
{
	end_drain(a);
	end_drain(b);
	while (a->out.len || b->out.len) {
		end_carry(a, b, chunk);
		end_carry(b, a, chunk);
	}
}

struct span pattern(size_t len)
{
	uint8_t *p = malloc(len + 1);
	uint32_t v = 12345;

	for (size_t i = 0; i < len; i++) {
		v = v * 1664525 + 1013904223;
		p[i] = (uint8_t)(v >> 24);
	}
	return span_of(p, len);
}

void end_send(struct end *e, uint32_t match, uint32_t code, size_t len)
{
	struct span p = pattern(len);

	cr_assert_eq(rlpx_send(e->x, &e->out, match, code, p), ERR_NONE);
	free((void *)p.data);
}
