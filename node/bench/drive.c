/* SPDX-License-Identifier: Apache-2.0 */
/* drive.c - have the plugin write and talk, in a node of its own. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "node/bench/host.h"
#include "node/bench/inside.h"

struct drive {
	struct measuring *m;
	struct bench_host host;
	struct net_timer *patience;
	bool called;
	bool over;
};

static void finish(struct drive *d)
{
	d->over = true;
	bench_host_close(&d->host);
}

static void fail(struct drive *d, enum err rc, const char *cause)
{
	if (d->over)
		return;
	measuring_fail(d->m, rc, cause);
	finish(d);
}

static uint64_t number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

/* The plugin's clock is the better one: ours has the way to it in it. */
static void take_answer(struct measuring *m, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	struct measure *r = m->result;

	measuring_end(m);
	r->count = number(o, "count");
	r->seconds = (double)number(o, "ns") / 1e9;
	if (m->config->shape.kind == SHAPE_WRITE)
		r->bytes = r->count * m->config->shape.amount;
	json_decref(o);
}

static void answered(void *ctx, int rc, const char *json)
{
	struct drive *d = ctx;

	if (d->over)
		return;
	if (rc) {
		fail(d, ERR_CLOSED, "the plugin could not go on");
		return;
	}
	take_answer(d->m, json);
	finish(d);
}

static void call(struct drive *d)
{
	const struct shape *shape = &d->m->config->shape;
	char params[64];

	/* Style 0: what the other end reads with is its choice. */
	snprintf(params, sizeof(params), "[0,%" PRIu32 ",%" PRIu64 "]",
		 shape->amount, d->m->config->ms);
	d->called = true;
	measuring_begin(d->m);
	if (bench_host_call(&d->host,
			    shape->kind == SHAPE_WRITE ? "bench_write"
						       : "bench_talk",
			    params, answered, d))
		fail(d, ERR_NOT_FOUND, "this is another bench plugin");
}

/* Where nothing is shared, either end says that the other is useless. */
static void fail_session(struct drive *d, const char *cause)
{
	const char *useless = disconnect_name(DISC_USELESS);

	if (strncmp(cause, useless, strlen(useless)) == 0)
		fail(d, ERR_UNSUPPORTED, "the node has no bench plugin");
	else
		fail(d, ERR_CLOSED, cause);
}

static void happened(void *ctx, const struct server_event *ev)
{
	struct drive *d = ctx;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		if (!d->called)
			call(d);
		break;
	case SERVER_PEER_DROPPED:
	case SERVER_DIAL_FAILED:
		fail_session(d, ev->cause);
		break;
	case SERVER_CLOSED:
		break;
	}
}

static void ready(void *ctx, enum err rc, const struct why *why)
{
	struct drive *d = ctx;
	struct why no = *why;

	if (!rc)
		rc = server_dial(node_server(d->host.node), d->m->config->node,
				 &no);
	if (rc)
		fail(d, rc, no.text);
}

static void closed(void *ctx)
{
	struct drive *d = ctx;

	net_timer_close(d->patience);
}

static void out_of_patience(void *ctx)
{
	fail(ctx, ERR_TIMEOUT, "it took far too long");
}

void drive_run(struct measuring *m)
{
	struct drive d = { .m = m };
	const struct bench_host_config config = {
		.loop = m->loop,
		.name = m->config->name,
		.plugin = m->config->plugin,
		.drives = true,
		.ready = ready,
		.event = happened,
		.closed = closed,
		.ctx = &d,
	};

	d.patience = net_timer_open(m->loop, out_of_patience, &d);
	net_timer_set(d.patience, mono_add_ms(net_loop_now(m->loop),
					      m->config->ms + PATIENCE_MS));
	m->rc = bench_host_open(&d.host, &config, &m->why);
	if (m->rc)
		net_timer_close(d.patience);
	net_loop_run(m->loop);
}
