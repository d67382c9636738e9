/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

struct v4_out {
	struct v4_out *prev, *next;
	struct addr to;
	size_t len;
	uint8_t bytes[];
};

struct v4_said_event {
	struct v4_said_event *prev, *next;
	struct v4_event event;
	struct contact found[];
};

static void *made(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

void v4_send(struct v4 *v, const struct addr *to, struct v4_packet *p)
{
	uint8_t bytes[V4_PACKET_MAX];
	struct v4_out *o;
	size_t len;

	p->expiration = v->unix_seconds + V4_EXPIRES;
	len = v4_encode(bytes, p, &v->key.key);
	if (v->out_count == V4_DATAGRAMS) {
		v4_dropped(v, V4_DROP_QUEUE);
		return;
	}
	o = made(sizeof(*o) + len);
	o->to = *to;
	o->len = len;
	memcpy(o->bytes, bytes, len);
	DL_APPEND(v->out, o);
	v->out_count++;
	v->stats.sent[p->type]++;
	v->stats.sent_bytes += len;
}

bool v4_next_datagram(struct v4 *v, struct v4_datagram *out)
{
	struct v4_out *o = v->out;

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

static bool ends_request(enum v4_event_type type, uint32_t request)
{
	return type == V4_EVENT_PINGED || type == V4_EVENT_LOOKUP ||
	       type == V4_EVENT_RESOLVED ||
	       (type == V4_EVENT_RECORD && request);
}

struct v4_event *v4_tell(struct v4 *v, enum v4_event_type type,
			 uint32_t request, const struct contact *node,
			 size_t results)
{
	struct v4_said_event *e;

	if (v->event_count >= V4_EVENTS && !ends_request(type, request)) {
		v4_dropped(v, V4_DROP_EVENT);
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

void v4_tell_result(struct v4_event *e, size_t at, const struct contact *c)
{
	struct v4_said_event *said =
		CONTAINER_OF(e, struct v4_said_event, event);

	said->found[at] = *c;
	e->count = at + 1;
}

bool v4_next_event(struct v4 *v, struct v4_event *out)
{
	struct v4_said_event *e = v->events;

	free(v->borrowed);
	v->borrowed = NULL;
	if (!e)
		return false;
	DL_DELETE(v->events, e);
	v->event_count--;
	if (ends_request(e->event.type, e->event.request))
		v->requests--;
	*out = e->event;
	v->borrowed = e;
	return true;
}

void v4_queue_clear(struct v4 *v)
{
	struct v4_said_event *e, *next_event;
	struct v4_out *o, *next_out;

	DL_FOREACH_SAFE(v->out, o, next_out)
	free(o);
	DL_FOREACH_SAFE(v->events, e, next_event)
	free(e);
	free(v->borrowed);
}
