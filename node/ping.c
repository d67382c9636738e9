/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ping.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/show.h"

enum {
	/* Six steps, two jobs and an end: what a ping can ever have to say. */
	EVENTS_MAX = 16,
	OUT_MAX = 16 * 1024, /* auth, Hello, Ping, Pongs and Disconnect */
};

struct ping {
	struct rlpx *x;
	struct buf out;
	struct mono started;
	struct mono deadline;
	struct mono ping_sent;
	uint64_t timeout_ms;
	enum ping_step step; /* under way */
	size_t ack_len;	     /* from its size prefix; 0: not yet known */
	uint8_t prefix[HANDSHAKE_SIZE_PREFIX];
	size_t prefix_len;
	unsigned jobs_out;
	bool closed; /* by the node */
	bool over;
	struct ping_event events[EVENTS_MAX];
	size_t event_count, event_next;
};

const char *ping_step_name(enum ping_step step)
{
	switch (step) {
	case PING_RESOLVE:
		return "resolve";
	case PING_CONNECT:
		return "connect";
	case PING_AUTH:
		return "auth";
	case PING_ACK:
		return "ack";
	case PING_HELLO:
		return "hello";
	case PING_PONG:
		return "pong";
	case PING_STEPS:
		break;
	}
	return "unknown";
}

static struct ping_event *push(struct ping *p, struct mono now,
			       enum ping_event_kind kind)
{
	struct ping_event *ev;

	if (p->event_count == EVENTS_MAX)
		abort(); /* our own arithmetic, see EVENTS_MAX */
	ev = &p->events[p->event_count++];
	ev->kind = kind;
	ev->step = p->step;
	ev->at_ns = mono_since_ns(now, p->started);
	return ev;
}

/* The step under way is done; the next one begins. */
static struct ping_event *step_done(struct ping *p, struct mono now)
{
	struct ping_event *ev = push(p, now, PING_STEP);

	p->step++;
	return ev;
}

/* Say goodbye if that can be said by now. */
static void part(struct ping *p)
{
	uint8_t reason = rlpx_fault_reason(rlpx_fault(p->x));

	if (rlpx_fault(p->x) == RLPX_FAULT_NONE)
		reason = DISC_REQUESTED;
	if (reason != DISC_NETWORK)
		(void)!rlpx_disconnect(p->x, &p->out, reason);
	p->over = true;
}

static void failed(struct ping *p, struct mono now, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void failed(struct ping *p, struct mono now, const char *fmt, ...)
{
	char cause[PING_CAUSE_MAX];
	struct ping_event *ev;
	va_list ap;

	if (p->over)
		return;
	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	ev = push(p, now, PING_FAILED);
	show_text(ev->cause, sizeof(ev->cause), span_text(cause));
	part(p);
}

static void reached(struct ping *p, struct mono now, bool hung_up)
{
	push(p, now, PING_REACHED)->hung_up = hung_up;
	part(p);
}

static void disconnected(struct ping *p, struct mono now, uint8_t reason)
{
	const struct capability_match *shared;

	if (p->step == PING_PONG && reason == DISC_USELESS &&
	    !rlpx_matches(p->x, &shared))
		reached(p, now, true);
	else
		failed(p, now, "the node disconnected: %s (0x%02x)",
		       disconnect_name(reason), reason);
}

static void faulted(struct ping *p, struct mono now)
{
	const char *fault = rlpx_fault_name(rlpx_fault(p->x));

	if (p->step <= PING_ACK)
		failed(p, now, "what came back is no ack to us (%s)", fault);
	else
		failed(p, now, "what came is not RLPx as agreed (%s)", fault);
}

static void said_hello(struct ping *p, struct mono now)
{
	step_done(p, now);
	p->ping_sent = now;
	if (rlpx_ping(p->x, &p->out))
		failed(p, now, "the Ping cannot be sent");
}

static void handle(struct ping *p, struct mono now, struct rlpx_event *ev)
{
	switch (ev->kind) {
	case RLPX_JOB:
		/* The second one means that a whole ack is here. */
		if (p->step == PING_ACK)
			step_done(p, now)->bytes = p->ack_len;
		push(p, now, PING_JOB)->job = ev->job;
		p->jobs_out++;
		break;
	case RLPX_SECURED:
		if (rlpx_hello(p->x, &p->out))
			failed(p, now, "our Hello cannot be sent");
		break;
	case RLPX_HELLO:
		said_hello(p, now);
		break;
	case RLPX_MESSAGE:
		msg_put(ev->msg); /* the session is up for them; not our topic
				   */
		break;
	case RLPX_PING:
		if (rlpx_pong(p->x, &p->out))
			failed(p, now, "a Pong cannot be sent");
		break;
	case RLPX_PONG:
		if (p->step != PING_PONG)
			break;
		step_done(p, now)->took_ns = mono_since_ns(now, p->ping_sent);
		reached(p, now, false);
		break;
	case RLPX_DISCONNECT:
		disconnected(p, now, ev->reason);
		break;
	}
}

static void pump(struct ping *p, struct mono now)
{
	while (!p->over) {
		struct rlpx_event ev;
		enum err rc = rlpx_next(p->x, &ev);

		if (rc == ERR_SHORT)
			return;
		if (rc)
			faulted(p, now);
		else
			handle(p, now, &ev);
	}
}

enum err ping_new(struct ping **out, const struct ping_config *config)
{
	const struct rlpx_config rlpx = {
		.side = HANDSHAKE_INITIATOR,
		.us = config->us,
		.remote = config->remote,
		.entropy = config->entropy,
		.version = BASE_VERSION,
		.name = config->name,
		.local = config->local,
		.local_count = config->local_count,
	};
	struct ping *p = calloc(1, sizeof(*p));
	enum err rc;

	if (!p)
		abort();
	rc = rlpx_new(&p->x, &rlpx);
	if (rc) {
		free(p);
		return rc;
	}
	buf_init(&p->out, OUT_MAX);
	p->started = config->now;
	p->timeout_ms = config->timeout_ms;
	p->deadline = mono_add_ms(config->now, config->timeout_ms);
	*out = p;
	return ERR_NONE;
}

void ping_free(struct ping *p)
{
	if (!p)
		return;
	rlpx_free(p->x);
	buf_clear(&p->out);
	free(p);
}

void ping_resolved(struct ping *p, struct mono now)
{
	if (!p->over && p->step == PING_RESOLVE)
		step_done(p, now);
}

void ping_connected(struct ping *p, struct mono now)
{
	if (p->over || p->step != PING_CONNECT)
		return;
	step_done(p, now);
	pump(p, now); /* the job that makes our auth */
}

/* The ack tells its length in its first two bytes; they are noted on the way,
 * since the core does not report it. */
static void note_prefix(struct ping *p, const uint8_t *data, size_t len)
{
	while (len && p->prefix_len < sizeof(p->prefix)) {
		p->prefix[p->prefix_len++] = *data++;
		len--;
	}
	if (p->prefix_len == sizeof(p->prefix))
		p->ack_len = HANDSHAKE_SIZE_PREFIX +
			     ((size_t)p->prefix[0] << 8 | p->prefix[1]);
}

void ping_feed(struct ping *p, struct mono now, const void *data, size_t len)
{
	if (p->over)
		return;
	if (p->step <= PING_ACK)
		note_prefix(p, data, len);
	if (rlpx_feed(p->x, data, len))
		failed(p, now, "more bytes at once than any node sends");
	pump(p, now);
}

/* Why a node may hang up at this step, in words that help. */
static const char *closed_at(enum ping_step step)
{
	switch (step) {
	case PING_ACK:
		return "the node closed the connection without an ack: it does "
		       "not hold this key, does not speak RLPx, is full, or "
		       "was tried from here less than 30 s ago";
	case PING_HELLO:
		return "the node closed the connection before its Hello";
	case PING_PONG:
		return "the node closed the connection before its Pong";
	case PING_RESOLVE:
	case PING_CONNECT:
	case PING_AUTH:
	case PING_STEPS:
		break;
	}
	return "the node closed the connection";
}

void ping_broke(struct ping *p, struct mono now, const char *cause)
{
	if (!cause && p->jobs_out) {
		p->closed = true;
		return;
	}
	failed(p, now, "%s", cause ? cause : closed_at(p->step));
}

void ping_job_done(struct ping *p, struct mono now, struct rlpx_job *job)
{
	size_t before = p->out.len;

	p->jobs_out--;
	rlpx_job_done(p->x, job, &p->out);
	if (p->over)
		return;
	if (p->step == PING_AUTH && p->out.len > before)
		step_done(p, now)->bytes = p->out.len - before;
	pump(p, now);
	if (p->closed)
		ping_broke(p, now, NULL);
}

struct mono ping_tick(struct ping *p, struct mono now)
{
	char limit[SHOW_AMOUNT_MAX];

	if (!p->over && !mono_before(now, p->deadline))
		failed(p, now, "no answer within %s",
		       show_ms(limit, p->timeout_ms * 1000000));
	return p->over ? MONO_NEVER : p->deadline;
}

enum err ping_next(struct ping *p, struct ping_event *ev)
{
	if (p->event_next == p->event_count)
		return ERR_SHORT;
	*ev = p->events[p->event_next++];
	return ERR_NONE;
}

struct buf *ping_out(struct ping *p)
{
	return &p->out;
}

const struct hello *ping_hello(const struct ping *p)
{
	return rlpx_peer_hello(p->x);
}

size_t ping_shared(const struct ping *p, const struct capability_match **out)
{
	return rlpx_matches(p->x, out);
}
