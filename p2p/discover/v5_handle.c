/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

/* --- answers ----------------------------------------------------------------
 */

/* "When we owe a response and the session is gone, drop the response." */
void v5_reply(struct v5 *v, const struct v5_sender *to,
	      const struct v5_message *m)
{
	struct v5_cover cover = { .dest = to->id };
	uint8_t packet[V5_PACKET_MAX], key[V5_KEY];
	struct buf plain;

	if (!v5_sessions_seal(&v->sessions, key, cover.nonce, &to->peer,
			      &v->rng)) {
		v5_dropped(v, V5_DROP_SESSION);
		return;
	}
	drbg_bytes(&v->rng, cover.iv, V5_IV);
	buf_init(&plain, V5_PLAINTEXT_MAX);
	if (!v5_message_encode(&plain, m)) {
		size_t len =
			v5_make_message(packet, &cover, &v->seeker.self, key,
					span_of(plain.data, plain.len));

		v5_send(v, &to->at, packet, len);
		v->stats.sent[m->type]++;
	}
	buf_clear(&plain);
	secret_wipe(key, sizeof(key));
}

/* One that came before we took in others, or was lost since: it keeps its
 * session, and will make no other handshake. */
static void welcome_back(struct v5 *v, const struct v5_sender *from)
{
	const struct enr *came = v5_sessions_record(&v->sessions, &from->peer);

	if (came)
		v5_offer_sender(v, from, came);
}

static void answer_ping(struct v5 *v, const struct v5_sender *from,
			const struct v5_message *ping)
{
	const struct contact *known = table_find(v->seeker.table, &from->id);
	struct v5_message m = { .type = V5_PONG, .id = ping->id };

	m.pong.enr_seq = v->record.len ? v->record.seq : 0;
	m.pong.recipient = from->at;
	v5_reply(v, from, &m);
	if (known && ping->ping.enr_seq > contact_seq(known))
		table_hurry(v->seeker.table, &from->id, v->now);
	if (!known)
		welcome_back(v, from);
}

static bool is_in_time(struct v5 *v, const struct v5_sender *from)
{
	if (guard_take(&v->guard, &from->at.ip, GUARD_QUESTION, v->now) ==
	    GUARD_YES)
		return true;
	v5_dropped(v, V5_DROP_RATE);
	return false;
}

/* --- what we asked for ------------------------------------------------------
 */

static void take_pong(struct v5 *v, struct v5_call *c,
		      const struct v5_message *pong)
{
	const struct addr *at = &pong->pong.recipient;

	c->rtt_ns = mono_since_ns(v->now, c->sent);
	c->enr_seq = pong->pong.enr_seq;
	if (!ip_is_unspecified(&at->ip) && at->port) {
		struct discover_event *e = event_queue_put(
			&v->events, DISCOVER_ENDPOINT, 0, &c->to, 0);

		if (e) {
			e->endpoint = *at;
			e->is_answer = true;
		}
	}
	v5_calls_over(v, c, ERR_NONE);
}

static void take_talk(struct v5 *v, struct v5_call *c,
		      const struct v5_message *resp)
{
	enum err err = buf_append(&c->response, resp->talkresp.response.data,
				  resp->talkresp.response.len);

	v5_calls_over(v, c, err);
}

static void take_answer(struct v5 *v, const struct v5_sender *from,
			const struct v5_message *m)
{
	struct v5_call *c = v5_calls_answered(v, from, m);

	if (!c) {
		v5_dropped(v, V5_DROP_UNASKED);
		return;
	}
	switch (c->kind) {
	case V5_CALL_PING:
		take_pong(v, c, m);
		break;
	case V5_CALL_NODES:
		v5_nodes_take(v, c, m);
		break;
	case V5_CALL_TALK:
		take_talk(v, c, m);
		break;
	}
}

/* --- what comes -------------------------------------------------------------
 */

static void handle_message(struct v5 *v, const struct v5_sender *from,
			   const struct v5_message *m)
{
	v->stats.received[m->type]++;
	switch (m->type) {
	case V5_PING:
		if (is_in_time(v, from))
			answer_ping(v, from, m);
		break;
	case V5_FINDNODE:
		if (is_in_time(v, from))
			v5_nodes_answer(v, from, m);
		break;
	case V5_TALKREQ:
		if (is_in_time(v, from))
			v5_talk_asked(v, from, m);
		break;
	case V5_PONG:
	case V5_NODES:
	case V5_TALKRESP:
		take_answer(v, from, m);
		break;
	}
}

static struct v5_sender sender_of(const struct node_id *id,
				  const struct addr *at)
{
	return (struct v5_sender){ .id = *id,
				   .at = *at,
				   .peer = v5_peer_of(id, at) };
}

static void handle_sealed(struct v5 *v, const struct v5_sender *from,
			  const struct v5_packet *p)
{
	uint8_t plain[V5_PACKET_MAX];
	struct v5_message m;
	size_t len;

	if (v5_sessions_open(&v->sessions, plain, &len, &from->peer, p))
		v5_challenge(v, from, p);
	else if (v5_message_decode(&m, span_of(plain, len)))
		v5_dropped(v, V5_DROP_MESSAGE);
	else
		handle_message(v, from, &m);
}

static void handle_handshake(struct v5 *v, const struct v5_sender *from,
			     const struct v5_packet *p)
{
	uint8_t plain[V5_PACKET_MAX];
	struct v5_message m;

	if (v5_shake(v, &m, plain, from, p))
		handle_message(v, from, &m);
}

static void handle_packet(struct v5 *v, const struct addr *at,
			  const struct v5_packet *p)
{
	struct v5_sender from;

	if (p->flag == V5_WHOAREYOU) {
		v5_challenged(v, at, p);
		return;
	}
	from = sender_of(p->flag == V5_MESSAGE ? &p->message.src
					       : &p->handshake.src,
			 at);
	if (node_id_equal(&from.id, &v->seeker.self))
		v5_dropped(v, V5_DROP_OURSELVES);
	else if (p->flag == V5_MESSAGE)
		handle_sealed(v, &from, p);
	else
		handle_handshake(v, &from, p);
}

static enum v5_drop drop_of(enum err rc)
{
	if (rc == ERR_SHORT || rc == ERR_LIMIT)
		return V5_DROP_SIZE;
	return rc == ERR_UNSUPPORTED ? V5_DROP_FLAG : V5_DROP_HEADER;
}

void v5_handle(struct v5 *v, const struct addr *from, struct span packet)
{
	struct addr at = { .ip = ip_unmapped(&from->ip), .port = from->port };
	struct v5_packet p;
	enum err rc;

	if (!seeker_allows(&v->seeker, &at.ip)) {
		v5_dropped(v, V5_DROP_RESTRICTED);
		return;
	}
	rc = v5_open(&p, packet, &v->seeker.self);
	if (rc) {
		v5_dropped(v, drop_of(rc));
		return;
	}
	v5_challenges_expire(&v->challenges, v->now);
	handle_packet(v, &at, &p);
}
