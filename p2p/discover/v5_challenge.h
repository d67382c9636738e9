/* SPDX-License-Identifier: Apache-2.0 */
/* v5_challenge.h - the WHOAREYOUs that we sent and that may be answered for a
 * second (specs: discovery.md, "Handshake", B). A pure core.
 *
 * Only who receives one can answer it, and nothing dear is computed for anybody
 * else. Source addresses can be forged: of one address, LAN and loopback
 * excepted, there are a few at most, and of all together so many that the
 * oldest makes room. */
#ifndef P2P_DISCOVER_V5_CHALLENGE_H
#define P2P_DISCOVER_V5_CHALLENGE_H

#include "p2p/base/mono.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/discover/v5_session.h"

enum {
	V5_CHALLENGES = 1024,
	V5_CHALLENGES_IP = 8,
	V5_CHALLENGE_MS = 1000,
};

struct v5_challenge {
	struct v5_peer peer;
	struct ip ip;
	struct mono made;
	uint8_t data[V5_CHALLENGE];    /* challenge-data */
	uint8_t packet[V5_PACKET_MIN]; /* as it was sent, and is again */
	struct enr record;	       /* of the peer; len 0: none is held */
	UT_hash_handle hh;
};

struct v5_challenge_ip;

/* Hash tables inside: not to be copied. */
struct v5_challenges {
	size_t max, max_ip;
	struct v5_challenge *all; /* oldest first */
	struct v5_challenge_ip *ips;
};

void v5_challenges_init(struct v5_challenges *c, size_t max, size_t max_ip);
void v5_challenges_clear(struct v5_challenges *c);

/* v5_challenges_add - for a peer that has none: the caller fills in data,
 * packet and record. Borrowed until the next call here that adds or removes.
 * NULL: that address has enough. */
struct v5_challenge *v5_challenges_add(struct v5_challenges *c,
				       const struct v5_peer *peer,
				       const struct ip *ip, struct mono now);

/* v5_challenges_find - NULL: there is none, or it is V5_CHALLENGE_MS old. */
struct v5_challenge *v5_challenges_find(const struct v5_challenges *c,
					const struct v5_peer *peer,
					struct mono now);

void v5_challenges_remove(struct v5_challenges *c, struct v5_challenge *one);

/* v5_challenges_expire - remove what nobody can answer any more. */
void v5_challenges_expire(struct v5_challenges *c, struct mono now);

size_t v5_challenges_count(const struct v5_challenges *c);

#endif
