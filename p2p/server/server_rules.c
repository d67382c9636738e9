/* SPDX-License-Identifier: Apache-2.0 */
/* server_rules.c - what may change while the server runs: whom it trusts, whom
 * it is rid of, what it offers. */
#include <stdio.h>

#include "p2p/server/checkpoint.h"
#include "p2p/server/inside.h"

/* --- trust --------------------------------------------------------------- */

static struct trusted *find_trusted(const struct server *s,
				    const struct node_id *id)
{
	struct trusted *t;

	HASH_FIND(hh, s->trusted, id, sizeof(*id), t);
	return t;
}

bool server_trusts(const struct server *s, const struct node_id *id)
{
	return find_trusted(s, id) != NULL;
}

enum err server_trust(struct server *s, const struct enode *node)
{
	struct trusted *t;

	if (find_trusted(s, &node->id))
		return ERR_NONE;
	if (HASH_COUNT(s->trusted) == SERVER_MAX_TRUSTED)
		return ERR_LIMIT;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->id = node->id;
	HASH_ADD(hh, s->trusted, id, sizeof(t->id), t);
	if (node->ip.family != IP_NONE)
		admit_know(&s->admit, &node->ip);
	return ERR_NONE;
}

void server_distrust(struct server *s, const struct node_id *id)
{
	struct trusted *t = find_trusted(s, id);

	if (!t)
		return;
	HASH_DEL(s->trusted, t);
	free(t);
}

void server_distrust_all(struct server *s)
{
	struct trusted *t, *next;

	HASH_ITER (hh, s->trusted, t, next) {
		HASH_DEL(s->trusted, t);
		free(t);
	}
}

/* --- peers --------------------------------------------------------------- */

enum err server_disconnect(struct server *s, const struct node_id *id,
			   uint8_t reason)
{
	struct peer *p = server_find(s, id);
	char cause[PEER_CAUSE];

	if (!p)
		return ERR_NOT_FOUND;
	snprintf(cause, sizeof(cause), "%s (sent)", disconnect_name(reason));
	peer_end(p, reason, PEER_TELL, cause);
	return ERR_NONE;
}

static const struct enr *record_of(const struct peer *p)
{
	return p->candidate && p->candidate->record.len ? &p->candidate->record
							: NULL;
}

void server_each_peer(const struct server *s,
		      void (*visit)(void *ctx, const struct server_peer *peer),
		      void *ctx)
{
	struct channel *channels[CAPABILITIES_MAX];
	struct peer *p;

	for (p = s->by_id; p; p = p->hh.next) {
		for (size_t i = 0; i < p->channel_count; i++)
			channels[i] = &p->channels[i];
		visit(ctx, &(struct server_peer){
				   .facts = server_facts(p),
				   .hello = rlpx_peer_hello(p->rlpx),
				   .record = record_of(p),
				   .channels = channels,
				   .channel_count = p->channel_count,
			   });
	}
}

/* --- what is offered ----------------------------------------------------- */

size_t server_offered(const struct server *s, const struct capability **out)
{
	*out = s->offer->local;
	return s->offer->count;
}

enum err server_offer(struct server *s, const struct protocol *protocols,
		      size_t count, struct why *why)
{
	struct offer *offer;
	enum err rc = offer_new(&offer, protocols, count, s->name, why);

	if (rc)
		return rc;
	offer_put(s->offer);
	s->offer = offer;
	s->offer_is_new = true;
	server_wake(s);
	return ERR_NONE;
}

/* max_message is ours alone, but what the session checks it against was fixed
 * with Hello. */
static bool is_same(const struct capability *a, const struct capability *b)
{
	return !strcmp(a->name, b->name) && a->version == b->version &&
	       a->codes == b->codes && a->max_message == b->max_message;
}

bool server_still_agrees(const struct peer *p, const struct offer *offer)
{
	const struct hello *hello = rlpx_peer_hello(p->rlpx);
	struct capability_match matches[CAPABILITIES_MAX];
	const struct capability_match *agreed;
	struct capability_claim *claims;
	size_t count;

	claims = calloc(hello->caps_count + 1u, sizeof(*claims));
	if (!claims)
		abort();
	count = capability_match(matches, offer->local, offer->count, claims,
				 hello_claims(hello, claims));
	free(claims);
	if (count != rlpx_matches(p->rlpx, &agreed))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_same(&offer->local[matches[i].index],
			     &p->offer->local[agreed[i].index]))
			return false;
	return true;
}

/* Who shared nothing while we offered nothing is of no use once we do. */
static void apply_to(struct peer *p, struct offer *offer)
{
	if (!server_still_agrees(p, offer))
		peer_end(p, DISC_REQUESTED, PEER_TELL,
			 "what we share changed (sent)");
	else if (checkpoint_shared(offer->count, p->channel_count) !=
		 CHECKPOINT_PASS)
		peer_end(p, DISC_USELESS, PEER_TELL, "useless peer (sent)");
	else
		channels_rebind(p, offer);
}

/* The set of peers stays as it is until the timers of those that ended. */
void server_apply_offer(struct server *s)
{
	struct offer *offer = offer_get(s->offer);
	struct peer *p;

	s->offer_is_new = false;
	for (p = s->by_id; p; p = p->hh.next)
		if (p->state == PEER_UP)
			apply_to(p, offer);
	offer_put(offer);
}
