/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - a connection's life: how it begins, its timer, how it is freed. */
#include "p2p/server/peer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/server/inside.h"

/* --- the end, seen from the loop ----------------------------------------- */

/* "The peer's ID and slot are free when the transport closed": to everyone else
 * it is over now, while its last bytes are still on their way. */
static void be_over(struct peer *p)
{
	if (p->over)
		return;
	p->over = true;
	channels_close(p);
	rlpx_free(p->rlpx); /* a job that is out is abandoned */
	p->rlpx = NULL;
	server_leave(p->server, p);
}

void peer_settle(struct peer *p)
{
	if (p->state != PEER_CLOSING)
		return;
	be_over(p);
	if (p->stream || p->work)
		return;
	net_timer_close(p->timer);
	server_farewell(p->server, p);
}

/* --- deadlines ----------------------------------------------------------- */

/* Only a full channel pauses reading for so long. */
static void end_paused(struct peer *p)
{
	char cause[PEER_CAUSE];
	size_t i = 0;

	while (!p->channels[i].paused)
		i++;
	snprintf(cause, sizeof(cause),
		 "%s/%" PRIu64 " left its messages waiting for too long",
		 p->channels[i].protocol->capability.name,
		 p->channels[i].protocol->capability.version);
	peer_end(p, DISC_SUBPROTOCOL, PEER_TELL, cause);
}

static void too_late(struct peer *p, enum pace_due due)
{
	struct server_counters *c = &p->server->counters;

	switch (due) {
	case PACE_NOTHING:
	case PACE_PING:
		break;
	case PACE_HANDSHAKE:
		if (p->hold != PEER_HOLD_NONE) {
			/* The other one is not decided in time. */
			server_end_rivals(p);
			peer_go_on(p);
			break;
		}
		c->timeouts_handshake++;
		peer_end(p, DISC_NETWORK, PEER_FAIL, "handshake took too long");
		break;
	case PACE_IDLE:
		c->timeouts_idle++;
		peer_end(p, DISC_TIMEOUT, PEER_TELL,
			 "nothing came for too long");
		break;
	case PACE_HEADER:
	case PACE_BODY:
		c->timeouts_slow++;
		peer_end(p, DISC_TIMEOUT, PEER_TELL,
			 "a message came too slowly");
		break;
	case PACE_WRITE:
		c->timeouts_slow++;
		peer_end(p, DISC_NETWORK, PEER_GONE,
			 "the peer takes too little");
		break;
	case PACE_PAUSE:
		c->timeouts_paused++;
		end_paused(p);
		break;
	}
}

static void keep_pace(struct peer *p)
{
	struct mono now = net_loop_now(p->server->loop);
	enum pace_due due;
	struct mono next;

	peer_weigh(p);
	pace_out(&p->pace, now, net_stream_queued(p->stream),
		 net_stream_bytes_out(p->stream));
	while ((due = pace_tick(&p->pace, now, &next)) == PACE_PING)
		peer_ping(p);
	if (due == PACE_NOTHING)
		net_timer_set(p->timer, next);
	else
		too_late(p, due);
}

void peer_arm(struct peer *p)
{
	switch (p->state) {
	case PEER_RESOLVING:
	case PEER_CONNECTING:
	case PEER_DRAINING:
	case PEER_LINGERING:
		net_timer_set(p->timer, p->deadline);
		break;
	case PEER_HANDSHAKE:
	case PEER_HELLO:
	case PEER_UP:
		keep_pace(p);
		break;
	case PEER_CLOSING:
		break;
	}
}

static bool is_past_deadline(const struct peer *p)
{
	return !mono_before(net_loop_now(p->server->loop), p->deadline);
}

static void on_timer(void *ctx)
{
	struct peer *p = ctx;

	switch (p->state) {
	case PEER_RESOLVING:
		if (is_past_deadline(p))
			peer_end(p, DISC_NETWORK, PEER_GONE,
				 "the name lookup took too long");
		break;
	case PEER_CONNECTING:
		if (is_past_deadline(p))
			peer_end(p, DISC_NETWORK, PEER_GONE,
				 "no TCP connection in time");
		break;
	case PEER_HANDSHAKE:
	case PEER_HELLO:
	case PEER_UP:
		peer_go_on(p);
		return;
	case PEER_DRAINING:
	case PEER_LINGERING:
		be_over(p);
		if (is_past_deadline(p))
			peer_cut(p);
		break;
	case PEER_CLOSING:
		peer_settle(p);
		return;
	}
	peer_arm(p);
}

/* --- the stream ---------------------------------------------------------- */

static void on_connected(void *ctx, enum err rc, const struct why *why)
{
	struct peer *p = ctx;

	if (p->state != PEER_CONNECTING)
		return;
	if (rc)
		peer_end(p, DISC_NETWORK, PEER_GONE, why->text);
	else
		peer_secure(p);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct peer *p = ctx;

	if (peer_is_live(p))
		peer_feed(p, data, len);
}

static void on_drained(void *ctx)
{
	struct peer *p = ctx;

	peer_weigh(p);
	if (p->state == PEER_UP)
		peer_drained(p);
}

static void on_ended(void *ctx, enum err rc)
{
	struct peer *p = ctx;

	if (p->state == PEER_DRAINING || p->state == PEER_LINGERING)
		peer_cut(p);
	else
		peer_end(p, DISC_NETWORK, PEER_GONE,
			 rc == ERR_CLOSED ? "the peer closed the connection"
					  : "the connection broke");
}

static void on_closed(void *ctx)
{
	struct peer *p = ctx;
	struct server_counters *c = &p->server->counters;

	c->bytes_in += net_stream_bytes_in(p->stream);
	c->bytes_out += net_stream_bytes_out(p->stream);
	p->stream = NULL;
	peer_settle(p);
}

static const struct net_stream_events stream_events = {
	.connected = on_connected,
	.data = on_data,
	.drained = on_drained,
	.ended = on_ended,
	.closed = on_closed,
};

/* --- how it begins ------------------------------------------------------- */

static struct peer *new_peer(struct server *s)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->server = s;
	p->timer = net_timer_open(s->loop, on_timer, p);
	p->next = s->all;
	if (s->all)
		s->all->prev = p;
	s->all = p;
	return p;
}

void peer_accept(struct server *s, struct net_stream *stream,
		 const struct admit_slot *slot)
{
	struct peer *p = new_peer(s);

	p->inbound = true;
	p->slot = *slot;
	p->stream = stream;
	net_stream_adopt(stream, &stream_events, p);
	peer_secure(p);
}

const struct enode *peer_target(const struct peer *p)
{
	return p->dialed ? &p->dialed->node : &p->candidate->node;
}

static void connect_to(struct peer *p, const struct ip *ip)
{
	struct server *s = p->server;
	const struct addr to = { .ip = *ip, .port = peer_target(p)->tcp };
	struct why why = WHY_NONE;

	p->state = PEER_CONNECTING;
	p->facts.remote = to;
	p->deadline = mono_add_ms(net_loop_now(s->loop), s->limits->connect_ms);
	if (net_stream_dial(&p->stream, s->loop, &to, &stream_events, p, &why))
		peer_end(p, DISC_NETWORK, PEER_GONE, why.text);
	else
		peer_arm(p);
}

/* A name's addresses take turns, one a dial, so that one that does not
 * answer is not tried for ever. */
static void on_found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		     const struct why *why)
{
	struct peer *p = ctx;
	const struct ip *ip;

	if (rc) {
		peer_end(p, DISC_NETWORK, PEER_GONE, why->text);
		return;
	}
	ip = &ips[(p->dialed->tries - 1) % count];
	if (!netlist_has(&p->server->config.restrict_to, ip)) {
		peer_end(p, DISC_NETWORK, PEER_GONE,
			 "its address is outside the allowed networks");
		return;
	}
	admit_know(&p->server->admit, ip);
	net_resolve_close(p->resolve);
	p->resolve = NULL;
	connect_to(p, ip);
}

void peer_dial(struct server *s, struct dial_node *node)
{
	struct peer *p = new_peer(s);

	p->dialed = node;
	p->facts.id = node->node.id;
	if (node->node.ip.family != IP_NONE) {
		connect_to(p, &node->node.ip);
		return;
	}
	p->state = PEER_RESOLVING;
	p->deadline = mono_add_ms(net_loop_now(s->loop), s->limits->resolve_ms);
	p->resolve = net_resolve_open(s->loop, node->node.host, on_found, p);
	peer_arm(p);
}

void peer_dial_candidate(struct server *s,
			 const struct server_candidate *candidate)
{
	struct peer *p = new_peer(s);

	p->candidate = malloc(sizeof(*p->candidate));
	if (!p->candidate)
		abort();
	*p->candidate = *candidate;
	p->is_candidate_dial = true;
	p->facts.id = candidate->node.id;
	snprintf(p->facts.source, sizeof(p->facts.source), "%s",
		 candidate->source);
	connect_to(p, &candidate->node.ip);
}
