/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/inside.h"

/* --- references --------------------------------------------------------------
 */

void channel_ref(struct weft_channel *ch)
{
	ch->refs++;
}

void channel_unref(struct weft_channel *ch)
{
	assert(ch->refs > 0);
	if (--ch->refs > 0)
		return;
	DL_DELETE(ch->host->channels, ch);
	free(ch);
}

void channel_reclaim(struct weft_channel *ch)
{
	ch->refs = 1;
	channel_unref(ch);
}

/* --- the inbox ---------------------------------------------------------------
 */

static bool has_wire(const struct weft_channel *ch)
{
	return ch->wire.ops;
}

static size_t cost_of(const struct weft_shared *m)
{
	return m->msg->size + CHANNEL_MESSAGE_COST;
}

/* What waits and what is being read: it counts with the node's memory. */
static void tell_kept(struct weft_channel *ch)
{
	if (has_wire(ch))
		ch->wire.ops->keep(
			ch->wire.ctx,
			ch->cost + (ch->current ? cost_of(ch->current) : 0));
}

static void let_go_of_current(struct weft_channel *ch)
{
	if (ch->current)
		shared_put(ch->current);
	ch->current = NULL;
}

void channel_drop(struct weft_channel *ch)
{
	let_go_of_current(ch);
	tell_kept(ch);
}

/* The first that waits, now nobody's; NULL when none does. */
static struct weft_shared *unqueue(struct weft_channel *ch)
{
	struct weft_shared *m = ch->first;

	if (!m)
		return NULL;
	ch->first = m->behind;
	if (!ch->first)
		ch->last = NULL;
	ch->cost -= cost_of(m);
	return m;
}

/* There may be less than there was. */
static void has_less(struct weft_channel *ch)
{
	tell_kept(ch);
	if (ch->paused && ch->cost <= CHANNEL_IN_MAX / 2 && has_wire(ch)) {
		ch->paused = false;
		ch->wire.ops->resume(ch->wire.ctx);
	}
}

/* Nobody will read them: their peer may be back with more before the last task
 * of this session has ended. */
static void drop_unread(struct weft_channel *ch)
{
	struct weft_shared *m;

	while ((m = unqueue(ch)))
		shared_put(m);
	has_less(ch);
}

/* --- the end -----------------------------------------------------------------
 */

/* The handle may live on; the channel does not. */
static void settle(struct weft_channel *ch)
{
	struct weft_host *h = ch->host;

	if (!ch->over || has_wire(ch))
		return;
	h->channels_open--;
	channel_unref(ch);
	instance_settle(h);
}

static void is_over(struct weft_channel *ch)
{
	ch->over = true;
	settle(ch);
}

static int run_closed(void *arg)
{
	struct weft_channel *ch = arg;

	ch->protocol->p.closed(ch, ch->user);
	return WEFT_OK;
}

static void closed_done(void *arg, int rc)
{
	(void)rc;
	is_over(arg);
}

/* The last task of the channel has ended. */
static void tasks_ended(void *ctx)
{
	struct weft_channel *ch = ctx;
	const struct weft_protocol *p = &ch->protocol->p;

	channel_drop(ch);
	if (!ch->told || !p->closed) {
		is_over(ch);
		return;
	}
	if (task_start(&ch->host->life, p->stack_kib, run_closed, ch,
		       closed_done)) {
		/* It is owed: then without a fiber, so it cannot wait. */
		p->closed(ch, ch->user);
		is_over(ch);
	}
}

/* The handle is dead from now on. */
static void end(struct weft_channel *ch)
{
	struct channel_writer *w;

	if (ch->closed)
		return;
	ch->closed = true;
	drop_unread(ch);
	task_owner_close(&ch->owner);
	/* Those of other owners that wait here. */
	task_wake_all(&ch->readers);
	LL_FOREACH (ch->writers, w)
		task_wake_all(&w->wake);
}

struct weft_shared *channel_take(struct weft_channel *ch)
{
	let_go_of_current(ch);
	ch->current = unqueue(ch);
	has_less(ch);
	if (!ch->current)
		return NULL;
	if (!ch->first && ch->patient && !has_wire(ch))
		end(ch); /* its last message is out */
	return ch->current;
}

void channel_quit(struct weft_channel *ch, uint8_t reason)
{
	if (has_wire(ch))
		ch->wire.ops->disconnect(ch->wire.ctx, reason);
	end(ch);
}

/* "The plugin named in the log": whose messages stopped the stream when it
 * ended. No more often than sessions end. */
static void log_held_up(const struct weft_channel *ch)
{
	log_event(ch->host->node->log, LOG_INFO, "plugin",
		  "session ended with messages unread",
		  LOG_TEXT("plugin", ch->owner.label),
		  LOG_U64("bytes", ch->cost));
}

void channel_look(struct weft_channel *ch)
{
	if (has_wire(ch))
		ch->wire.ops->facts(ch->wire.ctx, &ch->facts);
}

struct msg *plugin_channel_unread(struct weft_channel *ch)
{
	struct weft_shared *m = ch->closed ? NULL : unqueue(ch);
	struct msg *msg;

	if (!m) {
		ch->paused = false; /* whoever takes over reads on */
		return NULL;
	}
	msg = msg_get(m->msg);
	shared_put(m);
	return msg;
}

void plugin_channel_closed(struct weft_channel *ch)
{
	if (ch->paused && !ch->closed)
		log_held_up(ch);
	channel_look(ch);
	ch->wire = (struct wire){ 0 };
	if (!ch->patient || !ch->first)
		end(ch);
	settle(ch);
}

/* --- what plugin code returned
 * ------------------------------------------------
 */

static void log_failed(const struct weft_channel *ch, int rc)
{
	const struct weft_host *h = ch->host;

	log_event(h->node->log, LOG_DEBUG, "plugin", "failed",
		  LOG_TEXT("plugin", ch->owner.label),
		  LOG_TEXT("error", instance_api.error_text(rc)));
}

void channel_obey(struct weft_channel *ch, int rc, enum channel_word word)
{
	bool is_reason = (rc & ~0xff) == WEFT_DISC(0);

	if (ch->closed)
		return; /* "the first cause stands" */
	if (is_reason) {
		channel_quit(ch, (uint8_t)(rc & 0xff));
	} else if (rc == WEFT_OK || rc == WEFT_ECLOSED) {
		/* Without run nobody reads any more, whatever had closed. */
		if (word == CHANNEL_RUN)
			channel_quit(ch, DISC_QUITTING);
	} else {
		log_failed(ch, rc);
		channel_quit(ch, rc == WEFT_EMSG ? DISC_PROTOCOL
						 : DISC_SUBPROTOCOL);
	}
}

/* --- run ---------------------------------------------------------------------
 */

static int run(void *arg)
{
	struct weft_channel *ch = arg;
	const struct instance_protocol *p = ch->protocol;

	return p->p.run(&ch->peer, ch, p->state);
}

static void run_returned(void *arg, int rc)
{
	channel_obey(arg, rc, CHANNEL_RUN);
}

/* --- handlers ----------------------------------------------------------------
 */

static void serve(struct weft_channel *ch);

static void handler_returned(void *arg, int rc)
{
	struct weft_channel *ch = arg;

	channel_drop(ch);
	ch->busy = false;
	ch->opening = false;
	channel_obey(ch, rc, CHANNEL_HANDLER);
	serve(ch);
}

static int run_opened(void *arg)
{
	struct weft_channel *ch = arg;
	const struct instance_protocol *p = ch->protocol;

	if (ch->closed)
		return WEFT_ECLOSED;
	ch->told = true;
	return p->p.opened(ch, p->state, &ch->user);
}

static int run_message(void *arg)
{
	struct weft_channel *ch = arg;
	struct weft_msg msg = shared_view(ch->current);

	if (ch->closed)
		return WEFT_ECLOSED;
	return ch->protocol->p.message(ch, ch->user, &msg);
}

static void start(struct weft_channel *ch, int (*fn)(void *arg),
		  void (*done)(void *arg, int rc),
		  enum disconnect_reason failed)
{
	enum err rc =
		task_start(&ch->owner, ch->protocol->p.stack_kib, fn, ch, done);

	if (!rc)
		return;
	if (rc != ERR_CLOSED)
		log_event(ch->host->node->log, LOG_WARN, "plugin",
			  "no fiber for a session",
			  LOG_TEXT("plugin", ch->owner.label),
			  LOG_TEXT("error", err_name(rc)));
	channel_quit(ch, (uint8_t)failed);
}

/* "One handler per channel at a time; the next message is taken after it
 * returned." */
static void serve(struct weft_channel *ch)
{
	if (ch->closed || ch->busy || !channel_take(ch))
		return;
	ch->busy = true;
	start(ch, run_message, handler_returned, DISC_SUBPROTOCOL);
}

/* --- in ----------------------------------------------------------------------
 */

void plugin_channel_message(struct weft_channel *ch, struct msg *msg)
{
	struct weft_shared *m;

	if (ch->closed)
		return;
	m = shared_new(ch->host, msg_get(msg));
	if (ch->last)
		ch->last->behind = m;
	else
		ch->first = m;
	ch->last = m;
	ch->cost += cost_of(m);
	if (channel_is_message_style(ch))
		serve(ch);
	else
		task_wake_all(&ch->readers);
	if (!ch->paused && ch->cost > CHANNEL_IN_MAX && has_wire(ch)) {
		ch->paused = true;
		ch->wire.ops->pause(ch->wire.ctx);
	}
	tell_kept(ch);
}

/* --- out ---------------------------------------------------------------------
 */

void plugin_channel_writable(struct weft_channel *ch)
{
	if (ch->writers)
		task_wake_all(&ch->writers->wake);
}

/* --- the beginning -----------------------------------------------------------
 */

struct weft_channel *plugin_channel_open(
	const struct instance_protocol *protocol, struct wire wire)
{
	const struct weft_protocol *p = &protocol->p;
	struct weft_host *h = protocol->host;
	char label[TASK_LABEL_MAX];
	struct weft_channel *ch;

	if (h->work_closed)
		return NULL;
	ch = calloc(1, sizeof(*ch));
	if (!ch)
		abort();
	ch->host = h;
	ch->protocol = protocol;
	ch->wire = wire;
	ch->peer.channel = ch;
	ch->refs = 1;
	ch->heard = -1;
	channel_look(ch);
	DL_APPEND(h->channels, ch);
	h->channels_open++;
	snprintf(label, sizeof(label), "%s %s/%u", h->plugin->name, p->name,
		 p->version);
	task_owner_init(&ch->owner, h->node->tasks, &h->work, h->node->log,
			label, tasks_ended, ch);

	if (p->message && !p->opened) {
		ch->told = true; /* an idle peer costs no fiber */
	} else if (p->message) {
		ch->busy = true;
		ch->opening = true;
		start(ch, run_opened, handler_returned, DISC_TOO_MANY_PEERS);
	} else if (p->run) {
		start(ch, run, run_returned, DISC_TOO_MANY_PEERS);
	}
	return ch;
}
