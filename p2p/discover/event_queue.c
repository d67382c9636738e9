/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/event_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

struct queued_event {
	struct queued_event *prev, *next;
	struct discover_event event;
	uint8_t *bytes; /* what its spans borrow from; NULL */
	struct contact found[];
};

static void *made(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static void free_event(struct queued_event *e)
{
	if (!e)
		return;
	free(e->bytes);
	free(e);
}

bool event_queue_has_room(const struct event_queue *q)
{
	return q->requests < DISCOVER_REQUESTS;
}

uint32_t event_queue_request(struct event_queue *q)
{
	assert(event_queue_has_room(q));
	q->requests++;
	q->last_request++;
	if (!q->last_request)
		q->last_request++;
	return q->last_request;
}

struct discover_event *event_queue_put(struct event_queue *q,
				       enum discover_event_type type,
				       uint32_t request,
				       const struct contact *node,
				       size_t results)
{
	struct queued_event *e;

	if (q->count >= DISCOVER_EVENTS && !request) {
		++*q->dropped;
		return NULL;
	}
	e = made(sizeof(*e) + results * sizeof(e->found[0]));
	e->event.type = type;
	e->event.version = q->version;
	e->event.request = request;
	if (node)
		e->event.node = *node;
	e->event.found = e->found;
	DL_APPEND(q->first, e);
	q->count++;
	return &e->event;
}

void event_queue_add_found(struct discover_event *e, const struct contact *c)
{
	struct queued_event *q = CONTAINER_OF(e, struct queued_event, event);

	q->found[e->count++] = *c;
}

void event_queue_set_bytes(struct discover_event *e, struct span protocol,
			   struct span data)
{
	struct queued_event *q = CONTAINER_OF(e, struct queued_event, event);

	if (!protocol.len && !data.len)
		return;
	q->bytes = made(protocol.len + data.len);
	if (protocol.len)
		memcpy(q->bytes, protocol.data, protocol.len);
	if (data.len)
		memcpy(q->bytes + protocol.len, data.data, data.len);
	e->protocol = span_of(q->bytes, protocol.len);
	e->data = span_of(q->bytes + protocol.len, data.len);
}

bool event_queue_take(struct event_queue *q, struct discover_event *out)
{
	struct queued_event *e = q->first;

	free_event(q->borrowed);
	q->borrowed = NULL;
	if (!e)
		return false;
	DL_DELETE(q->first, e);
	q->count--;
	if (e->event.request)
		q->requests--;
	*out = e->event;
	q->borrowed = e;
	return true;
}

void event_queue_clear(struct event_queue *q)
{
	struct queued_event *e, *next;

	DL_FOREACH_SAFE(q->first, e, next)
	free_event(e);
	free_event(q->borrowed);
	q->first = NULL;
	q->borrowed = NULL;
	q->count = 0;
}
