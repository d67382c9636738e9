/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/relay.h"
#include "p2p/discover/v4_inside.h"

enum {
	TRIES = 32, /* signatures looked at for one answer */
};

struct sender {
	struct addr addr;
	struct ecc_pub pub;
	struct v4_peer peer;
};

static bool is_proven(const struct v4 *v, const struct sender *from)
{
	return v4_bonds_is_proven(&v->bonds, &from->peer, v->now);
}

/* --- PING and PONG ----------------------------------------------------------
 */

static void tell_endpoint(struct v4 *v, const struct contact *by,
			  const struct v4_endpoint *to, bool is_answer)
{
	struct discover_event *e;

	if (ip_is_unspecified(&to->ip) || !to->udp)
		return;
	e = event_queue_put(&v->events, DISCOVER_ENDPOINT, 0, by, 0);
	if (!e)
		return;
	e->endpoint = (struct addr){ .ip = to->ip, .port = to->udp };
	e->is_answer = is_answer;
}

/* "PONG to mirrors the UDP source address with the TCP port taken from the
 * PING's from." */
static void send_pong(struct v4 *v, const struct sender *from,
		      const struct v4_packet *ping)
{
	struct v4_packet p = { .type = V4_PONG };

	p.pong.to.ip = from->addr.ip;
	p.pong.to.udp = from->addr.port;
	p.pong.to.tcp = ping->ping.from.tcp;
	memcpy(p.pong.ping_hash, ping->hash, V4_HASH);
	p.pong.enr_seq = v->record.len ? v->record.seq : 0;
	v4_send(v, &from->addr, &p);
}

static void ping_back(struct v4 *v, const struct contact *c)
{
	struct v4_pong_wait *w = v4_pings_under_way(v, c);

	if (!w) {
		w = v4_pings_send(v, c, V4_PING_STRANGER);
		if (!w)
			return;
		w->quiet = true;
	}
	w->to.tcp = c->tcp;
	w->inbound = true;
}

/* "The node built from a PING takes IP and UDP port from the UDP envelope and
 * the TCP port from `from`; nothing else of `from` is used." */
static void on_ping(struct v4 *v, const struct sender *from,
		    const struct v4_packet *p)
{
	struct contact c = {
		.pub = from->pub,
		.id = from->peer.id,
		.udp = from->addr,
		.tcp = p->ping.from.tcp,
	};
	const struct contact *known;

	send_pong(v, from, p);
	v4_bonds_pinged(&v->bonds, &from->peer, v->now);
	v4_calls_trusted(v, &from->peer);
	if (!is_proven(v, from)) {
		ping_back(v, &c);
		return;
	}
	seeker_offer(&v->seeker, &c, TABLE_INBOUND, v->now);
	tell_endpoint(v, &c, &p->ping.to, false);
	known = table_find(v->seeker.table, &c.id);
	if (known && p->ping.enr_seq > contact_seq(known))
		table_hurry(v->seeker.table, &c.id, v->now);
}

static void on_pong(struct v4 *v, const struct sender *from,
		    const struct v4_packet *p)
{
	struct v4_pong_wait *w =
		v4_pings_find(v, p->pong.ping_hash, &from->addr.ip);

	if (!node_id_equal(&w->to.id, &from->peer.id)) {
		v4_dropped(v, V4_DROP_UNASKED);
		return;
	}
	tell_endpoint(v, &w->to, &p->pong.to, true);
	v4_pings_answered(v, w, p->pong.enr_seq);
}

/* --- questions --------------------------------------------------------------
 */

/* Those that answered a check; while there are none at all, those that proved
 * their endpoint at least. Nobody is sent to an address that did not answer. */
static size_t choose_neighbors(struct v4 *v,
			       const struct contact *out[TABLE_CLOSEST],
			       const struct node_id *target,
			       const struct ip *to)
{
	bool any_live = table_live(v->seeker.table) > 0;
	size_t n = table_closest(v->seeker.table, out, target,
				 any_live ? TABLE_LIVE : TABLE_ANY, v->now);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct v4_peer peer = v4_peer_of(&out[i]->id, &out[i]->udp.ip);

		if (relay_is_fine(to, &out[i]->udp.ip) &&
		    (any_live || v4_bonds_is_proven(&v->bonds, &peer, v->now)))
			out[kept++] = out[i];
	}
	return kept;
}

/* "No result still gets one packet with an empty list." */
static void on_findnode(struct v4 *v, const struct sender *from,
			const struct v4_packet *p)
{
	const struct contact *closest[TABLE_CLOSEST];
	struct node_id target = node_id_of(&p->findnode.target);
	struct v4_packet out = { .type = V4_NEIGHBORS };
	size_t n;

	n = choose_neighbors(v, closest, &target, &from->addr.ip);
	for (size_t i = 0; i < n; i++) {
		struct v4_neighbor *node;

		if (out.neighbors.count == V4_NEIGHBORS_SENT) {
			v4_send(v, &from->addr, &out);
			out.neighbors.count = 0;
		}
		node = &out.neighbors.nodes[out.neighbors.count++];
		node->at.ip = closest[i]->udp.ip;
		node->at.udp = closest[i]->udp.port;
		node->at.tcp = closest[i]->tcp;
		node->pub = closest[i]->pub;
	}
	v4_send(v, &from->addr, &out);
}

static void on_enrrequest(struct v4 *v, const struct sender *from,
			  const struct v4_packet *p)
{
	struct v4_packet out = { .type = V4_ENRRESPONSE };

	if (!v->record.len)
		return;
	memcpy(out.enrresponse.request_hash, p->hash, V4_HASH);
	out.enrresponse.record = enr_raw(&v->record);
	v4_send(v, &from->addr, &out);
}

/* --- what comes -------------------------------------------------------------
 */

static const enum v4_drop drop_of[] = {
	[ERR_SHORT] = V4_DROP_SIZE,    [ERR_LIMIT] = V4_DROP_SIZE,
	[ERR_AUTH] = V4_DROP_HASH,     [ERR_UNSUPPORTED] = V4_DROP_TYPE,
	[ERR_FORMAT] = V4_DROP_FORMAT,
};

static const enum v4_drop drop_of_guard[] = {
	[GUARD_PINGS] = V4_DROP_PING_RATE,
	[GUARD_SOURCE] = V4_DROP_SOURCE_RATE,
	[GUARD_ALL] = V4_DROP_TOTAL_RATE,
};

static bool refuse(struct v4 *v, enum v4_drop why)
{
	v4_dropped(v, why);
	return false;
}

/* Does anyone wait for that answer, and has it not come with wrong signatures
 * too often? */
static bool is_awaited(struct v4 *v, const struct ip *from,
		       const struct v4_packet *p)
{
	struct v4_pong_wait *w;
	struct v4_call *c;
	unsigned *tries;

	if (p->type == V4_PONG) {
		w = v4_pings_find(v, p->pong.ping_hash, from);
		tries = w ? &w->tries : NULL;
	} else {
		c = p->type == V4_NEIGHBORS
			    ? v4_calls_nodes(v, from, NULL)
			    : v4_calls_record(v, from,
					      p->enrresponse.request_hash,
					      NULL);
		tries = c ? &c->tries : NULL;
	}
	if (!tries)
		return refuse(v, V4_DROP_UNASKED);
	if (++*tries > TRIES)
		return refuse(v, V4_DROP_SOURCE_RATE);
	return true;
}

/* Is it worth a signature? */
static bool is_welcome(struct v4 *v, const struct ip *from,
		       const struct v4_packet *p)
{
	enum guard_verdict verdict = GUARD_YES;

	if (v4_is_expired(p, v->unix_seconds)) {
		v4_clock_expired(v, from, p->expiration);
		return refuse(v, V4_DROP_EXPIRED);
	}
	switch (p->type) {
	case V4_PING:
		verdict = guard_take(&v->guard, from, GUARD_PING, v->now);
		break;
	case V4_FINDNODE:
	case V4_ENRREQUEST:
		verdict = guard_take(&v->guard, from, GUARD_QUESTION, v->now);
		break;
	case V4_PONG:
	case V4_NEIGHBORS:
	case V4_ENRRESPONSE:
		return is_awaited(v, from, p);
	}
	if (verdict != GUARD_YES)
		return refuse(v, drop_of_guard[verdict]);
	return true;
}

static void on_neighbors(struct v4 *v, const struct sender *from,
			 const struct v4_packet *p)
{
	struct v4_call *c = v4_calls_nodes(v, &from->addr.ip, &from->peer.id);

	if (c)
		v4_calls_told(v, c, p);
	else
		v4_dropped(v, V4_DROP_UNASKED);
}

static void on_enrresponse(struct v4 *v, const struct sender *from,
			   const struct v4_packet *p)
{
	struct v4_call *c = v4_calls_record(
		v, &from->addr.ip, p->enrresponse.request_hash, &from->peer.id);

	if (c)
		v4_calls_got(v, c, p->enrresponse.record);
	else
		v4_dropped(v, V4_DROP_UNASKED);
}

static void dispatch(struct v4 *v, const struct sender *from,
		     const struct v4_packet *p)
{
	switch (p->type) {
	case V4_PING:
		on_ping(v, from, p);
		break;
	case V4_PONG:
		on_pong(v, from, p);
		break;
	case V4_FINDNODE:
		if (is_proven(v, from))
			on_findnode(v, from, p);
		else
			v4_dropped(v, V4_DROP_UNPROVEN);
		break;
	case V4_NEIGHBORS:
		on_neighbors(v, from, p);
		break;
	case V4_ENRREQUEST:
		if (is_proven(v, from))
			on_enrrequest(v, from, p);
		else
			v4_dropped(v, V4_DROP_UNPROVEN);
		break;
	case V4_ENRRESPONSE:
		on_enrresponse(v, from, p);
		break;
	}
}

void v4_handle(struct v4 *v, const struct addr *from, struct span packet)
{
	struct sender s = { .addr = { .ip = ip_unmapped(&from->ip),
				      .port = from->port } };
	struct v4_packet p;
	struct node_id id;
	enum err err;

	if (!seeker_allows(&v->seeker, &s.addr.ip)) {
		v4_dropped(v, V4_DROP_RESTRICTED);
		return;
	}
	err = v4_decode(&p, packet);
	if (err) {
		v4_dropped(v, drop_of[err]);
		return;
	}
	if (!is_welcome(v, &s.addr.ip, &p))
		return;
	if (v4_recover(&s.pub, packet)) {
		v4_dropped(v, V4_DROP_SIGNATURE);
		return;
	}
	id = node_id_of(&s.pub);
	if (node_id_equal(&id, &v->seeker.self)) {
		v4_dropped(v, V4_DROP_OURSELVES);
		return;
	}
	s.peer = v4_peer_of(&id, &s.addr.ip);
	v4_clock_early(v, &s.peer, p.expiration);
	v->stats.received[p.type]++;
	dispatch(v, &s, &p);
}
