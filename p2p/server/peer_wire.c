/* SPDX-License-Identifier: Apache-2.0 */
/* peer_wire.c - what comes in: bytes to the rlpx core, its events to us, and
 * its curve work to the thread pool and back. */
#include <stdio.h>
#include <stdlib.h>

#include "p2p/rlpx/snappy_block.h"
#include "p2p/server/checkpoint.h"
#include "p2p/server/entropy.h"
#include "p2p/server/inside.h"

/* Curve work that is out. The job holds copies of all it needs, so on the pool
 * it touches nothing of the peer. */
struct peer_work {
	struct peer *peer;
	struct rlpx_job *job;
};

static enum err new_core(struct peer *p)
{
	struct server *s = p->server;
	struct rlpx_config config = {
		.side = p->inbound ? HANDSHAKE_RECIPIENT : HANDSHAKE_INITIATOR,
		.us = &s->key,
		.plain = s->config.plain,
		.version = BASE_VERSION,
		.name = s->name,
	};
	enum err rc;

	p->offer = offer_get(s->offer);
	config.local = p->offer->local;
	config.local_count = p->offer->count;
	if (!p->inbound)
		config.remote = peer_target(p)->pub;
	entropy_draw(&config.entropy);
	rc = rlpx_new(&p->rlpx, &config);
	secret_wipe(&config.entropy, sizeof(config.entropy));
	return rc;
}

/* --- jobs ---------------------------------------------------------------- */

static void run_job(void *arg)
{
	const struct peer_work *w = arg;

	rlpx_job_run(w->job);
}

static void job_came_back(void *arg)
{
	struct peer_work *w = arg;
	struct peer *p = w->peer;
	struct rlpx_job *job = w->job;

	free(w);
	p->work = NULL;
	if (p->state != PEER_HANDSHAKE) {
		/* It ended meanwhile: the core goes first, then the job. */
		rlpx_free(p->rlpx);
		p->rlpx = NULL;
		rlpx_job_done(NULL, job, NULL);
		peer_settle(p);
		return;
	}
	rlpx_job_done(p->rlpx, job, net_stream_out(p->stream));
	peer_go_on(p);
}

/* "A replayed auth gets no answer": it looks to its sender like any other
 * failure. */
static bool is_replay(struct peer *p, const struct rlpx_job *job)
{
	const struct ecc_pub *point = rlpx_job_point(job);

	if (!point || !replay_seen(&p->server->replay, point))
		return false;
	p->server->counters.replays++;
	return true;
}

static void send_job_out(struct peer *p, struct rlpx_job *job)
{
	if (is_replay(p, job)) {
		/* The job is not run; it goes the way of an abandoned one. */
		rlpx_free(p->rlpx);
		p->rlpx = NULL;
		rlpx_job_done(NULL, job, NULL);
		peer_end(p, DISC_NETWORK, PEER_FAIL, "replayed auth");
		return;
	}
	p->work = calloc(1, sizeof(*p->work));
	if (!p->work)
		abort();
	*p->work = (struct peer_work){ .peer = p, .job = job };
	net_stream_stop(p->stream);
	net_work(p->server->loop, run_job, job_came_back, p->work);
}

/* --- events of the core -------------------------------------------------- */

static void refuse(struct peer *p, int reason)
{
	char cause[PEER_CAUSE];

	if (p->is_candidate_dial && reason == DISC_TOO_MANY_PEERS)
		candidates_spare(&p->server->candidates, &p->facts.id);
	snprintf(cause, sizeof(cause), "%s (sent)",
		 disconnect_name((uint8_t)reason));
	peer_end(p, (uint8_t)reason, PEER_TELL, cause);
}

/* Hello or a refusal leaves at once, "without waiting for the other", unless
 * another connection with the same node comes first (cross.h). */
static void greet(struct peer *p)
{
	int reason = server_check(p->server, p);

	p->hold = PEER_HOLD_NONE;
	if (reason != CHECKPOINT_PASS) {
		refuse(p, reason);
	} else if (server_may_greet(p)) {
		server_end_dials(p);
		peer_say_hello(p);
	} else {
		p->hold = PEER_HOLD_HELLO;
	}
}

static void on_secured(struct peer *p)
{
	p->state = PEER_HELLO;
	p->facts.pub = *rlpx_remote(p->rlpx);
	p->facts.id = node_id_of(&p->facts.pub);
	greet(p);
}

/* Whoever hears of the new peer may make a newer offer, which then reaches this
 * session from the timer like any other; here it begins with the one that was
 * checked. */
static void come_up(struct peer *p)
{
	struct server *s = p->server;
	struct offer *offer = offer_get(s->offer);
	const struct capability_match *matches;

	p->state = PEER_UP;
	pace_up(&p->pace, net_loop_now(s->loop));
	net_stream_set_limit(p->stream,
			     s->limits->outbound +
				     snappy_block_room(RLPX_MESSAGE_MAX) +
				     64 * 1024);
	room_init(&p->room, s->limits->outbound,
		  rlpx_matches(p->rlpx, &matches));
	net_stream_set_low(p->stream, room_low(&p->room));
	server_welcome(s, p);
	if (p->state == PEER_UP)
		channels_open(p, offer);
	offer_put(offer);
}

static void judge_hello(struct peer *p)
{
	int reason = server_check_hello(p->server, p);

	p->hold = PEER_HOLD_NONE;
	if (reason != CHECKPOINT_PASS)
		refuse(p, reason);
	else if (server_may_welcome(p))
		come_up(p);
	else
		p->hold = PEER_HOLD_SESSION;
}

static void on_hello(struct peer *p)
{
	struct span name = hello_name(rlpx_peer_hello(p->rlpx));
	size_t len = name.len < HELLO_NAME_MAX ? name.len : HELLO_NAME_MAX - 1;

	if (len)
		memcpy(p->facts.name, name.data, len);
	judge_hello(p);
}

/* The other connection may have ended. */
static void look_again(struct peer *p)
{
	switch (p->hold) {
	case PEER_HOLD_NONE:
		break;
	case PEER_HOLD_HELLO:
		greet(p);
		break;
	case PEER_HOLD_SESSION:
		judge_hello(p);
		break;
	}
}

/* Who sends more than Hello on this connection has decided for it. Returns
 * whether it is the session now. */
static bool was_chosen(struct peer *p)
{
	server_end_rivals(p);
	judge_hello(p);
	return p->state == PEER_UP;
}

/* "On receipt both implementations stop, echo the same reason back (unless it
 * is 0x01) and close." An undecodable one is a breach of protocol. */
static void on_disconnect(struct peer *p, uint8_t reason)
{
	uint8_t echo = reason == DISC_INVALID ? DISC_PROTOCOL : reason;
	char cause[PEER_CAUSE];

	p->server->counters.disconnects_received++;
	snprintf(cause, sizeof(cause), "%s (received)",
		 disconnect_name(reason));
	peer_end(p, echo, PEER_TELL, cause);
	p->reason = reason;
}

static void on_event(struct peer *p, const struct rlpx_event *ev)
{
	if (p->hold == PEER_HOLD_SESSION && ev->kind != RLPX_DISCONNECT &&
	    !was_chosen(p)) {
		if (ev->kind == RLPX_MESSAGE)
			msg_put(ev->msg);
		return;
	}
	switch (ev->kind) {
	case RLPX_JOB:
		send_job_out(p, ev->job);
		break;
	case RLPX_SECURED:
		on_secured(p);
		break;
	case RLPX_HELLO:
		on_hello(p);
		break;
	case RLPX_MESSAGE:
		channels_message(p, ev->match, ev->msg);
		break;
	case RLPX_PING:
		peer_pong(p);
		break;
	case RLPX_PONG:
		break; /* its bytes reset the idle clock */
	case RLPX_DISCONNECT:
		on_disconnect(p, ev->reason);
		break;
	}
}

/* What the peer did wrong. What it hears is rlpx_fault_reason's to say. */
static void on_fault(struct peer *p)
{
	enum rlpx_fault fault = rlpx_fault(p->rlpx);
	uint8_t reason = rlpx_fault_reason(fault);

	p->server->counters.faults[fault]++;
	peer_end(p, reason, reason == DISC_NETWORK ? PEER_FAIL : PEER_TELL,
		 rlpx_fault_name(fault));
}

static bool may_read(const struct peer *p)
{
	return peer_is_live(p) && !p->pace.paused && !p->work;
}

/* Pull what there is, unless a pause or a job holds it up. */
static void pump(struct peer *p)
{
	struct rlpx_event ev;
	enum err rc;

	look_again(p);
	while (may_read(p) && p->hold != PEER_HOLD_HELLO) {
		rc = rlpx_next(p->rlpx, &ev);
		if (rc == ERR_SHORT)
			break;
		if (rc) {
			on_fault(p);
			break;
		}
		on_event(p, &ev);
	}
}

static void pump_and_pace(struct peer *p, size_t len)
{
	uint64_t before = rlpx_frames(p->rlpx);

	pump(p);
	peer_weigh_all(p);
	if (!peer_is_live(p))
		return; /* peer_end has set the timer */
	pace_bytes(&p->pace, net_loop_now(p->server->loop), len,
		   rlpx_frames(p->rlpx) - before, rlpx_progress(p->rlpx));
	peer_arm(p);
}

void peer_feed(struct peer *p, const uint8_t *data, size_t len)
{
	if (rlpx_feed(p->rlpx, data, len)) {
		p->server->counters.overruns++;
		peer_end(p, DISC_NETWORK, PEER_FAIL, "too much at once");
		return;
	}
	pump_and_pace(p, len);
}

void peer_go_on(struct peer *p)
{
	pump_and_pace(p, 0);
	if (may_read(p))
		net_stream_start(p->stream);
}

void peer_pause(struct peer *p, enum pace_pause why)
{
	struct mono now = net_loop_now(p->server->loop);

	net_stream_stop(p->stream);
	pace_pause(&p->pace, now, why);
	net_timer_set(p->timer, now);
}

void peer_resume(struct peer *p, enum pace_pause why)
{
	struct mono now = net_loop_now(p->server->loop);

	pace_resume(&p->pace, now, why);
	net_timer_set(p->timer, now);
}

void peer_secure(struct peer *p)
{
	struct server *s = p->server;

	p->state = PEER_HANDSHAKE;
	p->facts.inbound = p->inbound;
	p->facts.local = net_stream_local(p->stream);
	p->facts.remote = net_stream_remote(p->stream);
	pace_init(&p->pace, &s->limits->pace, net_loop_now(s->loop));
	if (new_core(p)) {
		peer_end(p, DISC_NETWORK, PEER_GONE, "not a valid public key");
		return;
	}
	peer_go_on(p);
}
