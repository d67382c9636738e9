/* SPDX-License-Identifier: Apache-2.0 */
/* api_channel.c - reading and writing, and who is at the other end. */
#include <stdio.h>
#include <utlist.h>

#include "node/plugin/api.h"

/* --- reading -----------------------------------------------------------------
 */

static int wait_for_message(struct weft_channel *ch, weft_time deadline)
{
	int rc;

	ch->reading = true;
	/* The handle may be given back while we wait. */
	channel_ref(ch);
	rc = task_wait(&ch->readers, api_deadline(deadline), "weft_read");
	ch->reading = false;
	if (ch->closed)
		rc = WEFT_ECLOSED;
	channel_unref(ch);
	return rc;
}

int api_read(struct weft_channel *ch, struct weft_msg *msg, size_t size,
	     weft_time deadline)
{
	struct weft_msg view;
	int rc;

	if (!ch || !msg || channel_is_message_style(ch) || ch->reading)
		return WEFT_EINVAL;
	rc = api_may_wait(ch->host, "weft_read");
	if (rc)
		return rc;
	if (ch->closed)
		return api_closed("weft_read");
	channel_drop(ch);
	while (!ch->first) {
		rc = wait_for_message(ch, deadline);
		if (rc)
			return rc;
	}
	view = shared_view(channel_take(ch));
	api_copy_out(msg, size, &view, sizeof(view));
	return WEFT_OK;
}

/* --- writing -----------------------------------------------------------------
 */

/* What is to be written: bytes, or a message for many. */
struct letter {
	uint32_t code;
	struct span payload;
	struct packed *packed; /* of the latter, or NULL */
};

static enum err try_send(struct weft_channel *ch, const struct letter *l)
{
	if (!ch->wire.ops)
		return ERR_CLOSED;
	if (l->packed)
		return ch->wire.ops->send_packed(ch->wire.ctx, l->code,
						 l->packed);
	return ch->wire.ops->send(ch->wire.ctx, l->code, l->payload);
}

static int check_letter(const struct weft_channel *ch, const struct letter *l)
{
	if (!l->payload.data && l->payload.len)
		return WEFT_EINVAL;
	return l->code < ch->protocol->p.codes ? WEFT_OK : WEFT_EMSG;
}

static int sent(enum err rc, const char *call)
{
	return rc == ERR_CLOSED ? api_closed(call) : api_result(rc);
}

/* Wait in line until the message is sent, or never will be. */
static enum err send_in_turn(struct weft_channel *ch, const struct letter *l)
{
	struct channel_writer me = { 0 };
	enum err rc = ERR_BUSY;

	channel_ref(ch);
	LL_APPEND(ch->writers, &me);
	/* Only the first in line is woken, or all at the end. */
	while (rc == ERR_BUSY) {
		if (task_wait(&me.wake, MONO_NEVER, "weft_write") || ch->closed)
			rc = ERR_CLOSED;
		else
			rc = try_send(ch, l);
	}
	LL_DELETE(ch->writers, &me);
	/* Whoever is first now has not been told of the room there is. */
	if (ch->writers)
		task_wake_all(&ch->writers->wake);
	channel_unref(ch);
	return rc;
}

int api_write(struct weft_channel *ch, uint32_t code, const void *payload,
	      size_t size)
{
	const struct letter l = { code, span_of(payload, size), NULL };
	enum err rc = ERR_BUSY;
	int no;

	if (!ch)
		return WEFT_EINVAL;
	no = check_letter(ch, &l);
	if (!no)
		no = api_may_wait(ch->host, "weft_write");
	if (no)
		return no;
	if (ch->closed)
		return api_closed("weft_write");
	if (!ch->writers)
		rc = try_send(ch, &l);
	if (rc != ERR_BUSY)
		return sent(rc, "weft_write");
	rc = send_in_turn(ch, &l);
	return rc == ERR_CLOSED ? WEFT_ECLOSED : api_result(rc);
}

static int send_now(struct weft_channel *ch, const struct letter *l,
		    const char *call)
{
	int no;

	if (!ch)
		return WEFT_EINVAL;
	no = check_letter(ch, l);
	if (no)
		return no;
	if (ch->closed)
		return api_closed(call);
	if (ch->writers)
		return WEFT_EAGAIN; /* they were here before */
	return sent(try_send(ch, l), call);
}

int api_try_write(struct weft_channel *ch, uint32_t code, const void *payload,
		  size_t size)
{
	const struct letter l = { code, span_of(payload, size), NULL };

	return send_now(ch, &l, "weft_try_write");
}

int api_post_msg(struct weft_channel *ch, struct weft_shared *m)
{
	struct letter l;

	if (!m)
		return WEFT_EINVAL;
	l = (struct letter){ m->msg->code, m->packed.raw, &m->packed };
	return send_now(ch, &l, "weft_post_msg");
}

/* --- facts -------------------------------------------------------------------
 */

void api_peer_facts_of(struct weft_peer_facts *out, const struct peer_facts *f)
{
	char text[ADDR_TEXT_MAX];

	*out = (struct weft_peer_facts){
		.inbound = f->inbound,
		.trusted = f->trusted,
		.is_static = f->is_static,
	};
	memcpy(out->id, f->id.b, sizeof(out->id));
	memcpy(out->pubkey, f->pub.b, sizeof(out->pubkey));
	memcpy(out->name, f->name, sizeof(out->name) - 1);
	snprintf(out->remote, sizeof(out->remote), "%s",
		 addr_text(text, &f->remote));
	snprintf(out->local, sizeof(out->local), "%s",
		 addr_text(text, &f->local));
}

int api_channel_facts(struct weft_channel *ch, struct weft_peer_facts *out,
		      size_t size)
{
	struct weft_peer_facts facts;

	if (!ch || !out)
		return WEFT_EINVAL;
	if (ch->over)
		return api_closed("weft_channel_facts");
	channel_look(ch);
	api_peer_facts_of(&facts, &ch->facts);
	api_copy_out(out, size, &facts, sizeof(facts));
	return WEFT_OK;
}

int api_peer_facts(struct weft_peer *peer, struct weft_peer_facts *out,
		   size_t size)
{
	if (!peer)
		return WEFT_EINVAL;
	return api_channel_facts(peer->channel, out, size);
}

/* --- the handle --------------------------------------------------------------
 */

int api_disconnect(struct weft_channel *ch, uint32_t reason)
{
	if (!ch || reason > 0xff)
		return WEFT_EINVAL;
	if (ch->closed)
		return api_closed("weft_disconnect");
	channel_quit(ch, (uint8_t)reason);
	return WEFT_OK;
}

int api_is_open(struct weft_channel *ch)
{
	return ch && !ch->closed;
}

struct weft_channel *api_channel_ref(struct weft_channel *ch)
{
	if (ch)
		channel_ref(ch);
	return ch;
}

void api_channel_unref(struct weft_channel *ch)
{
	if (ch)
		channel_unref(ch);
}

int api_channel_each(struct weft_host *h, const char *protocol,
		     int (*visit)(struct weft_channel *ch, void *user,
				  void *arg),
		     void *arg)
{
	struct weft_channel *ch, *next;
	int rc = WEFT_OK;

	if (!h || !protocol || !visit)
		return WEFT_EINVAL;
	h->unwaitable++;
	for (ch = h->channels; ch && !rc; ch = next) {
		channel_ref(ch); /* stays in the list while it is visited */
		if (!ch->closed && !ch->opening &&
		    !strcmp(ch->protocol->p.name, protocol))
			rc = visit(ch, ch->user, arg);
		next = ch->next;
		channel_unref(ch);
	}
	h->unwaitable--;
	return rc;
}
