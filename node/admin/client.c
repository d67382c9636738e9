/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/client.h"

#include <stdlib.h>

#include "node/admin/jsonrpc.h"
#include "p2p/net/local.h"

struct admin_client {
	struct admin_client_events events;
	void *ctx;
	struct net_stream *stream;
	struct replies replies;
	bool ended;
	bool closed;
};

static void end(struct admin_client *c, const struct why *why)
{
	if (c->ended)
		return;
	c->ended = true;
	net_stream_stop(c->stream);
	c->events.ended(c->ctx, why);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct admin_client *c = ctx;
	struct why why = WHY_NONE;
	struct reply reply;
	enum err rc;

	rc = replies_feed(&c->replies, data, len);
	if (rc)
		err_fail(&why, rc, "the node sends too much");
	while (!rc) {
		rc = replies_next(&c->replies, &reply, &why);
		if (rc)
			break;
		c->events.replied(c->ctx, &reply);
		if (c->closed)
			return;
	}
	if (rc != ERR_SHORT)
		end(c, &why);
}

static void on_ended(void *ctx, enum err rc UNUSED)
{
	struct admin_client *c = ctx;
	struct why why = WHY_NONE;

	err_fail(&why, ERR_CLOSED, "the node closed the connection");
	end(c, &why);
}

static void on_closed(void *ctx)
{
	struct admin_client *c = ctx;

	replies_clear(&c->replies);
	free(c);
}

static enum err explain(enum err rc, const char *path, struct why *why)
{
	switch (rc) {
	case ERR_NOT_FOUND:
		return err_fail(why, rc,
				"no node is running there: there is no %s",
				path);
	case ERR_CLOSED:
		return err_fail(why, rc,
				"no node is running there: nobody listens at "
				"%s any more",
				path);
	default:
		return rc;
	}
}

enum err admin_client_open(struct admin_client **out, struct net_loop *loop,
			   const char *path,
			   const struct admin_client_events *events, void *ctx,
			   struct why *why)
{
	static const struct net_stream_events stream_events = {
		.data = on_data,
		.ended = on_ended,
		.closed = on_closed,
	};
	struct admin_client *c = calloc(1, sizeof(*c));
	enum err rc;

	if (!c)
		abort();
	*out = NULL;
	c->events = *events;
	c->ctx = ctx;
	rc = net_local_dial(&c->stream, loop, path, &stream_events, c, why);
	if (rc) {
		free(c);
		return explain(rc, path, why);
	}
	replies_init(&c->replies);
	net_stream_set_limit(c->stream, JSONRPC_TEXT_MAX);
	net_stream_start(c->stream);
	*out = c;
	return ERR_NONE;
}

enum err admin_client_call(struct admin_client *c, json_int_t id,
			   const char *method, json_t *params)
{
	return replies_ask(net_stream_out(c->stream), id, method, params);
}

void admin_client_close(struct admin_client *c)
{
	c->closed = true;
	c->ended = true;
	net_stream_close(c->stream);
}
