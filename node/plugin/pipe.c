/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/pipe.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/plugin/inside.h"
#include "p2p/net/later.h"
#include "p2p/rlpx/rlpx.h"

/* A message on its way. */
struct parcel {
	struct parcel *next;
	struct msg *msg;
};

struct pipe_end {
	struct pipe *pipe;
	struct pipe_end *other;
	struct weft_channel *ch; /* NULL: it was closed */
	const struct weft_protocol *protocol;
	struct peer_facts facts; /* of the other end */
	struct parcel *first, *last;
	size_t queued; /* bytes of those, on their way to this end */
	bool paused;
	bool wants_room; /* it was told ERR_BUSY */
};

struct pipe {
	struct net_later *later;
	struct pipe_end ends[2];
	bool over;
	int reason;	     /* -1: none was said */
	struct pipe_end *by; /* who said it: hears nothing any more */
};

/* --- what is on its way ------------------------------------------------------
 */

static size_t weight_of(const struct msg *m)
{
	return m->size + CHANNEL_MESSAGE_COST;
}

static void put(struct pipe_end *to, struct msg *msg)
{
	struct parcel *p = malloc(sizeof(*p));

	if (!p)
		abort();
	*p = (struct parcel){ .msg = msg };
	if (to->last)
		to->last->next = p;
	else
		to->first = p;
	to->last = p;
	to->queued += weight_of(msg);
}

static struct msg *take(struct pipe_end *to)
{
	struct parcel *p = to->first;
	struct msg *msg;

	if (!p)
		return NULL;
	to->first = p->next;
	if (!to->first)
		to->last = NULL;
	msg = p->msg;
	to->queued -= weight_of(msg);
	free(p);
	return msg;
}

static void discard(struct pipe_end *to)
{
	struct msg *msg;

	while ((msg = take(to)))
		msg_put(msg);
}

/* --- the end -----------------------------------------------------------------
 */

/* The first cause stands. `by` gets nothing of what is on its way to it. */
static void finish(struct pipe_end *by, int reason)
{
	struct pipe *p = by->pipe;

	if (p->over)
		return;
	p->over = true;
	p->reason = reason;
	p->by = by;
	discard(by);
	net_later_ask(p->later);
}

static void close_end(struct pipe_end *e)
{
	struct weft_channel *ch = e->ch;

	if (!ch)
		return;
	e->ch = NULL;
	discard(e);
	if (e != e->pipe->by)
		ch->heard = e->pipe->reason;
	plugin_channel_closed(ch);
}

/* --- the wire ----------------------------------------------------------------
 */

static enum err end_send(void *ctx, uint32_t code, struct span payload)
{
	struct pipe_end *from = ctx, *to = from->other;
	struct msg *msg;

	if (from->pipe->over)
		return ERR_CLOSED;
	if (code >= from->protocol->codes)
		return ERR_FORMAT;
	if (payload.len > RLPX_MESSAGE_MAX)
		return ERR_LIMIT;
	if (to->queued >= PIPE_OUT_MAX) {
		from->wants_room = true;
		return ERR_BUSY;
	}
	msg = msg_new(code, payload.len);
	if (payload.len)
		memcpy(msg->payload, payload.data, payload.len);
	put(to, msg);
	net_later_ask(from->pipe->later);
	return ERR_NONE;
}

/* Nothing is compressed on the way. */
static enum err end_send_packed(void *ctx, uint32_t code,
				struct packed *payload)
{
	return end_send(ctx, code, payload->raw);
}

static void end_pause(void *ctx)
{
	struct pipe_end *e = ctx;

	e->paused = true;
}

static void end_resume(void *ctx)
{
	struct pipe_end *e = ctx;

	e->paused = false;
	net_later_ask(e->pipe->later);
}

/* There is no server whose memory it would be. */
static void end_keep(void *ctx, size_t bytes)
{
	(void)ctx;
	(void)bytes;
}

static void end_facts(void *ctx, struct peer_facts *out)
{
	const struct pipe_end *e = ctx;

	*out = e->facts;
}

static void end_disconnect(void *ctx, uint8_t reason)
{
	finish(ctx, reason);
}

static const struct wire_ops pipe_wire = {
	.send = end_send,
	.send_packed = end_send_packed,
	.pause = end_pause,
	.resume = end_resume,
	.keep = end_keep,
	.facts = end_facts,
	.disconnect = end_disconnect,
};

void pipe_break(struct weft_channel *ch)
{
	struct pipe_end *e = ch->wire.ctx;

	if (!e)
		return;
	finish(e, -1);
	discard(e->other);
	e->other->paused = false;
}

/* --- delivery ----------------------------------------------------------------
 */

static bool is_allowed(const struct pipe_end *to, const struct msg *msg)
{
	const struct weft_protocol *p = to->protocol;

	return msg->code < p->codes &&
	       (!p->max_message || msg->size <= p->max_message);
}

static void deliver(struct pipe_end *to)
{
	size_t share = PIPE_TURN_MAX;
	struct msg *msg;

	while (!to->paused && share > 0 && (msg = take(to))) {
		size_t weight = weight_of(msg);

		share -= weight < share ? weight : share;
		if (is_allowed(to, msg))
			plugin_channel_message(to->ch, msg);
		else
			finish(to, DISC_PROTOCOL);
		msg_put(msg);
	}
	if (to->first && !to->paused)
		net_later_ask(to->pipe->later);
	if (!to->first && to->other->wants_room && to->other->ch) {
		to->other->wants_room = false;
		plugin_channel_writable(to->other->ch);
	}
}

static void on_later(void *ctx)
{
	struct pipe *p = ctx;

	for (size_t i = 0; i < ARRAY_LEN(p->ends); i++) {
		struct pipe_end *e = &p->ends[i];

		if (e->ch && !(p->over && e == p->by))
			deliver(e);
	}
	if (!p->over)
		return;
	close_end(p->by);
	if (!p->by->other->first && !p->by->other->paused)
		close_end(p->by->other);
	if (p->by->other->ch)
		return;
	net_later_close(p->later);
	free(p);
}

/* --- the beginning -----------------------------------------------------------
 */

/* A peer of its own: whoever is at `who` of the serial-th pipe. */
static void make_facts(struct peer_facts *f, uint32_t serial, uint8_t who)
{
	for (size_t i = 0; i < sizeof(f->pub.b); i++)
		f->pub.b[i] = (uint8_t)(serial >> 8 * (i % 4)) ^ who;
	f->id = node_id_of(&f->pub);
	/* 192.0.2.0/24 is for documentation (RFC 5737). */
	f->remote = (struct addr){
		.ip = { .family = IP_V4,
			.b = { 192, 0, 2, (uint8_t)(1 + who) } },
		.port = 30303,
	};
	f->local = f->remote;
	f->local.ip.b[3] = (uint8_t)(2 - who);
	f->inbound = who == 0; /* the one that dialed */
	snprintf(f->name, sizeof(f->name), "pipe/%u", serial);
}

void pipe_open(struct weft_channel *out[2], struct net_loop *loop,
	       const struct instance_protocol *dialing,
	       const struct instance_protocol *dialed, uint32_t serial)
{
	const struct instance_protocol *protocols[] = { dialing, dialed };
	struct pipe *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->later = net_later_open(loop, on_later, p);
	for (uint8_t i = 0; i < 2; i++) {
		p->ends[i].pipe = p;
		p->ends[i].other = &p->ends[1 - i];
		p->ends[i].protocol = &protocols[i]->p;
		make_facts(&p->ends[i].facts, serial, 1 - i);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct wire wire = { &pipe_wire, &p->ends[i] };

		out[i] = plugin_channel_open(protocols[i], wire);
		p->ends[i].ch = out[i];
		if (!out[i])
			finish(&p->ends[i], DISC_QUITTING);
	}
}
