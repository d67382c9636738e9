/* SPDX-License-Identifier: Apache-2.0 */
/* v4.h - Discovery v4, whole (specs: discovery.md, "Discovery v4"): answers
 * others, keeps a table of nodes and checks them, looks for nodes. A pure core:
 *
 *     v4_feed(v, ...)            a datagram came
 *     v4_tick(v, ...)            act on time; returns the next deadline
 *     v4_next_datagram(v, &out)  to be sent, in order
 *     v4_next_event(v, &ev)      what happened
 *
 * After one or more v4_feed, and after what else is called below, comes
 * v4_tick, and then both queues are emptied. Both have a size; what finds no
 * room is dropped and counted. Nothing is sent before the first v4_tick, and
 * then only to bootnodes, seeds and those that come by themselves.
 *
 * Times are monotonic, but for the unix seconds of expirations. Everything that
 * is decided by chance comes from the seed.
 *
 * Memory is bounded by the limits of table.h, v4_bonds.h, guard.h,
 * event.h, datagram.h and those below, whatever strangers send. Thread: one at
 * a time. */
#ifndef P2P_DISCOVER_V4_H
#define P2P_DISCOVER_V4_H

#include "p2p/base/netlist.h"
#include "p2p/discover/datagram.h"
#include "p2p/discover/event.h"
#include "p2p/discover/guard.h"
#include "p2p/discover/v4_wire.h"

enum {
	V4_RESULTS = 16,
	V4_PINGS = 1024,     /* that wait for their PONG, for half a second */
	V4_PINGS_OURS = 256, /* of these, kept from strangers */
};

struct v4;

struct v4_config {
	const struct ecc_keypair *key; /* copied */
	const struct secret32 *seed;   /* of all randomness; copied */
	const struct reach *reach; /* nodes elsewhere are neither answered nor
				    * asked; copied. NULL: everywhere */
	struct guard_limits limits;
	unsigned ping_version; /* V4_VERSION, but for some old networks */
};

struct v4 *v4_new(const struct v4_config *config, struct mono now);
void v4_free(struct v4 *v);

/* v4_set_record - the node's own record, with its endpoint: what others get
 * for an ENRREQUEST, and in PINGs. Before the first v4_tick, and when it
 * changes. */
void v4_set_record(struct v4 *v, const struct enr *record);

/* v4_set_reach - it changed; copied. */
void v4_set_reach(struct v4 *v, const struct reach *reach);

/* v4_bootnode - put into the table at every refresh. ERR_LIMIT: there are
 * DISCOVER_BOOTNODES. */
MUST_USE enum err v4_bootnode(struct v4 *v, const struct contact *c);

/* v4_seed - a node of an earlier run: after a DISCOVER_SEEDS, or before the
 * first v4_tick. proven_ms is how long ago it answered from that address;
 * while that is recent, it is still answered. */
void v4_seed(struct v4 *v, const struct contact *c, uint64_t proven_ms,
	     struct mono now);

/* v4_set_walk - look for nodes to dial? What is found comes as
 * DISCOVER_SEEN. */
void v4_set_walk(struct v4 *v, enum discover_walk walk);

/* --- requests ---------------------------------------------------------------
 * Each returns its number, which its event will carry: exactly one, in any
 * case. 0: too many are under way; there will be no event. */

/* v4_ping - DISCOVER_PINGED. */
uint32_t v4_ping(struct v4 *v, const struct contact *c);

/* v4_request_record - DISCOVER_RECORD. */
uint32_t v4_request_record(struct v4 *v, const struct contact *c);

/* v4_lookup - the nodes closest to keccak256(target): DISCOVER_FOUND. */
uint32_t v4_lookup(struct v4 *v, const struct ecc_pub *target);

/* v4_resolve - find a node and its newest record: from itself, where
 * `known` (nullable) says it is, else by a lookup: DISCOVER_RESOLVED. */
uint32_t v4_resolve(struct v4 *v, const struct ecc_pub *pub,
		    const struct contact *known);

/* --- in and out ------------------------------------------------------------
 */

/* v4_feed - len may be anything; longer than V4_PACKET_MAX is dropped. */
void v4_feed(struct v4 *v, const struct addr *from, const void *data,
	     size_t len, struct mono now, uint64_t unix_seconds);

/* v4_tick - returns when it wants to be called next, at the latest. That may
 * be now, for the owner to look at the events first. */
struct mono v4_tick(struct v4 *v, struct mono now, uint64_t unix_seconds);

/* v4_next_datagram - false: there is none. */
bool v4_next_datagram(struct v4 *v, struct datagram *out);

/* v4_next_event - false: there is none. */
bool v4_next_event(struct v4 *v, struct discover_event *out);

/* --- a look inside ---------------------------------------------------------
 */

/* What was not done, by its cause. */
enum v4_drop {
	V4_DROP_SIZE,	     /* too short or long for a packet */
	V4_DROP_HASH,	     /* another protocol, or cut */
	V4_DROP_TYPE,	     /* no such packet */
	V4_DROP_FORMAT,	     /* malformed */
	V4_DROP_SIGNATURE,   /* nobody's */
	V4_DROP_OURSELVES,   /* signed with our own key */
	V4_DROP_RESTRICTED,  /* from outside the networks we keep to */
	V4_DROP_EXPIRED,     /* too old, replayed, or a clock is wrong */
	V4_DROP_UNPROVEN,    /* a question without a bond */
	V4_DROP_UNASKED,     /* an answer that nobody waits for */
	V4_DROP_PING_RATE,   /* PINGs of one address or network */
	V4_DROP_SOURCE_RATE, /* other packets of one */
	V4_DROP_TOTAL_RATE,  /* all of them together */
	V4_DROP_PINGS_FULL,  /* a PING back: too many wait for a PONG */
	V4_DROP_RECORD,	     /* a record that is invalid or another's */
	V4_DROP_NEIGHBOR,    /* a node told of that may not be */
	V4_DROP_QUEUE,	     /* a datagram of ours that found no room */
	V4_DROP_EVENT,	     /* an event that found none */
	V4_DROPS,
};

const char *v4_drop_name(enum v4_drop d);

struct v4_stats {
	uint64_t dropped[V4_DROPS];
	uint64_t received[V4_ENRRESPONSE + 1]; /* by v4_type: taken */
	uint64_t sent[V4_ENRRESPONSE + 1];
	uint64_t received_bytes, sent_bytes;
};

const struct v4_stats *v4_stats(const struct v4 *v);

struct table;

/* v4_table - to look at: borrowed, as long as v. */
const struct table *v4_table(const struct v4 *v);

#endif
