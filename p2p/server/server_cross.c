/* SPDX-License-Identifier: Apache-2.0 */
/* server_cross.c - several connections with one node: which of them becomes
 * its session (cross.h), and what happens to the others. */
#include "p2p/server/cross.h"
#include "p2p/server/inside.h"

/* Who came in is nobody before its handshake: until then its id is zero. */
static bool is_same_node(const struct peer *p, const struct peer *q)
{
	return q != p && node_id_equal(&q->facts.id, &p->facts.id);
}

static bool is_beyond_tcp(const struct peer *p)
{
	return p->state == PEER_HANDSHAKE || p->state == PEER_HELLO;
}

static struct cross cross_of(const struct peer *p)
{
	const struct server *s = p->server;
	struct cross c = {
		.preferred = cross_prefers(&s->id, &p->facts.id, p->inbound),
	};

	for (const struct peer *q = s->all; q; q = q->next) {
		if (!is_same_node(p, q) || q->inbound == p->inbound ||
		    !is_beyond_tcp(q))
			continue;
		c.rival = true;
		c.rival_hello |=
			q->state == PEER_HELLO && q->hold != PEER_HOLD_HELLO;
	}
	return c;
}

bool server_may_greet(const struct peer *p)
{
	const struct cross c = cross_of(p);

	return cross_may_greet(&c);
}

bool server_may_welcome(const struct peer *p)
{
	const struct cross c = cross_of(p);

	return cross_may_welcome(&c);
}

void server_end_dials(const struct peer *p)
{
	for (struct peer *q = p->server->all; q; q = q->next)
		if (is_same_node(p, q) &&
		    (q->state == PEER_RESOLVING || q->state == PEER_CONNECTING))
			peer_end(q, DISC_ALREADY_CONNECTED, PEER_GONE,
				 "the node dialed us meanwhile");
}

void server_end_rivals(const struct peer *p)
{
	for (struct peer *q = p->server->all; q; q = q->next)
		if (is_same_node(p, q) && !q->in_set)
			peer_end(q, DISC_ALREADY_CONNECTED, PEER_TELL,
				 "already connected (sent)");
}

void server_wake_rivals(const struct peer *p)
{
	struct mono now = net_loop_now(p->server->loop);

	for (const struct peer *q = p->server->all; q; q = q->next)
		if (is_same_node(p, q) && q->state == PEER_HELLO &&
		    q->hold != PEER_HOLD_NONE)
			net_timer_set(q->timer, now);
}

bool server_has_other(const struct peer *p)
{
	for (const struct peer *q = p->server->all; q; q = q->next)
		if (is_same_node(p, q) &&
		    (q->state == PEER_HELLO || q->state == PEER_UP))
			return true;
	return false;
}

bool server_is_coming(const struct server *s, const struct node_id *id)
{
	for (const struct peer *p = s->all; p; p = p->next)
		if (p->state == PEER_HELLO && node_id_equal(&p->facts.id, id))
			return true;
	return false;
}
