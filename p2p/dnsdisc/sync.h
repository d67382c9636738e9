/* SPDX-License-Identifier: Apache-2.0 */
/* sync.h - all of one DNS list, from the root to the last entry: every record,
 * every link, every hash and the signature looked at, or else an error that
 * names what is wrong. A pure core: it says which names to look up and is told
 * what they have, be it from DNS or from a file.
 *
 * A name that gives nothing, or something else than it should, is tried three
 * times. */
#ifndef P2P_DNSDISC_SYNC_H
#define P2P_DNSDISC_SYNC_H

#include "p2p/base/bucket.h"
#include "p2p/dnsdisc/event.h"
#include "p2p/dnsdisc/root.h"
#include "p2p/dnsdisc/walk.h"

enum {
	DNS_SYNC_AT_ONCE = 16, /* names */
	DNS_SYNC_RATE_MAX = 1000000,
};

struct dns_sync;

/* dns_sync_new - `rate` entries a second are looked up, of 1 to
 * DNS_SYNC_RATE_MAX; a root whose seq is below seq_min is refused. */
struct dns_sync *dns_sync_new(const struct dns_link *list, uint64_t seq_min,
			      unsigned rate, struct mono now);
void dns_sync_free(struct dns_sync *s);

/* dns_sync_next - pull one event; after DONE, FAILED or REFUSED there is none.
 * Links come in the order of the publisher, records in any. */
bool dns_sync_next(struct dns_sync *s, struct dns_event *out, struct mono now);

/* dns_sync_tick - when to call dns_sync_next again, if nothing else does. */
struct mono dns_sync_tick(const struct dns_sync *s, struct mono now);

/* As dns_client_answer and dns_client_fail; one of both for each ASK. */
void dns_sync_answer(struct dns_sync *s, uint32_t ask,
		     const struct span *values, size_t count);
void dns_sync_fail(struct dns_sync *s, uint32_t ask, enum err err,
		   const char *why);

/* dns_sync_root - NULL: not known yet. */
const struct dns_root *dns_sync_root(const struct dns_sync *s);

struct dns_sync_counts {
	size_t entries; /* that were named so far */
	size_t visited; /* of those */
	size_t records, links;
};

struct dns_sync_counts dns_sync_counts(const struct dns_sync *s);

#endif
