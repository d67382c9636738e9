/* SPDX-License-Identifier: Apache-2.0 */
/* votes.h - our own endpoint, as others see it (specs: discovery.md, "The local
 * record"). Each peer that proved its endpoint says from where our packets
 * come; what many say alike is believed. Pure, of fixed size.
 *
 * One vote has each network: a /24 (IPv6: /48), or in a LAN each address. Its
 * newest counts, for five minutes. An endpoint wins with 10 votes, when the
 * next one has less than 70 % of that; one in a LAN, where fewer than 20 voted
 * at all, with a majority of at least 3. So a forger needs hosts in as many
 * networks, in a clear majority over the honest ones.
 *
 * Keep one for each address family. */
#ifndef P2P_DISCOVER_VOTES_H
#define P2P_DISCOVER_VOTES_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/mono.h"

enum {
	VOTES_MAX = 512, /* networks remembered; the oldest makes room */
	VOTES_WINDOW_MS = 5 * 60 * 1000,
	VOTES_NEEDED = 10,
	VOTES_FEW = 20, /* voters, below which a LAN decides by majority */
	VOTES_FEW_NEEDED = 3,
};

struct votes {
	size_t count;
	struct vote {
		struct ip voter; /* the network, or the address in a LAN */
		struct addr endpoint;
		struct mono at;
	} all[VOTES_MAX];
};

void votes_init(struct votes *v);

/* votes_cast - a host says that our endpoint is this. Only answers to what we
 * asked, and PINGs of bonded nodes: others could come from anywhere. */
void votes_cast(struct votes *v, const struct ip *voter,
		const struct addr *endpoint, struct mono now);

/* votes_result - false: there is no clear one (any more). */
bool votes_result(const struct votes *v, struct addr *out, struct mono now);

/* votes_due - when the oldest vote ends, which may change the result;
 * MONO_NEVER. */
struct mono votes_due(const struct votes *v, struct mono now);

#endif
