/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/seeker.h"

#include <stdlib.h>
#include <utlist.h>

enum search_for {
	SEARCH_REFRESH,
	SEARCH_WALK,
	SEARCH_LOOKUP,
	SEARCH_RESOLVE,
};

struct search {
	enum search_for whom;
	uint32_t request;
	struct ecc_pub pub;
	struct node_id target;
	struct lookup lookup;
	bool looked;   /* the lookup has begun */
	bool is_anew;  /* from the bootnodes on, as if we knew nobody */
	bool answered; /* by anybody */

	/* Of RESOLVE. */
	struct contact known; /* the best there is */
	bool is_known;
	bool asked_itself; /* its record is on the way */
	bool has_answered; /* it came */
	bool was_found;	   /* by the lookup, and asked then */
	struct search *prev, *next;
};

void seeker_init(struct seeker *s, const struct ecc_pub *pub,
		 const struct reach *reach, struct drbg *rng,
		 struct event_queue *events, unsigned tries, struct mono now)
{
	memset(s, 0, sizeof(*s));
	s->pub = *pub;
	s->self = node_id_of(pub);
	if (reach)
		s->reach = *reach;
	s->rng = rng;
	s->events = events;
	s->tries = tries;
	s->table = table_new(&s->self, rng);
	plan_init(&s->plan, now);
}

static void remove_search(struct seeker *s, struct search *q)
{
	DL_DELETE(s->searches, q);
	s->search_count--;
	free(q);
}

void seeker_clear(struct seeker *s)
{
	while (s->searches)
		remove_search(s, s->searches);
	table_free(s->table);
}

/* --- the table --------------------------------------------------------------
 */

bool seeker_allows(const struct seeker *s, const struct ip *ip)
{
	return reach_has(&s->reach, ip);
}

enum err seeker_bootnode(struct seeker *s, const struct contact *c)
{
	if (s->bootnode_count == DISCOVER_BOOTNODES)
		return ERR_LIMIT;
	s->bootnodes[s->bootnode_count++] = *c;
	return ERR_NONE;
}

void seeker_offer(struct seeker *s, const struct contact *c,
		  enum table_origin origin, struct mono now)
{
	enum err err = ERR_DENIED;

	if (seeker_allows(s, &c->udp.ip))
		err = table_add(s->table, c, origin, now);
	(void)err; /* a full table does well without it */
}

static void lost(struct seeker *s, const struct contact *c)
{
	event_queue_put(s->events, DISCOVER_LOST, 0, c, 0);
}

/* "If the reply's seq is above ours fetch the record." */
const struct contact *seeker_checked(struct seeker *s, const struct node_id *id,
				     uint64_t enr_seq, struct mono now)
{
	unsigned checks = table_alive(s->table, id, now);
	const struct contact *c = table_find(s->table, id);
	struct discover_event *e;

	if (!checks || !c)
		return NULL;
	e = event_queue_put(s->events, DISCOVER_LIVE, 0, c, 0);
	if (e)
		e->checks = checks;
	return enr_seq > contact_seq(c) ? c : NULL;
}

void seeker_missed(struct seeker *s, const struct contact *c, struct mono now)
{
	if (table_dead(s->table, &c->id, now))
		lost(s, c);
}

/* --- searches ---------------------------------------------------------------
 */

static struct search *new_search(struct seeker *s, enum search_for whom,
				 const struct ecc_pub *pub,
				 const struct node_id *target)
{
	struct search *q;

	if (s->search_count == DISCOVER_LOOKUPS)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q)
		abort();
	q->whom = whom;
	if (pub)
		q->pub = *pub;
	q->target = *target;
	DL_APPEND(s->searches, q);
	s->search_count++;
	return q;
}

static struct search *of_owner(struct seeker *s, enum search_for whom,
			       const struct ecc_pub *pub,
			       const struct node_id *target)
{
	struct search *q;

	/* Refresh and walk have their place. */
	if (s->search_count >= DISCOVER_LOOKUPS - 2 ||
	    !event_queue_has_room(s->events))
		return NULL;
	q = new_search(s, whom, pub, target);
	q->request = event_queue_request(s->events);
	return q;
}

uint32_t seeker_lookup(struct seeker *s, const struct ecc_pub *pub,
		       const struct node_id *target)
{
	const struct search *q = of_owner(s, SEARCH_LOOKUP, pub, target);

	return q ? q->request : 0;
}

uint32_t seeker_resolve(struct seeker *s, const struct ecc_pub *pub,
			const struct node_id *target,
			const struct contact *known)
{
	struct search *q = of_owner(s, SEARCH_RESOLVE, pub, target);

	if (!q)
		return 0;
	if (!known)
		known = table_find(s->table, target);
	if (known) {
		q->known = *known;
		q->is_known = true;
	}
	return q->request;
}

/* Where an owner wants to know, and where a table begins with the one answer of
 * a bootnode, a few lost packets are not to be mistaken for a node that is
 * gone. */
static unsigned tries_of(const struct seeker *s, const struct search *q)
{
	if (q->request)
		return s->tries;
	return node_id_equal(&q->target, &s->self) ? (s->tries + 1) / 2 : 1;
}

/* "Start with the 16 closest table nodes, live or not." */
static void begin_lookup(struct seeker *s, struct search *q, struct mono now)
{
	const struct contact *closest[TABLE_CLOSEST];
	size_t n = 0;

	q->looked = true;
	lookup_init(&q->lookup, &q->target, &s->self, tries_of(s, q));
	if (!q->is_anew)
		n = table_closest(s->table, closest, &q->target, TABLE_ASKABLE,
				  now);
	for (size_t i = 0; i < n; i++)
		lookup_offer(&q->lookup, closest[i]);
	for (size_t i = 0; q->is_anew && i < s->bootnode_count; i++)
		if (seeker_allows(s, &s->bootnodes[i].udp.ip))
			lookup_offer(&q->lookup, &s->bootnodes[i]);
}

void seeker_told(struct seeker *s, struct search *q, const struct contact *c,
		 struct mono now)
{
	const struct contact *known = table_find(s->table, &c->id);

	/* What we know of it ourselves, a record perhaps, is better. */
	if (known && contact_seq(known) > contact_seq(c))
		c = known;
	if (node_id_equal(&c->id, &s->self) || !lookup_offer(&q->lookup, c))
		return;
	event_queue_put(s->events, DISCOVER_SEEN, 0, c, 0);
	if (c != known)
		seeker_offer(s, c, TABLE_FOUND, now);
}

void seeker_answered(struct seeker *s, struct search *q,
		     const struct contact *asked, enum lookup_answer answer,
		     bool success, struct mono now)
{
	if (table_asked(s->table, &asked->id, success, now))
		lost(s, asked);
	q->answered |= answer == LOOKUP_ANSWER;
	if (lookup_answered(&q->lookup, &asked->id, answer))
		table_hurry(s->table, &asked->id, now);
}

/* It was where it was thought to be, and the search is over; or it was not, and
 * others are asked where it is. */
void seeker_got(struct search *q, enum err err, const struct contact *node)
{
	q->asked_itself = false;
	q->is_known = !err;
	q->has_answered = !err;
	if (!err)
		q->known = *node;
}

/* --- ends -------------------------------------------------------------------
 */

static void found(struct seeker *s, const struct search *q)
{
	const struct contact *best[LOOKUP_WIDTH];
	size_t count = lookup_best(&q->lookup, best);
	struct discover_event *e = event_queue_put(s->events, DISCOVER_FOUND,
						   q->request, NULL, count);

	for (size_t i = 0; i < count; i++)
		event_queue_add_found(e, best[i]);
}

static void resolved(struct seeker *s, const struct search *q)
{
	struct discover_event *e =
		event_queue_put(s->events, DISCOVER_RESOLVED, q->request,
				q->is_known ? &q->known : NULL, 0);

	e->err = q->is_known ? ERR_NONE : ERR_NOT_FOUND;
	if (!q->is_known) {
		e->node.pub = q->pub;
		e->node.id = q->target;
	}
}

static void refreshed(struct seeker *s, const struct search *q, struct mono now)
{
	if (!plan_look_over(&s->plan, q->answered, s->rng, now))
		return;
	table_ready(s->table);
	event_queue_put(s->events, DISCOVER_READY, 0, NULL, 0);
}

static void over(struct seeker *s, struct search *q, struct mono now)
{
	switch (q->whom) {
	case SEARCH_REFRESH:
		refreshed(s, q, now);
		break;
	case SEARCH_WALK:
		plan_walk_over(&s->plan);
		break;
	case SEARCH_LOOKUP:
		found(s, q);
		break;
	case SEARCH_RESOLVE:
		resolved(s, q);
		break;
	}
	remove_search(s, q);
}

/* --- steps ------------------------------------------------------------------
 */

static bool find_itself(struct search *q)
{
	const struct contact *best = &q->lookup.nodes[0].contact;

	if (!q->lookup.count || !node_id_equal(&best->id, &q->target))
		return false;
	q->known = *best;
	q->is_known = true;
	return true;
}

static bool ask_itself(struct search *q, struct question *out)
{
	q->asked_itself = true;
	*out = (struct question){
		.search = q,
		.what = QUESTION_RECORD,
		.to = q->known,
	};
	return true;
}

static bool ask_next(struct search *q, struct question *out)
{
	*out = (struct question){
		.search = q,
		.what = QUESTION_NODES,
		.pub = q->pub,
		.target = q->target,
	};
	out->time = lookup_take(&q->lookup, &out->to);
	return out->time;
}

/* False: it waits for answers, or it is over and gone. */
static bool step(struct seeker *s, struct search *q, struct question *out,
		 struct mono now)
{
	if (q->asked_itself)
		return false;
	if (q->has_answered) {
		over(s, q, now);
		return false;
	}
	if (!q->looked) {
		if (q->is_known)
			return ask_itself(q, out);
		begin_lookup(s, q, now);
	}
	if (ask_next(q, out))
		return true;
	if (!lookup_is_done(&q->lookup))
		return false;
	if (q->whom == SEARCH_RESOLVE && find_itself(q) && !q->was_found) {
		q->was_found = true;
		return ask_itself(q, out);
	}
	/* Known to others, and it does not say so itself: its key and endpoint
	 * are what there is. */
	over(s, q, now);
	return false;
}

bool seeker_next(struct seeker *s, struct question *out, struct mono now)
{
	struct search *q, *next;

	DL_FOREACH_SAFE(s->searches, q, next)
	if (step(s, q, out, now))
		return true;
	return false;
}

/* --- the plan ---------------------------------------------------------------
 */

static bool look_anywhere(struct seeker *s, enum search_for whom)
{
	struct ecc_pub pub; /* nobody's, but whose keccak is as good as any */
	struct node_id target;

	drbg_bytes(s->rng, pub.b, sizeof(pub.b));
	target = node_id_of(&pub);
	return new_search(s, whom, &pub, &target);
}

/* In a network that was cut, all that the closest nodes know is on our side of
 * it: so the last lookup of a refresh begins with the bootnodes. */
static void look(struct seeker *s, struct mono now)
{
	bool is_anew = plan_is_last(&s->plan) && s->bootnode_count;
	struct search *q;
	bool begun;

	if (plan_is_first(&s->plan) || is_anew) {
		q = new_search(s, SEARCH_REFRESH, &s->pub, &s->self);
		begun = q;
		if (q)
			q->is_anew = is_anew;
	} else {
		begun = look_anywhere(s, SEARCH_REFRESH);
	}
	plan_looked(&s->plan, begun, now);
}

static bool has_live_bootnode(const struct seeker *s)
{
	for (size_t i = 0; i < s->bootnode_count; i++)
		if (table_is_live(s->table, &s->bootnodes[i].id))
			return true;
	return false;
}

void seeker_tick(struct seeker *s, struct mono now)
{
	s->plan.is_cut = s->bootnode_count && !has_live_bootnode(s);
	switch (plan_refresh(&s->plan, s->table, s->bootnode_count, now)) {
	case PLAN_NOTHING:
		break;
	case PLAN_ASK_SEEDS:
		event_queue_put(s->events, DISCOVER_SEEDS, 0, NULL, 0);
		break;
	case PLAN_BOOTNODES:
		for (size_t i = 0; i < s->bootnode_count; i++)
			seeker_offer(s, &s->bootnodes[i], TABLE_FOUND, now);
		look(s, now);
		break;
	case PLAN_LOOK:
		look(s, now);
		break;
	}
	if (plan_walk_is_due(&s->plan, now))
		plan_walked(&s->plan, look_anywhere(s, SEARCH_WALK), now);
}

struct mono seeker_due(const struct seeker *s, struct mono now)
{
	return plan_due(&s->plan, s->table, s->bootnode_count, now);
}
