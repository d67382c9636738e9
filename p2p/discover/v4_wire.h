/* SPDX-License-Identifier: Apache-2.0 */
/* v4_wire.h - the packets of Discovery v4 (specs: discovery.md, "Discovery
 * v4"). Pure; nothing to free.
 *
 *     packet    = hash || signature || type || data
 *     hash      = keccak256(signature || type || data)
 *     signature = of keccak256(type || data), from which the sender's key is
 *                 recovered
 *
 * Reading comes in two steps, so that what is expired, unasked or too much is
 * dropped before it costs a signature: v4_decode says what stands there,
 * v4_recover who says it. */
#ifndef P2P_DISCOVER_V4_WIRE_H
#define P2P_DISCOVER_V4_WIRE_H

#include "p2p/base/span.h"
#include "p2p/enode/enode.h"

enum {
	V4_PACKET_MIN = 98, /* bytes */
	V4_PACKET_MAX = 1280,
	V4_HASH = 32,
	V4_VERSION = 4,
	V4_NEIGHBORS_SENT = 12, /* of the largest nodes in one packet */
	V4_NEIGHBORS_MAX = 18,	/* of the smallest that fit */
};

enum v4_type {
	V4_PING = 1,
	V4_PONG,
	V4_FINDNODE,
	V4_NEIGHBORS,
	V4_ENRREQUEST,
	V4_ENRRESPONSE,
};

struct v4_endpoint {
	struct ip ip; /* IP_NONE: the sender knows none. Mapped IPv4 is IPv4 */
	uint16_t udp, tcp;
};

/* The key is not known to be a point of the curve. */
struct v4_neighbor {
	struct v4_endpoint at;
	struct ecc_pub pub;
};

struct v4_packet {
	enum v4_type type;
	uint8_t hash[V4_HASH]; /* what an answer names */
	uint64_t expiration;   /* unix seconds; not of ENRRESPONSE */
	union {
		struct {
			uint64_t version;
			struct v4_endpoint from, to;
			uint64_t enr_seq; /* 0: none */
		} ping;
		struct {
			struct v4_endpoint to;
			uint8_t ping_hash[V4_HASH];
			uint64_t enr_seq;
		} pong;
		struct {
			struct ecc_pub target; /* any 64 bytes */
		} findnode;
		struct {
			size_t count;
			struct v4_neighbor nodes[V4_NEIGHBORS_MAX];
		} neighbors;
		struct {
			uint8_t request_hash[V4_HASH];
			struct span record; /* one RLP item, borrowed */
		} enrresponse;
	};
};

/* v4_decode - *out is set on success only; its record borrows from packet.
 *
 * ERR_SHORT        below V4_PACKET_MIN
 * ERR_LIMIT        over V4_PACKET_MAX
 * ERR_AUTH         the hash does not match
 * ERR_UNSUPPORTED  a type there is not
 * ERR_FORMAT       malformed data. Elements behind the known ones and bytes
 *                  behind the list are ignored (EIP-8)
 *
 * Expired packets are not refused here: v4_is_expired. */
MUST_USE enum err v4_decode(struct v4_packet *out, struct span packet);

/* v4_recover - who signed a packet that v4_decode took. ERR_AUTH: nobody.
 * Costs 35 us. */
MUST_USE enum err v4_recover(struct ecc_pub *out, struct span packet);

/* v4_is_expired - "(int64)expiration < now": so a time that wrapped below zero
 * is long past, too. */
bool v4_is_expired(const struct v4_packet *p, uint64_t unix_seconds);

/* v4_encode - sign, and set the packet's hash. Neighbors: at most
 * V4_NEIGHBORS_SENT. Returns the length. Costs 30 us. */
size_t v4_encode(uint8_t out[V4_PACKET_MAX], struct v4_packet *p,
		 const struct secret32 *key);

#endif
