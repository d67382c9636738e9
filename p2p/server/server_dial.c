/* SPDX-License-Identifier: Apache-2.0 */
/* server_dial.c - nodes to keep a session with. */
#include "p2p/server/checkpoint.h"
#include "p2p/server/inside.h"

enum err server_dial(struct server *s, const struct enode *node,
		     struct why *why)
{
	struct peer *p;
	enum err rc;

	if (s->closing)
		return err_fail(why, ERR_CLOSED, "the server is closing");
	if (node_id_equal(&node->id, &s->id))
		return err_fail(why, ERR_DENIED, "that node is ourselves");
	if (node->tcp == 0)
		return err_fail(why, ERR_UNSUPPORTED, "no TCP port is given");
	if (node->ip.family == IP_NONE && !node->host[0])
		return err_fail(why, ERR_UNSUPPORTED, "no address is given");
	if (!ecc_pub_valid(&node->pub))
		return err_fail(why, ERR_FORMAT,
				"its public key is no point of the curve");
	if (node->ip.family != IP_NONE &&
	    !netlist_has(&s->config.restrict_to, &node->ip))
		return err_fail(why, ERR_DENIED,
				"its address is outside the allowed networks");
	rc = dial_add(&s->dial, node, net_loop_now(s->loop));
	if (rc)
		return err_fail(why, rc, "that node is known already");
	if (node->ip.family != IP_NONE)
		admit_know(&s->admit, &node->ip);

	/* A session that it opened may stand already. */
	HASH_FIND(hh, s->by_id, &node->id, sizeof(node->id), p);
	if (p)
		dial_up(&s->dial, dial_find(&s->dial, &node->id),
			net_loop_now(s->loop));
	server_wake(s);
	return ERR_NONE;
}

enum err server_undial(struct server *s, const struct node_id *id)
{
	struct dial_node *n = dial_find(&s->dial, id);

	if (!n)
		return ERR_NOT_FOUND;
	for (struct peer *p = s->all; p; p = p->next)
		if (p->dialed == n)
			peer_end(p, DISC_REQUESTED, PEER_TELL,
				 "no longer to be dialed");
	dial_remove(&s->dial, n);
	server_wake(s);
	return ERR_NONE;
}

/* A dial to it as a candidate may be under way, which is as good. */
static bool is_on_its_way(const struct server *s, const struct node_id *id)
{
	for (const struct peer *p = s->all; p; p = p->next)
		if (p->is_candidate_dial && p->state < PEER_DRAINING &&
		    node_id_equal(&p->facts.id, id))
			return true;
	return server_is_coming(s, id);
}

void server_places(struct candidate_places *out, const struct server *s)
{
	const struct server_config *c = &s->config;

	*out = (struct candidate_places){
		.max_peers = c->max_peers,
		.max_dialed =
			checkpoint_max_dialed(c->max_peers, c->dial_ratio),
		.max_pending = c->max_pending,
		.peers = HASH_COUNT(s->by_id),
		.dialed_peers = HASH_COUNT(s->by_id) - s->inbound_peers,
		.expected = dial_expected(&s->dial),
		.static_dials = s->dial.dialing,
	};
}

/* Returns when the next one is due. */
static struct mono dial_static(struct server *s, struct mono now)
{
	struct candidate_places places;
	struct dial_node *n;
	size_t slots;

	server_places(&places, s);
	slots = candidates_static_slots(&s->candidates, &places);
	while ((n = dial_take(&s->dial, slots, now))) {
		if (is_on_its_way(s, &n->node.id)) {
			dial_skip(&s->dial, n, now);
			continue;
		}
		s->counters.dialed++;
		peer_dial(s, n);
	}
	/* With all slots in use the end of a dial or session wakes us. */
	return s->dial.dialing < slots ? dial_due(&s->dial) : MONO_NEVER;
}

void server_dial_due(struct server *s)
{
	struct mono due = dial_static(s, net_loop_now(s->loop));

	if (s->config.source.next && server_dial_candidates(s))
		due = net_loop_now(s->loop);
	net_timer_set(s->timer, due);
}
