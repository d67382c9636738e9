/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

/* What is left of a packet for a request, should it go with a handshake and our
 * record. */
enum {
	REQUEST_MAX = V5_PLAINTEXT_MAX - V5_HANDSHAKE_EXTRA - ENR_MAX,
	DISTANCE_MAX = 256,
	UNPROVEN_CALLS = 2, /* of lookups, at a time to one network */
};

static const uint16_t itself[] = { 0 };

/* --- making -----------------------------------------------------------------
 */

static size_t count_waiting(const struct v5 *v, const struct node_id *id)
{
	const struct v5_call *c;
	size_t n = 0;

	DL_FOREACH (v->calls, c)
		n += c->state == V5_CALL_NEW && node_id_equal(&c->to.id, id);
	return n;
}

static void remove_call(struct v5 *v, struct v5_call *c)
{
	DL_DELETE(v->calls, c);
	buf_clear(&c->plain);
	buf_clear(&c->response);
	free(c->found);
	free(c);
}

static struct v5_call *make(struct v5 *v, enum v5_call_kind kind,
			    enum v5_call_for whom, const struct contact *to,
			    struct v5_message *m)
{
	struct v5_call *c = calloc(1, sizeof(*c));
	bool is_full = count_waiting(v, &to->id) >= V5_QUEUED;

	if (!c)
		abort();
	c->kind = kind;
	c->whom = whom;
	c->to = *to;
	c->peer = v5_peer_of(&to->id, &to->udp);
	c->id.len = V5_REQUEST_ID_MAX;
	drbg_bytes(&v->rng, c->id.b, V5_REQUEST_ID_MAX);
	buf_init(&c->plain, REQUEST_MAX);
	buf_init(&c->response, V5_PACKET_MAX);
	DL_APPEND(v->calls, c);
	m->id = c->id;
	if (v5_message_encode(&c->plain, m)) {
		remove_call(v, c);
		return NULL;
	}
	if (is_full)
		v5_calls_over(v, c, ERR_BUSY);
	return c;
}

struct v5_call *v5_calls_ping(struct v5 *v, const struct contact *to,
			      enum v5_call_for whom)
{
	struct v5_message m = { .type = V5_PING };

	m.ping.enr_seq = v->record.len ? v->record.seq : 0;
	return make(v, V5_CALL_PING, whom, to, &m);
}

struct v5_call *v5_calls_find(struct v5 *v, const struct contact *to,
			      enum v5_call_for whom, const uint16_t *distances,
			      size_t count)
{
	struct v5_message m = { .type = V5_FINDNODE };
	struct v5_call *c;

	m.findnode.count = count;
	memcpy(m.findnode.distances, distances, count * sizeof(distances[0]));
	c = make(v, V5_CALL_NODES, whom, to, &m);
	c->distance_count = count;
	memcpy(c->distances, distances, count * sizeof(distances[0]));
	c->found = calloc(V5_RESULTS, sizeof(c->found[0]));
	if (!c->found)
		abort();
	return c;
}

/* The closest to a target are at several distances from each other, and three
 * of these miss one of them in every tenth lookup of a network of 1,000. So
 * those are asked for more who are as near to the target as buckets hold all:
 * ours have the density of the network. Others have more to tell of the first
 * distance than an answer holds. */
static struct v5_call *find_nodes(struct v5 *v, const struct question *q)
{
	unsigned reach = table_reach(v->seeker.table) + 2;
	unsigned distance = logdist(&q->target, &q->to.id);
	uint16_t distances[V5_NEAR_DISTANCES];

	reach = reach > DISTANCE_MAX ? DISTANCE_MAX : reach;
	if (distance < reach || reach == DISTANCE_MAX) {
		v5_near_distances(distances, &q->target, &q->to.id, reach);
		return v5_calls_find(v, &q->to, V5_FOR_SEARCH, distances,
				     V5_NEAR_DISTANCES);
	}
	v5_lookup_distances(distances, distance);
	return v5_calls_find(v, &q->to, V5_FOR_SEARCH, distances,
			     V5_LOOKUP_DISTANCES);
}

void v5_calls_search(struct v5 *v, const struct question *q)
{
	struct v5_call *c =
		q->what == QUESTION_NODES
			? find_nodes(v, q)
			: v5_calls_find(v, &q->to, V5_FOR_KNOWN, itself, 1);

	c->search = q->search;
}

struct v5_call *v5_calls_talk(struct v5 *v, const struct contact *to,
			      struct span protocol, struct span request)
{
	struct v5_message m = { .type = V5_TALKREQ };

	m.talkreq.protocol = protocol;
	m.talkreq.request = request;
	return make(v, V5_CALL_TALK, V5_FOR_OWNER, to, &m);
}

/* --- answers ----------------------------------------------------------------
 */

void v5_calls_over(struct v5 *v, struct v5_call *c, enum err err)
{
	c->state = V5_CALL_OVER;
	c->err = err;
	c->due = v->now;
}

static enum v5_type answer_to(enum v5_call_kind kind)
{
	switch (kind) {
	case V5_CALL_PING:
		return V5_PONG;
	case V5_CALL_NODES:
		return V5_NODES;
	case V5_CALL_TALK:
		break;
	}
	return V5_TALKRESP;
}

/* "A response must be of the expected type and come from the exact IP:port that
 * was asked." */
struct v5_call *v5_calls_answered(struct v5 *v, const struct v5_sender *by,
				  const struct v5_message *m)
{
	struct v5_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state == V5_CALL_ASKED &&
		    answer_to(c->kind) == m->type &&
		    !memcmp(&c->peer, &by->peer, sizeof(c->peer)) &&
		    v5_request_id_equal(&c->id, &m->id))
			return c;
	return NULL;
}

static bool has_nonce(const struct v5_call *c, const uint8_t nonce[V5_NONCE])
{
	for (unsigned i = 0; i < c->asked; i++)
		if (!memcmp(c->nonces[i], nonce, V5_NONCE))
			return true;
	return false;
}

/* "None, or one that already did a handshake, means drop. Geth does not check
 * the source address here; ours: check it." */
struct v5_call *v5_calls_challenged(struct v5 *v, const uint8_t nonce[V5_NONCE],
				    const struct addr *from)
{
	struct v5_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state == V5_CALL_ASKED && !c->shook &&
		    has_nonce(c, nonce) && ip_equal(&c->to.udp.ip, &from->ip) &&
		    c->to.udp.port == from->port)
			return c;
	return NULL;
}

/* --- sending ----------------------------------------------------------------
 */

static bool is_busy(const struct v5 *v, const struct v5_call *with)
{
	const struct v5_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state == V5_CALL_ASKED &&
		    node_id_equal(&c->to.id, &with->to.id))
			return true;
	return false;
}

static void ask(struct v5 *v, struct v5_call *c)
{
	struct v5_cover cover = { .dest = c->to.id };
	uint8_t packet[V5_PACKET_MAX], key[V5_KEY], noise[V5_RANDOM];
	size_t len;

	drbg_bytes(&v->rng, cover.iv, V5_IV);
	if (v5_sessions_seal(&v->sessions, key, cover.nonce, &c->peer,
			     &v->rng)) {
		len = v5_make_message(packet, &cover, &v->seeker.self, key,
				      span_of(c->plain.data, c->plain.len));
		secret_wipe(key, sizeof(key));
	} else {
		drbg_bytes(&v->rng, cover.nonce, V5_NONCE);
		drbg_bytes(&v->rng, noise, sizeof(noise));
		len = v5_make_random(packet, &cover, &v->seeker.self,
				     span_of(noise, sizeof(noise)));
	}
	memcpy(c->nonces[c->asked++], cover.nonce, V5_NONCE);
	c->state = V5_CALL_ASKED;
	c->shook = false;
	c->sent = v->now;
	c->due = mono_add_ms(v->now, V5_ANSWER_MS);
	v5_send(v, &c->to.udp, packet, len);
	v->stats.sent[c->plain.data[0]]++;
}

/* "Never ping more than 2 unverified nodes per /24 at once": whoever tells a
 * lookup of many in a victim's network gets it no more than that. */
static bool is_crowded(const struct v5 *v, const struct v5_call *with)
{
	struct ip network = ip_subnet(&with->to.udp.ip);
	const struct v5_call *c;
	size_t n = 0;

	if (!with->search || ip_is_lan(&with->to.udp.ip) ||
	    v5_sessions_has(&v->sessions, &with->peer))
		return false;
	DL_FOREACH (v->calls, c) {
		struct ip other = ip_subnet(&c->to.udp.ip);

		n += c->state == V5_CALL_ASKED && ip_equal(&network, &other);
	}
	return n >= UNPROVEN_CALLS;
}

void v5_calls_begin(struct v5 *v)
{
	struct v5_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state == V5_CALL_NEW && !is_busy(v, c) &&
		    !is_crowded(v, c))
			ask(v, c);
}

/* --- ends -------------------------------------------------------------------
 */

static bool is_fetching(const struct v5 *v, const struct node_id *id)
{
	const struct v5_call *c;
	size_t n = 0;

	DL_FOREACH (v->calls, c)
		if (c->whom == V5_FOR_UPDATE && c->state != V5_CALL_OVER) {
			if (node_id_equal(&c->to.id, id))
				return true;
			n++;
		}
	return n >= V5_FETCHES;
}

static void check_over(struct v5 *v, const struct v5_call *c)
{
	const struct contact *newer;

	if (c->err) {
		seeker_missed(&v->seeker, &c->to, v->now);
		return;
	}
	newer = seeker_checked(&v->seeker, &c->to.id, c->enr_seq, v->now);
	if (newer && !is_fetching(v, &newer->id))
		v5_calls_find(v, newer, V5_FOR_UPDATE, itself, 1);
}

static enum err record_err(const struct v5_call *c)
{
	if (c->err || c->count)
		return c->err;
	return c->refused ? c->refused : ERR_NOT_FOUND;
}

/* It said so itself, and proved by its session that it is at that endpoint. */
static void update_over(struct v5 *v, struct v5_call *c)
{
	if (record_err(c))
		return;
	seeker_offer(&v->seeker, &c->found[0], TABLE_FOUND, v->now);
	event_queue_put(&v->events, DISCOVER_RECORD, 0, &c->found[0], 0);
}

static void tell_owner(struct v5 *v, struct v5_call *c)
{
	static const enum discover_event_type types[] = {
		[V5_CALL_PING] = DISCOVER_PINGED,
		[V5_CALL_NODES] = DISCOVER_NODES,
		[V5_CALL_TALK] = DISCOVER_TALKED,
	};
	struct discover_event *e = event_queue_put(
		&v->events, types[c->kind], c->request, &c->to, c->count);

	e->err = c->err;
	e->rtt_ns = c->rtt_ns;
	for (size_t i = 0; i < c->count; i++)
		event_queue_add_found(e, &c->found[i]);
	event_queue_set_bytes(e, span_of(NULL, 0),
			      span_of(c->response.data, c->response.len));
}

static void tell_record(struct v5 *v, struct v5_call *c)
{
	const struct contact *node = c->count ? &c->found[0] : &c->to;

	event_queue_put(&v->events, DISCOVER_RECORD, c->request, node, 0)->err =
		record_err(c);
}

static enum lookup_answer answer_of(const struct v5_call *c)
{
	if (!c->err)
		return LOOKUP_ANSWER;
	return c->challenged || c->err != ERR_TIMEOUT ? LOOKUP_SIGN
						      : LOOKUP_SILENCE;
}

static void search_over(struct v5 *v, const struct v5_call *c)
{
	for (size_t i = 0; i < c->count; i++)
		seeker_told(&v->seeker, c->search, &c->found[i], v->now);
	seeker_answered(&v->seeker, c->search, &c->to, answer_of(c),
			c->count > 0, v->now);
}

static void end(struct v5 *v, struct v5_call *c)
{
	switch (c->whom) {
	case V5_FOR_CHECK:
		check_over(v, c);
		break;
	case V5_FOR_UPDATE:
		update_over(v, c);
		break;
	case V5_FOR_SEARCH:
		search_over(v, c);
		break;
	case V5_FOR_KNOWN:
		seeker_got(c->search, record_err(c), &c->found[0]);
		break;
	case V5_FOR_OWNER:
		tell_owner(v, c);
		break;
	case V5_FOR_OWNER_RECORD:
		tell_record(v, c);
		break;
	}
	remove_call(v, c);
}

/* What was lost is sent once more, as sigp does: or else of five packets lost
 * one, three requests of ten would be, and half of those that shake first. Not
 * TALK: what it does to be asked twice, only its owner knows. NODES that came
 * before the time was over count. */
static void expire(struct v5 *v, struct v5_call *c)
{
	if (c->state != V5_CALL_ASKED || mono_before(v->now, c->due))
		return;
	if (c->messages)
		v5_calls_over(v, c, ERR_NONE);
	else if (c->asked < V5_TRIES && c->kind != V5_CALL_TALK)
		ask(v, c);
	else
		v5_calls_over(v, c, ERR_TIMEOUT);
}

void v5_calls_end(struct v5 *v)
{
	struct v5_call *c, *next;

	DL_FOREACH_SAFE(v->calls, c, next)
	{
		expire(v, c);
		if (c->state == V5_CALL_OVER)
			end(v, c);
	}
}

struct mono v5_calls_due(const struct v5 *v)
{
	struct mono due = MONO_NEVER;
	const struct v5_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state != V5_CALL_NEW)
			due = mono_min(due, c->due);
	return due;
}

void v5_calls_clear(struct v5 *v)
{
	while (v->calls)
		remove_call(v, v->calls);
}
