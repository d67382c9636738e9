/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

struct v5_search *v5_searches_new(struct v5 *v, enum v5_search_for whom,
				  const struct node_id *target)
{
	struct v5_search *s;

	if (v->search_count == V5_LOOKUPS)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->whom = whom;
	s->target = *target;
	DL_APPEND(v->searches, s);
	v->search_count++;
	return s;
}

static void remove_search(struct v5 *v, struct v5_search *s)
{
	DL_DELETE(v->searches, s);
	v->search_count--;
	free(s);
}

/* "Start with the 16 closest table nodes, live or not." */
static void begin_lookup(struct v5 *v, struct v5_search *s)
{
	const struct contact *closest[TABLE_CLOSEST];
	size_t n = table_closest(v->table, closest, &s->target, TABLE_ASKABLE,
				 v->now);

	s->looked = true;
	lookup_init(&s->lookup, &s->target, &v->self);
	for (size_t i = 0; i < n; i++)
		lookup_offer(&s->lookup, closest[i]);
}

static void offer(struct v5 *v, struct v5_search *s, const struct contact *c)
{
	const struct contact *known = table_find(v->table, &c->id);

	/* What we know of it ourselves may be newer. */
	if (known && contact_seq(known) > contact_seq(c))
		c = known;
	if (node_id_equal(&c->id, &v->self) || !lookup_offer(&s->lookup, c))
		return;
	v5_tell(v, DISCOVER_SEEN, 0, c, 0);
	if (c != known)
		v5_offer(v, c, TABLE_FOUND);
}

static void ask_more(struct v5 *v, struct v5_search *s)
{
	const struct contact *next;

	while ((next = lookup_take(&s->lookup))) {
		uint16_t distances[V5_LOOKUP_DISTANCES];

		v5_lookup_distances(distances, logdist(&s->target, &next->id));
		v5_calls_find(v, next, V5_FOR_SEARCH, distances,
			      V5_LOOKUP_DISTANCES)
			->search = s;
	}
}

/* --- finding one node -------------------------------------------------------
 */

static const uint16_t itself[] = { 0 };

static void ask_itself(struct v5 *v, struct v5_search *s)
{
	s->asked_itself = true;
	v5_calls_find(v, &s->known, V5_FOR_KNOWN, itself, 1)->search = s;
}

static void resolved(struct v5 *v, struct v5_search *s)
{
	struct discover_event *e = v5_tell(v, DISCOVER_RESOLVED, s->request,
					   s->is_known ? &s->known : NULL, 0);

	e->err = s->is_known ? ERR_NONE : ERR_NOT_FOUND;
	if (!s->is_known)
		e->node.id = s->target;
	remove_search(v, s);
}

/* It was where it was thought to be, and the search is over; or it was not, and
 * others are asked where it is. */
static void got(struct v5_search *s, const struct v5_call *c)
{
	s->asked_itself = false;
	s->is_known = !c->err;
	s->has_answered = !c->err;
	if (!c->err)
		s->known = c->found[0];
}

void v5_searches_over(struct v5 *v, struct v5_call *c)
{
	struct v5_search *s = c->search;

	if (c->whom == V5_FOR_KNOWN) {
		got(s, c);
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		offer(v, s, &c->found[i]);
	lookup_answered(&s->lookup, &c->to.id);
}

static bool find_itself(struct v5_search *s)
{
	const struct lookup_entry *best = &s->lookup.best[0];

	if (!s->lookup.count ||
	    !node_id_equal(&best->contact.id, &s->lookup.target))
		return false;
	s->known = best->contact;
	s->is_known = true;
	return true;
}

/* --- steps ------------------------------------------------------------------
 */

static void found(struct v5 *v, struct v5_search *s)
{
	struct discover_event *e =
		v5_tell(v, DISCOVER_FOUND, s->request, NULL, s->lookup.count);

	for (size_t i = 0; i < s->lookup.count; i++)
		event_queue_add_found(e, &s->lookup.best[i].contact);
	remove_search(v, s);
}

static void step_resolve(struct v5 *v, struct v5_search *s)
{
	if (s->asked_itself)
		return;
	if (s->has_answered) {
		resolved(v, s);
		return;
	}
	if (s->is_known && !s->looked) {
		ask_itself(v, s);
		return;
	}
	if (!s->looked)
		begin_lookup(v, s);
	ask_more(v, s);
	if (!lookup_is_done(&s->lookup))
		return;
	if (!s->was_found && find_itself(s)) {
		s->was_found = true;
		ask_itself(v, s);
		return;
	}
	/* Others know it, and it does not answer that: its key and endpoint
	 * are what there is. */
	if (s->was_found)
		find_itself(s);
	resolved(v, s);
}

static void step(struct v5 *v, struct v5_search *s)
{
	enum v5_search_for whom = s->whom;

	if (whom == V5_SEARCH_RESOLVE) {
		step_resolve(v, s);
		return;
	}
	if (!s->looked)
		begin_lookup(v, s);
	ask_more(v, s);
	if (!lookup_is_done(&s->lookup))
		return;
	if (whom == V5_SEARCH_OWNER) {
		found(v, s);
	} else {
		remove_search(v, s);
		v5_plan_found(v, whom);
	}
}

void v5_searches_tick(struct v5 *v)
{
	struct v5_search *s, *next;

	DL_FOREACH_SAFE(v->searches, s, next)
	step(v, s);
}

void v5_searches_clear(struct v5 *v)
{
	while (v->searches)
		remove_search(v, v->searches);
}
