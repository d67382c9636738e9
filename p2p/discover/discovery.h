/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.h - all of a node's discovery: v4 and v5 side by side on one
 * socket, and the record that both tell of us. A pure core:
 *
 *     discovery_feed(d, ...)            a datagram came
 *     discovery_tick(d, ...)            act on time; returns the next deadline
 *     discovery_next_event(d, &ev)      what happened
 *     discovery_next_datagram(d, &out)  to be sent, in order
 *
 * After one or more discovery_feed, and after what else is called, comes
 * discovery_tick, then both queues are emptied. When there were events, it is
 * ticked once more: what was told may have changed what we are.
 *
 * A datagram is of v5 if it unmasks as such, and else of v4 (specs:
 * discovery.md, "One UDP port for v4 and v5"). What others say of our endpoint
 * is a vote (votes.h), and the winner becomes the predicted endpoint of our
 * record (p2p/enode/local.h).
 *
 * Memory is bounded as that of v4.h and v5.h. Thread: one at a time. */
#ifndef P2P_DISCOVER_DISCOVERY_H
#define P2P_DISCOVER_DISCOVERY_H

#include "p2p/discover/v4.h"
#include "p2p/discover/v5.h"
#include "p2p/enode/local.h"

struct discovery;

struct discovery_config {
	struct local_config local; /* and the node's key, copied */
	const struct secret32
		*seed;	   /* of all randomness; borrowed for the call */
	unsigned versions; /* DISCOVER_V4, DISCOVER_V5, both or 0 */
	const struct reach *reach;  /* nodes elsewhere are neither answered nor
				     * asked; copied. NULL: everywhere */
	struct guard_limits limits; /* of each version */
	unsigned ping_version;	    /* V4_VERSION, but for some old networks */
};

struct discovery *discovery_new(const struct discovery_config *config,
				struct mono now);
void discovery_free(struct discovery *d);

/* discovery_bootnode - put into the tables at every refresh. That of v5 takes
 * one without a record as well, and asks it for it. ERR_LIMIT: there are
 * DISCOVER_BOOTNODES. */
MUST_USE enum err discovery_bootnode(struct discovery *d,
				     const struct contact *c);

/* discovery_seed - a node of an earlier run, for the table of a version that
 * said DISCOVER_SEEDS, or for any before the first tick. proven_ms is how long
 * ago it answered from that address. */
void discovery_seed(struct discovery *d, enum discover_version version,
		    const struct contact *c, uint64_t proven_ms,
		    struct mono now);

/* discovery_set_walk - look for nodes to dial? They come as DISCOVER_SEEN. */
void discovery_set_walk(struct discovery *d, enum discover_walk walk);

/* discovery_set_reach - it changed; copied. Of nodes that have two addresses
 * the better one is taken from now on. discovery_reach - as it is. */
void discovery_set_reach(struct discovery *d, const struct reach *reach);
const struct reach *discovery_reach(const struct discovery *d);

/* discovery_record - ours, as it was told last; borrowed until the next
 * tick. */
const struct enr *discovery_record(const struct discovery *d);

/* discovery_local - what our record is made of, to be changed by the functions
 * of local.h, but not asked for a record. It is told at the next tick, and then
 * there is a DISCOVER_SELF. */
struct local *discovery_local(struct discovery *d);

/* --- requests ---------------------------------------------------------------
 * As of v4.h and v5.h: each returns a number, which exactly one event of that
 * version will carry. 0: too many are under way, or the version is off; there
 * will be no event. More is in v5.h, for discovery_v5. */

uint32_t discovery_ping(struct discovery *d, enum discover_version version,
			const struct contact *c);
uint32_t discovery_request_record(struct discovery *d,
				  enum discover_version version,
				  const struct contact *c);

/* discovery_lookup - the nodes closest to the id that the key gives; any 64
 * bytes do for a key. */
uint32_t discovery_lookup(struct discovery *d, enum discover_version version,
			  const struct ecc_pub *target);
uint32_t discovery_resolve(struct discovery *d, enum discover_version version,
			   const struct ecc_pub *pub,
			   const struct contact *known);

/* --- in and out ------------------------------------------------------------
 */

/* discovery_feed - from and len may be anything. */
void discovery_feed(struct discovery *d, const struct addr *from,
		    const void *data, size_t len, struct mono now,
		    uint64_t unix_ms);

/* discovery_tick - returns when it wants to be called next, at the latest. That
 * may be now, for the owner to look at the events first. */
struct mono discovery_tick(struct discovery *d, struct mono now,
			   uint64_t unix_ms);

/* discovery_next_datagram - false: there is none. */
bool discovery_next_datagram(struct discovery *d, struct datagram *out);

/* discovery_next_event - false: there is none. What the last one borrowed ends
 * here. */
bool discovery_next_event(struct discovery *d, struct discover_event *out);

/* --- a look inside ---------------------------------------------------------
 */

/* discovery_v4, discovery_v5 - for requests that only one has, counters and
 * tables; NULL: it is off. They are not fed, ticked or emptied but here. */
struct v4 *discovery_v4(const struct discovery *d);
struct v5 *discovery_v5(const struct discovery *d);

/* discovery_unanswerable - datagrams dropped for their source, which nobody
 * could answer. */
uint64_t discovery_unanswerable(const struct discovery *d);

#endif
