/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

struct v4_search *v4_searches_new(struct v4 *v, enum v4_search_for whom,
				  const struct ecc_pub *target)
{
	struct v4_search *s;

	if (v->search_count == V4_LOOKUPS)
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

static void remove_search(struct v4 *v, struct v4_search *s)
{
	DL_DELETE(v->searches, s);
	v->search_count--;
	free(s);
}

/* "Start with the 16 closest table nodes, live or not." */
static void begin_lookup(struct v4 *v, struct v4_search *s)
{
	const struct contact *closest[TABLE_CLOSEST];
	struct node_id target = node_id_of(&s->target);
	size_t n = table_closest(v->table, closest, &target, TABLE_ASKABLE,
				 v->now);

	s->looked = true;
	lookup_init(&s->lookup, &target, &v->self);
	for (size_t i = 0; i < n; i++)
		lookup_offer(&s->lookup, closest[i]);
}

void v4_searches_offer(struct v4 *v, struct v4_search *s,
		       const struct contact *c)
{
	const struct contact *known = table_find(v->table, &c->id);

	/* What we know of it ourselves, a record perhaps, is better. */
	if (known && contact_seq(known) > contact_seq(c))
		c = known;
	if (node_id_equal(&c->id, &v->self) || !lookup_offer(&s->lookup, c))
		return;
	v4_tell(v, DISCOVER_SEEN, 0, c, 0);
	if (c != known)
		v4_offer_found(v, c);
}

void v4_searches_over(struct v4_search *s, const struct contact *asked)
{
	lookup_answered(&s->lookup, &asked->id);
}

static void ask_more(struct v4 *v, struct v4_search *s)
{
	const struct contact *next;

	while ((next = lookup_take(&s->lookup))) {
		struct v4_call *c = v4_calls_new(v, V4_CALL_NODES, next);

		c->search = s;
		c->target = s->target;
	}
}

/* --- finding one node -------------------------------------------------------
 */

static void ask_itself(struct v4 *v, struct v4_search *s)
{
	s->asked_itself = true;
	v4_calls_new(v, V4_CALL_RECORD, &s->known)->search = s;
}

static void resolved(struct v4 *v, struct v4_search *s)
{
	struct discover_event *e = v4_tell(v, DISCOVER_RESOLVED, s->request,
					   s->is_known ? &s->known : NULL, 0);

	e->err = s->is_known ? ERR_NONE : ERR_NOT_FOUND;
	if (!s->is_known) {
		e->node.pub = s->target;
		e->node.id = node_id_of(&s->target);
	}
	remove_search(v, s);
}

/* It was where it was thought to be, and the search is over; or it was not, and
 * others are asked where it is. */
void v4_searches_got(struct v4 *v, struct v4_search *s, enum err err,
		     const struct contact *node)
{
	(void)v;
	s->asked_itself = false;
	s->is_known = !err;
	s->has_answered = !err;
	if (!err)
		s->known = *node;
}

static bool find_itself(struct v4_search *s)
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

static void found(struct v4 *v, struct v4_search *s)
{
	struct discover_event *e =
		v4_tell(v, DISCOVER_FOUND, s->request, NULL, s->lookup.count);

	for (size_t i = 0; i < s->lookup.count; i++)
		event_queue_add_found(e, &s->lookup.best[i].contact);
	remove_search(v, s);
}

static void step_resolve(struct v4 *v, struct v4_search *s)
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

static void step(struct v4 *v, struct v4_search *s)
{
	enum v4_search_for whom = s->whom;

	if (whom == V4_SEARCH_RESOLVE) {
		step_resolve(v, s);
		return;
	}
	if (!s->looked)
		begin_lookup(v, s);
	ask_more(v, s);
	if (!lookup_is_done(&s->lookup))
		return;
	if (whom == V4_SEARCH_OWNER) {
		found(v, s);
	} else {
		remove_search(v, s);
		v4_plan_found(v, whom);
	}
}

void v4_searches_tick(struct v4 *v)
{
	struct v4_search *s, *next;

	DL_FOREACH_SAFE(v->searches, s, next)
	step(v, s);
}

void v4_searches_clear(struct v4 *v)
{
	while (v->searches)
		remove_search(v, v->searches);
}
