/* SPDX-License-Identifier: Apache-2.0 */
/* foobar.c - protocols/foobar as a plugin. Each side says foo when the session
 * is up, and again at every interval if there is one; whoever hears foo says
 * bar. Name and version come from options, so that it also talks to a peer that
 * calls the same thing "MyProtocol". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

#include "plugins/foobar/telling.h"
#include "protocols/foobar/foobar.h"

enum {
	NAME_ROOM = 128,     /* more than a name may have: see start */
	GREETING_ROOM = 512, /* likewise */
	GREETING_MAX = 255,  /* bytes */
	SHOWN_MAX = 64,	     /* bytes of a text that is neither foo nor bar */
	HEARD_MAX = 1024,    /* bytes of a message: other texts may be longer */
};

/* One per node. */
struct foobar_node {
	struct weft_host *host;
	char name[NAME_ROOM];
	char greeting[GREETING_ROOM];
	struct foobar sum; /* of all talks there were */
};

/* One per peer. */
struct talk {
	struct foobar_node *node;
	struct weft_channel *ch;
	struct telling telling;
	struct foobar sum;
	uint64_t unanswered; /* foo of ours */
	weft_time asked;     /* of the one that is timed; 0: none */
	int64_t round_trip;  /* of the last that was; 0: none */
};

static void add_to(struct foobar *sum, const struct foobar *more)
{
	sum->foo_in += more->foo_in;
	sum->foo_out += more->foo_out;
	sum->bar_in += more->bar_in;
	sum->bar_out += more->bar_out;
}

static void add(struct talk *t, const struct foobar *more)
{
	struct weft_host *host = t->node->host;

	add_to(&t->sum, more);
	add_to(&t->node->sum, more);
	weft_count(host, "foo_in", (int64_t)more->foo_in);
	weft_count(host, "foo_out", (int64_t)more->foo_out);
	weft_count(host, "bar_in", (int64_t)more->bar_in);
	weft_count(host, "bar_out", (int64_t)more->bar_out);
}

static int say_foo(struct talk *t,
		   int (*write)(struct weft_channel *ch, uint32_t code,
				const void *payload, size_t size))
{
	struct foobar said = { 0 };
	struct buf out;
	int rc = WEFT_EFAIL;

	buf_init(&out, FOOBAR_MESSAGE_MAX);
	if (!foobar_foo(&said, &out))
		rc = write(t->ch, FOOBAR_CODE, out.data, out.len);
	buf_clear(&out);
	if (rc)
		return rc;
	add(t, &said);
	/* The next bar answers it, when no other foo is on its way. */
	if (!t->unanswered++)
		t->asked = weft_now(t->node->host);
	tell_ours(&t->telling, TELLING_SENT, "foo");
	return WEFT_OK;
}

/* --- a session ---------------------------------------------------------------
 */

static int greet(struct talk *t)
{
	const char *greeting = t->node->greeting;
	int rc;

	if (!greeting[0])
		return WEFT_OK;
	rc = weft_send(t->ch, FOOBAR_CODE, "[s]", greeting);
	if (!rc)
		tell_ours(&t->telling, TELLING_SENT, greeting);
	return rc;
}

static int opened(struct weft_channel *ch, void *state, void **user)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct weft_peer_facts facts;
	int rc;

	if (!t)
		abort();
	*user = t;
	t->node = state;
	t->ch = ch;
	rc = weft_channel_facts(ch, &facts);
	if (rc)
		return rc;
	telling_init(&t->telling, t->node->host, facts.id);
	rc = say_foo(t, weft_write);
	return rc ? rc : greet(t);
}

/* "[d]" and not "[s]": any bytes may stand there, and we only show them. */
static int hear_other(struct talk *t, const struct weft_msg *msg)
{
	char shown[SHOWN_MAX + 1];
	const uint8_t *text;
	size_t len;
	int rc = weft_unpack(msg, "[d]", &text, &len);

	if (rc)
		return rc;
	snprintf(shown, sizeof(shown), "%.*s",
		 (int)(len < SHOWN_MAX ? len : SHOWN_MAX), (const char *)text);
	tell_theirs(&t->telling, TELLING_RECEIVED, shown);
	return WEFT_OK;
}

/* heard has counted the answer, which has yet to be sent. */
static int answer(struct talk *t, struct foobar *heard, const struct buf *bar)
{
	int rc;

	tell_theirs(&t->telling, TELLING_RECEIVED, "foo");
	rc = weft_write(t->ch, FOOBAR_CODE, bar->data, bar->len);
	if (rc)
		heard->bar_out = 0;
	else
		tell_theirs(&t->telling, TELLING_SENT, "bar");
	return rc;
}

/* As many bar as we said foo are of our own making. */
static void hear_bar(struct talk *t)
{
	if (t->unanswered) {
		t->unanswered--;
		if (t->asked)
			t->round_trip = weft_now(t->node->host) - t->asked;
		t->asked = 0;
		tell_ours(&t->telling, TELLING_RECEIVED, "bar");
	} else {
		tell_theirs(&t->telling, TELLING_RECEIVED, "bar");
	}
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	struct foobar heard = { 0 };
	struct talk *t = user;
	enum foobar_event event;
	struct buf reply;
	int rc = WEFT_OK;

	(void)ch;
	buf_init(&reply, FOOBAR_MESSAGE_MAX);
	if (foobar_feed(&heard, &reply, &event,
			span_of(msg->payload, msg->size)))
		return WEFT_EMSG; /* and nothing in reply */
	switch (event) {
	case FOOBAR_FOO:
		rc = answer(t, &heard, &reply);
		break;
	case FOOBAR_BAR:
		hear_bar(t);
		break;
	case FOOBAR_OTHER:
		rc = hear_other(t, msg);
		break;
	}
	buf_clear(&reply);
	add(t, &heard);
	return rc;
}

static void closed(struct weft_channel *ch, void *user)
{
	struct talk *t = user;

	(void)ch;
	telling_end(&t->telling);
	free(t);
}

/* --- facts -------------------------------------------------------------------
 */

static void write_sum(struct weft_text *json, const struct foobar *sum)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "{\"foo_in\":%" PRIu64 ",\"foo_out\":%" PRIu64
		 ",\"bar_in\":%" PRIu64 ",\"bar_out\":%" PRIu64,
		 sum->foo_in, sum->foo_out, sum->bar_in, sum->bar_out);
	weft_text_add(json, text, strlen(text));
}

static void node_info(void *state, struct weft_text *json)
{
	const struct foobar_node *n = state;

	write_sum(json, &n->sum);
	weft_text_add(json, "}", 1);
}

static void peer_info(struct weft_channel *ch, void *user,
		      struct weft_text *json)
{
	static const struct foobar none;
	const struct talk *t = user;
	char text[64];

	(void)ch;
	write_sum(json, t ? &t->sum : &none);
	if (t && t->round_trip) {
		snprintf(text, sizeof(text), ",\"round_trip_ns\":%" PRId64,
			 t->round_trip);
		weft_text_add(json, text, strlen(text));
	}
	weft_text_add(json, "}", 1);
}

/* --- the plugin --------------------------------------------------------------
 */

/* A peer that has no room now hears the next one. */
static int visit(struct weft_channel *ch, void *user, void *arg)
{
	(void)ch;
	(void)arg;
	(void)say_foo(user, weft_try_write);
	return 0;
}

static void interval_passed(void *arg)
{
	struct foobar_node *n = arg;

	weft_channel_each(n->host, n->name, visit, NULL);
}

static int refuse(struct weft_host *host, const char *message, int rc)
{
	weft_log(host, WEFT_LOG_ERROR, message, "error", weft_error_text(rc),
		 NULL);
	return rc;
}

static int start(struct weft_host *host, void **state)
{
	struct foobar_node *n = calloc(1, sizeof(*n));
	struct weft_protocol p = {
		.size = sizeof(p),
		.codes = FOOBAR_CODES,
		.max_message = HEARD_MAX,
		.opened = opened,
		.message = message,
		.closed = closed,
		.node_info = node_info,
		.peer_info = peer_info,
	};
	int64_t version = 0, interval = 0;
	int rc;

	if (!n)
		abort();
	*state = n;
	n->host = host;
	/* These were declared, so they are there. */
	weft_option_text(host, "name", n->name, sizeof(n->name));
	weft_option_text(host, "greeting", n->greeting, sizeof(n->greeting));
	weft_option_int(host, "version", &version);
	weft_option_int(host, "interval", &interval);
	if (strlen(n->greeting) > GREETING_MAX)
		return refuse(host, "the greeting is too long", WEFT_ELIMIT);

	p.name = n->name;
	p.version = (uint32_t)version;
	rc = weft_protocol_add(host, &p, n);
	if (rc)
		return refuse(host, "the protocol cannot be offered", rc);
	if (interval && !weft_every(host, interval, interval_passed, n))
		return refuse(host, "no timer", WEFT_ELIMIT);
	return WEFT_OK;
}

static const struct weft_option name = {
	.size = sizeof(name),
	.name = "name",
	.type = WEFT_OPTION_TEXT,
	.fallback = FOOBAR_NAME,
	.help = "the capability's name",
};
static const struct weft_option version = {
	.size = sizeof(version),
	.name = "version",
	.type = WEFT_OPTION_INT,
	.fallback = "1",
	.help = "and its version",
	.min = 0,
	.max = UINT32_MAX,
};
static const struct weft_option interval = {
	.size = sizeof(interval),
	.name = "interval",
	.type = WEFT_OPTION_DURATION,
	.fallback = "0",
	.help = "say foo again and again; 0: once per session",
	.min = 0,
	.max = WEFT_SECONDS(24 * 60 * 60),
};
static const struct weft_option greeting = {
	.size = sizeof(greeting),
	.name = "greeting",
	.type = WEFT_OPTION_TEXT,
	.help = "said once after the first foo; peers show it",
};
static const struct weft_option *const options[] = {
	&name, &version, &interval, &greeting, NULL,
};

WEFT_PLUGIN(.name = "foobar", .version = "1.0.0",
	    .summary = "says foo, and bar to whoever says foo",
	    .options = options, .start = start, .freed = free);
