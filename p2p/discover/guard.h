/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - how much one source may make us do (specs: discovery.md,
 * "Attacks and defences"). Asked before a signature is looked at, so a flood
 * costs a hash for each packet and no more. A pure core.
 *
 * Limits are per address and per network of it, /24 or /64; and one is for all
 * together, since source addresses can be forged. Loopback and LAN addresses
 * have none. A source that was quiet for a second is forgotten, since all that
 * it may is there again. The tables have a size; the source that was quiet
 * longest makes room. */
#ifndef P2P_DISCOVER_GUARD_H
#define P2P_DISCOVER_GUARD_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/bucket.h"

enum {
	GUARD_SOURCES = 4096, /* of 200 bytes, for addresses and networks
			       * each: 1.6 MB in the worst case */
};

/* A second, and as many at once. */
struct guard_limits {
	unsigned pings;		 /* answered, per address */
	unsigned network_pings;	 /* and per network */
	unsigned checks;	 /* signatures looked at, per address */
	unsigned network_checks; /* and per network */
	unsigned all_checks;	 /* of everyone: 2,000 take a tenth of a core */
};

extern const struct guard_limits guard_limits_default;

struct guard_source;

/* Hash tables inside: not to be copied. */
struct guard {
	struct guard_limits limits;
	size_t max;
	struct guard_source *addresses, *networks; /* quiet longest first */
	struct bucket all;
};

void guard_init(struct guard *g, const struct guard_limits *limits, size_t max,
		struct mono now);
void guard_clear(struct guard *g);

enum guard_use {
	GUARD_PING,	/* a PING to be answered */
	GUARD_QUESTION, /* any other packet that nobody waits for */
};

enum guard_verdict {
	GUARD_YES,
	GUARD_PINGS,  /* its PINGs are answered often enough */
	GUARD_SOURCE, /* it has its share of signatures */
	GUARD_ALL,    /* everyone together has */
};

enum guard_verdict guard_take(struct guard *g, const struct ip *from,
			      enum guard_use use, struct mono now);

/* guard_count - the addresses that are remembered. */
size_t guard_count(const struct guard *g);

#endif
