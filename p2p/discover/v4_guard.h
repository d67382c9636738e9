/* SPDX-License-Identifier: Apache-2.0 */
/* v4_guard.h - how much one source may make us do (specs: discovery.md,
 * "Attacks and defences"). Asked before a signature is looked at, so a flood
 * costs a hash for each packet and no more. A pure core.
 *
 * Limits are per address and per network of it, /24 or /64; and one is for all
 * together, since source addresses can be forged. Loopback and LAN addresses
 * have none. The tables have a size; the source that was quiet longest makes
 * room. */
#ifndef P2P_DISCOVER_V4_GUARD_H
#define P2P_DISCOVER_V4_GUARD_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/bucket.h"

enum {
	V4_GUARD_SOURCES = 4096, /* of 200 bytes, for addresses and networks
				  * each: 1.6 MB in the worst case */
};

/* A second, and as many at once. */
struct v4_guard_limits {
	unsigned pings;		 /* answered, per address */
	unsigned network_pings;	 /* and per network */
	unsigned checks;	 /* signatures looked at, per address */
	unsigned network_checks; /* and per network */
	unsigned all_checks;	 /* of everyone: 2,000 take a tenth of a core */
};

extern const struct v4_guard_limits v4_guard_limits_default;

struct v4_source;

/* Hash tables inside: not to be copied. */
struct v4_guard {
	struct v4_guard_limits limits;
	size_t max;
	struct v4_source *addresses, *networks; /* quiet longest first */
	struct bucket all;
};

void v4_guard_init(struct v4_guard *g, const struct v4_guard_limits *limits,
		   size_t max, struct mono now);
void v4_guard_clear(struct v4_guard *g);

enum v4_guard_use {
	V4_GUARD_PING,	   /* a PING to be answered */
	V4_GUARD_QUESTION, /* any other packet that nobody waits for */
};

enum v4_guard_verdict {
	V4_GUARD_YES,
	V4_GUARD_PINGS,	 /* its PINGs are answered often enough */
	V4_GUARD_SOURCE, /* it has its share of signatures */
	V4_GUARD_ALL,	 /* everyone together has */
};

enum v4_guard_verdict v4_guard_take(struct v4_guard *g, const struct ip *from,
				    enum v4_guard_use use, struct mono now);

#endif
