/* SPDX-License-Identifier: Apache-2.0 */
/* dials.c - connections without a node behind them: opened and closed, held,
 * or pinged. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/bench/call.h"
#include "node/bench/inside.h"
#include "p2p/crypto/rng.h"
#include "p2p/crypto/secret.h"

enum {
	OPENING_MAX = 16, /* idle: at a time, while sessions are being made */
	SETTLE_MS = 1000, /* for memory that is given back by itself */
	SAMPLES_MAX = 10000000,
};

enum stage {
	STAGE_OPENING,
	STAGE_SETTLING,
	STAGE_HOLDING,
	STAGE_ENDING,
};

struct dials {
	struct measuring *m;
	enum shape_kind kind;
	struct capability offer;
	struct ecc_keypair *keys; /* one a connection */
	size_t total;		  /* connections to make */
	size_t most;		  /* under way at a time */
	size_t begun, up, open;
	struct call **calls; /* those that are up, to be held; or NULL */
	enum stage stage;
	struct net_timer *timer;    /* the stage's */
	struct net_timer *patience; /* for all of it */

	/* ping */
	struct mono sent, end;
	double *samples; /* ms */
	size_t count, room;
	bool mirrors; /* we offer what the node does */
};

static void begin_more(struct dials *d);
static void end_all(struct dials *d);

static void fail(struct dials *d, enum err rc, const char *cause)
{
	if (d->stage == STAGE_ENDING)
		return;
	measuring_fail(d->m, rc, cause);
	end_all(d);
}

/* --- ping ------------------------------------------------------------------
 */

static void send_ping(struct dials *d, struct call *c)
{
	d->sent = mono_now();
	call_ping(c);
}

/* Nodes end sessions in which nothing is shared, so take up something of
 * theirs; of its messages we only need room for the codes. */
static void mirror(struct dials *d, struct call *c)
{
	const struct hello *hello = call_hello(c);
	struct capability_claim *claims;

	if (d->mirrors || !hello->caps_count) {
		fail(d, ERR_UNSUPPORTED, "the node offers no protocol");
		return;
	}
	claims = calloc(hello->caps_count, sizeof(*claims));
	if (!claims)
		abort();
	if (hello_claims(hello, claims)) {
		snprintf(d->offer.name, sizeof(d->offer.name), "%.*s",
			 (int)claims[0].name.len,
			 (const char *)claims[0].name.data);
		d->offer.version = claims[0].version;
		d->offer.codes = UINT16_MAX;
	}
	free(claims);
	d->mirrors = true;
	d->begun--;
	call_close(c);
}

static void take_sample(struct dials *d, struct mono now)
{
	if (d->count == d->room) {
		d->room = d->room ? d->room * 2 : 4096;
		d->samples = realloc(d->samples, d->room * sizeof(*d->samples));
		if (!d->samples)
			abort();
	}
	d->samples[d->count++] = (double)mono_since_ns(now, d->sent) / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void end_pings(struct dials *d)
{
	struct measure *r = d->m->result;

	measuring_end(d->m);
	r->count = d->count;
	qsort(d->samples, d->count, sizeof(*d->samples), compare);
	r->p50_ms = d->samples[d->count / 2];
	r->p99_ms = d->samples[d->count * 99 / 100];
	end_all(d);
}

static void on_pong(void *ctx, struct call *c)
{
	struct dials *d = ctx;
	struct mono now = mono_now();

	if (d->kind != SHAPE_PING || d->stage == STAGE_ENDING)
		return;
	take_sample(d, now);
	if (mono_before(now, d->end) && d->count < SAMPLES_MAX)
		send_ping(d, c);
	else
		end_pings(d);
}

static void begin_pings(struct dials *d, struct call *c)
{
	if (!call_shares(c)) {
		mirror(d, c);
		return;
	}
	measuring_begin(d->m);
	d->end = mono_add_ms(mono_now(), d->m->config->ms);
	send_ping(d, c);
}

/* --- idle ------------------------------------------------------------------
 */

/* All are up: let memory settle, look, watch, look. */
static void next_stage(void *ctx)
{
	struct dials *d = ctx;
	struct measure *r = d->m->result;
	uint64_t ms = 0;

	switch (d->stage) {
	case STAGE_OPENING:
		d->stage = STAGE_SETTLING;
		ms = SETTLE_MS;
		break;
	case STAGE_SETTLING:
		d->stage = STAGE_HOLDING;
		usage_read(&r->full, d->m->config->pid);
		measuring_begin(d->m);
		ms = d->m->config->hold_ms;
		break;
	case STAGE_HOLDING:
		measuring_end(d->m);
		r->count = d->open;
		end_all(d);
		return;
	case STAGE_ENDING:
		return;
	}
	net_timer_set(d->timer, mono_add_ms(net_loop_now(d->m->loop), ms));
}

/* --- connections ------------------------------------------------------------
 */

static bool holds(const struct dials *d)
{
	return d->kind == SHAPE_IDLE || d->kind == SHAPE_IDLE_MESSAGE;
}

static void on_up(void *ctx, struct call *c)
{
	struct dials *d = ctx;

	d->up++;
	if (d->kind == SHAPE_PING) {
		begin_pings(d, c);
	} else if (d->kind == SHAPE_CONNECT) {
		call_leave(c);
	} else {
		begin_more(d);
		if (d->up == d->total)
			next_stage(d);
	}
}

/* Every connection came to its end. */
static void all_over(struct dials *d)
{
	if (d->kind == SHAPE_CONNECT && d->stage != STAGE_ENDING) {
		measuring_end(d->m);
		d->m->result->count = d->up;
	}
	d->stage = STAGE_ENDING;
	net_timer_close(d->timer);
	net_timer_close(d->patience);
}

/* Mostly one of the last. */
static void forget(struct dials *d, const struct call *c)
{
	size_t i = d->begun;

	while (i && d->calls[i - 1] != c)
		i--;
	if (i)
		d->calls[i - 1] = NULL;
}

static void on_over(void *ctx, struct call *c, const char *cause)
{
	struct dials *d = ctx;

	d->open--;
	forget(d, c);
	if (cause)
		fail(d, ERR_CLOSED, cause);
	if (d->stage != STAGE_ENDING)
		begin_more(d);
	if (!d->open)
		all_over(d);
}

static void begin_one(struct dials *d)
{
	const struct measure_config *config = d->m->config;
	const struct call_config call = {
		.loop = d->m->loop,
		.node = config->node,
		.us = &d->keys[d->begun],
		.name = config->name,
		.offer = &d->offer,
		.up = on_up,
		.pong = on_pong,
		.over = on_over,
		.ctx = d,
	};
	struct why why = WHY_NONE;
	enum err rc = call_open(&d->calls[d->begun], &call, &why);

	if (rc) {
		fail(d, rc, why.text);
		return;
	}
	d->begun++;
	d->open++;
}

/* Those that are up and held no longer count as under way. */
static void begin_more(struct dials *d)
{
	size_t most = d->most + (holds(d) ? d->up : 0);

	while (d->stage == STAGE_OPENING && d->begun < d->total &&
	       d->open < most)
		begin_one(d);
}

static void end_all(struct dials *d)
{
	d->stage = STAGE_ENDING;
	for (size_t i = 0; i < d->begun; i++)
		if (d->calls[i])
			call_close(d->calls[i]);
}

/* --- all of it -------------------------------------------------------------
 */

static void out_of_patience(void *ctx)
{
	fail(ctx, ERR_TIMEOUT, "it took far too long");
}

static void plan(struct dials *d)
{
	const struct measure_config *c = d->m->config;

	d->kind = c->shape.kind;
	d->total = d->kind == SHAPE_CONNECT ? c->count : c->shape.amount;
	d->most = holds(d) ? OPENING_MAX : c->shape.amount;
	d->offer = (struct capability){ .version = 1, .codes = 4 };
	strcpy(d->offer.name,
	       d->kind == SHAPE_IDLE_MESSAGE ? "bench-msg" : "bench");
	d->keys = calloc(d->total, sizeof(*d->keys));
	d->calls = calloc(d->total, sizeof(struct call *));
	if (!d->keys || !d->calls)
		abort();
	for (size_t i = 0; i < d->total; i++) {
		rng_key(&d->keys[i].key);
		ecc_pub_of(&d->keys[i].pub, &d->keys[i].key);
	}
}

void dials_run(struct measuring *m)
{
	struct dials d = { .m = m };

	plan(&d);
	if (m->config->pid)
		usage_read(&m->result->empty, m->config->pid);
	d.timer = net_timer_open(m->loop, next_stage, &d);
	d.patience = net_timer_open(m->loop, out_of_patience, &d);
	net_timer_set(
		d.patience,
		mono_add_ms(net_loop_now(m->loop),
			    m->config->ms + m->config->hold_ms + PATIENCE_MS));
	measuring_begin(m);
	begin_more(&d);
	if (!d.open)
		all_over(&d);
	net_loop_run(m->loop);
	secret_wipe(d.keys, d.total * sizeof(*d.keys));
	free(d.keys);
	free(d.calls);
	free(d.samples);
}
