/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what discovery tells its owner, of either version. A value, but for
 * what it borrows: protocol, data and found, until the next event is taken. */
#ifndef P2P_DISCOVER_EVENT_H
#define P2P_DISCOVER_EVENT_H

#include "p2p/discover/contact.h"

enum {
	DISCOVER_BOOTNODES = 64,
	DISCOVER_LOOKUPS = 16,	/* under way, each with 3 questions */
	DISCOVER_REQUESTS = 64, /* under way, or their events are */
	DISCOVER_EVENTS = 1024, /* that wait, and end no request */
};

/* Also bits, of a set of versions. */
enum discover_version {
	DISCOVER_V4 = 1,
	DISCOVER_V5 = 2,
};

enum discover_walk {
	DISCOVER_REST,
	DISCOVER_WALK, /* one random lookup after the other, at least 1 s
			* apart */
};

enum discover_event_type {
	DISCOVER_SEEDS,	   /* a refresh begins: seeds, before the next tick */
	DISCOVER_READY,	   /* the first refresh is over: inbound nodes are
			    * taken, too */
	DISCOVER_SEEN,	   /* node: a lookup met it. May come again */
	DISCOVER_LIVE,	   /* node: it answered a check. checks */
	DISCOVER_LOST,	   /* node: it is out of the table */
	DISCOVER_RECORD,   /* node, of one that we asked: its record is new or
			    * was requested. request 0, or err */
	DISCOVER_PINGED,   /* request, node, err, rtt_ns */
	DISCOVER_NODES,	   /* v5: request, node, err, found, count */
	DISCOVER_FOUND,	   /* request, found, count: a lookup's end */
	DISCOVER_RESOLVED, /* request, node, err */
	DISCOVER_ENDPOINT, /* node says that we are at `endpoint`; is_answer */
	DISCOVER_TALK,	   /* v5: node asks: token, protocol, data. Of node only
			    * id and udp are sure to be known */
	DISCOVER_TALKED,   /* v5: request, node, err, data */
	DISCOVER_CLOCK,	   /* v4: clock_off: many agree that our clock is
			    * wrong */
	DISCOVER_SELF,	   /* of discovery.h: node is what we tell of
			    * ourselves from now on */
};

struct discover_event {
	enum discover_event_type type;
	enum discover_version version;
	uint32_t request; /* of that version; 0: nobody's */
	enum err err;	  /* ERR_TIMEOUT: no answer. ERR_NOT_FOUND.
			   * ERR_AUTH: a record that is not that node's.
			   * ERR_DENIED: one with an endpoint that it may not
			   * tell us of. ERR_FORMAT: no record. ERR_BUSY: too
			   * many wait for that node already */
	struct contact node;
	uint64_t rtt_ns;
	unsigned checks; /* answered, the lost ones counted against them; of
			  * more than 5, a node to remember */
	struct addr endpoint;
	bool is_answer;	   /* to our PING; else it came in a PING of a node
			    * whose endpoint is proven */
	int64_t clock_off; /* seconds that ours is ahead; below 0: behind */
	uint64_t token;
	struct span protocol, data;
	size_t count;
	const struct contact *found; /* of a lookup: closest first */
};

#endif
