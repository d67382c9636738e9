/* SPDX-License-Identifier: Apache-2.0 */
/* event_queue.h - events on their way to the owner of a core, in order, and the
 * numbers of its requests, each of which ends with an event. Pure; bounded. */
#ifndef P2P_DISCOVER_EVENT_QUEUE_H
#define P2P_DISCOVER_EVENT_QUEUE_H

#include "p2p/discover/event.h"

struct queued_event;

/* Zero but for the first two: empty. Not to be copied. */
struct event_queue {
	enum discover_version version;
	uint64_t *dropped; /* counts those that found no room */
	struct queued_event *first, *borrowed;
	size_t count, requests;
	uint32_t last_request;
};

/* event_queue_has_room - for one more request? */
bool event_queue_has_room(const struct event_queue *q);

/* event_queue_request - the number of a new request, never 0, whose event has
 * to come; there must be room for it. */
uint32_t event_queue_request(struct event_queue *q);

/* event_queue_put - queue an event and return it, to be filled in before the
 * next call here. NULL: there is no room, which is counted; never of one that
 * ends a request. It has room for that many results. */
struct discover_event *event_queue_put(struct event_queue *q,
				       enum discover_event_type type,
				       uint32_t request,
				       const struct contact *node,
				       size_t results);

/* Of an event that was just put: one of its results, and a copy of bytes as its
 * protocol and data. */
void event_queue_add_found(struct discover_event *e, const struct contact *c);
void event_queue_set_bytes(struct discover_event *e, struct span protocol,
			   struct span data);

/* event_queue_take - what the last one borrowed ends here. False: there is
 * none. */
bool event_queue_take(struct event_queue *q, struct discover_event *out);
void event_queue_clear(struct event_queue *q);

#endif
