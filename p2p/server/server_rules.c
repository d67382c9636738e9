/* SPDX-License-Identifier: Apache-2.0 */
/* server_rules.c - what may change while the server runs: whom it trusts, whom
 * it is rid of, what it offers. */
#include <stdio.h>

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

enum err server_trust(struct server *s, const struct node_id *id)
{
	struct trusted *t;

	if (find_trusted(s, id))
		return ERR_NONE;
	if (HASH_COUNT(s->trusted) == SERVER_MAX_TRUSTED)
		return ERR_LIMIT;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->id = *id;
	HASH_ADD(hh, s->trusted, id, sizeof(t->id), t);
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

void server_each_peer(const struct server *s,
		      void (*visit)(void *ctx, const struct server_peer *peer),
		      void *ctx)
{
	struct channel *channels[CAPABILITIES_MAX];
	const struct peer *p;

	for (p = s->by_id; p; p = p->hh.next) {
		for (size_t i = 0; i < p->channel_count; i++)
			channels[i] = &p->channels[i];
		visit(ctx, &(struct server_peer){
				   .facts = &p->facts,
				   .hello = rlpx_peer_hello(p->rlpx),
				   .channels = channels,
				   .channel_count = p->channel_count,
				   .trusted = server_trusts(s, &p->facts.id),
				   .is_static = dial_find(&s->dial,
							  &p->facts.id) != NULL,
			   });
	}
}

/* --- what is offered ----------------------------------------------------- */

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

/* Would a new Hello come to the same capabilities as the one that was said? */
static bool shares_the_same(const struct peer *p, const struct offer *offer)
{
	const struct hello *hello = rlpx_peer_hello(p->rlpx);
	struct capability_match matches[CAPABILITIES_MAX];
	struct capability_claim *claims;
	size_t count;

	claims = calloc(hello->caps_count + 1u, sizeof(*claims));
	if (!claims)
		abort();
	count = capability_match(matches, offer->local, offer->count, claims,
				 hello_claims(hello, claims));
	free(claims);
	if (count != p->channel_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct capability *now = &offer->local[matches[i].index];
		const struct capability *was =
			&p->channels[i].protocol->capability;

		if (strcmp(now->name, was->name) ||
		    now->version != was->version || now->codes != was->codes)
			return false;
	}
	return true;
}

void server_apply_offer(struct server *s)
{
	struct offer *offer = offer_get(s->offer);
	struct peer *p, *next;

	s->offer_is_new = false;
	for (p = s->by_id; p; p = next) {
		next = p->hh.next;
		if (p->state != PEER_UP)
			continue;
		if (shares_the_same(p, offer))
			channels_rebind(p, offer);
		else
			peer_end(p, DISC_REQUESTED, PEER_TELL,
				 "what we share changed (sent)");
	}
	offer_put(offer);
}
