/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

struct v5_out {
	struct v5_out *prev, *next;
	struct addr to;
	size_t len;
	uint8_t bytes[];
};

struct v5_said_event {
	struct v5_said_event *prev, *next;
	struct v5_event event;
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

void v5_send(struct v5 *v, const struct addr *to, const uint8_t *bytes,
	     size_t len)
{
	struct v5_out *o;

	if (v->out_count == V5_DATAGRAMS) {
		v5_dropped(v, V5_DROP_QUEUE);
		return;
	}
	o = made(sizeof(*o) + len);
	o->to = *to;
	o->len = len;
	memcpy(o->bytes, bytes, len);
	DL_APPEND(v->out, o);
	v->out_count++;
	v->stats.sent_bytes += len;
}

bool v5_next_datagram(struct v5 *v, struct v5_datagram *out)
{
	struct v5_out *o = v->out;

	if (!o)
		return false;
	out->to = o->to;
	out->len = o->len;
	memcpy(out->bytes, o->bytes, o->len);
	DL_DELETE(v->out, o);
	v->out_count--;
	free(o);
	return true;
}

struct v5_event *v5_tell(struct v5 *v, enum v5_event_type type,
			 uint32_t request, const struct contact *node,
			 size_t results)
{
	struct v5_said_event *e;

	if (v->event_count >= V5_EVENTS && !request) {
		v5_dropped(v, V5_DROP_EVENT);
		return NULL;
	}
	e = made(sizeof(*e) + results * sizeof(e->found[0]));
	e->event.type = type;
	e->event.request = request;
	if (node)
		e->event.node = *node;
	e->event.found = e->found;
	DL_APPEND(v->events, e);
	v->event_count++;
	return &e->event;
}

void v5_tell_result(struct v5_event *e, size_t at, const struct contact *c)
{
	struct v5_said_event *said =
		CONTAINER_OF(e, struct v5_said_event, event);

	said->found[at] = *c;
	e->count = at + 1;
}

void v5_tell_bytes(struct v5_event *e, struct span protocol, struct span data)
{
	struct v5_said_event *said =
		CONTAINER_OF(e, struct v5_said_event, event);

	if (!protocol.len && !data.len)
		return;
	said->bytes = made(protocol.len + data.len);
	if (protocol.len)
		memcpy(said->bytes, protocol.data, protocol.len);
	if (data.len)
		memcpy(said->bytes + protocol.len, data.data, data.len);
	e->protocol = span_of(said->bytes, protocol.len);
	e->data = span_of(said->bytes + protocol.len, data.len);
}

static void free_event(struct v5_said_event *e)
{
	if (!e)
		return;
	free(e->bytes);
	free(e);
}

bool v5_next_event(struct v5 *v, struct v5_event *out)
{
	struct v5_said_event *e = v->events;

	free_event(v->borrowed);
	v->borrowed = NULL;
	if (!e)
		return false;
	DL_DELETE(v->events, e);
	v->event_count--;
	if (e->event.request)
		v->requests--;
	*out = e->event;
	v->borrowed = e;
	return true;
}

void v5_queue_clear(struct v5 *v)
{
	struct v5_said_event *e, *next_event;
	struct v5_out *o, *next_out;

	DL_FOREACH_SAFE(v->out, o, next_out)
	free(o);
	DL_FOREACH_SAFE(v->events, e, next_event)
	free_event(e);
	free_event(v->borrowed);
}
