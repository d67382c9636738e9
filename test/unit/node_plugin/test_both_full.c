/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes whose handlers answer every message with one of the same size: each
 * waits until the other reads, if more is under way than there is room for. */
#include <stdio.h>

#include "node/plugin/inside.h"
#include "p2p/crypto/rng.h"
#include "p2p/server/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/subject.h"

enum {
	SIZE = 64 * 1024,
	ENOUGH = 500,
	ALL = 2000, /* far more than all buffers hold, the kernel's too */
};

static struct rig rig;
static size_t burst; /* what each side begins with */
static size_t answered;
static uint8_t payload[SIZE];

/* --- the plugin ------------------------------------------------------------
 */

static int begin(void *arg)
{
	int rc = WEFT_OK;

	for (size_t i = 0; i < burst && !rc; i++)
		rc = weft_write(arg, 0, payload, SIZE);
	return rc;
}

static int opened(struct weft_channel *ch, void *state, void **user)
{
	(void)state;
	(void)user;
	return weft_channel_go(ch, begin, ch);
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	int rc = weft_write(ch, 0, msg->payload, msg->size);

	(void)user;
	answered += !rc;
	return rc;
}

static int start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "mirror",
		.version = 1,
		.codes = 1,
		.max_message = SIZE,
		.opened = opened,
		.message = message,
	};

	(void)state;
	return weft_protocol_add(host, &p, host);
}

SUBJECT(mirror, .start = start);

/* --- two nodes -------------------------------------------------------------
 */

static struct node {
	struct rigged plugin;
	struct server *server; /* NULL: closed */
	struct server_limits limits;
	struct enode self;
	size_t dropped;
	uint8_t reason;
	char cause[PEER_CAUSE];
} nodes[2];

static void on_event(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	if (ev->kind == SERVER_CLOSED)
		n->server = NULL;
	if (ev->kind != SERVER_PEER_DROPPED)
		return;
	n->dropped++;
	n->reason = ev->reason;
	snprintf(n->cause, sizeof(n->cause), "%s", ev->cause);
}

static void node_open(struct node *n, uint32_t pause_ms)
{
	struct ecc_keypair key;
	struct server_config config = {
		.key = &key,
		.name = "test/v1",
		.listening = SERVER_LISTEN,
		.max_peers = 10,
		.event = on_event,
		.ctx = n,
		.limits = &n->limits,
	};

	*n = (struct node){ .limits = server_limits_default };
	n->limits.pace.pause_ms = pause_ms;
	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	rig_start(&n->plugin, &rig, &mirror);
	config.protocol_count =
		instance_protocols(n->plugin.host, &config.protocols);
	cr_assert_eq(addr_parse(&config.listen, "127.0.0.1:0"), ERR_NONE);
	cr_assert_eq(server_open(&n->server, rig.loop, &config, NULL),
		     ERR_NONE);
	server_self(n->server, &n->self);
}

static void open_two(size_t messages, uint32_t pause_ms)
{
	burst = messages;
	rng_bytes(payload, SIZE); /* it does not compress */
	rig_open(&rig, NULL);
	node_open(&nodes[0], pause_ms);
	node_open(&nodes[1], pause_ms);
	cr_assert_eq(server_dial(nodes[0].server, &nodes[1].self, NULL),
		     ERR_NONE);
}

static bool both_are_closed(void *ctx)
{
	(void)ctx;
	return !nodes[0].server && !nodes[1].server;
}

static void close_two(void)
{
	server_close(nodes[0].server);
	server_close(nodes[1].server);
	rig_until(&rig, both_are_closed, NULL);
	rig_stop(&nodes[0].plugin);
	rig_stop(&nodes[1].plugin);
	rig_close(&rig);
}

/* --- tests -----------------------------------------------------------------
 */

static bool one_is_dropped(void *ctx)
{
	(void)ctx;
	return nodes[0].dropped || nodes[1].dropped;
}

/* Both handlers wait for room, so both channels stay full, so neither side
 * reads: nothing but the clock ends that. */
Test(both_full, handlers_that_owe_too_much_are_ended_by_the_clock)
{
	const struct node *n;

	open_two(ALL, 300);
	rig_until(&rig, one_is_dropped, NULL);
	n = &nodes[nodes[0].dropped ? 0 : 1];
	cr_assert_eq(n->reason, DISC_SUBPROTOCOL);
	cr_assert_str_eq(n->cause,
			 "mirror/1 left its messages waiting for too long");
	close_two();
}

static bool have_answered_enough(void *ctx)
{
	(void)ctx;
	return answered >= ENOUGH;
}

/* What one asks and what it owes together fit into its budget of 1 MiB. */
Test(both_full, handlers_that_owe_what_fits_never_wait)
{
	open_two(1024 * 1024 / SIZE / 2, server_limits_default.pace.pause_ms);
	rig_until(&rig, have_answered_enough, NULL);
	cr_assert_eq(nodes[0].dropped + nodes[1].dropped, (size_t)0);
	close_two();
}
