/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c - a protocol's view of one peer. */
#include <stdio.h>
#include <stdlib.h>

#include "p2p/server/inside.h"

/* --- what protocols call: nothing here calls back ------------------------ */

/* May this channel queue a message now? *before is what waits already. */
static enum err check_room(struct channel *ch, size_t *before)
{
	struct peer *p = ch->peer;

	if (p->state != PEER_UP || !ch->open)
		return ERR_CLOSED;
	*before = net_stream_queued(p->stream);
	return room_ask(&p->room, ch->match, *before) ? ERR_NONE : ERR_BUSY;
}

/* A message was queued, or why not. */
static enum err queued(struct channel *ch, size_t before, enum err rc)
{
	struct peer *p = ch->peer;

	if (rc)
		return rc;
	p->server->counters.messages_out++;
	room_took(&p->room, ch->match, net_stream_queued(p->stream) - before);
	/* The write deadline starts with the first byte that waits. */
	if (!p->pace.writing)
		net_timer_set(p->timer, net_loop_now(p->server->loop));
	peer_weigh_all(p);
	return ERR_NONE;
}

enum err channel_send(struct channel *ch, uint32_t code, struct span payload)
{
	struct peer *p = ch->peer;
	size_t before;
	enum err rc = check_room(ch, &before);

	return rc ? rc
		  : queued(ch, before,
			   rlpx_send(p->rlpx, net_stream_out(p->stream),
				     ch->match, code, payload));
}

enum err channel_send_packed(struct channel *ch, uint32_t code,
			     struct packed *payload)
{
	struct peer *p = ch->peer;
	size_t before;
	enum err rc = check_room(ch, &before);

	return rc ? rc
		  : queued(ch, before,
			   rlpx_send_packed(p->rlpx, net_stream_out(p->stream),
					    ch->match, code, payload));
}

void channel_keep(struct channel *ch, size_t bytes)
{
	struct peer *p = ch->peer;

	p->kept = p->kept - ch->kept + bytes;
	ch->kept = bytes;
	peer_weigh_all(p);
}

const struct capability *channel_capability(const struct channel *ch)
{
	return &ch->protocol->capability;
}

void channel_facts(const struct channel *ch, struct peer_facts *out)
{
	*out = *server_facts(ch->peer);
}

void channel_disconnect(struct channel *ch, uint8_t reason)
{
	char cause[PEER_CAUSE];

	snprintf(cause, sizeof(cause), "%s (asked for by %s)",
		 disconnect_name(reason), ch->protocol->capability.name);
	peer_end(ch->peer, reason, PEER_TELL, cause);
}

void channel_pause(struct channel *ch)
{
	struct peer *p = ch->peer;

	if (p->state != PEER_UP || ch->paused)
		return;
	ch->paused = true;
	if (p->pauses++ == 0)
		peer_pause(p, PACE_FOR_CHANNEL);
}

void channel_resume(struct channel *ch)
{
	struct peer *p = ch->peer;

	if (!ch->paused)
		return;
	ch->paused = false;
	if (--p->pauses == 0 && p->state == PEER_UP)
		peer_resume(p, PACE_FOR_CHANNEL);
}

/* --- what calls protocols ------------------------------------------------ */

/* What a callback returned ends the session, or not. */
static void obey(struct channel *ch, int result)
{
	uint8_t reason = DISC_SUBPROTOCOL; /* "anything else" */
	char cause[PEER_CAUSE];

	if (result == PROTOCOL_GO_ON)
		return;
	if (result >= 0 && result < DISC_INVALID)
		reason = (uint8_t)result;
	snprintf(cause, sizeof(cause), "%s (ended by %s)",
		 disconnect_name(reason), ch->protocol->capability.name);
	peer_end(ch->peer, reason, PEER_TELL, cause);
}

static void open_one(struct channel *ch)
{
	const struct protocol *to = ch->protocol;

	ch->open = true;
	if (to->opened)
		obey(ch, to->opened(ch, to->state, &ch->user));
}

static void close_one(struct channel *ch)
{
	if (!ch->open)
		return;
	ch->open = false;
	if (ch->protocol->closed)
		ch->protocol->closed(ch, ch->user);
}

void channels_open(struct peer *p, struct offer *offer)
{
	const struct capability *local = p->offer->local;
	const struct capability_match *matches;
	size_t count = rlpx_matches(p->rlpx, &matches);

	p->channels = calloc(count + 1, sizeof(*p->channels));
	if (!p->channels)
		abort();
	p->channel_count = count;
	for (size_t i = 0; i < count; i++) {
		struct channel *ch = &p->channels[i];

		ch->peer = p;
		ch->offer = offer_get(offer);
		ch->protocol = offer_find(offer, &local[matches[i].index]);
		ch->match = (uint32_t)i;
	}
	for (size_t i = 0; i < count && p->state == PEER_UP; i++)
		open_one(&p->channels[i]);
}

void channels_message(struct peer *p, uint32_t match, struct msg *msg)
{
	struct channel *ch = &p->channels[match];

	p->server->counters.messages_in++;
	obey(ch, ch->protocol->message(ch, ch->user, msg));
	msg_put(msg);
}

void channels_writable(struct peer *p)
{
	int at;

	room_open(&p->room, net_stream_queued(p->stream));
	while (p->state == PEER_UP && (at = room_next(&p->room)) >= 0) {
		struct channel *ch = &p->channels[at];

		if (ch->protocol->writable)
			obey(ch, ch->protocol->writable(ch, ch->user));
	}
}

/* Do both speak through the same calls to the same state? */
static bool is_same_protocol(const struct protocol *a, const struct protocol *b)
{
	return a->state == b->state && a->opened == b->opened &&
	       a->message == b->message && a->unread == b->unread &&
	       a->closed == b->closed && a->writable == b->writable;
}

/* The new offer takes the place of the old, which may be freed by that. */
static void adopt(struct channel *ch, struct offer *offer,
		  const struct protocol *to)
{
	struct offer *was = ch->offer;

	ch->offer = offer_get(offer);
	ch->protocol = to;
	offer_put(was);
}

/* What the old protocol leaves to the new one, in order. */
struct legacy {
	struct msg **messages;
	size_t count, room;
};

static void collect_unread(struct legacy *l, struct channel *ch)
{
	const struct protocol *from = ch->protocol;
	struct msg *m;

	while (ch->open && from->unread && (m = from->unread(ch, ch->user))) {
		if (l->count == l->room) {
			l->room = l->room ? 2 * l->room : 16;
			l->messages = reallocarray(l->messages, l->room,
						   sizeof(*l->messages));
			if (!l->messages)
				abort();
		}
		l->messages[l->count++] = m;
	}
}

static void hand_over(struct legacy *l, struct channel *ch)
{
	for (size_t i = 0; i < l->count; i++) {
		if (ch->open && ch->peer->state == PEER_UP)
			obey(ch, ch->protocol->message(ch, ch->user,
						       l->messages[i]));
		msg_put(l->messages[i]);
	}
	free(l->messages);
}

/* The old protocol's queue of messages goes to the new one; what it held back
 * goes on. */
static void rebind(struct channel *ch, struct offer *offer,
		   const struct protocol *to)
{
	struct legacy legacy = { 0 };

	collect_unread(&legacy, ch);
	close_one(ch);
	channel_resume(ch);
	channel_keep(ch, 0);
	adopt(ch, offer, to);
	ch->user = NULL;
	room_leave(&ch->peer->room, ch->match);
	if (ch->peer->state == PEER_UP)
		open_one(ch);
	hand_over(&legacy, ch);
}

void channels_rebind(struct peer *p, struct offer *offer)
{
	for (size_t i = 0; i < p->channel_count && p->state == PEER_UP; i++) {
		struct channel *ch = &p->channels[i];
		const struct protocol *to =
			offer_find(offer, &ch->protocol->capability);

		if (is_same_protocol(ch->protocol, to))
			adopt(ch, offer, to);
		else
			rebind(ch, offer, to);
	}
}

void channels_close(struct peer *p)
{
	for (size_t i = 0; i < p->channel_count; i++)
		close_one(&p->channels[i]);
}

void channels_free(struct peer *p)
{
	for (size_t i = 0; i < p->channel_count; i++)
		offer_put(p->channels[i].offer);
	room_clear(&p->room);
	free(p->channels);
	p->channels = NULL;
	p->channel_count = 0;
}
