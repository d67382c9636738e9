/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

#include "p2p/discover/relay.h"

enum {
	SETTLE_MS = 500,     /* "wait another 500 ms" */
	SETTLE_SEEN_MS = 50, /* once both have been seen to pass */
	RETRY_MS = 100,	     /* when no PING can be sent */
	UNPROVEN_PINGS = 2,  /* at a time to one network */
	PORT_MIN = 1025,     /* of nodes that are told of */
};

struct v4_call *v4_calls_new(struct v4 *v, enum v4_call_kind kind,
			     const struct contact *to)
{
	struct v4_call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->kind = kind;
	c->to = *to;
	c->peer = v4_peer_of(&to->id, &to->udp.ip);
	c->due = v->now;
	DL_APPEND(v->calls, c);
	return c;
}

static bool is_to(const struct v4_call *c, const struct v4_peer *p)
{
	return node_id_equal(&c->peer.id, &p->id) &&
	       ip_equal(&c->peer.ip, &p->ip);
}

/* --- ends -------------------------------------------------------------------
 */

static void remove_call(struct v4 *v, struct v4_call *c)
{
	DL_DELETE(v->calls, c);
	free(c);
}

static void ping_over(struct v4 *v, struct v4_call *c, enum err err,
		      uint64_t rtt_ns)
{
	struct discover_event *e = event_queue_put(&v->events, DISCOVER_PINGED,
						   c->request, &c->to, 0);

	e->err = err;
	e->rtt_ns = rtt_ns;
	remove_call(v, c);
}

static enum lookup_answer answer_of(const struct v4_call *c)
{
	if (c->heard)
		return LOOKUP_ANSWER;
	return c->is_there ? LOOKUP_SIGN : LOOKUP_SILENCE;
}

/* "A query succeeds if it returned at least one node." */
static void nodes_over(struct v4 *v, struct v4_call *c)
{
	struct v4_call *next;

	v4_bonds_asked(&v->bonds, &c->peer, c->told > 0);
	seeker_answered(&v->seeker, c->search, &c->to, answer_of(c),
			c->told > 0, v->now);
	DL_FOREACH (v->calls, next)
		if (next->state == V4_CALL_WAITING && is_to(next, &c->peer)) {
			next->state = V4_CALL_NEW;
			next->due = v->now;
			break;
		}
	remove_call(v, c);
}

static void record_over(struct v4 *v, struct v4_call *c, enum err err,
			const struct contact *got)
{
	struct discover_event *e;

	if (!err && table_find(v->seeker.table, &got->id))
		seeker_offer(&v->seeker, got, TABLE_FOUND, v->now);
	if (c->search) {
		seeker_got(c->search, err, got);
	} else if (c->request || !err) {
		e = event_queue_put(&v->events, DISCOVER_RECORD, c->request,
				    got, 0);
		if (e)
			e->err = err;
	}
	remove_call(v, c);
}

static void failed(struct v4 *v, struct v4_call *c)
{
	switch (c->kind) {
	case V4_CALL_PING:
		ping_over(v, c, ERR_TIMEOUT, 0);
		break;
	case V4_CALL_NODES:
		nodes_over(v, c);
		break;
	case V4_CALL_RECORD:
		record_over(v, c, ERR_TIMEOUT, &c->to);
		break;
	}
}

/* --- answers ----------------------------------------------------------------
 */

static bool is_asked(const struct v4_call *c, enum v4_call_kind kind,
		     const struct ip *ip, const struct node_id *id)
{
	return c->state == V4_CALL_ASKED && c->kind == kind &&
	       ip_equal(&c->peer.ip, ip) &&
	       (!id || node_id_equal(&c->peer.id, id));
}

/* Of those that it may be, the one that least was looked at for, so that one
 * silent node does not use up what its neighbors may have. */
static struct v4_call *less_tried(struct v4_call *a, struct v4_call *b)
{
	return a && a->tries <= b->tries ? a : b;
}

struct v4_call *v4_calls_nodes(struct v4 *v, const struct ip *from,
			       const struct node_id *id)
{
	struct v4_call *c, *found = NULL;

	DL_FOREACH (v->calls, c)
		if (is_asked(c, V4_CALL_NODES, from, id))
			found = less_tried(found, c);
	return found;
}

/* ENRREQUESTs of the same second are the same, whoever they are for. */
struct v4_call *v4_calls_record(struct v4 *v, const struct ip *from,
				const uint8_t hash[V4_HASH],
				const struct node_id *id)
{
	struct v4_call *c, *found = NULL;

	DL_FOREACH (v->calls, c)
		if (is_asked(c, V4_CALL_RECORD, from, id) &&
		    !memcmp(c->hash, hash, V4_HASH))
			found = less_tried(found, c);
	return found;
}

static bool is_good_neighbor(const struct v4 *v, const struct v4_call *c,
			     const struct v4_neighbor *n)
{
	return n->at.udp >= PORT_MIN && relay_is_fine(&c->peer.ip, &n->at.ip) &&
	       seeker_allows(&v->seeker, &n->at.ip) && ecc_pub_valid(&n->pub);
}

void v4_calls_told(struct v4 *v, struct v4_call *c,
		   const struct v4_packet *neighbors)
{
	c->heard = true;
	for (size_t i = 0;
	     i < neighbors->neighbors.count && c->told < V4_RESULTS; i++) {
		const struct v4_neighbor *n = &neighbors->neighbors.nodes[i];
		struct contact node;

		c->told++;
		if (!is_good_neighbor(v, c, n)) {
			v4_dropped(v, V4_DROP_NEIGHBOR);
			continue;
		}
		node = (struct contact){
			.pub = n->pub,
			.id = node_id_of(&n->pub),
			.udp = { .ip = n->at.ip, .port = n->at.udp },
			.tcp = n->at.tcp,
		};
		seeker_told(&v->seeker, c->search, &node, v->now);
	}
	if (c->told >= V4_RESULTS)
		nodes_over(v, c);
}

/* "Valid, same node ID. If its seq is lower than what we have keep ours; its IP
 * must pass the relay check." */
void v4_calls_got(struct v4 *v, struct v4_call *c, struct span record)
{
	struct contact got;
	enum err err;
	struct enr r;

	err = enr_read(&r, record, NULL);
	if (!err && !node_id_equal(&r.id, &c->to.id))
		err = ERR_AUTH;
	if (!err && r.seq < contact_seq(&c->to)) {
		record_over(v, c, ERR_NONE, &c->to);
		return;
	}
	if (!err && (!contact_of_record(&got, &r, &v->seeker.reach) ||
		     !relay_is_fine(&c->peer.ip, &got.udp.ip) ||
		     !seeker_allows(&v->seeker, &got.udp.ip)))
		err = ERR_DENIED;
	if (err)
		v4_dropped(v, V4_DROP_RECORD);
	record_over(v, c, err, err ? &c->to : &got);
}

/* --- steps ------------------------------------------------------------------
 */

static bool is_under_way(const struct v4 *v, const struct v4_call *c)
{
	const struct v4_call *other;

	DL_FOREACH (v->calls, other)
		if (other != c && other->kind == c->kind &&
		    other->state == V4_CALL_ASKED && is_to(other, &c->peer))
			return true;
	return false;
}

/* NEIGHBORS do not say what they answer: so one question at a time. */
static void ask(struct v4 *v, struct v4_call *c)
{
	struct v4_packet p = { 0 };

	if (c->kind == V4_CALL_NODES) {
		if (is_under_way(v, c)) {
			c->state = V4_CALL_WAITING;
			c->due = MONO_NEVER;
			return;
		}
		p.type = V4_FINDNODE;
		p.findnode.target = c->target;
	} else {
		p.type = V4_ENRREQUEST;
	}
	v4_send(v, &c->to.udp, &p);
	memcpy(c->hash, p.hash, V4_HASH);
	c->state = V4_CALL_ASKED;
	c->due = mono_add_ms(v->now, V4_ANSWER_MS);
}

/* "Never ping more than 2 unverified nodes per /24 at once": whoever tells a
 * lookup of many in a victim's network gets it no more than that. */
static bool is_crowded(const struct v4 *v, const struct v4_call *c)
{
	struct ip network = ip_subnet(&c->peer.ip);
	const struct v4_pong_wait *w;
	size_t n = 0;

	if (!c->search || ip_is_lan(&c->peer.ip) ||
	    v4_bonds_is_proven(&v->bonds, &c->peer, v->now))
		return false;
	DL_FOREACH (v->pings, w) {
		struct ip other = ip_subnet(&w->to.udp.ip);

		n += ip_equal(&network, &other);
	}
	return n >= UNPROVEN_PINGS;
}

static void prove(struct v4 *v, struct v4_call *c)
{
	if (!is_crowded(v, c) && v4_pings_send(v, &c->to, V4_PING_OURS)) {
		c->state = V4_CALL_PROVING;
		c->due = MONO_NEVER;
	} else {
		c->due = mono_add_ms(v->now, RETRY_MS);
	}
}

static void begin(struct v4 *v, struct v4_call *c)
{
	struct mono quiet = v4_bonds_quiet_until(&v->bonds, &c->peer);

	if (c->kind == V4_CALL_PING)
		prove(v, c);
	else if (mono_before(v->now, quiet))
		c->due = quiet;
	else if (!c->doubts && v4_bonds_trusts_us(&v->bonds, &c->peer, v->now))
		ask(v, c);
	else
		prove(v, c);
}

void v4_calls_pinged(struct v4 *v, const struct v4_peer *p, enum err err,
		     uint64_t rtt_ns)
{
	bool trusts_us = v4_bonds_trusts_us(&v->bonds, p, v->now);
	struct v4_call *c, *next;

	DL_FOREACH_SAFE(v->calls, c, next)
	{
		if (c->state != V4_CALL_PROVING || !is_to(c, p))
			continue;
		if (err) {
			failed(v, c);
		} else if (c->kind == V4_CALL_PING) {
			ping_over(v, c, err, rtt_ns);
		} else {
			c->state = V4_CALL_SETTLING;
			c->is_there = true;
			c->due = mono_add_ms(v->now, trusts_us ? SETTLE_SEEN_MS
							       : SETTLE_MS);
		}
	}
}

void v4_calls_trusted(struct v4 *v, const struct v4_peer *p)
{
	struct mono soon = mono_add_ms(v->now, SETTLE_SEEN_MS);
	struct v4_call *c;

	DL_FOREACH (v->calls, c)
		if (c->state == V4_CALL_SETTLING && is_to(c, p))
			c->due = mono_min(c->due, soon);
}

struct mono v4_calls_due(const struct v4 *v)
{
	struct mono due = MONO_NEVER;
	const struct v4_call *c;

	DL_FOREACH (v->calls, c)
		due = mono_min(due, c->due);
	return due;
}

static void step(struct v4 *v, struct v4_call *c)
{
	switch (c->state) {
	case V4_CALL_NEW:
		begin(v, c);
		break;
	case V4_CALL_SETTLING:
		ask(v, c);
		break;
	case V4_CALL_ASKED:
		failed(v, c);
		break;
	case V4_CALL_PROVING:
	case V4_CALL_WAITING:
		break;
	}
}

void v4_calls_tick(struct v4 *v)
{
	struct v4_call *c, *next;

	DL_FOREACH_SAFE(v->calls, c, next)
	if (!mono_before(v->now, c->due))
		step(v, c);
}

void v4_calls_clear(struct v4 *v)
{
	while (v->calls)
		remove_call(v, v->calls);
}
