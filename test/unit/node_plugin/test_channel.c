/* SPDX-License-Identifier: Apache-2.0 */
/* A channel on a wire that the test holds in its hands: what no session and no
 * pipe can be made to do at the right moment. */
#include "node/plugin/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/subject.h"

/* --- the wire ----------------------------------------------------------------
 */

static struct {
	bool full;
	uint32_t sent[16]; /* codes */
	size_t count;
	int pauses, resumes;
	size_t kept;
	int reason; /* of the disconnect, or -1 */
	int disconnects;
} wire;

static enum err take(void *ctx, uint32_t code, struct span payload)
{
	(void)ctx;
	(void)payload;
	if (wire.full)
		return ERR_BUSY;
	cr_assert_lt(wire.count, ARRAY_LEN(wire.sent));
	wire.sent[wire.count++] = code;
	return ERR_NONE;
}

static enum err take_packed(void *ctx, uint32_t code, struct packed *payload)
{
	return take(ctx, code, payload->raw);
}

static void pause_wire(void *ctx)
{
	(void)ctx;
	wire.pauses++;
}

static void resume_wire(void *ctx)
{
	(void)ctx;
	wire.resumes++;
}

static void keep(void *ctx, size_t bytes)
{
	(void)ctx;
	wire.kept = bytes;
}

static void facts(void *ctx, struct peer_facts *out)
{
	(void)ctx;
	*out = (struct peer_facts){ .inbound = true };
}

static void disconnect(void *ctx, uint8_t reason)
{
	(void)ctx;
	wire.disconnects++;
	wire.reason = reason;
}

static const struct wire_ops ops = {
	.send = take,
	.send_packed = take_packed,
	.pause = pause_wire,
	.resume = resume_wire,
	.keep = keep,
	.facts = facts,
	.disconnect = disconnect,
};

/* --- the plugin: a protocol of each style ------------------------------- */

static struct {
	struct weft_event *go;
	int opened, messages, closed;
	bool ran;
} seen;

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct weft_msg msg;
	int rc;

	(void)peer;
	(void)state;
	do {
		rc = weft_wait(seen.go, WEFT_FOREVER);
		if (!rc)
			rc = weft_read(ch, &msg);
		seen.messages += !rc;
	} while (!rc);
	seen.ran = true;
	return rc;
}

static int opened(struct weft_channel *ch, void *state, void **user)
{
	(void)ch;
	(void)state;
	(void)user;
	seen.opened++;
	return WEFT_OK;
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	(void)ch;
	(void)user;
	(void)msg;
	seen.messages++;
	return WEFT_OK;
}

static void closed(struct weft_channel *ch, void *user)
{
	(void)ch;
	(void)user;
	seen.closed++;
}

static int start(struct weft_host *host, void **state)
{
	struct weft_protocol p = {
		.size = sizeof(p), .name = "run", .codes = 100, .run = run
	};
	int rc = weft_protocol_add(host, &p, NULL);

	(void)state;
	seen.go = weft_event_new(host);
	p = (struct weft_protocol){
		.size = sizeof(p),
		.name = "message",
		.codes = 100,
		.opened = opened,
		.message = message,
		.closed = closed,
	};
	if (!rc)
		rc = weft_protocol_add(host, &p, NULL);
	p.name = "bare";
	p.opened = NULL;
	return rc ? rc : weft_protocol_add(host, &p, NULL);
}

SUBJECT(both, .start = start);

struct session {
	struct rig rig;
	struct rigged plugin;
	struct weft_channel *ch;
};

static struct weft_channel *open_channel(struct session *s, const char *name)
{
	const struct instance_protocol *p = s->plugin.host->own;
	const struct wire w = { &ops, &wire };

	while (strcmp(p->p.name, name))
		p = p->next;
	return plugin_channel_open(p, w);
}

static void session_open(struct session *s, const char *name)
{
	memset(&wire, 0, sizeof(wire));
	wire.reason = -1;
	rig_open(&s->rig, NULL);
	rig_start(&s->plugin, &s->rig, &both);
	s->ch = open_channel(s, name);
	cr_assert_not_null(s->ch);
}

static void session_close(struct session *s)
{
	if (s->ch)
		plugin_channel_closed(s->ch);
	rig_stop(&s->plugin);
	rig_close(&s->rig);
}

static bool after_some_turns(void *ctx)
{
	int *left = ctx;

	return --*left < 0;
}

static void turn(struct session *s)
{
	int turns = 3;

	rig_until(&s->rig, after_some_turns, &turns);
}

static void deliver(struct session *s, size_t size)
{
	struct msg *m = msg_new(0, size);

	memset(m->payload, 0, size);
	plugin_channel_message(s->ch, m);
	msg_put(m);
}

/* --- out -------------------------------------------------------------------
 */

struct writer {
	struct weft_channel *ch;
	uint32_t code;
	int rc;
	bool done;
};

static int write_code(void *arg)
{
	struct writer *w = arg;

	w->rc = weft_write(w->ch, w->code, NULL, 0);
	w->done = true;
	return WEFT_OK;
}

static void go_write(struct session *s, struct writer *w, uint32_t code)
{
	*w = (struct writer){ .ch = s->ch, .code = code };
	cr_assert_eq(weft_go(s->plugin.host, write_code, w), WEFT_OK);
	turn(s);
}

Test(channel, nobody_overtakes_those_who_wait)
{
	struct session s;
	struct writer w[4];

	session_open(&s, "run");
	wire.full = true;
	go_write(&s, &w[0], 10);
	go_write(&s, &w[1], 11);
	cr_assert(!w[0].done && !w[1].done);
	/* There is room, but those who wait have not heard of it yet. */
	wire.full = false;
	cr_assert_eq(weft_try_write(s.ch, 12, NULL, 0), WEFT_EAGAIN);
	go_write(&s, &w[2], 13);
	cr_assert(!w[2].done);
	cr_assert_eq(wire.count, (size_t)0);
	plugin_channel_writable(s.ch);
	cr_assert_eq(weft_try_write(s.ch, 14, NULL, 0), WEFT_EAGAIN);
	turn(&s);
	cr_assert_eq(wire.count, (size_t)3);
	cr_assert_eq(wire.sent[0], 10u);
	cr_assert_eq(wire.sent[1], 11u);
	cr_assert_eq(wire.sent[2], 13u);
	cr_assert_eq(weft_try_write(s.ch, 15, NULL, 0), WEFT_OK);
	session_close(&s);
}

Test(channel, who_meets_a_full_wire_again_stays_first)
{
	struct session s;
	struct writer w[2];

	session_open(&s, "run");
	wire.full = true;
	go_write(&s, &w[0], 20);
	go_write(&s, &w[1], 21);
	wire.full = false;
	plugin_channel_writable(s.ch);
	/* Before the first has its turn it is full again. */
	wire.full = true;
	turn(&s);
	cr_assert(!w[0].done && !w[1].done);
	wire.full = false;
	plugin_channel_writable(s.ch);
	turn(&s);
	cr_assert(w[0].done && w[1].done);
	cr_assert_eq(wire.sent[0], 20u);
	cr_assert_eq(wire.sent[1], 21u);
	session_close(&s);
}

Test(channel, wakes_every_writer_at_the_end)
{
	struct session s;
	struct writer w[3];

	session_open(&s, "run");
	wire.full = true;
	for (uint32_t i = 0; i < ARRAY_LEN(w); i++)
		go_write(&s, &w[i], i);
	plugin_channel_closed(s.ch);
	s.ch = NULL;
	turn(&s);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		cr_assert(w[i].done);
		cr_assert_eq(w[i].rc, WEFT_ECLOSED);
	}
	cr_assert_eq(wire.count, (size_t)0);
	session_close(&s);
}

/* --- in --------------------------------------------------------------------
 */

Test(channel, pauses_over_its_budget_and_resumes_at_half)
{
	const size_t each = 1024;
	const size_t cost = each + CHANNEL_MESSAGE_COST;
	const size_t fit = CHANNEL_IN_MAX / cost;
	struct session s;
	size_t held = 0;

	session_open(&s, "run");
	for (; held < fit; held++)
		deliver(&s, each);
	cr_assert_eq(wire.pauses, 0);
	deliver(&s, each);
	held++;
	cr_assert_eq(wire.pauses, 1);
	deliver(&s, each); /* one that was on its way; it is told once */
	held++;
	cr_assert_eq(wire.pauses, 1);
	while (!wire.resumes) {
		weft_wake(seen.go);
		turn(&s);
		held--;
	}
	cr_assert_leq(held * cost, (size_t)CHANNEL_IN_MAX / 2);
	cr_assert_gt((held + 1) * cost, (size_t)CHANNEL_IN_MAX / 2);
	cr_assert_eq(wire.resumes, 1);
	session_close(&s);
}

/* What it says counts with the node's memory. */
Test(channel, says_what_it_keeps)
{
	const size_t cost = 1000 + CHANNEL_MESSAGE_COST;
	struct session s;

	session_open(&s, "run");
	deliver(&s, 1000);
	cr_assert_eq(wire.kept, cost);
	deliver(&s, 1000);
	deliver(&s, 1000);
	cr_assert_eq(wire.kept, 3 * cost);
	weft_wake(seen.go);
	turn(&s);
	cr_assert_eq(wire.kept, 3 * cost, "one is being read");
	weft_wake(seen.go);
	turn(&s);
	cr_assert_eq(wire.kept, 2 * cost);
	channel_quit(s.ch, DISC_REQUESTED);
	cr_assert_eq(wire.kept, cost, "the payload is the reader's still");
	turn(&s);
	cr_assert_eq(wire.kept, (size_t)0);
	session_close(&s);
}

Test(channel, takes_one_message_of_any_size)
{
	struct session s;

	session_open(&s, "run");
	deliver(&s, 4 * CHANNEL_IN_MAX);
	cr_assert_eq(wire.pauses, 1);
	weft_wake(seen.go);
	turn(&s);
	cr_assert_eq(seen.messages, 1);
	cr_assert_eq(wire.resumes, 1);
	session_close(&s);
}

/* --- the end ----------------------------------------------------------------
 */

Test(channel, calls_nothing_when_it_ends_before_it_began)
{
	struct session s;

	session_open(&s, "message");
	deliver(&s, 1);
	plugin_channel_closed(s.ch);
	s.ch = NULL;
	turn(&s);
	/* closed is owed to those alone whose opened was called. */
	cr_assert_eq(seen.opened, 0);
	cr_assert_eq(seen.messages, 0);
	cr_assert_eq(seen.closed, 0);
	cr_assert_eq(wire.disconnects, 0);
	session_close(&s);
}

Test(channel, needs_no_fiber_to_open_without_a_handler_for_it)
{
	struct session s;
	struct task_counts tasks;

	session_open(&s, "bare");
	task_count(s.rig.tasks, &tasks);
	cr_assert_eq(tasks.live, (size_t)0);
	deliver(&s, 1);
	turn(&s);
	cr_assert_eq(seen.messages, 1);
	plugin_channel_closed(s.ch);
	s.ch = NULL;
	turn(&s);
	cr_assert_eq(seen.closed, 1);
	session_close(&s);
}

Test(channel, drops_what_comes_after_its_end)
{
	struct session s;

	session_open(&s, "message");
	turn(&s);
	deliver(&s, 1);
	turn(&s);
	cr_assert_eq(seen.messages, 1);
	cr_assert_eq(weft_disconnect(s.ch, 0x03), WEFT_OK);
	cr_assert_eq(wire.reason, 0x03);
	/* The wire takes its time to say that it is over. */
	deliver(&s, 1);
	plugin_channel_writable(s.ch);
	turn(&s);
	cr_assert_eq(seen.messages, 1);
	cr_assert_eq(seen.closed, 1);
	cr_assert_eq(wire.disconnects, 1);
	session_close(&s);
	cr_assert_eq(seen.closed, 1);
}

Test(channel, is_refused_by_a_plugin_that_stops)
{
	struct session s;
	struct weft_host *host;
	struct why why = WHY_NONE;

	session_open(&s, "message");
	turn(&s);
	host = s.plugin.host;
	s.plugin.stopped = false;
	instance_stop(host, rig_stopped, &s.plugin);
	turn(&s);
	/* It ended the session, and waits for the wire to let go. */
	cr_assert_eq(wire.reason, 0x08);
	cr_assert_eq(seen.closed, 1);
	cr_assert(!s.plugin.stopped);
	cr_assert(!instance_is_idle(host, &why));
	cr_assert_str_eq(why.text, "1 channel");
	cr_assert_null(open_channel(&s, "message"));
	cr_assert_null(open_channel(&s, "run"));
	turn(&s);
	plugin_channel_closed(s.ch);
	turn(&s);
	cr_assert(s.plugin.stopped);
	cr_assert_eq(seen.opened, 1);
	rig_close(&s.rig);
}

Test(channel, without_a_fiber_ends_with_too_many_peers)
{
	static const struct task_limits one = { .tasks = 1 };
	struct session s = { 0 };
	struct weft_channel *more;

	memset(&wire, 0, sizeof(wire));
	rig_open(&s.rig, &one);
	s.rig.node.stop_ms = 20;
	rig_start(&s.plugin, &s.rig, &both);
	s.ch = open_channel(&s, "run");
	more = open_channel(&s, "run");
	cr_assert_eq(wire.reason, 0x04);
	cr_assert_eq(weft_is_open(s.ch), 1);
	cr_assert_eq(weft_is_open(more), 0);
	cr_assert_eq(s.rig.warnings, (size_t)1);
	plugin_channel_closed(more);
	session_close(&s);
}
