/* SPDX-License-Identifier: Apache-2.0 */
/* admit.h - which inbound TCP connections get as far as a handshake (specs:
 * devp2p 6.3 and 11.4, points 4, 11 and 12). A pure core.
 *
 * A connection needs one of max_pending slots, which it gives back once it is
 * a peer or has failed. Who is refused is closed at once, before a byte is
 * read or sent:
 *
 * - An address may try once in throttle_ms. IPv6 hosts own a /64, so there
 *   that is the address. A refused attempt does not extend the time. Loopback
 *   and LAN addresses are recorded and never refused.
 * - A /24 or /64 holds at most a quarter of the slots; loopback, LAN and known
 *   addresses are exempt.
 * - The last `reserve` slots are for known addresses: those of nodes that we
 *   were told to dial or to trust.
 *
 * The table of addresses has a size; the oldest entry makes room. */
#ifndef P2P_SERVER_ADMIT_H
#define P2P_SERVER_ADMIT_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/attr.h"
#include "p2p/base/mono.h"

struct admit_limits {
	uint32_t throttle_ms;
	uint32_t throttle_max; /* addresses remembered */
	uint32_t reserve;      /* slots; at most half of them are kept */
	uint32_t known_max;    /* known addresses */
};

enum admit_verdict {
	ADMIT_YES,
	ADMIT_THROTTLED, /* came too often */
	ADMIT_SHARE,	 /* its subnet holds its share */
	ADMIT_FULL,	 /* no slot is free, or none for strangers */
};

struct admit_tried;
struct admit_subnet;
struct admit_known;

/* Hash tables inside: not to be copied. */
struct admit {
	const struct admit_limits *limits;
	size_t max_pending;
	size_t pending;
	struct admit_tried *tried; /* oldest first */
	struct admit_subnet *subnets;
	struct admit_known *known;
};

/* A slot that is held. */
struct admit_slot {
	bool held;
	bool shared; /* counted in its subnet */
	struct ip subnet;
};

void admit_init(struct admit *a, const struct admit_limits *limits,
		size_t max_pending);
void admit_clear(struct admit *a);

/* admit_know - an address that the reserve is for; ignored over known_max. */
void admit_know(struct admit *a, const struct ip *ip);

/* admit_take - decide on a connection; *slot is held on ADMIT_YES only. */
MUST_USE enum admit_verdict admit_take(struct admit *a, struct admit_slot *slot,
				       const struct ip *from, struct mono now);

/* admit_release - give a slot back; one that is not held is ignored. */
void admit_release(struct admit *a, struct admit_slot *slot);

#endif
