/* SPDX-License-Identifier: Apache-2.0 */
/* client_inside.h - what the files behind client.h share. */
#ifndef P2P_DNSDISC_CLIENT_INSIDE_H
#define P2P_DNSDISC_CLIENT_INSIDE_H

#include "p2p/base/bucket.h"
#include "p2p/crypto/drbg.h"
#include "p2p/dnsdisc/client.h"

/* What a list has to be told next. */
enum dns_asked {
	DNS_ASKED_NOTHING,
	DNS_ASKED_ROOT,
	DNS_ASKED_LINK,	  /* an entry of its links: step */
	DNS_ASKED_RECORD, /* an entry of its records: step */
};

struct dns_list {
	struct dns_list *next;
	struct dns_link link;
	bool is_own;	/* of the owner */
	bool is_marked; /* by the sweep: something refers to it */

	bool has_root;
	bool is_refused; /* by what is below the root: wait for another */
	struct dns_root root;
	struct mono root_at;  /* when it is to be looked up */
	unsigned root_failed; /* so often in a row */

	struct dns_walk links, records; /* good while has_root */
	bool links_done;
	size_t lost;	      /* records that this round goes without */
	size_t links_lost;    /* and links */
	unsigned failed;      /* entry lookups since the root was looked up */
	unsigned in_a_row;    /* of those, the last ones */
	struct mono entry_at; /* none before */

	/* The lists that it links to: as of the last round through its links,
	 * and of this one as far as it is. */
	struct dns_link *refers, *found;
	size_t refers_count, found_count;

	/* One lookup at a time. */
	enum dns_asked asked;
	uint32_t ask;
	struct dns_step step;
};

/* The highest seq of a list. */
struct dns_floor {
	struct dns_link link;
	uint64_t seq;
};

struct dns_client {
	struct drbg random;
	struct bucket rate;
	size_t wanted;
	struct dns_list *lists; /* in the order they came */
	struct dns_floor *floors;
	size_t floor_count;
	struct dns_cache cache;
	uint32_t last_ask;
	struct dns_events events;
	struct dns_client_counts counts;
};

bool dns_link_is_same(const struct dns_link *a, const struct dns_link *b);

/* --- the set: client_lists.c ---------------------------------------------- */

struct dns_list *dns_list_find(const struct dns_client *c,
			       const struct dns_link *link);

/* dns_list_add - NULL: there is no room. */
struct dns_list *dns_list_add(struct dns_client *c,
			      const struct dns_link *link);
void dns_list_free(struct dns_list *l);

/* dns_list_found - l links to this one: it joins the set, if it can. */
void dns_list_found(struct dns_client *c, struct dns_list *l,
		    const struct dns_link *link);

/* dns_list_keep_links - the round through the links has no end that counts:
 * what it found is referred to as well as what was before. */
void dns_list_keep_links(struct dns_list *l);

/* dns_list_links_done - the round through the links is over: what it has not
 * found again is not referred to any more, and what nothing refers to leaves
 * the set. l itself may, unless it is the owner's. */
void dns_list_links_done(struct dns_client *c, struct dns_list *l);

/* dns_floor_of - 0: not remembered. */
uint64_t dns_floor_of(const struct dns_client *c, const struct dns_link *link);

/* --- answers: client_answer.c --------------------------------------------- */

/* dns_list_root_answer - the values at the domain.
 * dns_list_entry_answer - at the name of l->step, below l->asked. Either may
 * free l. */
void dns_list_root_answer(struct dns_client *c, struct dns_list *l,
			  const struct span *values, size_t count,
			  struct mono now);
void dns_list_entry_answer(struct dns_client *c, struct dns_list *l,
			   const struct span *values, size_t count,
			   struct mono now);

/* dns_list_failed - the lookup of l->asked gave nothing. May free l. */
void dns_list_failed(struct dns_client *c, struct dns_list *l, enum err err,
		     const char *why, struct mono now);

#endif
