/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/lookup.h"

#include <assert.h>

void lookup_init(struct lookup *l, const struct node_id *target,
		 const struct node_id *self)
{
	l->target = *target;
	l->self = *self;
	l->count = 0;
	l->pending = 0;
}

static struct lookup_entry *find(struct lookup *l, const struct node_id *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (node_id_equal(&l->best[i].contact.id, id))
			return &l->best[i];
	return NULL;
}

/* A node that was pushed out is farther than all that are in, and they only get
 * closer: it never comes back, so it need not be remembered. */
bool lookup_offer(struct lookup *l, const struct contact *c)
{
	size_t at = l->count;

	if (node_id_equal(&c->id, &l->self) || find(l, &c->id))
		return false;
	while (at && is_closer(&l->target, &c->id, &l->best[at - 1].contact.id))
		at--;
	if (at == LOOKUP_WIDTH)
		return false;
	if (l->count < LOOKUP_WIDTH)
		l->count++;
	memmove(&l->best[at + 1], &l->best[at],
		(l->count - 1 - at) * sizeof(l->best[0]));
	l->best[at].contact = *c;
	l->best[at].state = LOOKUP_NEW;
	return true;
}

const struct contact *lookup_take(struct lookup *l)
{
	if (l->pending >= LOOKUP_ALPHA)
		return NULL;
	for (size_t i = 0; i < l->count; i++) {
		struct lookup_entry *e = &l->best[i];

		if (e->state != LOOKUP_NEW)
			continue;
		e->state = LOOKUP_ASKED;
		l->pending++;
		return &e->contact;
	}
	return NULL;
}

void lookup_answered(struct lookup *l, const struct node_id *id)
{
	struct lookup_entry *e = find(l, id);

	assert(l->pending);
	l->pending--;
	if (e)
		e->state = LOOKUP_OVER;
}

bool lookup_is_done(const struct lookup *l)
{
	if (l->pending)
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (l->best[i].state == LOOKUP_NEW)
			return false;
	return true;
}
