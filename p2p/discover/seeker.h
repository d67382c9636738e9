/* SPDX-License-Identifier: Apache-2.0 */
/* seeker.h - looking for nodes: refresh and random walk (plan.h), and what the
 * owner wants looked up or resolved (specs: discovery.md, "Node table"). A pure
 * core, of v4 and v5, one for each: it says who is to be asked for what, and
 * keeps the table; how to ask is the version's.
 *
 *     seeker_tick(s, now)            what is due begins
 *     while (seeker_next(s, &q, now))
 *         ask q.to for what q.what says, and then
 *         QUESTION_NODES:   seeker_told for each node, and seeker_answered
 *         QUESTION_RECORD:  seeker_got */
#ifndef P2P_DISCOVER_SEEKER_H
#define P2P_DISCOVER_SEEKER_H

#include "p2p/base/reach.h"
#include "p2p/discover/event_queue.h"
#include "p2p/discover/lookup.h"
#include "p2p/discover/plan.h"

struct search;

struct seeker {
	struct ecc_pub pub;
	struct node_id self;
	struct reach reach;
	struct drbg *rng;	    /* borrowed, as the next */
	struct event_queue *events; /* where it tells */
	struct table *table;
	struct plan plan;
	unsigned tries;
	struct search *searches;
	size_t search_count;
	size_t bootnode_count;
	struct contact bootnodes[DISCOVER_BOOTNODES];
};

/* seeker_init - reach (nullable) is copied; nodes elsewhere do not come
 * into the table. tries: how often a silent node is asked for nodes before it
 * is given up. Holds a table until seeker_clear. */
void seeker_init(struct seeker *s, const struct ecc_pub *pub,
		 const struct reach *reach, struct drbg *rng,
		 struct event_queue *events, unsigned tries, struct mono now);
void seeker_clear(struct seeker *s);

/* seeker_allows - may we have to do with that address? */
bool seeker_allows(const struct seeker *s, const struct ip *ip);

MUST_USE enum err seeker_bootnode(struct seeker *s, const struct contact *c);

/* seeker_offer - a node for the table. */
void seeker_offer(struct seeker *s, const struct contact *c,
		  enum table_origin origin, struct mono now);

/* --- what the owner wants ---------------------------------------------------
 * The number of the request; 0: too many are under way. v4 asks by the key of
 * a target, v5 (pub NULL) by its id alone. */

uint32_t seeker_lookup(struct seeker *s, const struct ecc_pub *pub,
		       const struct node_id *target);

/* known: where it may be; NULL: where the table says. */
uint32_t seeker_resolve(struct seeker *s, const struct ecc_pub *pub,
			const struct node_id *target,
			const struct contact *known);

/* --- on ---------------------------------------------------------------------
 */

struct mono seeker_due(const struct seeker *s, struct mono now);
void seeker_tick(struct seeker *s, struct mono now);

struct question {
	struct search *search; /* lives until the question is over */
	enum {
		QUESTION_NODES,	 /* those close to the target */
		QUESTION_RECORD, /* its own */
	} what;
	struct contact to;
	unsigned time;	    /* NODES: 2 and so on if it did not answer before */
	struct ecc_pub pub; /* of the target */
	struct node_id target;
};

bool seeker_next(struct seeker *s, struct question *out, struct mono now);

/* Nodes that may be told of by whom was asked, where they are said to be. */
void seeker_told(struct seeker *s, struct search *q, const struct contact *c,
		 struct mono now);

/* "A query succeeds if it returned at least one node." */
void seeker_answered(struct seeker *s, struct search *q,
		     const struct contact *asked, enum lookup_answer answer,
		     bool success, struct mono now);

/* node is read on ERR_NONE only. */
void seeker_got(struct search *q, enum err err, const struct contact *node);

/* --- checks of the table ----------------------------------------------------
 */

/* seeker_checked - a node answered, with that seq. Returns it, to be asked for
 * its record, if that is newer than ours; borrowed until the table changes. */
const struct contact *seeker_checked(struct seeker *s, const struct node_id *id,
				     uint64_t enr_seq, struct mono now);
void seeker_missed(struct seeker *s, const struct contact *c, struct mono now);

#endif
