/* SPDX-License-Identifier: Apache-2.0 */
/* api_message.c - counted messages: those that were read, and those made for
 * many peers. */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "p2p/rlpx/rlpx.h"

struct weft_shared *shared_new(struct weft_host *h, struct msg *msg)
{
	struct weft_shared *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->host = h;
	m->refs = 1;
	m->msg = msg;
	m->packed = packed_of(span_of(msg->payload, msg->size));
	m->received = api_time(net_loop_now(h->node->loop));
	DL_APPEND(h->messages, m);
	return m;
}

void shared_put(struct weft_shared *m)
{
	assert(m->refs > 0);
	if (--m->refs > 0)
		return;
	DL_DELETE(m->host->messages, m);
	rlp_texts_clear(&m->texts);
	packed_clear(&m->packed);
	msg_put(m->msg);
	free(m);
}

void shared_reclaim(struct weft_shared *m)
{
	m->refs = 1;
	shared_put(m);
}

struct weft_msg shared_view(struct weft_shared *m)
{
	return (struct weft_msg){
		.code = m->msg->code,
		.payload = m->msg->payload,
		.size = m->msg->size,
		.received = m->received,
		.held = m,
	};
}

int api_msg_keep(struct weft_channel *ch, const struct weft_msg *msg,
		 struct weft_shared **out)
{
	/* Also after the close: the payload is still theirs then. */
	if (!ch || !msg || !out || !ch->current || msg->held != ch->current)
		return WEFT_EINVAL;
	ch->current->refs++;
	*out = ch->current;
	return WEFT_OK;
}

struct weft_shared *api_msg_new(struct weft_host *h, uint32_t code,
				const void *payload, size_t size)
{
	struct msg *msg;

	if (!h || (!payload && size) || size > RLPX_MESSAGE_MAX)
		return NULL;
	msg = msg_new(code, size);
	if (size)
		memcpy(msg->payload, payload, size);
	return shared_new(h, msg);
}

int api_msg_view(struct weft_shared *m, struct weft_msg *out, size_t size)
{
	struct weft_msg view;

	if (!m || !out)
		return WEFT_EINVAL;
	view = shared_view(m);
	api_copy_out(out, size, &view, sizeof(view));
	return WEFT_OK;
}

void api_msg_free(struct weft_shared *m)
{
	if (m)
		shared_put(m);
}
