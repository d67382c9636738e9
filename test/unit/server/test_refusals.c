/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a server refuses, and what they hear (specs: devp2p 6.3). */
#include "test/unit/server/hub.h"

static void open_with_places(size_t max_peers)
{
	open_scene();
	hub.config.max_peers = max_peers;
	open_hub();
}

static bool has_failed(void *ctx)
{
	const struct node *n = ctx;

	return n->dial_failed >= 1;
}

Test(refusals, wrong_identity)
{
	struct node liar;

	open_with_places(50);
	node_init(&liar, &scene);
	liar.config.listening = SERVER_NO_LISTEN;
	node_open(&liar);
	/* Where the hub is, but with another key: it cannot read auth. */
	hub.self.pub = liar.key.pub;
	rng_key(&liar.key.key);
	ecc_pub_of(&hub.self.pub, &liar.key.key);
	hub.self.id = node_id_of(&hub.self.pub);
	node_dial(&liar, &hub);
	scene_until(&scene, has_failed, &liar);
	cr_assert_eq(node_counters(&hub).faults[RLPX_FAULT_AUTH], (uint64_t)1);
	cr_assert_eq(hub.added, (size_t)1);
	node_close(&liar);
	close_hub();
}

Test(refusals, an_identity_that_is_not_the_handshakes)
{
	struct ecc_keypair other;

	open_with_places(50);
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	other = raw.key;
	rng_key(&raw.key.key);
	ecc_pub_of(&raw.key.pub, &raw.key.key);
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_UNEXPECTED_IDENTITY);
	cr_assert_eq(node_counters(&hub).faults[RLPX_FAULT_IDENTITY],
		     (uint64_t)1);
	raw.key = other;
	raw_close(&raw);
	close_hub();
}

Test(refusals, ourselves)
{
	open_with_places(50);
	raw_open_as(&raw, &hub, &hub.key);
	raw_handshake(&raw, &hub);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_SELF);
	cr_assert_eq(raw.hellos, (size_t)0);
	raw_wait_end(&raw);
	raw_close(&raw);
	close_hub();
}

Test(refusals, who_is_connected_already)
{
	open_with_places(50);
	raw_open_as(&raw, &hub, &friend.key);
	raw_handshake(&raw, &hub);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_ALREADY_CONNECTED);
	raw_close(&raw);
	cr_assert_eq(hub.dropped, (size_t)0);
	close_hub();
}

/* Both passed the first checkpoint; the second refuses the later one. */
Test(refusals, the_second_of_two_that_came_together)
{
	struct raw other;

	open_with_places(50);
	raw_open(&raw, &hub);
	raw_open_as(&other, &hub, &raw.key);
	raw_handshake(&raw, &hub);
	raw_handshake(&other, &hub);
	raw_hello(&other);
	node_wait_peers(&hub, 2);
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_ALREADY_CONNECTED);
	cr_assert_eq(other.reason, RAW_NO_REASON);
	raw_close(&raw);
	raw_close(&other);
	node_wait_peers(&hub, 1);
	close_hub();
}

Test(refusals, more_inbound_peers_than_their_share)
{
	struct raw other;

	open_with_places(3); /* one place is for a dial */
	raw_join(&raw, &hub);
	raw_open(&other, &hub);
	raw_handshake(&other, &hub);
	raw_wait_reason(&other);
	cr_assert_eq(other.reason, DISC_TOO_MANY_PEERS);
	cr_assert_eq(other.hellos, (size_t)0);
	raw_close(&other);
	/* With the place free again the same stranger is welcome. */
	raw_close(&raw);
	node_wait_peers(&hub, 1);
	raw_join(&other, &hub);
	raw_close(&other);
	node_wait_peers(&hub, 1);
	close_hub();
}

/* Both passed the first checkpoint when there was one place. */
Test(refusals, the_second_that_says_hello_for_the_last_place)
{
	struct raw other;

	open_with_places(3); /* one place is for a dial, one the friend's */
	raw_join(&raw, &hub);
	raw_close(&raw);
	node_wait_peers(&hub, 1);
	raw_open(&raw, &hub);
	raw_open(&other, &hub);
	raw_handshake(&raw, &hub);
	raw_handshake(&other, &hub);
	raw_hello(&other);
	node_wait_peers(&hub, 2);
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	cr_assert_eq(raw.hellos, (size_t)1);
	raw_close(&raw);
	raw_close(&other);
	node_wait_peers(&hub, 1);
	close_hub();
}

Test(refusals, everybody_with_no_places)
{
	scene_open(&scene);
	node_init(&hub, &scene);
	hub.config.max_peers = 0;
	node_open(&hub);
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	node_close(&hub);
	scene_close(&scene);
}

Test(refusals, who_shares_no_capability)
{
	struct node other;

	open_with_places(50);
	node_init(&other, &scene);
	strcpy(other.protocols[0].capability.name, "other");
	node_open(&other);
	node_dial(&other, &hub);
	scene_until(&scene, has_failed, &other);
	cr_assert_eq(other.reason, DISC_USELESS);
	cr_assert_eq(other.added, (size_t)0);
	node_close(&other);
	close_hub();
}

Test(refusals, nobody_for_capabilities_when_it_offers_none)
{
	struct node quiet;

	open_with_places(50);
	node_init(&quiet, &scene);
	quiet.config.protocol_count = 0;
	node_open(&quiet);
	raw_join(&raw, &quiet);
	raw_close(&raw);
	node_wait_peers(&quiet, 0);
	node_close(&quiet);
	close_hub();
}

Test(refusals, are_taken_without_hello)
{
	static const uint8_t goodbye[] = { 0x01, 0xc1, 0x04 };

	open_with_places(50);
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	raw_frame(&raw, goodbye, sizeof(goodbye));
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS, "the echo");
	cr_assert_eq(raw.hellos, (size_t)1, "ours did not wait for theirs");
	cr_assert_eq(node_counters(&hub).disconnects_received, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}
