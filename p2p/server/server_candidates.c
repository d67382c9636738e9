/* SPDX-License-Identifier: Apache-2.0 */
/* server_candidates.c - nodes that somebody told of: asking for them, and
 * dialing those that candidates.h says. */
#include "p2p/server/inside.h"

enum {
	JUDGED_PER_TURN = 64 /* a source may never run dry */
};

void server_candidates(struct server *s)
{
	if (s->closing || !s->config.source.next)
		return;
	s->has_candidates = true;
	server_wake(s);
}

/* --- what we know of one ---------------------------------------------------
 */

static bool is_of_network(const struct peer *p, const struct ip *network)
{
	struct ip own = ip_subnet(&p->facts.remote.ip);

	return p->candidate && ip_equal(&own, network);
}

/* Who came in is nobody before its handshake: until then its id is zero. */
static void look_at_peers(struct candidate_view *v, const struct server *s,
			  const struct enode *node)
{
	struct ip network = ip_subnet(&node->ip);

	for (const struct peer *p = s->all; p; p = p->next) {
		if (p->state >= PEER_DRAINING)
			continue;
		v->is_here |= node_id_equal(&p->facts.id, &node->id);
		v->of_network += is_of_network(p, &network);
	}
}

static enum candidate_verdict judge(struct server *s, const struct enode *node,
				    size_t max_dialed)
{
	const struct netlist *nets = &s->config.restrict_to;
	struct candidate_view v = {
		.id = &node->id,
		.is_self = node_id_equal(&node->id, &s->id),
		.is_reachable = node->tcp && !ip_is_unspecified(&node->ip) &&
				!ip_is_multicast(&node->ip),
		.is_static = dial_find(&s->dial, &node->id) != NULL,
		.is_allowed = netlist_has(nets, &node->ip),
		.is_any_number = nets->count > 0 ||
				 (ip_is_lan(&node->ip) &&
				  !s->limits->candidates.shares_of_lan),
	};

	look_at_peers(&v, s, node);
	return candidates_judge(&s->candidates, &v, max_dialed,
				net_loop_now(s->loop));
}

/* --- asking ----------------------------------------------------------------
 */

/* The key is looked at last, being dear: nobody has to have checked it. */
static void consider(struct server *s, const struct server_candidate *found,
		     size_t max_dialed)
{
	if (judge(s, &found->node, max_dialed) != CANDIDATE_DIAL ||
	    !ecc_pub_valid(&found->node.pub)) {
		s->counters.candidates_skipped++;
		return;
	}
	candidates_begin(&s->candidates, &found->node.id,
			 net_loop_now(s->loop));
	s->counters.dialed++;
	s->counters.candidates++;
	peer_dial_candidate(s, found);
}

static void tell_wanted(struct server *s, bool wanted)
{
	const struct server_source *source = &s->config.source;

	if (wanted == s->wants_candidates)
		return;
	s->wants_candidates = wanted;
	if (source->wanted)
		source->wanted(source->ctx, wanted);
}

bool server_dial_candidates(struct server *s)
{
	const struct server_source *source = &s->config.source;
	struct server_candidate found;
	struct candidate_places places;
	size_t judged = 0;

	server_places(&places, s);
	tell_wanted(s, candidates_missing(&places) > 0);
	while (s->has_candidates &&
	       s->candidates.dialing < candidates_slots(&places)) {
		if (judged++ == JUDGED_PER_TURN)
			return true;
		s->has_candidates = source->next(source->ctx, &found);
		if (s->has_candidates)
			consider(s, &found, places.max_dialed);
	}
	return false;
}
