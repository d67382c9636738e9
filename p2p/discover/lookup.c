/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/lookup.h"

#include <assert.h>

void lookup_init(struct lookup *l, const struct node_id *target,
		 const struct node_id *self, unsigned tries)
{
	l->target = *target;
	l->self = *self;
	l->tries = tries;
	l->count = 0;
	l->pending = 0;
}

static struct lookup_entry *find(struct lookup *l, const struct node_id *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (node_id_equal(&l->nodes[i].contact.id, id))
			return &l->nodes[i];
	return NULL;
}

/* A node that was pushed out is farther than all that are in, and they only get
 * closer: it never comes back, so it need not be remembered. */
bool lookup_offer(struct lookup *l, const struct contact *c)
{
	size_t at = l->count;

	if (node_id_equal(&c->id, &l->self) || find(l, &c->id))
		return false;
	while (at &&
	       is_closer(&l->target, &c->id, &l->nodes[at - 1].contact.id))
		at--;
	if (at == LOOKUP_KEPT)
		return false;
	if (l->count < LOOKUP_KEPT)
		l->count++;
	memmove(&l->nodes[at + 1], &l->nodes[at],
		(l->count - 1 - at) * sizeof(l->nodes[0]));
	l->nodes[at] = (struct lookup_entry){ .contact = *c };
	return true;
}

/* The best LOOKUP_WIDTH are those before; the return value may be count. */
static size_t best_end(const struct lookup *l)
{
	size_t n = 0, i = 0;

	for (; i < l->count && n < LOOKUP_WIDTH; i++)
		n += l->nodes[i].state != LOOKUP_SILENT;
	return i;
}

unsigned lookup_take(struct lookup *l, struct contact *out)
{
	struct lookup_entry *next = NULL;
	size_t end = best_end(l);

	if (l->pending >= LOOKUP_ALPHA)
		return 0;
	for (size_t i = 0; i < end; i++) {
		struct lookup_entry *e = &l->nodes[i];

		if (e->state == LOOKUP_NEW && (!next || e->asked < next->asked))
			next = e;
	}
	if (!next)
		return 0;
	next->state = LOOKUP_ASKED;
	next->asked++;
	l->pending++;
	*out = next->contact;
	return next->asked;
}

bool lookup_answered(struct lookup *l, const struct node_id *id,
		     enum lookup_answer answer)
{
	struct lookup_entry *e = find(l, id);

	assert(l->pending);
	l->pending--;
	if (!e)
		return false;
	e->is_there |= answer != LOOKUP_SILENCE;
	if (answer != LOOKUP_ANSWER && e->asked < l->tries)
		e->state = LOOKUP_NEW;
	else
		e->state = e->is_there ? LOOKUP_OVER : LOOKUP_SILENT;
	return e->state == LOOKUP_SILENT;
}

bool lookup_is_done(const struct lookup *l)
{
	size_t end = best_end(l);

	if (l->pending)
		return false;
	for (size_t i = 0; i < end; i++)
		if (l->nodes[i].state == LOOKUP_NEW)
			return false;
	return true;
}

size_t lookup_best(const struct lookup *l,
		   const struct contact *out[LOOKUP_WIDTH])
{
	size_t end = best_end(l), n = 0;

	for (size_t i = 0; i < end; i++)
		if (l->nodes[i].state != LOOKUP_SILENT)
			out[n++] = &l->nodes[i].contact;
	return n;
}
