/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections may be on their way to a session at once, and for whom
 * the last slots are kept. All of 127.0.0.0/8 is ours, so strangers come from
 * one address of it and those we know from another. */
#include "test/unit/server/deaf.h"
#include "test/unit/server/few.h"

enum {
	CALLS = 8
};

static int calls[CALLS];
static size_t call_count;

/* Four slots, of which two are kept. */
static void open_two(void)
{
	few_make(2);
	a.limits.dial.first_ms = 5;
	a.config.max_pending = 4;
	few_begin();
}

static void close_two(void)
{
	while (call_count > 0)
		deaf_hang_up(calls[--call_count]);
	few_close();
}

static bool has_accepted(void *ctx)
{
	const uint64_t *count = ctx;

	return node_counters(&a).accepted == *count;
}

/* Returns whether the server let it in; if so it holds a slot until the end. */
static bool call_from(const char *text)
{
	uint64_t accepted = node_counters(&a).accepted + 1;
	uint64_t throttled = node_counters(&a).throttled;

	cr_assert_lt(call_count, (size_t)CALLS);
	calls[call_count++] = deaf_call(text, a.self.tcp);
	scene_until(&scene, has_accepted, &accepted);
	return node_counters(&a).throttled == throttled;
}

static void expect_two_slots_more_from(const char *known)
{
	cr_assert(call_from("127.0.0.5"));
	cr_assert(call_from("127.0.0.5"));
	cr_assert_not(call_from("127.0.0.5"));
	cr_assert_not(call_from("127.0.0.6"));
	cr_assert(call_from(known));
	cr_assert(call_from(known));
	cr_assert_not(call_from(known));
	cr_assert_eq(a.server->admit.pending, (size_t)4);
}

Test(slots, are_kept_for_nodes_that_we_dial)
{
	open_two();
	cr_assert_eq(ip_parse(&b.self.ip, "127.0.0.9"), ERR_NONE);
	node_dial(&a, &b);
	expect_two_slots_more_from("127.0.0.9");
	close_two();
}

Test(slots, are_kept_for_the_addresses_of_names)
{
	open_two();
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_join(&a, &b);
	expect_two_slots_more_from("127.0.0.1");
	close_two();
}

Test(slots, are_kept_for_nodes_that_we_trust)
{
	open_two();
	cr_assert_eq(ip_parse(&b.self.ip, "127.0.0.9"), ERR_NONE);
	node_trust(&a, &b);
	expect_two_slots_more_from("127.0.0.9");
	close_two();
}

static bool has_dialed(void *ctx)
{
	const uint64_t *count = ctx;

	return node_counters(&a).dialed >= *count;
}

Test(slots, are_for_dials_as_well)
{
	uint64_t dials = 2;
	struct deaf deaf;
	struct ecc_keypair key;
	struct enode e[3];

	open_two();
	a.server->config.max_pending = 2;
	deaf_open(&deaf);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		rng_key(&key.key);
		ecc_pub_of(&key.pub, &key.key);
		enode_make(&e[i], &key.pub, &deaf.at);
		cr_assert_eq(server_dial(a.server, &e[i], NULL), ERR_NONE);
	}
	scene_until(&scene, has_dialed, &dials);
	scene_for(&scene, 30);
	cr_assert_eq(a.server->dial.dialing, (size_t)2);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)2);
	/* One dial less, and the next begins. */
	cr_assert_eq(server_undial(a.server, &a.server->all->dialed->node.id),
		     ERR_NONE);
	dials = 3;
	scene_until(&scene, has_dialed, &dials);
	scene_for(&scene, 30);
	cr_assert_eq(a.server->dial.dialing, (size_t)2);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)3);
	deaf_close(&deaf);
	close_two();
}
