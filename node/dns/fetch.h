/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - all of a DNS node list, verified: from DNS, or from the TXT records
 * of a file. Blocks until it is there. */
#ifndef NODE_DNS_FETCH_H
#define NODE_DNS_FETCH_H

#include "node/dns/list.h"
#include "node/dns/zone.h"
#include "p2p/base/addr.h"
#include "p2p/dnsdisc/sync.h"

struct dnsfetch_config {
	const struct dns_link *list;
	uint64_t seq_min; /* an older one is refused */

	struct dnszone *zone; /* look here, and not in DNS; or NULL */

	struct addr server;  /* IP_NONE: the system's */
	unsigned rate;	     /* lookups a second */
	uint64_t timeout_ms; /* of each */

	/* Called now and then; may be NULL. */
	void (*progress)(void *ctx, const struct dns_sync_counts *counts);
	void *ctx;
};

/* dnsfetch - *out, which is empty, is the list with its URL, seq, signature,
 * links and nodes, and `counts` what there was. On an error it is empty, and
 * why begins with the name of the entry. ERR_TIMEOUT, ERR_SYSTEM and others of
 * net_txt_ask: it cannot be looked up. Others: it is not to be believed. */
MUST_USE enum err dnsfetch(struct dnslist *out, struct dns_sync_counts *counts,
			   const struct dnsfetch_config *config,
			   struct why *why);

#endif
