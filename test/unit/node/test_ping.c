/* SPDX-License-Identifier: Apache-2.0 */
/* test_ping.c - the core of weft ping against a recipient's core: no network,
 * and a clock of our own. */
#include "node/ping.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/raw_peer.h"
#include "test/support/unit.h"

enum {
	STEP_MS = 10,
	TIMEOUT_MS = 1000
};

static const struct capability foobar = { .name = "foobar",
					  .version = 1,
					  .codes = 1 };
static const struct capability other = { .name = "eth",
					 .version = 68,
					 .codes = 17 };

/* The pinger, the node it pings, and a diary of what the pinger told. */
struct scene {
	struct ping *ping;
	struct rlpx *node;
	struct buf node_out;
	struct mono now;
	char diary[512];
	struct ping_event last;
	struct ping_event steps[PING_STEPS];
	bool node_pongs;
	uint8_t node_refuses; /* instead of Hello; 0xff: says Hello */
	uint8_t node_parts;   /* after Hello; 0xff: it stays */
	bool node_parted;
};

static void scene_open_at(struct scene *s, const struct ecc_pub *remote,
			  const struct capability *node_offers)
{
	struct ping_config ping = {
		.us = fixed_key(0),
		.remote = *remote,
		.entropy = fixed_entropy(0),
		.name = "pinger",
		.local = &foobar,
		.local_count = 1,
		.timeout_ms = TIMEOUT_MS,
	};
	struct rlpx_config node = {
		.side = HANDSHAKE_RECIPIENT,
		.us = fixed_key(1),
		.entropy = fixed_entropy(1),
		.version = BASE_VERSION,
		.name = "node",
		.local = node_offers,
		.local_count = 1,
	};

	memset(s, 0, sizeof(*s));
	s->now.ns = 1000000;
	ping.now = s->now;
	s->node_pongs = true;
	s->node_refuses = DISC_INVALID;
	s->node_parts = DISC_INVALID;
	buf_init(&s->node_out, 1 << 20);
	cr_assert_eq(ping_new(&s->ping, &ping), ERR_NONE);
	cr_assert_eq(rlpx_new(&s->node, &node), ERR_NONE);
}

static void scene_open(struct scene *s, const struct capability *node_offers)
{
	scene_open_at(s, &fixed_key(1)->pub, node_offers);
}

static void scene_close(struct scene *s)
{
	ping_free(s->ping);
	rlpx_free(s->node);
	buf_clear(&s->node_out);
}

static void pass(struct scene *s, uint64_t ms)
{
	s->now = mono_add_ms(s->now, ms);
}

static void note(struct scene *s, const char *text)
{
	strncat(s->diary, text, sizeof(s->diary) - strlen(s->diary) - 2);
	strcat(s->diary, " ");
}

/* Pull the pinger's events; run its jobs at once. */
static void pull(struct scene *s)
{
	struct ping_event ev;

	while (!ping_next(s->ping, &ev)) {
		if (ev.kind == PING_JOB) {
			rlpx_job_run(ev.job);
			pass(s, STEP_MS);
			ping_job_done(s->ping, s->now, ev.job);
			continue;
		}
		s->last = ev;
		if (ev.kind == PING_STEP) {
			s->steps[ev.step] = ev;
			note(s, ping_step_name(ev.step));
		} else {
			note(s, ev.kind == PING_REACHED ? "reached" : "failed");
		}
	}
}

static void node_answers(struct scene *s, const struct rlpx_event *ev)
{
	enum err rc = ERR_NONE;

	switch (ev->kind) {
	case RLPX_JOB:
		rlpx_job_run(ev->job);
		rlpx_job_done(s->node, ev->job, &s->node_out);
		break;
	case RLPX_SECURED:
		if (s->node_refuses != DISC_INVALID)
			rc = rlpx_disconnect(s->node, &s->node_out,
					     s->node_refuses);
		else
			rc = rlpx_hello(s->node, &s->node_out);
		break;
	case RLPX_HELLO:
		if (s->node_parts != DISC_INVALID)
			rc = rlpx_disconnect(s->node, &s->node_out,
					     s->node_parts);
		else
			rc = rlpx_ping(s->node, &s->node_out);
		break;
	case RLPX_PING:
		if (s->node_pongs)
			rc = rlpx_pong(s->node, &s->node_out);
		break;
	case RLPX_DISCONNECT:
		note(s, disconnect_name(ev->reason));
		break;
	case RLPX_MESSAGE:
		msg_put(ev->msg);
		break;
	case RLPX_PONG:
		note(s, "(pong to it)");
		break;
	}
	/* Having said Disconnect it says no more. */
	cr_assert(rc == ERR_NONE || (rc == ERR_CLOSED && s->node_parted));
	if (ev->kind == RLPX_SECURED && s->node_refuses != DISC_INVALID)
		s->node_parted = true;
	if (ev->kind == RLPX_HELLO && s->node_parts != DISC_INVALID)
		s->node_parted = true;
}

/* Carry bytes both ways, in pieces of `piece`, until nothing moves. */
static void talk(struct scene *s, size_t piece)
{
	struct buf *out = ping_out(s->ping);
	struct rlpx_event ev;

	pull(s);
	while (out->len || s->node_out.len) {
		while (out->len) {
			size_t n = out->len < piece ? out->len : piece;

			cr_assert_eq(rlpx_feed(s->node, out->data, n),
				     ERR_NONE);
			buf_drop(out, n);
			while (!rlpx_next(s->node, &ev))
				node_answers(s, &ev);
		}
		while (s->node_out.len) {
			size_t n = s->node_out.len < piece ? s->node_out.len
							   : piece;

			pass(s, 1);
			ping_feed(s->ping, s->now, s->node_out.data, n);
			buf_drop(&s->node_out, n);
			pull(s);
		}
	}
}

static void connect_both(struct scene *s)
{
	pass(s, 1);
	ping_resolved(s->ping, s->now);
	pass(s, 1);
	ping_connected(s->ping, s->now);
}

Test(ping, tells_every_step_with_its_time_and_parts_politely)
{
	struct capability_claim claims[4];
	const struct capability_match *shared;
	struct scene s;

	scene_open(&s, &foobar);
	connect_both(&s);
	talk(&s, SIZE_MAX);
	cr_assert_str_eq(s.diary, "resolve connect auth ack hello pong reached "
				  "(pong to it) requested ");
	cr_assert_eq(s.steps[PING_RESOLVE].at_ns, 1000000);
	cr_assert_eq(s.steps[PING_CONNECT].at_ns, 2000000);
	/* Made in a job that took STEP_MS; 2 + 113 + 169 bytes and padding. */
	cr_assert_eq(s.steps[PING_AUTH].at_ns, 12000000);
	cr_assert_geq(s.steps[PING_AUTH].bytes, 384);
	cr_assert_leq(s.steps[PING_AUTH].bytes, 539);
	cr_assert_eq(s.steps[PING_ACK].at_ns, 13000000);
	cr_assert_geq(s.steps[PING_ACK].bytes, 317);
	cr_assert_leq(s.steps[PING_ACK].bytes, 472);
	cr_assert_gt(s.steps[PING_PONG].took_ns, 0);
	cr_assert_eq(ping_shared(s.ping, &shared), 1);
	cr_assert_eq(hello_claims(ping_hello(s.ping), claims), 1);
	cr_assert(span_equal(claims[0].name, span_text("foobar")));
	cr_assert_not(s.last.hung_up);
	cr_assert_eq(ping_tick(s.ping, s.now).ns, MONO_NEVER.ns);
	scene_close(&s);
}

Test(ping, does_not_care_how_the_stream_is_cut)
{
	static const size_t pieces[] = { 1, 2, 3, 16, 100, 400 };
	size_t acks = 0;

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct scene s;

		scene_open(&s, &foobar);
		connect_both(&s);
		talk(&s, pieces[i]);
		cr_assert(strstr(s.diary, "auth ack hello pong reached"),
			  "in pieces of %zu: %s", pieces[i], s.diary);
		/* The same entropy gives the same ack. */
		cr_assert(!acks || s.steps[PING_ACK].bytes == acks);
		acks = s.steps[PING_ACK].bytes;
		scene_close(&s);
	}
}

/* What comes of a Disconnect between Hello and Pong. */
static void check_parting(const struct capability *node_offers, uint8_t reason,
			  enum ping_event_kind want)
{
	struct scene s;

	scene_open(&s, node_offers);
	s.node_parts = reason;
	connect_both(&s);
	talk(&s, SIZE_MAX);
	cr_assert_eq(s.last.kind, want, "%s", s.diary);
	cr_assert_eq(s.last.step, PING_PONG);
	cr_assert_eq(s.last.hung_up, want == PING_REACHED);
	scene_close(&s);
}

Test(ping, counts_a_useless_peer_as_reached_when_nothing_is_shared)
{
	check_parting(&other, DISC_USELESS, PING_REACHED);
	check_parting(&other, DISC_TOO_MANY_PEERS, PING_FAILED);
	check_parting(&foobar, DISC_USELESS, PING_FAILED);
}

Test(ping, names_the_reason_of_a_refusal)
{
	struct scene s;

	scene_open(&s, &foobar);
	s.node_refuses = DISC_TOO_MANY_PEERS;
	connect_both(&s);
	talk(&s, SIZE_MAX);
	cr_assert_eq(s.last.kind, PING_FAILED);
	cr_assert_eq(s.last.step, PING_HELLO);
	cr_assert_str_eq(s.last.cause,
			 "the node disconnected: too many peers (0x04)");
	scene_close(&s);
}

/* A node that refuses sends all it has and hangs up, which may be known here
 * while the ack is still being worked on. */
Test(ping, hears_a_refusal_that_came_with_the_end_of_the_stream)
{
	struct ping_event ev, job = { .kind = PING_STEP };
	struct rlpx_event from;
	struct scene s;
	struct buf *out;

	scene_open(&s, &foobar);
	s.node_refuses = DISC_TOO_MANY_PEERS;
	connect_both(&s);
	pull(&s);
	out = ping_out(s.ping);
	cr_assert_eq(rlpx_feed(s.node, out->data, out->len), ERR_NONE);
	while (!rlpx_next(s.node, &from))
		node_answers(&s, &from);
	ping_feed(s.ping, s.now, s.node_out.data, s.node_out.len);
	while (!ping_next(s.ping, &ev))
		job = ev;
	cr_assert_eq(job.kind, PING_JOB);
	ping_broke(s.ping, s.now, NULL);
	cr_assert_eq(ping_next(s.ping, &ev), ERR_SHORT);
	rlpx_job_run(job.job);
	ping_job_done(s.ping, s.now, job.job);
	pull(&s);
	cr_assert_str_eq(s.last.cause,
			 "the node disconnected: too many peers (0x04)");
	scene_close(&s);
}

Test(ping, tells_which_step_was_under_way_when_the_node_hung_up)
{
	struct ecc_keypair wrong;
	struct rlpx_event ev;
	struct scene s;
	struct buf *out;

	/* A key the node does not hold: it cannot open our auth. */
	crypto_init();
	rng_key(&wrong.key);
	ecc_pub_of(&wrong.pub, &wrong.key);
	scene_open_at(&s, &wrong.pub, &foobar);
	connect_both(&s);
	pull(&s);
	out = ping_out(s.ping);
	cr_assert_eq(rlpx_feed(s.node, out->data, out->len), ERR_NONE);
	cr_assert_eq(rlpx_next(s.node, &ev), ERR_NONE);
	node_answers(&s, &ev);
	cr_assert_neq(rlpx_next(s.node, &ev), ERR_NONE);
	ping_broke(s.ping, s.now, NULL);
	pull(&s);
	cr_assert_str_eq(s.diary, "resolve connect auth failed ");
	cr_assert_eq(s.last.step, PING_ACK);
	cr_assert(strstr(s.last.cause, "does not hold this key"));
	scene_close(&s);
}

Test(ping, refuses_what_is_no_ack)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct scene s;

	scene_open(&s, &foobar);
	connect_both(&s);
	pull(&s);
	ping_feed(s.ping, s.now, http, sizeof(http) - 1);
	pull(&s);
	cr_assert_eq(s.last.kind, PING_FAILED);
	cr_assert_eq(s.last.step, PING_ACK);
	cr_assert(strstr(s.last.cause, "no ack to us"), "%s", s.last.cause);
	/* What follows is not looked at. */
	ping_feed(s.ping, s.now, http, sizeof(http) - 1);
	ping_broke(s.ping, s.now, NULL);
	pull(&s);
	cr_assert_str_eq(s.diary, "resolve connect auth failed ");
	scene_close(&s);
}

Test(ping, gives_up_at_the_deadline_and_not_before)
{
	struct scene s;
	struct mono due;

	scene_open(&s, &foobar);
	connect_both(&s);
	pull(&s);
	due = ping_tick(s.ping, s.now);
	cr_assert_eq(due.ns, 1000000 + TIMEOUT_MS * 1000000ull);
	due.ns--;
	ping_tick(s.ping, due);
	pull(&s);
	cr_assert_str_eq(s.diary, "resolve connect auth ");
	due.ns++;
	ping_tick(s.ping, due);
	pull(&s);
	cr_assert_str_eq(s.diary, "resolve connect auth failed ");
	cr_assert_str_eq(s.last.cause, "no answer within 1.0 s");
	cr_assert_eq(s.last.step, PING_ACK);
	scene_close(&s);
}

Test(ping, says_goodbye_when_the_pong_stays_away)
{
	struct scene s;

	scene_open(&s, &foobar);
	s.node_pongs = false;
	connect_both(&s);
	talk(&s, SIZE_MAX);
	pass(&s, TIMEOUT_MS);
	ping_tick(s.ping, s.now);
	talk(&s, SIZE_MAX);
	cr_assert_str_eq(s.diary, "resolve connect auth ack hello "
				  "(pong to it) failed requested ");
	cr_assert_eq(s.last.step, PING_PONG);
	scene_close(&s);
}

Test(ping, passes_on_the_cause_of_a_failed_dial)
{
	struct scene s;

	scene_open(&s, &foobar);
	pass(&s, 5);
	ping_resolved(s.ping, s.now);
	ping_broke(s.ping, s.now, "connection refused\x1b[31m");
	pull(&s);
	cr_assert_str_eq(s.diary, "resolve failed ");
	cr_assert_eq(s.last.step, PING_CONNECT);
	cr_assert_str_eq(s.last.cause, "connection refused\\x1b[31m");
	cr_assert_eq(ping_out(s.ping)->len, 0);
	scene_close(&s);
}

Test(ping, needs_a_key_on_the_curve)
{
	static const struct ecc_pub zero;
	const struct ping_config config = { .us = fixed_key(0),
					    .remote = zero };
	struct ping *p = NULL;

	cr_assert_eq(ping_new(&p, &config), ERR_FORMAT);
	cr_assert_null(p);
}
