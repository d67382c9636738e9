/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - find the nodes closest to a target by asking ever closer ones
 * (specs: discovery.md, "Node table"). A pure core, of fixed size.
 *
 *     lookup_init(l, target, self, tries)
 *     lookup_offer(l, contact)       to start with, and of each answer
 *     while (lookup_take(l, &c))     ask c; at most LOOKUP_ALPHA at a time
 *     lookup_answered(l, id, ...)    its answer is all there, or there is none
 *     lookup_is_done(l)              lookup_best has the closest that answered
 *
 * Nobody who answered is asked twice, and never ourselves. Those that did not
 * answer are asked again when there is nobody else to ask; and those that gave
 * no sign in the end make room for the next: others still tell of nodes that
 * are gone. */
#ifndef P2P_DISCOVER_LOOKUP_H
#define P2P_DISCOVER_LOOKUP_H

#include "p2p/discover/contact.h"

enum {
	LOOKUP_WIDTH = 16,
	LOOKUP_KEPT = 32, /* the rest may take the place of silent ones */
	LOOKUP_ALPHA = 3,
};

enum lookup_state {
	LOOKUP_NEW,
	LOOKUP_ASKED, /* no answer yet */
	LOOKUP_OVER,
	LOOKUP_SILENT, /* asked often enough */
};

struct lookup {
	struct node_id target, self;
	unsigned tries;
	size_t count;	/* of nodes */
	size_t pending; /* asked, and not over: also of those that closer ones
			 * pushed out */
	struct lookup_entry {
		struct contact contact;
		enum lookup_state state;
		unsigned asked; /* times */
		bool is_there;	/* something came of it, some time */
	} nodes[LOOKUP_KEPT];	/* closest first */
};

/* lookup_init - tries: how often a silent node is asked. */
void lookup_init(struct lookup *l, const struct node_id *target,
		 const struct node_id *self, unsigned tries);

/* lookup_offer - a node was seen. True: it is kept now and was not before. */
bool lookup_offer(struct lookup *l, const struct contact *c);

/* lookup_take - the next node to ask, asked from now on. Returns for the how
 * manyth time, from 1; 0: there is none now, with out untouched. */
unsigned lookup_take(struct lookup *l, struct contact *out);

enum lookup_answer {
	LOOKUP_ANSWER,	/* with nodes or without */
	LOOKUP_SIGN,	/* none, but something of it came: it is there */
	LOOKUP_SILENCE, /* nothing at all */
};

/* lookup_answered - what came of a node that was taken. True: it was given
 * up. */
bool lookup_answered(struct lookup *l, const struct node_id *id,
		     enum lookup_answer answer);

/* lookup_is_done - "when the best 16 have all been asked and no query is
 * pending". */
bool lookup_is_done(const struct lookup *l);

/* lookup_best - the closest that were not given up, closest first; borrowed
 * until the next call that changes the lookup. Returns the count. */
size_t lookup_best(const struct lookup *l,
		   const struct contact *out[LOOKUP_WIDTH]);

#endif
