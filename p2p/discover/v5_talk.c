/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

void v5_take_talks(struct v5 *v)
{
	v->takes_talks = true;
}

static void respond(struct v5 *v, const struct v5_sender *to,
		    const struct v5_request_id *id, struct span response)
{
	struct v5_message m = { .type = V5_TALKRESP, .id = *id };

	m.talkresp.response = response;
	v5_reply(v, to, &m);
}

static void remove_wait(struct v5 *v, struct v5_talk_wait *w)
{
	DL_DELETE(v->talks, w);
	v->talk_count--;
	free(w);
}

static bool has_room(const struct v5 *v, const struct node_id *id)
{
	const struct v5_talk_wait *w;
	size_t n = 0;

	DL_FOREACH (v->talks, w)
		n += node_id_equal(&w->from.id, id);
	return n < V5_TALKS_NODE && v->talk_count < V5_TALKS;
}

static void tell(struct v5 *v, const struct v5_talk_wait *w,
		 const struct v5_message *m)
{
	const struct contact *known = table_find(v->seeker.table, &w->from.id);
	struct contact node = { .id = w->from.id };
	struct discover_event *e;

	if (known)
		node = *known;
	node.udp = w->from.at;
	e = event_queue_put(&v->events, DISCOVER_TALK, 0, &node, 0);
	if (!e)
		return;
	e->token = w->token;
	event_queue_set_bytes(e, m->talkreq.protocol, m->talkreq.request);
}

void v5_talk_asked(struct v5 *v, const struct v5_sender *from,
		   const struct v5_message *talkreq)
{
	struct v5_talk_wait *w;

	/* "Empty for an unknown protocol, always sent." */
	if (!v->takes_talks) {
		respond(v, from, &talkreq->id, span_of(NULL, 0));
		return;
	}
	v5_talk_expire(v);
	if (!has_room(v, &from->id)) {
		v5_dropped(v, V5_DROP_TALKS);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	w->token = ++v->last_token;
	w->from = *from;
	w->id = talkreq->id;
	w->due = mono_add_ms(v->now, V5_TALK_MS);
	DL_APPEND(v->talks, w);
	v->talk_count++;
	tell(v, w, talkreq);
}

enum err v5_talk_reply(struct v5 *v, uint64_t token, struct span response)
{
	struct v5_talk_wait *w;

	if (response.len > V5_TALK_REPLY_MAX)
		return ERR_LIMIT;
	DL_SEARCH_SCALAR(v->talks, w, token, token);
	if (!w)
		return ERR_NOT_FOUND;
	respond(v, &w->from, &w->id, response);
	remove_wait(v, w);
	return ERR_NONE;
}

void v5_talk_expire(struct v5 *v)
{
	while (v->talks && !mono_before(v->now, v->talks->due))
		remove_wait(v, v->talks);
}

void v5_talk_clear(struct v5 *v)
{
	while (v->talks)
		remove_wait(v, v->talks);
}
