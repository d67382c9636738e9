/* SPDX-License-Identifier: Apache-2.0 */
/* server_dial.c - nodes to keep a session with. */
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

void server_dial_due(struct server *s)
{
	/* Static nodes may have every place that is free. */
	size_t slots = dial_slots(s->config.max_peers, HASH_COUNT(s->by_id),
				  s->config.max_pending);
	struct mono now = net_loop_now(s->loop);
	struct dial_node *n;

	while ((n = dial_take(&s->dial, slots, now))) {
		if (server_is_coming(s, &n->node.id)) {
			dial_skip(&s->dial, n, now);
			continue;
		}
		s->counters.dialed++;
		peer_dial(s, n);
	}
	/* With all slots in use the end of a dial or session wakes us. */
	net_timer_set(s->timer, s->dial.dialing < slots ? dial_due(&s->dial)
							: MONO_NEVER);
}
