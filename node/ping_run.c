/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ping_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/nodekey.h"
#include "p2p/crypto/rng.h"
#include "p2p/net/stream.h"
#include "p2p/net/work.h"
#include "p2p/server/entropy.h"

enum {
	IPS_MAX = 8,
	LINGER_MS = 1000, /* for the node to take our Disconnect */
};

struct run {
	const struct ping_run_config *config;
	struct net_loop *loop;
	struct ping *ping;
	struct net_resolve *lookup;
	struct net_stream *stream; /* NULL before the dial and once closing */
	struct net_timer *timer;
	struct addr at;
	struct ip ips[IPS_MAX];
	size_t ip_count, ip_next;
	bool connected;
	bool ended; /* no more bytes will come */
	bool over;  /* the last event was told */
	enum err result;
};

static void begin_job(struct run *r, struct rlpx_job *job);
static void finish(struct run *r);

/* Tell what is new, send what is to be sent, set the clock. After this the
 * stream may be gone. */
static void turn(struct run *r)
{
	struct buf *out = ping_out(r->ping);
	struct ping_event ev;

	if (r->over)
		return;
	if (r->stream && r->connected && out->len) {
		if (buf_append(net_stream_out(r->stream), out->data, out->len))
			ping_broke(r->ping, mono_now(), "the node reads not");
		buf_drop(out, out->len);
	}
	while (!ping_next(r->ping, &ev)) {
		if (ev.kind == PING_JOB) {
			begin_job(r, ev.job);
			continue;
		}
		r->config->event(r->config->ctx, r->ping, &ev, &r->at);
		if (ev.kind == PING_STEP)
			continue;
		r->result = ev.kind == PING_REACHED ? ERR_NONE : ERR_CLOSED;
		finish(r);
		return;
	}
	net_timer_set(r->timer, ping_tick(r->ping, mono_now()));
}

struct work {
	struct run *run;
	struct rlpx_job *job;
};

static void job_run(void *arg)
{
	struct work *w = arg;

	rlpx_job_run(w->job);
}

static void job_done(void *arg)
{
	struct work *w = arg;
	struct run *r = w->run;

	ping_job_done(r->ping, mono_now(), w->job);
	free(w);
	turn(r);
}

static void begin_job(struct run *r, struct rlpx_job *job)
{
	struct work *w = malloc(sizeof(*w));

	if (!w)
		abort();
	*w = (struct work){ r, job };
	net_work(r->loop, job_run, job_done, w);
}

static void close_stream(struct run *r)
{
	if (r->stream)
		net_stream_close(r->stream);
	r->stream = NULL;
}

static void close_all(struct run *r)
{
	close_stream(r);
	if (r->timer)
		net_timer_close(r->timer);
	r->timer = NULL;
}

/* All is told. What is queued, our Disconnect, may still leave. */
static void finish(struct run *r)
{
	r->over = true;
	if (r->lookup)
		net_resolve_close(r->lookup);
	r->lookup = NULL;
	if (!r->stream || !r->connected || r->ended) {
		close_all(r);
		return;
	}
	net_stream_shutdown(r->stream);
	net_timer_set(r->timer, mono_add_ms(net_loop_now(r->loop), LINGER_MS));
}

static void timer_fired(void *ctx)
{
	struct run *r = ctx;

	if (r->over) {
		close_all(r);
		return;
	}
	ping_tick(r->ping, mono_now());
	turn(r);
}

static void dial_next(struct run *r, const char *cause);

static void stream_connected(void *ctx, enum err rc, const struct why *why)
{
	struct run *r = ctx;

	if (rc) {
		char cause[WHY_MAX];

		snprintf(cause, sizeof(cause), "%s",
			 why && why->text[0] ? why->text : err_name(rc));
		close_stream(r);
		dial_next(r, cause);
		return;
	}
	r->connected = true;
	net_stream_start(r->stream);
	ping_connected(r->ping, mono_now());
	turn(r);
}

static void stream_data(void *ctx, const uint8_t *data, size_t len)
{
	struct run *r = ctx;

	if (r->over)
		return; /* lingering: read and dropped */
	ping_feed(r->ping, mono_now(), data, len);
	turn(r);
}

/* Not the end of all when the last bytes still wait behind a job. */
static void stream_ended(void *ctx, enum err rc)
{
	struct run *r = ctx;

	(void)rc;
	r->ended = true;
	if (r->over) {
		close_all(r);
		return;
	}
	ping_broke(r->ping, mono_now(), NULL);
	turn(r);
}

static void stream_closed(void *ctx)
{
	(void)ctx;
}

/* The next address of the node, or the failure of the last one. */
static void dial_next(struct run *r, const char *cause)
{
	static const struct net_stream_events events = {
		.connected = stream_connected,
		.data = stream_data,
		.ended = stream_ended,
		.closed = stream_closed,
	};
	struct why why = WHY_NONE;

	while (r->ip_next < r->ip_count) {
		r->at.ip = r->ips[r->ip_next++];
		if (r->ip_next == 1) {
			ping_resolved(r->ping, mono_now());
			turn(r);
		}
		if (r->over)
			return;
		if (!net_stream_dial(&r->stream, r->loop, &r->at, &events, r,
				     &why))
			return;
		cause = why.text;
	}
	ping_broke(r->ping, mono_now(), cause);
	turn(r);
}

static void found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		  const struct why *why)
{
	struct run *r = ctx;

	for (size_t i = 0; !rc && i < count && i < IPS_MAX; i++)
		r->ips[r->ip_count++] = ips[i];
	dial_next(r, why && why->text[0] ? why->text : err_name(ERR_NOT_FOUND));
}

static enum err new_ping(struct run *r, const struct ecc_keypair *us,
			 struct why *why)
{
	struct ping_config config = {
		.us = us,
		.remote = r->config->node->pub,
		.name = r->config->name,
		.local = r->config->local,
		.local_count = r->config->local_count,
		.timeout_ms = r->config->timeout_ms,
		.now = mono_now(),
	};
	enum err rc;

	entropy_draw(&config.entropy);
	rc = ping_new(&r->ping, &config);
	secret_wipe(&config.entropy, sizeof(config.entropy));
	if (rc)
		return err_fail(why, rc,
				"the enode's public key is not on the curve");
	return ERR_NONE;
}

static void begin(struct run *r)
{
	const struct enode *node = r->config->node;

	r->timer = net_timer_open(r->loop, timer_fired, r);
	r->at.port = node->tcp;
	if (node->host[0]) {
		r->lookup = net_resolve_open(r->loop, node->host, found, r);
		turn(r);
		return;
	}
	r->ips[r->ip_count++] = node->ip;
	dial_next(r, NULL);
}

enum err ping_run(const struct ping_run_config *config, struct why *why)
{
	struct run r = { .config = config, .result = ERR_CLOSED };
	struct ecc_keypair us;
	enum err rc;

	crypto_init();
	nodekey_make(&us);
	rc = new_ping(&r, &us, why);
	if (!rc)
		rc = net_loop_open(&r.loop, why);
	if (!rc) {
		begin(&r);
		net_loop_run(r.loop);
		net_loop_close(r.loop);
		rc = r.result;
	}
	ping_free(r.ping);
	secret_wipe(&us, sizeof(us));
	return rc;
}
