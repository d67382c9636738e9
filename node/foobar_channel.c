/* SPDX-License-Identifier: Apache-2.0 */
#include "node/foobar_channel.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/base/bucket.h"
#include "protocols/foobar/foobar.h"

enum {
	LEFT_OUT_MS = 1000, /* from one left_out to the next */
	HEARD_MAX = 1024,   /* bytes of a message: later texts may be longer */
};

struct foobar_channel {
	struct foobar_host *host;
	struct channel *ch;
	struct node_id peer;
	struct foobar core;
	struct net_timer *timer; /* NULL without an interval */
	struct buf bar;		 /* the answer, while some are owed */
	size_t owed;
	uint64_t unanswered; /* foo of ours */
	struct bucket told;
	uint64_t left_out;
	struct net_timer *tell_left_out; /* NULL until some are */
};

static void tell_left_out(void *ctx)
{
	struct foobar_channel *f = ctx;
	uint64_t count = f->left_out;

	f->left_out = 0;
	if (count && f->host->left_out)
		f->host->left_out(f->host->ctx, &f->peer, count);
}

static void leave_out(struct foobar_channel *f)
{
	struct net_loop *loop = f->host->loop;

	if (!f->tell_left_out)
		f->tell_left_out = net_timer_open(loop, tell_left_out, f);
	if (!f->left_out++)
		net_timer_set(f->tell_left_out,
			      mono_add_ms(net_loop_now(loop), LEFT_OUT_MS));
}

static void tell(const struct foobar_channel *f, enum foobar_way way,
		 const char *text)
{
	if (f->host->told)
		f->host->told(f->host->ctx, &f->peer, way, text);
}

/* The peer made us. */
static void tell_theirs(struct foobar_channel *f, enum foobar_way way,
			const char *text)
{
	if (bucket_take(&f->told, net_loop_now(f->host->loop)))
		tell(f, way, text);
	else
		leave_out(f);
}

/* ERR_BUSY and ERR_CLOSED are the channel's; foo that finds no room is not
 * said, and the next one is. */
static enum err say_foo(struct foobar_channel *f)
{
	struct buf out;
	enum err rc;

	buf_init(&out, FOOBAR_MESSAGE_MAX);
	rc = foobar_foo(&f->core, &out);
	if (!rc)
		rc = channel_send(f->ch, FOOBAR_CODE,
				  span_of(out.data, out.len));
	buf_clear(&out);
	if (rc)
		return rc;
	f->unanswered++;
	tell(f, FOOBAR_SENT, "foo");
	return ERR_NONE;
}

static void interval_passed(void *ctx)
{
	struct foobar_channel *f = ctx;

	net_timer_set(f->timer, mono_add_ms(net_loop_now(f->host->loop),
					    f->host->interval_ms));
	(void)!say_foo(f);
}

static int opened(struct channel *ch, void *state, void **user)
{
	struct foobar_channel *f = calloc(1, sizeof(*f));
	struct peer_facts facts;

	if (!f)
		abort();
	channel_facts(ch, &facts);
	f->host = state;
	f->ch = ch;
	f->peer = facts.id;
	buf_init(&f->bar, FOOBAR_MESSAGE_MAX);
	bucket_init(&f->told, FOOBAR_TOLD_AT_ONCE, FOOBAR_TOLD_PER_SECOND,
		    net_loop_now(f->host->loop));
	*user = f;
	if (f->host->interval_ms) {
		f->timer = net_timer_open(f->host->loop, interval_passed, f);
		net_timer_set(f->timer, mono_add_ms(net_loop_now(f->host->loop),
						    f->host->interval_ms));
	}
	return say_foo(f) ? PROTOCOL_END(DISC_SUBPROTOCOL) : PROTOCOL_GO_ON;
}

/* Answer as often as is owed. A peer that asks and does not read fills the
 * budget: until there is room again nothing more is read from it. */
static int answer(struct foobar_channel *f)
{
	while (f->owed) {
		enum err rc = channel_send(f->ch, FOOBAR_CODE,
					   span_of(f->bar.data, f->bar.len));

		if (rc == ERR_BUSY)
			channel_pause(f->ch);
		if (rc)
			return PROTOCOL_GO_ON; /* or it is ending anyway */
		f->owed--;
		tell_theirs(f, FOOBAR_SENT, "bar");
	}
	buf_clear(&f->bar);
	channel_resume(f->ch);
	return PROTOCOL_GO_ON;
}

static void hear_bar(struct foobar_channel *f)
{
	if (f->unanswered) {
		f->unanswered--;
		tell(f, FOOBAR_RECEIVED, "bar");
	} else {
		tell_theirs(f, FOOBAR_RECEIVED, "bar");
	}
}

static int message(struct channel *ch, void *user, struct msg *msg)
{
	struct foobar_channel *f = user;
	enum foobar_event event;
	struct buf reply;

	(void)ch;
	buf_init(&reply, FOOBAR_MESSAGE_MAX);
	if (foobar_feed(&f->core, &reply, &event,
			span_of(msg->payload, msg->size)))
		return PROTOCOL_END(DISC_PROTOCOL); /* nothing in reply */
	switch (event) {
	case FOOBAR_FOO:
		tell_theirs(f, FOOBAR_RECEIVED, "foo");
		buf_clear(&f->bar);
		f->bar = reply; /* one answer is like the other */
		f->owed++;
		return answer(f);
	case FOOBAR_BAR:
		hear_bar(f);
		break;
	case FOOBAR_OTHER:
		break;
	}
	return PROTOCOL_GO_ON;
}

static int writable(struct channel *ch, void *user)
{
	(void)ch;
	return answer(user);
}

static void closed(struct channel *ch, void *user)
{
	struct foobar_channel *f = user;

	(void)ch;
	if (!f)
		return;
	tell_left_out(f);
	if (f->tell_left_out)
		net_timer_close(f->tell_left_out);
	if (f->timer)
		net_timer_close(f->timer);
	buf_clear(&f->bar);
	free(f);
}

void foobar_capability(struct capability *out)
{
	*out = (struct capability){
		.version = FOOBAR_VERSION,
		.codes = FOOBAR_CODES,
		.max_message = HEARD_MAX,
	};
	snprintf(out->name, sizeof(out->name), "%s", FOOBAR_NAME);
}

void foobar_protocol(struct protocol *out, struct foobar_host *host)
{
	*out = (struct protocol){
		.state = host,
		.opened = opened,
		.message = message,
		.closed = closed,
		.writable = writable,
	};
	foobar_capability(&out->capability);
}
