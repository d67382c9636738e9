/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - one of the two trees below a list's root, looked at entry by entry:
 * what is known to be missing, and what was named already. Pure.
 *
 * Whoever publishes a list can name whatever they like, so a tree is bounded in
 * entries and depth, and a branch has one place: one that is named a second
 * time is a loop, or would be visited once for every way that leads to it. Of
 * records and links it does not matter; they are visited once. */
#ifndef P2P_DNSDISC_WALK_H
#define P2P_DNSDISC_WALK_H

#include "p2p/dnsdisc/entry.h"

enum {
	DNS_DEPTH_MAX = 32, /* entries above each other */
	DNS_ENTRIES_MAX = 100000,
};

enum dns_walk_kind {
	DNS_WALK_RECORDS, /* below e: branches and records */
	DNS_WALK_LINKS,	  /* below l: branches and links */
};

/* A missing entry. */
struct dns_step {
	struct dns_hash hash;
	uint8_t depth;	/* 1: what the root names */
	uint8_t failed; /* how often it was looked up in vain; the caller's */
};

struct dns_seen;

/* Start from dns_walk_start; end with dns_walk_clear. Not to be copied. */
struct dns_walk {
	enum dns_walk_kind kind;
	struct dns_hash top;
	struct dns_step *missing;
	size_t count, room; /* of those */
	size_t entries_max;
	size_t found; /* records or links since the start */
	struct dns_seen *seen;
};

/* dns_walk_start - the tree below `top`; nothing of it is known but that.
 * entries_max is at most DNS_ENTRIES_MAX. */
void dns_walk_start(struct dns_walk *w, enum dns_walk_kind kind,
		    const struct dns_hash *top, size_t entries_max);

/* dns_walk_restart - from the top again. */
void dns_walk_restart(struct dns_walk *w);
void dns_walk_clear(struct dns_walk *w);

/* dns_walk_entries - how many were named so far. */
size_t dns_walk_entries(const struct dns_walk *w);

/* dns_walk_take - take one out of the `count` that are missing. The last is the
 * next one in the order of the publisher, if only the last is ever taken and
 * each is entered before the next. */
struct dns_step dns_walk_take(struct dns_walk *w, size_t index);

/* dns_walk_put_back - it is missing still. */
void dns_walk_put_back(struct dns_walk *w, const struct dns_step *step);

/* What an answer that will not do tells of the list. */
enum dns_fault {
	DNS_FAULT_ANSWER, /* nothing: another answer might do */
	DNS_FAULT_ENTRY,  /* it has a bad entry: no other answer will do */
	DNS_FAULT_TREE,	  /* it is to be refused as a whole */
};

/* dns_walk_visit - the entry of a step that was taken; its hash was looked at.
 * Of a branch the children are missing from now on. ERR_FORMAT: of the wrong
 * kind, or a branch that is named twice. ERR_LIMIT: too deep or too many. Then
 * *fault is set, and why, without the name of the entry. */
MUST_USE enum err dns_walk_visit(struct dns_walk *w, enum dns_fault *fault,
				 const struct dns_step *step,
				 const struct dns_entry *e, struct why *why);

/* dns_walk_enter - the same with the TXT values at its name. *out is set, and
 * borrows from values. Errors also of dns_entry_find. why begins with the name
 * of the entry. */
MUST_USE enum err dns_walk_enter(struct dns_walk *w, struct dns_entry *out,
				 enum dns_fault *fault,
				 const struct dns_step *step,
				 const struct span *values, size_t count,
				 struct why *why);

#endif
