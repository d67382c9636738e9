/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let in and who is dialed: places, their ratio, and those we trust. */
#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct raw raw;

static void trust_key(struct node *n, const struct ecc_keypair *key)
{
	const struct addr nowhere = { .port = 0 };
	struct enode e;

	enode_make(&e, &key->pub, &nowhere);
	cr_assert_eq(server_trust(n->server, &e), ERR_NONE);
}

/* Of the last failed dial, as heard. */
static void expect_refusal(struct node *n, const struct node *by,
			   uint8_t reason)
{
	size_t failed = n->dial_failed;

	node_dial(n, by);
	node_wait_failed(n, failed + 1);
	cr_assert_eq(n->reason, reason);
}

Test(rules, let_trusted_nodes_in_when_nobody_else_may)
{
	few_make_quick(3);
	b.config.max_peers = 0;
	few_begin();
	expect_refusal(&c, &b, DISC_TOO_MANY_PEERS);
	node_trust(&b, &a);
	node_trust(&b, &a); /* once is enough */
	node_join(&a, &b);
	node_check_alive(&a, &b);
	cr_assert_eq(b.added, (size_t)1);
	few_close();
}

/* "maxInbound = MaxPeers - maxDialed", here none. */
Test(rules, let_trusted_nodes_in_past_the_inbound_limit)
{
	few_make_quick(3);
	b.config.max_peers = 9;
	b.config.dial_ratio = 1;
	few_begin();
	expect_refusal(&c, &b, DISC_TOO_MANY_PEERS);
	node_trust(&b, &a);
	node_join(&a, &b);
	node_check_alive(&a, &b);
	few_close();
}

Test(rules, keep_to_the_ratio_of_dials)
{
	few_make_quick(3);
	b.config.max_peers = 4;
	b.config.dial_ratio = 2;
	few_begin();
	node_join(&a, &b);
	node_join(&c, &b);
	raw_open(&raw, &b);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	few_close();
}

Test(rules, dial_every_peer_with_a_ratio_of_one)
{
	few_make_quick(3);
	a.config.max_peers = 2;
	a.config.dial_ratio = 1;
	few_begin();
	node_join(&a, &b);
	node_join(&a, &c);
	few_close();
}

/* "maxDialed" is for those whom we find; static nodes may have all places. */
Test(rules, fill_every_place_with_static_nodes)
{
	few_make_quick(3);
	a.config.max_peers = 2;
	a.config.dial_ratio = 2;
	few_begin();
	node_join(&a, &b);
	node_join(&a, &c);
	cr_assert_eq(a.server->inbound_peers, (size_t)0);
	few_close();
}

Test(rules, dial_only_while_there_is_a_place)
{
	few_make_quick(3);
	a.config.max_peers = 1;
	few_begin();
	node_join(&a, &b);
	node_dial(&a, &c);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	node_undial(&a, &b);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_peers(&c, 1);
	few_close();
}

Test(rules, dial_nobody_with_no_places)
{
	few_make_quick(3);
	a.config.max_peers = 0;
	few_begin();
	node_trust(&a, &b); /* which may come, but is not fetched */
	node_dial(&a, &b);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	node_join(&b, &a);
	few_close();
}

/* Over all limits, and those who are not trusted count them as well. */
Test(rules, let_trusted_nodes_in_when_all_places_are_taken)
{
	few_make_quick(3);
	b.config.max_peers = 2;
	b.config.dial_ratio = 2;
	few_begin();
	node_join(&a, &b);
	node_join(&b, &c);
	raw_open(&raw, &b);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);

	raw_open(&raw, &b);
	trust_key(&b, &raw.key);
	raw_handshake(&raw, &b);
	raw_hello(&raw);
	node_wait_peers(&b, 3);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_peers(&b, 2);
	node_wait_failed(&a, 1);
	cr_assert_eq(a.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	node_wait_peers(&a, 1);
	few_close();
}

/* The first checkpoint passed it for its trust; the second asks again. */
Test(rules, let_nobody_in_whose_trust_ends_before_hello)
{
	struct node_id id;

	few_make_quick(3);
	b.config.max_peers = 0;
	few_begin();
	raw_open(&raw, &b);
	trust_key(&b, &raw.key);
	raw_handshake(&raw, &b);
	id = node_id_of(&raw.key.pub);
	server_distrust(b.server, &id);
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	few_close();
}

Test(rules, do_not_let_trusted_nodes_in_twice)
{
	few_make_quick(3);
	few_begin();
	node_trust(&b, &a);
	node_join(&a, &b);
	raw_open_as(&raw, &b, &a.key);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_ALREADY_CONNECTED);
	raw_close(&raw);
	node_check_alive(&a, &b);
	few_close();
}

Test(rules, want_something_shared_of_trusted_nodes_too)
{
	few_make_quick(3);
	strcpy(a.protocols[0].capability.name, "alpha");
	few_begin();
	node_trust(&b, &a);
	expect_refusal(&a, &b, DISC_USELESS);
	few_close();
}

Test(rules, want_trusted_nodes_in_the_allowed_networks_too)
{
	few_make_quick(3);
	a.limits.dial.first_ms = 600000; /* once */
	cr_assert_eq(netlist_parse(&b.config.restrict_to, "10.0.0.0/8", NULL),
		     ERR_NONE);
	few_begin();
	node_trust(&b, &a);
	expect_refusal(&a, &b, DISC_NETWORK);
	cr_assert_eq(node_counters(&b).restricted, (uint64_t)1);
	few_close();
}

Test(rules, hold_trust_up_to_a_limit)
{
	struct enode e = { .tcp = 0 };

	few_make_quick(3);
	few_begin();
	for (uint32_t i = 0; i < SERVER_MAX_TRUSTED; i++) {
		memcpy(e.id.b, &i, sizeof(i));
		cr_assert_eq(server_trust(a.server, &e), ERR_NONE);
	}
	cr_assert_eq(server_trust(a.server, &b.self), ERR_LIMIT);
	cr_assert_eq(server_trust(a.server, &e), ERR_NONE, "known already");
	server_distrust(a.server, &e.id);
	server_distrust(a.server, &e.id); /* not known any more */
	node_trust(&a, &b);
	few_close();
}
