/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - nodes out of DNS lists, for a node that needs some (specs:
 * discovery.md, "Client"). A pure core: it says which names to look up, is
 * given what came of that, and yields verified records.
 *
 *     dns_client_want(c, 20);
 *     loop: while (dns_client_next(c, &ev, now)) ...; at dns_client_tick: again
 *
 * Of each list the links to others are read first; these join the set, and
 * leave it when nothing refers to them any more. Then records are taken from
 * random places of a random list, one entry at a time, over and over. What is
 * looked up is bounded in rate and only as much as is wanted; what is held, by
 * DNS_LISTS_MAX lists of at most DNS_ENTRIES_MAX entries each (those that were
 * linked to, DNS_LINKED_ENTRIES_MAX) and DNS_CACHE_MAX entries' texts.
 *
 * Of a list the highest seq is remembered, and an older root is refused. */
#ifndef P2P_DNSDISC_CLIENT_H
#define P2P_DNSDISC_CLIENT_H

#include "p2p/base/mono.h"
#include "p2p/crypto/secret.h"
#include "p2p/dnsdisc/cache.h"
#include "p2p/dnsdisc/event.h"
#include "p2p/dnsdisc/root.h"
#include "p2p/dnsdisc/walk.h"

enum {
	DNS_LISTS_MAX = 32, /* of the owner and linked to, together */
	DNS_LINKED_ENTRIES_MAX = 10000,
	DNS_FLOORS_MAX = 256, /* lists whose seq is remembered */
};

struct dns_client;

/* dns_client_new - the seed is all its randomness. */
struct dns_client *dns_client_new(const struct secret32 *seed, struct mono now);
void dns_client_free(struct dns_client *c);

/* dns_client_remember - a root of this list had this seq, whether the list is
 * in the set now or not: none below it is taken. */
void dns_client_remember(struct dns_client *c, const struct dns_link *list,
			 uint64_t seq);

/* dns_client_add - one of the owner's own lists. ERR_EXISTS: it is one already.
 * ERR_LIMIT: there are DNS_LISTS_MAX. */
MUST_USE enum err dns_client_add(struct dns_client *c,
				 const struct dns_link *list);

/* dns_client_want - go on until so many more records were yielded; replaces
 * what was wanted. Without a wish nothing is looked up. */
void dns_client_want(struct dns_client *c, size_t records);

/* dns_client_next - act on the time, and pull one event. False: none now. */
bool dns_client_next(struct dns_client *c, struct dns_event *out,
		     struct mono now);

/* dns_client_tick - when to call dns_client_next again, if nothing else does.
 */
struct mono dns_client_tick(const struct dns_client *c, struct mono now);

/* dns_client_answer - the TXT values of a name that was asked for.
 * dns_client_fail - there is none; why says what of. One of both is due for
 * each DNS_EVENT_ASK; a number that is not known any more is ignored. Events
 * follow. */
void dns_client_answer(struct dns_client *c, uint32_t ask,
		       const struct span *values, size_t count,
		       struct mono now);
void dns_client_fail(struct dns_client *c, uint32_t ask, enum err err,
		     const char *why, struct mono now);

/* What there is, for logs and status. */
struct dns_client_counts {
	size_t lists;
	size_t entries; /* named, in all lists */
	size_t cached;
	uint64_t asked, failed, records; /* since the start */
};

void dns_client_counts(const struct dns_client *c,
		       struct dns_client_counts *out);

#endif
