/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h - texts of entries, so that a list that is read over and over is not
 * looked up each time. By their hash, whichever list they are from; the one not
 * used for longest goes first. Pure. */
#ifndef P2P_DNSDISC_CACHE_H
#define P2P_DNSDISC_CACHE_H

#include "p2p/dnsdisc/entry.h"

enum {
	DNS_CACHE_MAX = 1000,
	DNS_CACHE_TEXT_MAX = 512, /* bytes; longer ones are not kept */
};

struct dns_cached;

/* Zero is an empty one; not to be copied. */
struct dns_cache {
	struct dns_cached *table;
};

void dns_cache_clear(struct dns_cache *c);
size_t dns_cache_count(const struct dns_cache *c);

/* dns_cache_put - a text that has this hash. */
void dns_cache_put(struct dns_cache *c, const struct dns_hash *hash,
		   struct span text);

/* dns_cache_get - a text that may have this hash: look. Borrowed until the next
 * put. False: there is none. */
bool dns_cache_get(struct dns_cache *c, struct span *text,
		   const struct dns_hash *hash);

#endif
