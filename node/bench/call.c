/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/net/stream.h"
#include "p2p/server/entropy.h"

enum {
	CAUSE_MAX = WHY_MAX
};

struct call {
	struct call_config config;
	struct rlpx *core;
	struct net_stream *stream;
	bool leaving; /* once all that was said is out */
	bool ended;   /* closing; what it came from stands in cause */
	bool failed;
	char cause[CAUSE_MAX];
};

static void fail(struct call *c, const char *cause)
{
	if (c->ended)
		return;
	c->failed = true;
	snprintf(c->cause, sizeof(c->cause), "%s", cause);
	call_close(c);
}

static struct buf *out_of(struct call *c)
{
	return net_stream_out(c->stream);
}

static void take_disconnect(struct call *c, uint8_t reason)
{
	char cause[CAUSE_MAX];

	snprintf(cause, sizeof(cause), "it disconnects: %s",
		 disconnect_name(reason));
	fail(c, cause);
}

static enum err take(struct call *c, const struct rlpx_event *ev)
{
	switch (ev->kind) {
	case RLPX_JOB:
		rlpx_job_run(ev->job);
		rlpx_job_done(c->core, ev->job, out_of(c));
		return ERR_NONE;
	case RLPX_SECURED:
		return rlpx_hello(c->core, out_of(c));
	case RLPX_HELLO:
		c->config.up(c->config.ctx, c);
		return ERR_NONE;
	case RLPX_MESSAGE:
		msg_put(ev->msg);
		return ERR_NONE;
	case RLPX_PING:
		return rlpx_pong(c->core, out_of(c));
	case RLPX_PONG:
		c->config.pong(c->config.ctx, c);
		return ERR_NONE;
	case RLPX_DISCONNECT:
		take_disconnect(c, ev->reason);
		return ERR_NONE;
	}
	return ERR_FORMAT;
}

static void pump(struct call *c)
{
	struct rlpx_event ev;
	enum err rc = ERR_NONE;

	while (!rc && !c->ended) {
		rc = rlpx_next(c->core, &ev);
		if (!rc)
			rc = take(c, &ev);
	}
	if (rc && rc != ERR_SHORT)
		fail(c, rlpx_fault(c->core)
				? rlpx_fault_name(rlpx_fault(c->core))
				: err_name(rc));
}

static void on_connected(void *ctx, enum err rc, const struct why *why)
{
	struct call *c = ctx;

	if (rc) {
		fail(c, why->text);
		return;
	}
	net_stream_start(c->stream);
	pump(c);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct call *c = ctx;

	if (c->ended)
		return;
	if (rlpx_feed(c->core, data, len))
		fail(c, "too much at once");
	else
		pump(c);
}

static void on_drained(void *ctx)
{
	struct call *c = ctx;

	if (c->leaving)
		call_close(c);
}

static void on_ended(void *ctx, enum err rc)
{
	fail(ctx, rc == ERR_CLOSED ? "it closed the connection"
				   : "the connection broke");
}

static void on_closed(void *ctx)
{
	struct call *c = ctx;

	rlpx_free(c->core);
	c->config.over(c->config.ctx, c, c->failed ? c->cause : NULL);
	free(c);
}

static enum err new_core(struct call *c)
{
	struct rlpx_config config = {
		.side = HANDSHAKE_INITIATOR,
		.us = c->config.us,
		.remote = c->config.node->pub,
		.version = BASE_VERSION,
		.name = c->config.name,
		.local = c->config.offer,
		.local_count = 1,
	};
	enum err rc;

	entropy_draw(&config.entropy);
	rc = rlpx_new(&c->core, &config);
	secret_wipe(&config.entropy, sizeof(config.entropy));
	return rc;
}

enum err call_open(struct call **out, const struct call_config *config,
		   struct why *why)
{
	static const struct net_stream_events events = {
		.connected = on_connected,
		.data = on_data,
		.drained = on_drained,
		.ended = on_ended,
		.closed = on_closed,
	};
	const struct addr to = { config->node->ip, config->node->tcp };
	struct call *c = calloc(1, sizeof(*c));
	enum err rc;

	if (!c)
		abort();
	c->config = *config;
	rc = new_core(c);
	if (rc)
		err_fail(why, rc, "the node's key is not on the curve");
	else
		rc = net_stream_dial(&c->stream, config->loop, &to, &events, c,
				     why);
	if (rc) {
		rlpx_free(c->core);
		free(c);
		return rc;
	}
	*out = c;
	return ERR_NONE;
}

void call_ping(struct call *c)
{
	if (!c->ended && rlpx_ping(c->core, out_of(c)))
		fail(c, "no room for a Ping");
}

void call_leave(struct call *c)
{
	c->leaving = true;
	if (!net_stream_queued(c->stream))
		call_close(c);
}

void call_close(struct call *c)
{
	if (c->ended)
		return;
	c->ended = true;
	net_stream_close(c->stream);
}

const struct hello *call_hello(const struct call *c)
{
	return rlpx_peer_hello(c->core);
}

bool call_shares(const struct call *c)
{
	const struct capability_match *matches;

	return rlpx_matches(c->core, &matches) > 0;
}
