/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - find the nodes closest to a target by asking ever closer ones
 * (specs: discovery.md, "Node table"). A pure core, of fixed size.
 *
 *     lookup_init(l, target, self)
 *     lookup_offer(l, contact)       to start with, and of each answer
 *     while (c = lookup_take(l))     ask c; at most LOOKUP_ALPHA at a time
 *     lookup_answered(l, id)         its answer is all there, or there is none
 *     lookup_is_done(l)              the best are in l->best, closest first
 *
 * Nobody is asked twice, and never ourselves. */
#ifndef P2P_DISCOVER_LOOKUP_H
#define P2P_DISCOVER_LOOKUP_H

#include "p2p/discover/contact.h"

enum {
	LOOKUP_WIDTH = 16,
	LOOKUP_ALPHA = 3,
};

enum lookup_state {
	LOOKUP_NEW,
	LOOKUP_ASKED, /* no answer yet */
	LOOKUP_OVER,
};

struct lookup {
	struct node_id target, self;
	size_t count;	/* of best */
	size_t pending; /* asked, and not over: also of those that closer ones
			 * pushed out of best */
	struct lookup_entry {
		struct contact contact;
		enum lookup_state state;
	} best[LOOKUP_WIDTH]; /* closest first */
};

void lookup_init(struct lookup *l, const struct node_id *target,
		 const struct node_id *self);

/* lookup_offer - a node was seen. True: it is among the best now and was not
 * before. */
bool lookup_offer(struct lookup *l, const struct contact *c);

/* lookup_take - the next node to ask, asked from now on; NULL: none now.
 * Borrowed until the next call here. */
const struct contact *lookup_take(struct lookup *l);

/* lookup_answered - a node that was taken is done with. */
void lookup_answered(struct lookup *l, const struct node_id *id);

/* lookup_is_done - "when the best 16 have all been asked and no query is
 * pending". */
bool lookup_is_done(const struct lookup *l);

#endif
