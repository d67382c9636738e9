/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/session.h"

#include <stdlib.h>

#include "node/admin/methods.h"
#include "p2p/crypto/rng.h"

enum {
	CALLS_PER_TURN = 32,
	OUT_FULL = 64 * 1024,	/* no further call while as much is unsent */
	AHEAD_MAX = 128 * 1024, /* bytes of requests read while none is taken */
};

struct watch {
	char id[METHODS_WATCH_ID];
};

struct session {
	const struct session_host *host;
	struct session *next;
	struct net_stream *stream;
	struct net_timer *timer;
	struct jsonrpc rpc;
	struct admin_call *call; /* that is out; NULL: none */

	struct watch *watches;
	size_t watch_count;
	struct buf held; /* notifications behind the answers of a batch */
	size_t notes;	 /* bytes of them since all had gone out */

	bool pumping;
	bool pump_due;
	bool finishing;
	bool closed; /* net_stream_close was called */

	/* MONO_NEVER: the clock does not run. */
	struct mono request_by, write_by, idle_by, finish_by;
	uint64_t bytes_out; /* when write_by was set */
};

static const struct session_host *host_of(const struct session *s)
{
	return s->host;
}

static struct mono in_ms(const struct session *s, uint64_t ms)
{
	return mono_add_ms(net_loop_now(host_of(s)->loop), ms);
}

/* --- the end -------------------------------------------------------------- */

static void close_now(struct session *s)
{
	s->finishing = true;
	s->closed = true;
	if (s->call)
		admin_call_abandon(s->call);
	s->call = NULL;
	net_stream_close(s->stream);
}

static void drop(struct session *s, const char *why)
{
	log_event(host_of(s)->log, LOG_DEBUG, "admin", "client dropped",
		  LOG_TEXT("cause", why));
	close_now(s);
}

/* --- clocks --------------------------------------------------------------- */

static bool is_stalled(const struct session *s)
{
	return s->call || net_stream_queued(s->stream) >= OUT_FULL;
}

static void update_request(struct session *s)
{
	if (s->call || !jsonrpc_is_amid(&s->rpc))
		s->request_by = MONO_NEVER;
	else if (s->request_by.ns == MONO_NEVER.ns)
		s->request_by = in_ms(s, host_of(s)->limits->request_ms);
}

static void update_write(struct session *s)
{
	uint64_t out = net_stream_bytes_out(s->stream);

	if (!net_stream_queued(s->stream)) {
		s->write_by = MONO_NEVER;
	} else if (s->write_by.ns == MONO_NEVER.ns || s->bytes_out != out) {
		s->write_by = in_ms(s, host_of(s)->limits->write_ms);
		s->bytes_out = out;
	}
}

/* Reading stops behind a client that asks faster than it is answered; whether
 * that one is still there cannot be seen then, so this clock runs for it. */
static void update_idle(struct session *s)
{
	bool unheard = is_stalled(s) && jsonrpc_unread(&s->rpc) >= AHEAD_MAX;
	bool idle = !s->call && !s->watch_count && !jsonrpc_is_amid(&s->rpc) &&
		    !net_stream_queued(s->stream);

	if (!idle && !unheard)
		s->idle_by = MONO_NEVER;
	else if (s->idle_by.ns == MONO_NEVER.ns)
		s->idle_by = in_ms(s, host_of(s)->limits->idle_ms);
}

/* What is to be read and when to wake up; the last thing each callback does. */
static void update(struct session *s)
{
	struct mono at = s->finish_by;

	if (s->closed)
		return;
	update_write(s);
	if (!s->finishing) {
		update_request(s);
		update_idle(s);
		at = mono_min(at, mono_min(s->request_by, s->idle_by));
		if (is_stalled(s) && jsonrpc_unread(&s->rpc) >= AHEAD_MAX)
			net_stream_stop(s->stream);
		else
			net_stream_start(s->stream);
	}
	at = mono_min(at, s->write_by);
	if (s->pump_due)
		at = net_loop_now(host_of(s)->loop);
	net_timer_set(s->timer, at);
}

void session_finish(struct session *s, uint64_t linger_ms)
{
	if (s->closed)
		return;
	s->finish_by = mono_min(s->finish_by, in_ms(s, linger_ms));
	if (!s->finishing) {
		s->finishing = true;
		s->pump_due = false;
		if (s->call)
			admin_call_abandon(s->call);
		s->call = NULL;
		net_stream_stop(s->stream);
		net_stream_shutdown(s->stream);
	}
	if (net_stream_queued(s->stream))
		update(s);
	else
		close_now(s);
}

/* --- calls ---------------------------------------------------------------- */

/* Notifications wait behind the answers of a batch: the ID they bear may be in
 * one of these. */
static enum err release_held(struct session *s)
{
	enum err rc;

	if (!s->held.len || jsonrpc_is_gathering(&s->rpc))
		return ERR_NONE;
	rc = buf_append(net_stream_out(s->stream), s->held.data, s->held.len);
	buf_clear(&s->held);
	return rc;
}

static void answered(struct session *s, enum err rc)
{
	s->call = NULL;
	if (!rc)
		rc = release_held(s);
	if (rc) {
		drop(s, "no room for an answer");
	} else if (!s->pumping) {
		/* Not from inside of whoever answers. */
		s->pump_due = true;
		update(s);
	}
}

static void on_result(void *ctx, json_t *result)
{
	struct session *s = ctx;

	answered(s, jsonrpc_result(&s->rpc, result, net_stream_out(s->stream)));
}

static void on_error(void *ctx, enum jsonrpc_code code, const char *message)
{
	struct session *s = ctx;

	answered(s, jsonrpc_error(&s->rpc, code, message,
				  net_stream_out(s->stream)));
}

static const struct admin_call_events call_events = {
	.result = on_result,
	.error = on_error,
};

static void watch_id(char id[METHODS_WATCH_ID])
{
	uint8_t random[(METHODS_WATCH_ID - 3) / 2];
	char *at = id + 2;

	/* go-ethereum's clients take it for a quantity: no leading zero. */
	do
		rng_bytes(random, sizeof(random));
	while (random[0] < 0x10);
	memcpy(id, "0x", 3);
	for (size_t i = 0; i < sizeof(random); i++, at += 2)
		snprintf(at, 3, "%02x", random[i]);
}

static bool on_watch(void *ctx, char id[METHODS_WATCH_ID])
{
	struct session *s = ctx;

	if (s->watch_count >= host_of(s)->limits->watches)
		return false;
	watch_id(id);
	memcpy(s->watches[s->watch_count++].id, id, METHODS_WATCH_ID);
	return true;
}

static bool on_unwatch(void *ctx, const char *id)
{
	struct session *s = ctx;

	for (size_t i = 0; i < s->watch_count; i++)
		if (!strcmp(s->watches[i].id, id)) {
			s->watches[i] = s->watches[--s->watch_count];
			return true;
		}
	return false;
}

static void on_stop(void *ctx)
{
	struct session *s = ctx;

	host_of(s)->stop(host_of(s)->ctx);
}

static void make_call(struct session *s, const struct jsonrpc_call *call)
{
	const struct methods_caller caller = {
		.ctx = s,
		.watch = on_watch,
		.unwatch = on_unwatch,
		.stop = on_stop,
	};

	log_event(host_of(s)->log, LOG_DEBUG, "admin", "call",
		  LOG_TEXT("method", call->method));
	s->call = admin_call_new(&call_events, s);
	methods_call(host_of(s)->node, &caller, call->method, call->params,
		     s->call);
}

/* Make the calls that are there, until one is out, there is too much to send,
 * or others want their turn. */
static void pump(struct session *s)
{
	struct jsonrpc_call call;
	enum err rc = ERR_SHORT;

	s->pumping = true;
	s->pump_due = false;
	for (int i = 0; !s->finishing && !is_stalled(s); i++) {
		if (i == CALLS_PER_TURN) {
			s->pump_due = true;
			break;
		}
		rc = jsonrpc_next(&s->rpc, &call, net_stream_out(s->stream));
		if (rc && rc != ERR_BUSY)
			break;
		s->request_by = MONO_NEVER;
		s->idle_by = MONO_NEVER;
		if (!rc)
			make_call(s, &call);
	}
	s->pumping = false;
	if (s->finishing)
		return;
	if (rc == ERR_CLOSED || rc == ERR_FORMAT || rc == ERR_LIMIT)
		session_finish(s, host_of(s)->limits->linger_ms);
	else if (release_held(s))
		drop(s, "no room for notifications");
	else
		update(s);
}

/* --- events --------------------------------------------------------------- */

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct session *s = ctx;

	if (s->finishing)
		return;
	if (jsonrpc_feed(&s->rpc, data, len))
		drop(s, "too many requests at once");
	else
		pump(s);
}

static void on_drained(void *ctx)
{
	struct session *s = ctx;

	s->notes = 0;
	if (s->finishing && !s->closed)
		close_now(s);
	else if (!s->closed)
		pump(s);
}

static void on_ended(void *ctx, enum err rc)
{
	struct session *s = ctx;

	if (s->closed)
		return;
	if (rc != ERR_CLOSED) {
		close_now(s);
		return;
	}
	/* It may have closed its half only, and wait for its answers. */
	jsonrpc_end(&s->rpc);
	s->finish_by =
		mono_min(s->finish_by, in_ms(s, host_of(s)->limits->linger_ms));
	if (!s->finishing)
		pump(s);
}

static void on_closed(void *ctx)
{
	struct session *s = ctx;
	const struct session_host *host = host_of(s);

	jsonrpc_clear(&s->rpc);
	buf_clear(&s->held);
	net_timer_close(s->timer);
	host->gone(host->ctx, s);
	free(s->watches);
	free(s);
}

/* Tell the client that it was too slow, and close. */
static void too_slow(struct session *s)
{
	jsonrpc_refuse(net_stream_out(s->stream), JSONRPC_REQUEST,
		       "the request did not come to its end in time");
	session_finish(s, host_of(s)->limits->linger_ms);
}

static bool is_due(struct mono at, struct mono now)
{
	return at.ns != MONO_NEVER.ns && !mono_before(now, at);
}

static void on_timer(void *ctx)
{
	struct session *s = ctx;
	struct mono now = net_loop_now(host_of(s)->loop);

	update_write(s);
	if (is_due(s->write_by, now))
		drop(s, "it reads nothing");
	else if (is_due(s->finish_by, now))
		close_now(s);
	else if (s->finishing)
		update(s);
	else if (is_due(s->request_by, now))
		too_slow(s);
	else if (is_due(s->idle_by, now))
		session_finish(s, host_of(s)->limits->linger_ms);
	else
		pump(s);
}

/* --- life ----------------------------------------------------------------- */

struct session *session_open(const struct session_host *host,
			     struct net_stream *stream)
{
	static const struct net_stream_events events = {
		.data = on_data,
		.drained = on_drained,
		.ended = on_ended,
		.closed = on_closed,
	};
	const struct admin_limits *limits = host->limits;
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->watches = calloc(limits->watches + 1, sizeof(*s->watches));
	if (!s->watches)
		abort();
	s->host = host;
	s->stream = stream;
	s->timer = net_timer_open(host->loop, on_timer, s);
	s->request_by = MONO_NEVER;
	s->write_by = MONO_NEVER;
	s->idle_by = MONO_NEVER;
	s->finish_by = MONO_NEVER;
	jsonrpc_init(&s->rpc, limits->text_max, limits->answer_max);
	buf_init(&s->held, limits->notes_max);
	net_stream_adopt(stream, &events, s);
	/* Room for what may stand in it when the last call of a turn was
	 * answered; how much really does is_stalled and notes_max see to. */
	net_stream_set_limit(stream,
			     2 * limits->answer_max + 16 * limits->text_max +
				     2 * limits->notes_max + 1024 * 1024);
	update(s);
	return s;
}

void session_refuse(struct session *s, const char *why)
{
	jsonrpc_refuse(net_stream_out(s->stream), JSONRPC_FAILED, why);
	session_finish(s, host_of(s)->limits->linger_ms);
}

bool session_is_served(const struct session *s)
{
	return !s->finishing;
}

bool session_is_watching(const struct session *s)
{
	return s->watch_count && !s->finishing;
}

void session_event(struct session *s, json_t *event)
{
	struct buf *out;
	size_t before;

	if (!session_is_watching(s))
		return;
	out = jsonrpc_is_gathering(&s->rpc) ? &s->held
					    : net_stream_out(s->stream);
	before = out->len;
	for (size_t i = 0; i < s->watch_count; i++)
		if (jsonrpc_notify(out, "admin_subscription", s->watches[i].id,
				   event)) {
			drop(s, "it does not read its notifications");
			return;
		}
	/* A large answer that is on its way is not what counts here, nor is it
	 * how much went through in all. */
	s->notes += out->len - before;
	if (s->notes > host_of(s)->limits->notes_max &&
	    net_stream_queued(s->stream) > host_of(s)->limits->notes_max)
		drop(s, "it does not read its notifications");
	else
		update(s);
}

struct session **session_next(struct session *s)
{
	return &s->next;
}
