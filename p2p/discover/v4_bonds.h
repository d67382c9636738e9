/* SPDX-License-Identifier: Apache-2.0 */
/* v4_bonds.h - who has proven to be where (specs: discovery.md, "Endpoint
 * proof"). A pure core.
 *
 * A bond is of a node ID and an IP address, not of a port. It has two sides:
 * they answered our PING, so that we answer them; and they sent us a PING that
 * we answered, so that they answer us.
 *
 * Anyone can make us remember that it sent a PING, from any address. So those
 * that never proved theirs are kept apart, and cannot push out one that did.
 * In both sets the one that was heard of longest ago makes room; and of a /24
 * or /64, LANs excepted, that has its share of the set, one of its own does. */
#ifndef P2P_DISCOVER_V4_BONDS_H
#define P2P_DISCOVER_V4_BONDS_H

#include <stddef.h>

#include "p2p/base/mono.h"
#include "p2p/enode/enode.h"

enum {
	V4_BONDS_PROVEN = 8192,	  /* of 200 bytes: 1.6 MB */
	V4_BONDS_UNPROVEN = 2048, /* 0.4 MB */
	V4_BONDS_SHARE = 64,	  /* of a network, in each set */
};

struct v4_peer {
	struct node_id id;
	struct ip ip;
};

struct v4_bond;
struct v4_bonds_network;

/* Hash tables inside: not to be copied. */
struct v4_bonds {
	size_t share;
	struct v4_bonds_set {
		size_t max;
		struct v4_bond *all; /* longest unheard of first */
		struct v4_bonds_network *networks;
	} proven, unproven;
};

void v4_bonds_init(struct v4_bonds *b, size_t max_proven, size_t max_unproven,
		   size_t share);
void v4_bonds_clear(struct v4_bonds *b);

struct v4_peer v4_peer_of(const struct node_id *id, const struct ip *ip);

/* v4_bonds_pinged - we answered its PING. */
void v4_bonds_pinged(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono now);

/* v4_bonds_proved - it answered ours at that time. */
void v4_bonds_proved(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono when);

/* v4_bonds_quiet - it came by itself: ask it nothing before that time. */
void v4_bonds_quiet(struct v4_bonds *b, const struct v4_peer *p,
		    struct mono until);
struct mono v4_bonds_quiet_until(const struct v4_bonds *b,
				 const struct v4_peer *p);

/* v4_bonds_asked - it told of nodes when asked for them, or did not. */
void v4_bonds_asked(struct v4_bonds *b, const struct v4_peer *p, bool told);

/* v4_bonds_is_proven - do we answer it? For 24 h since it proved. */
bool v4_bonds_is_proven(const struct v4_bonds *b, const struct v4_peer *p,
			struct mono now);

/* v4_bonds_trusts_us - will it answer us? For 12 h since its PING, unless it
 * left more than 5 questions in a row unanswered. */
bool v4_bonds_trusts_us(const struct v4_bonds *b, const struct v4_peer *p,
			struct mono now);

#endif
