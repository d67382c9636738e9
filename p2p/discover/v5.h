/* SPDX-License-Identifier: Apache-2.0 */
/* v5.h - Discovery v5.1, whole (specs: discovery.md, "Discovery v5.1"): answers
 * others, keeps a table of nodes and checks them, looks for nodes, carries
 * TALK requests. A pure core:
 *
 *     v5_feed(v, ...)            a datagram came
 *     v5_tick(v, ...)            act on time; returns the next deadline
 *     v5_next_datagram(v, &out)  to be sent, in order
 *     v5_next_event(v, &ev)      what happened
 *
 * After one or more v5_feed, and after what else is called below, comes
 * v5_tick, and then both queues are emptied. Both have a size; what finds no
 * room is dropped and counted. Nothing is sent before the first v5_tick, and
 * then only to bootnodes, seeds and those that come by themselves.
 *
 * Everything that is decided by chance, keys included, comes from the seed.
 * Memory is bounded by the limits of table.h, v5_session.h, v5_challenge.h,
 * event.h, datagram.h and those below, whatever strangers send. Thread: one at
 * a time. */
#ifndef P2P_DISCOVER_V5_H
#define P2P_DISCOVER_V5_H

#include "p2p/base/netlist.h"
#include "p2p/discover/datagram.h"
#include "p2p/discover/event.h"
#include "p2p/discover/guard.h"
#include "p2p/discover/v5_message.h"
#include "p2p/discover/v5_packet.h"

enum {
	V5_RESULTS = 16,   /* records of one answer */
	V5_NODES_SENT = 5, /* messages of one answer */
	V5_NODES_READ = 6,
	V5_QUEUED = 16, /* calls that wait for the one under way to that
			 * node */
	V5_ASK_DISTANCES = 16,
	V5_TALKS = 256,	   /* requests that wait for v5_talk_reply */
	V5_TALKS_NODE = 8, /* of these, of one node */
	V5_TALK_MS = 1000, /* and for how long; nobody waits longer */
	V5_TALK_REPLY_MAX = V5_PLAINTEXT_MAX - 1 - 3 - 9 - 3,
};

struct v5;

struct v5_config {
	const struct ecc_keypair *key; /* copied */
	const struct secret32 *seed;   /* of all randomness; copied */
	const struct reach *reach;  /* nodes elsewhere are neither answered nor
				     * asked; copied. NULL: everywhere */
	struct guard_limits limits; /* checks: requests and challenges */
};

struct v5 *v5_new(const struct v5_config *config, struct mono now);
void v5_free(struct v5 *v);

/* v5_set_record - the node's own record. Before the first v5_tick, and when it
 * changes. */
void v5_set_record(struct v5 *v, const struct enr *record);

/* v5_set_reach - it changed; copied. */
void v5_set_reach(struct v5 *v, const struct reach *reach);

/* v5_bootnode - put into the table at every refresh. ERR_LIMIT: there are
 * DISCOVER_BOOTNODES. */
MUST_USE enum err v5_bootnode(struct v5 *v, const struct contact *c);

/* v5_seed - a node of an earlier run: after a DISCOVER_SEEDS, or before the
 * first v5_tick. */
void v5_seed(struct v5 *v, const struct contact *c, struct mono now);

/* v5_set_walk - look for nodes to dial? What is found comes as
 * DISCOVER_SEEN. */
void v5_set_walk(struct v5 *v, enum discover_walk walk);

/* --- requests ---------------------------------------------------------------
 * A node is asked one thing at a time; what gets no answer within 700 ms is
 * sent a second time, but for TALK. Each returns its number, which its event
 * will carry: exactly one, in any case. 0: too many are under way; there will
 * be no event. */

/* v5_ping - DISCOVER_PINGED. */
uint32_t v5_ping(struct v5 *v, const struct contact *c);

/* v5_request_record - DISCOVER_RECORD. */
uint32_t v5_request_record(struct v5 *v, const struct contact *c);

/* v5_find - what the node knows at up to V5_ASK_DISTANCES distances of 0..256:
 * DISCOVER_NODES. */
uint32_t v5_find(struct v5 *v, const struct contact *c,
		 const uint16_t *distances, size_t count);

/* v5_talk - DISCOVER_TALKED. 0 also: too long for a packet. */
uint32_t v5_talk(struct v5 *v, const struct contact *c, struct span protocol,
		 struct span request);

/* v5_lookup - the nodes closest to the target: DISCOVER_FOUND. */
uint32_t v5_lookup(struct v5 *v, const struct node_id *target);

/* v5_resolve - find a node and its newest record: from itself, where `known`
 * (nullable) says it is, else by a lookup: DISCOVER_RESOLVED. */
uint32_t v5_resolve(struct v5 *v, const struct node_id *id,
		    const struct contact *known);

/* --- answering TALK ---------------------------------------------------------
 */

/* v5_take_talks - from now on TALK requests come as events, each of which is to
 * be answered; until then they get the empty response at once, which is also
 * the one for a protocol that nobody knows. */
void v5_take_talks(struct v5 *v);

/* v5_talk_reply - to a DISCOVER_TALK. ERR_NOT_FOUND: it was answered, or nobody
 * waits any more. ERR_LIMIT: over V5_TALK_REPLY_MAX. */
MUST_USE enum err v5_talk_reply(struct v5 *v, uint64_t token,
				struct span response);

/* --- in and out ------------------------------------------------------------
 */

/* v5_feed - len may be anything; what is no packet is dropped. */
void v5_feed(struct v5 *v, const struct addr *from, const void *data,
	     size_t len, struct mono now);

/* v5_tick - returns when it wants to be called next, at the latest. That may
 * be now, for the owner to look at the events first. */
struct mono v5_tick(struct v5 *v, struct mono now);

/* v5_next_datagram - false: there is none. */
bool v5_next_datagram(struct v5 *v, struct datagram *out);

/* v5_next_event - false: there is none. */
bool v5_next_event(struct v5 *v, struct discover_event *out);

/* --- a look inside ---------------------------------------------------------
 */

/* What was not done, by its cause. */
enum v5_drop {
	V5_DROP_SIZE,	    /* too short or long for a packet */
	V5_DROP_HEADER,	    /* another protocol, not for us, or malformed */
	V5_DROP_FLAG,	    /* another version or kind of packet */
	V5_DROP_OURSELVES,  /* says that it is from us */
	V5_DROP_RESTRICTED, /* from outside the networks we keep to */
	V5_DROP_RATE,	    /* its source, or everyone, has had its share */
	V5_DROP_CHALLENGES, /* its address has enough challenges */
	V5_DROP_WHOAREYOU,  /* one that answers nothing of ours */
	V5_DROP_HANDSHAKE,  /* one without a challenge */
	V5_DROP_RECORD,	    /* a handshake's record is missing or invalid */
	V5_DROP_SIGNATURE,  /* a handshake that proves nothing */
	V5_DROP_DECRYPT,    /* a handshake whose message does not decrypt */
	V5_DROP_MESSAGE,    /* malformed once decrypted */
	V5_DROP_UNASKED,    /* an answer that nobody waits for */
	V5_DROP_NODE,	    /* a record told of that may not be */
	V5_DROP_SESSION,    /* an answer of ours, the session gone */
	V5_DROP_TALKS,	    /* a TALK request: too many wait */
	V5_DROP_QUEUE,	    /* a datagram of ours that found no room */
	V5_DROP_EVENT,	    /* an event that found none */
	V5_DROPS,
};

const char *v5_drop_name(enum v5_drop d);

struct v5_stats {
	uint64_t dropped[V5_DROPS];
	uint64_t received[V5_TALKRESP + 1]; /* by v5_type: taken */
	uint64_t sent[V5_TALKRESP + 1];
	uint64_t challenges, repeated; /* WHOAREYOUs sent */
	uint64_t handshakes_made, handshakes_taken;
	uint64_t received_bytes, sent_bytes;
};

const struct v5_stats *v5_stats(const struct v5 *v);

struct table;

/* v5_table - to look at: borrowed, as long as v. */
const struct table *v5_table(const struct v5 *v);

#endif
