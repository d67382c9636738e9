/* SPDX-License-Identifier: Apache-2.0 */
/* gossip.c - gossip/1, and the plugin. */
#include "gossip.h"

#include <stdio.h>
#include <stdlib.h>

const char *id_text(char out[ID_HEX], const uint8_t id[32])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", id[i]);
	return out;
}

/* --- a session ---------------------------------------------------------------
 */

static int opened(struct weft_channel *ch, void *state, void **user)
{
	struct friend *f = calloc(1, sizeof(*f));
	struct weft_peer_facts facts;
	struct gossip *g = state;
	int rc;

	if (!f)
		abort();
	*user = f;
	f->g = g;
	f->ch = ch;
	f->next = g->friends;
	g->friends = f;
	g->sums.opened++;
	rc = weft_channel_facts(ch, &facts);
	if (rc)
		return rc;
	id_text(f->id, facts.id);
	f->heard = weft_event_new(g->host);
	if (!f->heard)
		return WEFT_ELIMIT;
	return g->asks_most && !g->begun ? WEFT_OK : ask_begin(f);
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	(void)ch;
	switch (msg->code) {
	case GOSSIP_RUMOUR:
		return rumour_heard(user, msg);
	case GOSSIP_ASK:
		return ask_answer(user, msg);
	case GOSSIP_ANSWER:
		return ask_answered(user, msg);
	}
	return WEFT_EMSG;
}

/* The last call: the fiber that asks has ended. */
static void closed(struct weft_channel *ch, void *user)
{
	struct friend *f = user, **at;

	(void)ch;
	f->g->sums.closed++;
	for (at = &f->g->friends; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	if (f->heard)
		weft_event_free(f->heard);
	free(f);
}

/* --- admin -------------------------------------------------------------------
 */

static void node_info(void *state, struct weft_text *json)
{
	stats_write(state, json);
}

static void peer_info(struct weft_channel *ch, void *user,
		      struct weft_text *json)
{
	(void)ch;
	stats_write_friend(user, json);
}

static int tell_stats(void *state, const char *params, size_t size,
		      struct weft_text *result)
{
	(void)params;
	(void)size;
	stats_write(state, result);
	return WEFT_OK;
}

/* What the options count begins now, once. */
static int begin(void *state, const char *params, size_t size,
		 struct weft_text *result)
{
	struct gossip *g = state;
	int rc = WEFT_OK;

	(void)params;
	(void)size;
	weft_text_add(result, "true", 4);
	if (g->begun)
		return WEFT_EINVAL;
	g->begun = 1;
	if (g->rumours_most)
		rc = rumour_begin(g);
	for (struct friend *f = g->friends; f && !rc; f = f->next)
		if (g->asks_most)
			rc = ask_begin(f);
	return rc;
}

static int say(void *state, const char *params, size_t size,
	       struct weft_text *result)
{
	(void)params;
	(void)size;
	weft_text_add(result, "true", 4);
	return rumour_make(state);
}

/* --- the plugin --------------------------------------------------------------
 */

static void read_options(struct gossip *g)
{
	const struct {
		const char *name;
		int64_t *value;
	} options[] = {
		{ "rumour_every", &g->rumour_every },
		{ "rumours", &g->rumours_most },
		{ "ask_every", &g->ask_every },
		{ "asks", &g->asks_most },
		{ "silent", &g->silent },
		{ "ask_deadline", &g->ask_deadline },
		{ "answer_after", &g->answer_after },
		{ "loads", &g->loads },
		{ "load_size", &g->load_size },
		{ "read_delay", &g->read_delay },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		weft_option_int(g->host, options[i].name, options[i].value);
}

static int offer(struct gossip *g)
{
	const struct weft_protocol gossip = {
		.size = sizeof(gossip),
		.name = "gossip",
		.version = 1,
		.codes = GOSSIP_CODES,
		.max_message = 1024,
		.opened = opened,
		.message = message,
		.closed = closed,
		.node_info = node_info,
		.peer_info = peer_info,
	};
	int rc = weft_protocol_add(g->host, &gossip, g);

	if (!rc)
		rc = bulk_add(g);
	if (!rc)
		rc = weft_rpc_add(g->host, "gossip_stats", tell_stats, g);
	if (!rc)
		rc = weft_rpc_add(g->host, "gossip_say", say, g);
	if (!rc)
		rc = weft_rpc_add(g->host, "gossip_begin", begin, g);
	return rc;
}

static int start(struct weft_host *host, void **state)
{
	struct gossip *g = calloc(1, sizeof(*g));
	struct weft_node_facts facts;
	int rc;

	if (!g)
		abort();
	*state = g;
	g->host = host;
	rc = weft_node_facts(host, &facts);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(g->id); i++)
		g->id[i] = facts.id[i];
	read_options(g);
	rc = offer(g);
	if (rc)
		return rc;
	return g->rumours_most ? WEFT_OK : rumour_begin(g);
}

#define DURATION(variable, name_, fallback_, help_)  \
	static const struct weft_option variable = { \
		.size = sizeof(variable),            \
		.name = name_,                       \
		.type = WEFT_OPTION_DURATION,        \
		.fallback = fallback_,               \
		.help = help_,                       \
		.max = WEFT_SECONDS(3600),           \
	}

DURATION(rumour_every, "rumour_every", "0", "make rumours; 0: none");
DURATION(ask_every, "ask_every", "0", "ask each peer; 0: never");
DURATION(ask_deadline, "ask_deadline", "1s", "for the answer");
DURATION(answer_after, "answer_after", "0", "wait before answering");
DURATION(read_delay, "read_delay", "0", "wait before each load is read");

#define COUNT(variable, name_, help_)                \
	static const struct weft_option variable = { \
		.size = sizeof(variable),            \
		.name = name_,                       \
		.type = WEFT_OPTION_INT,             \
		.fallback = "0",                     \
		.help = help_,                       \
		.max = 1000000000,                   \
	}

COUNT(rumours, "rumours", "so many, from gossip_begin on; 0: without end");
COUNT(asks, "asks", "of each peer, from gossip_begin on; 0: without end");
COUNT(loads, "loads", "large messages to push to each peer");

static const struct weft_option silent = {
	.size = sizeof(silent),
	.name = "silent",
	.type = WEFT_OPTION_BOOL,
	.fallback = "false",
	.help = "answer no question",
};
static const struct weft_option load_size = {
	.size = sizeof(load_size),
	.name = "load_size",
	.type = WEFT_OPTION_INT,
	.fallback = "1048576",
	.help = "bytes of each",
	.min = 1,
	.max = 16 * 1024 * 1024 - 64,
};
static const struct weft_option *const options[] = {
	&rumour_every, &rumours,      &ask_every, &asks,
	&ask_deadline, &answer_after, &silent,	  &loads,
	&load_size,    &read_delay,   NULL,
};

WEFT_PLUGIN(.name = "gossip", .version = "1.0.0",
	    .summary = "rumours, questions and loads, to try the host",
	    .options = options, .start = start, .freed = free);
