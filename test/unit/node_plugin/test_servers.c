/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins on two real servers in one process, over loopback. */
#include <semaphore.h>
#include <stdio.h>

#include "node/plugin/inside.h"
#include "p2p/crypto/rng.h"
#include "p2p/server/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/subject.h"

struct node {
	struct rig *rig;
	struct rigged plugin;
	struct server *server; /* NULL: closed */
	struct server_limits limits;
	struct ecc_keypair key;
	struct enode self;
	size_t added, dropped;
	uint8_t reason; /* of the last that was dropped */
};

static void on_event(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		n->added++;
		break;
	case SERVER_PEER_DROPPED:
		n->dropped++;
		n->reason = ev->reason;
		break;
	case SERVER_DIAL_FAILED:
		break;
	case SERVER_CLOSED:
		n->server = NULL;
		break;
	}
}

static void node_open(struct node *n, struct rig *r,
		      const struct weft_plugin *plugin)
{
	struct server_config config = {
		.key = &n->key,
		.name = "test/v1",
		.listening = SERVER_LISTEN,
		.max_peers = 10,
		.event = on_event,
		.ctx = n,
		.limits = &n->limits,
	};
	struct why why = WHY_NONE;

	*n = (struct node){ .rig = r, .limits = server_limits_default };
	rng_key(&n->key.key);
	ecc_pub_of(&n->key.pub, &n->key.key);
	rig_start(&n->plugin, r, plugin);
	cr_assert_eq(n->plugin.rc, WEFT_OK);
	config.protocol_count =
		instance_protocols(n->plugin.host, &config.protocols);
	cr_assert_eq(addr_parse(&config.listen, "127.0.0.1:0"), ERR_NONE);
	/* Redials at once, so that a test need not wait for them. */
	n->limits.dial.first_ms = 1;
	n->limits.dial.most_ms = 5;
	n->limits.admit.throttle_ms = 0;
	cr_assert_eq(server_open(&n->server, r->loop, &config, &why), ERR_NONE,
		     "%s", why.text);
	server_self(n->server, &n->self);
}

static bool server_is_closed(void *ctx)
{
	const struct node *n = ctx;

	return !n->server;
}

static void node_close_server(struct node *n)
{
	server_close(n->server);
	rig_until(n->rig, server_is_closed, n);
}

static void node_close(struct node *n)
{
	if (n->server)
		node_close_server(n);
	if (n->plugin.host)
		rig_stop(&n->plugin);
}

static void node_dial(struct node *n, const struct node *to)
{
	cr_assert_eq(server_dial(n->server, &to->self, NULL), ERR_NONE);
}

/* --- a plugin that echoes, floods, lingers
 * ------------------------------------- */

enum {
	ECHO = 0,
	FLOOD = 1, /* one side: many large messages */
	DATA = 2,  /* the flood's */
	CODES = 3,
	LARGE = 300000, /* bytes; a few fill every budget */
	FLOODED = 100,	/* more than the kernel's buffers hold */
};

static struct shared {
	sem_t gate; /* what lingers waits for it */
	struct weft_host *hosts[2];
	size_t host_count;
	size_t sessions;
	size_t echoed, flooded;
	size_t data; /* received */
	bool stall;  /* do not read */
	int flood_rc;
	int last_rc;
	bool lingers; /* a fiber stays after the end */
	size_t lingering;
	struct weft_peer_facts facts;
	struct weft_channel *inbound; /* the side that was dialed */
	struct weft_peer_facts at_end;
} all;

static void wait_at_gate(void *arg)
{
	(void)arg;
	sem_wait(&all.gate);
}

static int linger(void *arg)
{
	all.lingering++;
	cr_assert_eq(weft_work(arg, wait_at_gate, NULL), WEFT_ECLOSED);
	all.lingering--;
	return WEFT_OK;
}

static int flood(struct weft_channel *ch)
{
	static uint8_t payload[LARGE];
	int rc = WEFT_OK;

	rng_bytes(payload, sizeof(payload)); /* that cannot be compressed */
	for (uint32_t i = 0; i < FLOODED && !rc; i++) {
		memcpy(payload, &i, sizeof(i));
		rc = weft_write(ch, DATA, payload, sizeof(payload));
		all.flooded += !rc;
	}
	all.flood_rc = rc;
	return rc;
}

static int take_data(const struct weft_msg *msg)
{
	uint32_t number;

	if (msg->size != LARGE)
		return WEFT_EMSG;
	memcpy(&number, msg->payload, sizeof(number));
	cr_assert_eq(number, all.data);
	all.data++;
	return WEFT_OK;
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct weft_host *host = state;
	struct weft_msg msg;
	int rc = WEFT_OK;

	all.sessions++;
	cr_assert_eq(weft_peer_facts(peer, &all.facts), WEFT_OK);
	if (all.facts.inbound)
		all.inbound = ch;
	if (all.lingers)
		rc = weft_channel_go(ch, linger, host);
	if (!rc && all.facts.inbound && !all.stall)
		rc = weft_send(ch, ECHO, "[s]", "hello");
	if (all.stall && all.facts.inbound) {
		rc = weft_send(ch, FLOOD, "[]");
		while (!rc && all.stall)
			rc = weft_sleep_until(host,
					      weft_now(host) + WEFT_MS(1));
	}
	while (!rc && !(rc = weft_read(ch, &msg))) {
		if (msg.code == FLOOD)
			rc = flood(ch);
		else if (msg.code == DATA)
			rc = take_data(&msg);
		else if (++all.echoed < 10)
			rc = weft_write(ch, ECHO, msg.payload, msg.size);
	}
	all.last_rc = rc;
	if (all.inbound == ch)
		cr_assert_eq(weft_peer_facts(peer, &all.at_end), WEFT_OK);
	return rc;
}

static int start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "wide",
		.version = 1,
		.codes = CODES,
		.max_message = LARGE,
		.run = run,
	};

	(void)state;
	all.hosts[all.host_count++] = host;
	return weft_protocol_add(host, &p, host);
}

SUBJECT(wide, .start = start);

static void open_two(struct rig *r, struct node *a, struct node *b,
		     const struct weft_plugin *plugin)
{
	cr_assert_eq(sem_init(&all.gate, 0, 0), 0);
	rig_open(r, NULL);
	node_open(a, r, plugin);
	node_open(b, r, plugin);
	node_dial(a, b);
}

static void close_two(struct rig *r, struct node *a, struct node *b)
{
	node_close(a);
	node_close(b);
	rig_close(r);
}

/* --- tests -------------------------------------------------------------------
 */

static bool has_echoed(void *ctx)
{
	(void)ctx;
	return all.echoed >= 10;
}

Test(servers, carry_a_conversation)
{
	struct rig r;
	struct node a, b;

	open_two(&r, &a, &b, &wide);
	rig_until(&r, has_echoed, NULL);
	cr_assert_eq(all.sessions, (size_t)2);
	cr_assert_str_eq(all.facts.name, "test/v1");
	close_two(&r, &a, &b);
	cr_assert_eq(all.last_rc, WEFT_ECLOSED);
}

static struct weft_peer_facts facts_of_inbound(void)
{
	struct weft_peer_facts f;

	cr_assert_eq(weft_channel_facts(all.inbound, &f), WEFT_OK);
	return f;
}

static bool has_dropped(void *ctx)
{
	const struct node *n = ctx;

	return n->dropped > 0;
}

Test(servers, tell_who_is_trusted_and_static_now)
{
	struct rig r;
	struct node a, b;

	open_two(&r, &a, &b, &wide);
	rig_until(&r, has_echoed, NULL);
	cr_assert_eq(facts_of_inbound().trusted, 0u);
	cr_assert_eq(facts_of_inbound().is_static, 0u);
	cr_assert_eq(server_trust(b.server, &a.self), ERR_NONE);
	cr_assert_eq(facts_of_inbound().trusted, 1u);
	cr_assert_eq(facts_of_inbound().is_static, 0u);
	node_dial(&b, &a);
	cr_assert_eq(facts_of_inbound().is_static, 1u);
	server_distrust(b.server, &a.self.id);
	cr_assert_eq(facts_of_inbound().trusted, 0u);
	cr_assert_eq(facts_of_inbound().is_static, 1u);

	/* Its last word is how it was when the session ended. */
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NONE);
	cr_assert_eq(server_undial(b.server, &a.self.id), ERR_NONE);
	cr_assert_eq(server_trust(b.server, &a.self), ERR_NONE);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NONE);
	rig_until(&r, has_dropped, &b);
	close_two(&r, &a, &b);
	cr_assert_eq(all.at_end.trusted, 1u);
	cr_assert_eq(all.at_end.is_static, 0u);
}

static bool has_flooded_what_fits(void *ctx)
{
	size_t *before = ctx;
	bool same = all.flooded > 3 && all.flooded == *before;

	*before = all.flooded;
	return same;
}

static bool has_all_data(void *ctx)
{
	(void)ctx;
	return all.data == FLOODED;
}

static bool has_all_of(void *ctx)
{
	const uint32_t *count = ctx;

	return all.data == *count;
}

Test(servers, stop_a_flood_that_is_not_read)
{
	struct rig r;
	struct node a, b;
	size_t before = 0;

	all.stall = true;
	open_two(&r, &a, &b, &wide);
	rig_until(&r, has_flooded_what_fits, &before);
	/* The writer waits: not all can be on its way. */
	cr_assert_lt(all.flooded, (size_t)FLOODED);
	cr_assert_eq(all.data, (size_t)0);
	all.stall = false;
	rig_until(&r, has_all_data, NULL);
	cr_assert_eq(all.flood_rc, WEFT_OK);
	close_two(&r, &a, &b);
}

Test(servers, wake_a_writer_when_the_peer_goes)
{
	struct rig r;
	struct node a, b;
	size_t before = 0;

	all.stall = true;
	open_two(&r, &a, &b, &wide);
	rig_until(&r, has_flooded_what_fits, &before);
	all.flood_rc = 1;
	/* Whose write waits is a, which dialed: b asked for the flood. */
	node_close(&b);
	node_close_server(&a);
	cr_assert_eq(all.flood_rc, WEFT_ECLOSED);
	close_two(&r, &a, &b);
}

static bool one_lingers_but_the_peer_is_gone(void *ctx)
{
	const struct node *a = ctx;

	return all.lingering == 4 && a->added >= 2;
}

static bool all_linger(void *ctx)
{
	(void)ctx;
	return all.lingering == 2;
}

Test(servers, free_a_peers_slot_while_its_last_fiber_lingers)
{
	struct rig r;
	struct node a, b;
	struct why why = WHY_NONE;

	all.lingers = true;
	open_two(&r, &a, &b, &wide);
	rig_until(&r, all_linger, NULL);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, 0x00), ERR_NONE);
	/* The same nodes meet again, beside fibers of their first session. */
	rig_until(&r, one_lingers_but_the_peer_is_gone, &a);
	cr_assert_eq(server_peers(a.server), (size_t)1);
	node_close_server(&a);
	node_close_server(&b);
	cr_assert(!instance_is_idle(a.plugin.host, &why));
	cr_assert_str_eq(why.text, "wide wide/1, waiting in weft_work");
	for (int i = 0; i < 4; i++)
		sem_post(&all.gate);
	close_two(&r, &a, &b);
	cr_assert_eq(all.lingering, (size_t)0);
}

static bool both_are_peers(void *ctx)
{
	const struct node *n = ctx;

	return n[0].added && n[1].added;
}

static bool both_dropped(void *ctx)
{
	const struct node *n = ctx;

	return n[0].dropped && n[1].dropped;
}

Test(servers, hear_of_a_plugin_that_stops)
{
	struct rig r;
	struct node n[2];

	open_two(&r, &n[0], &n[1], &wide);
	rig_until(&r, both_are_peers, n);
	rig_stop(&n[1].plugin);
	rig_until(&r, both_dropped, n);
	cr_assert_eq(n[0].reason, DISC_QUITTING);
	cr_assert_eq(n[1].reason, DISC_QUITTING);
	/* What it offered goes with its server. */
	node_close_server(&n[1]);
	close_two(&r, &n[0], &n[1]);
}

/* --- results on the wire
 * ---------------------------------------------------------
 */

static int wanted_rc;

static int quit_message(struct weft_channel *ch, void *user,
			const struct weft_msg *msg)
{
	(void)ch;
	(void)user;
	(void)msg;
	return wanted_rc;
}

static int quit_opened(struct weft_channel *ch, void *state, void **user)
{
	struct weft_peer_facts facts;

	(void)state;
	(void)user;
	weft_channel_facts(ch, &facts);
	return facts.inbound ? WEFT_OK : weft_send(ch, 0, "[]");
}

static int quit_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "quit",
		.version = 1,
		.codes = 1,
		.opened = quit_opened,
		.message = quit_message,
	};

	(void)state;
	return weft_protocol_add(host, &p, NULL);
}

SUBJECT(quit, .start = quit_start);

Test(servers, say_why_a_protocol_ended)
{
	static const struct {
		int rc;
		uint8_t reason;
	} cases[] = {
		{ WEFT_DISC(0x03), 0x03 },
		{ WEFT_EMSG, 0x02 },
		{ WEFT_EFAIL, 0x10 },
		{ WEFT_DISC_QUITTING, 0x08 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig r;
		struct node n[2];

		wanted_rc = cases[i].rc;
		open_two(&r, &n[0], &n[1], &quit);
		rig_until(&r, both_dropped, n);
		cr_assert_eq(n[0].reason, cases[i].reason);
		cr_assert_eq(n[1].reason, cases[i].reason);
		close_two(&r, &n[0], &n[1]);
	}
}

/* --- one message for many
 * ------------------------------------------------------- */

static struct weft_channel *only_channel(const struct node *n)
{
	struct weft_channel *ch = n->plugin.host->channels;

	cr_assert(ch && !ch->next);
	return ch;
}

Test(servers, send_one_message_to_many_peers)
{
	static uint8_t payload[LARGE];
	struct weft_shared *m, *more;
	struct weft_msg view;
	struct rig r;
	struct node n[2];
	uint32_t number = 1;
	int rc;

	open_two(&r, &n[0], &n[1], &wide);
	rig_until(&r, has_echoed, NULL);
	m = weft_msg_new(n[0].plugin.host, DATA, payload, sizeof(payload));
	memcpy(payload, &number, sizeof(number));
	more = weft_msg_new(n[1].plugin.host, DATA, payload, sizeof(payload));
	cr_assert_null(m->packed.block);
	cr_assert_eq(weft_post_msg(only_channel(&n[0]), m), WEFT_OK);
	/* Compressed for the first, and from then on there; and small. */
	cr_assert_not_null(m->packed.block);
	cr_assert_lt(m->packed.block_len, sizeof(payload) / 10);
	weft_msg_free(m); /* also while it is on its way */
	rig_until(&r, has_all_of, &number);
	cr_assert_eq(weft_post_msg(only_channel(&n[1]), more), WEFT_OK);
	weft_msg_free(more);
	number = 2;
	rig_until(&r, has_all_of, &number);
	cr_assert_null(weft_msg_new(n[0].plugin.host, DATA, NULL, 1));
	cr_assert_null(
		weft_msg_new(n[0].plugin.host, DATA, payload, (size_t)1 << 24));

	/* A code that is not the protocol's is refused before all that. */
	m = weft_msg_new(n[0].plugin.host, CODES, payload, 1);
	cr_assert_eq(weft_post_msg(only_channel(&n[0]), m), WEFT_EMSG);
	cr_assert_eq(weft_msg_view(m, &view), WEFT_OK);
	cr_assert_eq(view.size, (size_t)1);
	cr_assert_eq(weft_post_msg(only_channel(&n[0]), NULL), WEFT_EINVAL);
	weft_msg_free(m);

	/* It never waits: over budget a peer is skipped. */
	rng_bytes(payload, sizeof(payload));
	m = weft_msg_new(n[0].plugin.host, ECHO, payload, sizeof(payload));
	for (rc = WEFT_OK; !rc; number++)
		rc = weft_post_msg(only_channel(&n[0]), m);
	cr_assert_eq(rc, WEFT_EAGAIN);
	cr_assert_eq(number, 2 + (uint32_t)(1024 * 1024 / LARGE) + 2);
	close_two(&r, &n[0], &n[1]);
}
