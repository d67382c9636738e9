/* SPDX-License-Identifier: Apache-2.0 */
/* dialer.c - many connections to one node, each under a key of its own, as no
 * dial scheduler would make them: TCP connect, handshake, Hello both ways, a
 * Ping and its Pong, Disconnect, and the peer's close.
 *
 *     interop_dialer ENODE COUNT PARALLEL
 *
 * Prints {"event":"done","succeeded":N,"failed":N}; says on standard error why
 * a connection failed. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/enode/enode.h"
#include "p2p/net/stream.h"
#include "p2p/net/work.h"
#include "p2p/rlpx/rlpx.h"
#include "p2p/server/entropy.h"

enum {
	CALL_TIMEOUT_MS = 20000
};

struct dialer {
	struct net_loop *loop;
	struct enode node;
	struct addr to;
	size_t left; /* calls not yet begun */
	size_t succeeded;
	size_t failed;
};

/* One connection. */
struct call {
	struct dialer *d;
	struct ecc_keypair key;
	struct rlpx *core;
	struct rlpx_job *job; /* while it runs on a thread */
	struct net_stream *stream;
	struct net_timer *deadline;
	const char *step; /* what we wait for */
	bool done;	  /* Disconnect is sent: an end is no failure now */
	bool closed;	  /* the stream is gone */
};

static const struct capability foobar_1 = { "foobar", 1, 1, 0 };

static void begin(struct dialer *d);
static void pump(struct call *c);

/* Freed when neither the stream nor a job points here any more. */
static void release(struct call *c)
{
	struct dialer *d = c->d;

	if (!c->closed || c->job)
		return;
	secret_wipe(&c->key, sizeof(c->key));
	free(c);
	if (d->left)
		begin(d);
}

/* The outcome is counted once; what is left is to close. */
static void finish(struct call *c, const char *fault)
{
	if (!c->core)
		return;
	if (fault) {
		c->d->failed++;
		fprintf(stderr, "interop_dialer: %s: %s\n", c->step, fault);
	} else {
		c->d->succeeded++;
	}
	rlpx_free(c->core);
	c->core = NULL;
	net_timer_close(c->deadline);
	net_stream_close(c->stream);
}

static void job_run(void *arg)
{
	struct call *c = arg;

	rlpx_job_run(c->job);
}

static void job_done(void *arg)
{
	struct call *c = arg;
	struct rlpx_job *job = c->job;

	c->job = NULL;
	rlpx_job_done(c->core, job, c->core ? net_stream_out(c->stream) : NULL);
	if (c->core)
		pump(c);
	else
		release(c);
}

static enum err after_hello(struct call *c)
{
	const struct capability_match *matches;

	if (rlpx_matches(c->core, &matches) != 1 ||
	    matches[0].offset != CAPABILITY_BASE_CODES)
		return ERR_UNSUPPORTED;
	c->step = "pong";
	return rlpx_ping(c->core, net_stream_out(c->stream));
}

static enum err after_pong(struct call *c)
{
	c->step = "close";
	c->done = true;
	return rlpx_disconnect(c->core, net_stream_out(c->stream),
			       DISC_REQUESTED);
}

static enum err take(struct call *c, const struct rlpx_event *ev)
{
	switch (ev->kind) {
	case RLPX_JOB:
		c->job = ev->job;
		net_work(c->d->loop, job_run, job_done, c);
		return ERR_NONE;
	case RLPX_SECURED:
		c->step = "hello";
		return rlpx_hello(c->core, net_stream_out(c->stream));
	case RLPX_HELLO:
		return after_hello(c);
	case RLPX_PING:
		return rlpx_pong(c->core, net_stream_out(c->stream));
	case RLPX_PONG:
		return c->done ? ERR_NONE : after_pong(c);
	case RLPX_MESSAGE:
		msg_put(ev->msg);
		return ERR_NONE;
	case RLPX_DISCONNECT:
		if (!c->done)
			fprintf(stderr, "interop_dialer: Disconnect: %s\n",
				disconnect_name(ev->reason));
		return ERR_CLOSED;
	}
	return ERR_FORMAT;
}

static void pump(struct call *c)
{
	struct rlpx_event ev;
	enum err rc = ERR_NONE;

	while (!rc) {
		rc = rlpx_next(c->core, &ev);
		if (!rc)
			rc = take(c, &ev);
	}
	if (rc != ERR_SHORT)
		finish(c, c->done ? NULL : err_name(rc));
}

static void on_connected(void *ctx, enum err rc, const struct why *why)
{
	struct call *c = ctx;

	if (rc) {
		finish(c, why->text);
		return;
	}
	c->step = "ack";
	net_stream_start(c->stream);
	pump(c);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct call *c = ctx;

	if (!c->core)
		return;
	if (rlpx_feed(c->core, data, len))
		finish(c, "more bytes than a handshake has");
	else
		pump(c);
}

static void on_ended(void *ctx, enum err rc)
{
	struct call *c = ctx;

	finish(c, c->done ? NULL : err_name(rc));
}

static void on_closed(void *ctx)
{
	struct call *c = ctx;

	c->closed = true;
	release(c);
}

static void on_deadline(void *ctx)
{
	finish(ctx, "timeout");
}

static void begin(struct dialer *d)
{
	static const struct net_stream_events events = {
		.connected = on_connected,
		.data = on_data,
		.ended = on_ended,
		.closed = on_closed,
	};
	struct call *c = calloc(1, sizeof(*c));
	struct rlpx_config config = {
		.side = HANDSHAKE_INITIATOR,
		.remote = d->node.pub,
		.version = BASE_VERSION,
		.name = "interop/dialer",
		.local = &foobar_1,
		.local_count = 1,
	};
	struct why why = WHY_NONE;

	if (!c)
		abort();
	d->left--;
	c->d = d;
	c->step = "connect";
	rng_key(&c->key.key);
	ecc_pub_of(&c->key.pub, &c->key.key);
	config.us = &c->key;
	entropy_draw(&config.entropy);
	if (rlpx_new(&c->core, &config) ||
	    net_stream_dial(&c->stream, d->loop, &d->to, &events, c, &why)) {
		fprintf(stderr, "interop_dialer: %s\n", why.text);
		exit(1);
	}
	secret_wipe(&config.entropy, sizeof(config.entropy));
	c->deadline = net_timer_open(d->loop, on_deadline, c);
	net_timer_set(c->deadline,
		      mono_add_ms(net_loop_now(d->loop), CALL_TIMEOUT_MS));
}

int main(int argc, char **argv)
{
	struct dialer d = { 0 };
	struct why why = WHY_NONE;
	size_t parallel;

	crypto_init();
	if (argc != 4 || enode_parse(&d.node, argv[1], &why)) {
		fprintf(stderr, "interop_dialer ENODE COUNT PARALLEL %s\n",
			why.text);
		return 2;
	}
	d.to = (struct addr){ d.node.ip, d.node.tcp };
	d.left = strtoul(argv[2], NULL, 10);
	parallel = strtoul(argv[3], NULL, 10);
	if (net_loop_open(&d.loop, &why)) {
		fprintf(stderr, "interop_dialer: %s\n", why.text);
		return 1;
	}
	for (size_t i = 0; i < parallel && d.left; i++)
		begin(&d);
	net_loop_run(d.loop);
	net_loop_close(d.loop);
	printf("{\"event\":\"done\",\"succeeded\":%zu,\"failed\":%zu}\n",
	       d.succeeded, d.failed);
	return d.failed ? 1 : 0;
}
