/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers that mean harm before they are peers. */
#include "test/unit/server/hub.h"

Test(hostile, garbage_for_auth)
{
	uint8_t auth[400] = { 0x01, 0x8e, 0x04 };

	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	rng_bytes(auth + 3, sizeof(auth) - 3);
	memcpy(auth + 3, raw.key.pub.b, sizeof(raw.key.pub.b));
	raw_bytes(&raw, auth, sizeof(auth));
	node_check_alive(&friend, &hub);
	expect_silence(0);
	cr_assert_eq(faults(RLPX_FAULT_AUTH), (uint64_t)1);
	close_hub();
}

Test(hostile, auth_with_a_point_off_the_curve)
{
	uint8_t auth[400] = { 0x01, 0x8e, 0x04 };

	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	memcpy(auth + 3, raw.key.pub.b, sizeof(raw.key.pub.b));
	auth[3 + 63] ^= 1;
	raw_bytes(&raw, auth, sizeof(auth));
	expect_silence(0);
	cr_assert_eq(faults(RLPX_FAULT_AUTH_POINT), (uint64_t)1);
	close_hub();
}

Test(hostile, auth_that_announces_too_much)
{
	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	raw_bytes(&raw, "\xff\xff\x04", 3);
	expect_silence(0);
	cr_assert_eq(faults(RLPX_FAULT_AUTH_SIZE), (uint64_t)1);
	close_hub();
}

Test(hostile, auth_that_never_ends)
{
	open_scene();
	open_hub();
	hub.limits.pace.handshake_ms = 100; /* not for the friend's */
	raw_open(&raw, &hub);
	raw_bytes(&raw, "\x01\x8e\x04more to come", 15);
	node_check_alive(&friend, &hub);
	expect_silence(0);
	cr_assert_eq(node_counters(&hub).timeouts_handshake, (uint64_t)1);
	close_hub();
}

Test(hostile, handshake_without_a_hello)
{
	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	scene_make_late(&scene, hub_peer(&raw.key.pub));
	raw_wait_end(&raw);
	cr_assert_eq(node_counters(&hub).timeouts_handshake, (uint64_t)1);
	cr_assert_eq(raw.hellos, (size_t)1);
	raw_close(&raw);
	close_hub();
}

Test(hostile, first_frame_that_is_no_hello)
{
	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	raw_frame(&raw, "\x02\xc0", 2);
	raw_wait_end(&raw);
	cr_assert_eq(faults(RLPX_FAULT_FIRST), (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

Test(hostile, replayed_auth)
{
	struct handshake_packet auth;

	open_scene();
	open_hub();
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	auth = raw.auth;
	raw_close(&raw);

	raw_open(&raw, &hub);
	raw_bytes(&raw, auth.b, auth.len);
	expect_silence(0);
	cr_assert_eq(node_counters(&hub).replays, (uint64_t)1);

	/* The other Y of the same X opens as well, so it is a replay too. */
	raw_open(&raw, &hub);
	memset(auth.b + 2 + 1 + 32, 0, 32);
	raw_bytes(&raw, auth.b, auth.len);
	expect_silence(0);
	cr_assert_eq(node_counters(&hub).replays, (uint64_t)1);
	cr_assert_eq(faults(RLPX_FAULT_AUTH_POINT), (uint64_t)1);
	close_hub();
}

Test(hostile, replay_that_is_older_than_the_memory)
{
	struct handshake_packet auth;

	open_scene();
	hub.limits.replays = 2; /* the friend's is one */
	open_hub();
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	auth = raw.auth;
	raw_close(&raw);
	for (size_t i = 0; i < 2; i++) {
		raw_open(&raw, &hub);
		raw_handshake(&raw, &hub);
		raw_close(&raw);
	}
	/* It "gets an ack and dies at its first frame". */
	raw_open(&raw, &hub);
	raw.blind = true;
	raw_bytes(&raw, auth.b, auth.len);
	raw_bytes(&raw, auth.b, 64);
	raw_wait_end(&raw);
	cr_assert_gt(raw.bytes_in, (size_t)0);
	cr_assert_eq(node_counters(&hub).replays, (uint64_t)0);
	cr_assert_eq(faults(RLPX_FAULT_MAC), (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

static bool somebody_lingers(void *ctx UNUSED)
{
	return hub.server->linger.held > 0;
}

/* "The pending slot is released at once, further input is discarded, and the
 * socket is closed after 50..500 ms at random." */
Test(hostile, failed_handshake_lingers_without_its_slot)
{
	struct mono since;

	open_scene();
	hub.limits.linger.min_ms = 150;
	hub.limits.linger.max_ms = 200;
	open_hub();
	raw_open(&raw, &hub);
	raw_bytes(&raw, "\xff\xff\x04", 3);
	since = mono_now();
	scene_until(&scene, somebody_lingers, NULL);
	cr_assert_eq(hub.server->admit.pending, (size_t)0);
	raw_bytes(&raw, "more", 4);
	expect_silence(0);
	cr_assert_geq(mono_since_ms(mono_now(), since), (uint64_t)150);
	close_hub();
}

/* --- many at once -------------------------------------------------------- */

enum {
	CROWD = 200
};

struct crowd {
	struct raw raws[CROWD];
	size_t most_pending;
};

static bool crowd_is_gone(void *ctx)
{
	struct crowd *c = ctx;
	size_t left = 0;

	if (hub.server->admit.pending > c->most_pending)
		c->most_pending = hub.server->admit.pending;
	for (size_t i = 0; i < CROWD; i++)
		left += !c->raws[i].ended;
	return left == 0;
}

Test(hostile, crowd_of_half_open_connections)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct server_counters count;

	cr_assert_not_null(c);
	open_scene();
	hub.config.max_pending = 20;
	open_hub();
	hub.limits.pace.handshake_ms = 500; /* not for the friend's */
	for (size_t i = 0; i < CROWD; i++)
		raw_open(&c->raws[i], &hub);
	cr_assert_leq(hub.server->admit.pending, (size_t)16);
	node_check_alive(&friend, &hub);
	scene_until(&scene, crowd_is_gone, c);
	/* Twenty slots, of which four are kept for those we know. */
	cr_assert_leq(c->most_pending, (size_t)16);
	count = node_counters(&hub);
	cr_assert_geq(count.timeouts_handshake, (uint64_t)16);
	cr_assert_eq(count.timeouts_handshake + count.throttled,
		     (uint64_t)CROWD);
	for (size_t i = 0; i < CROWD; i++)
		raw_close(&c->raws[i]);
	free(c);
	close_hub();
}

Test(hostile, crowd_of_failed_handshakes)
{
	struct crowd *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	open_scene();
	hub.config.max_pending = 20;
	hub.limits.linger = (struct linger_limits){ 10, 300, 300 };
	open_hub();
	for (size_t i = 0; i < CROWD; i++) {
		raw_open(&c->raws[i], &hub);
		raw_bytes(&c->raws[i], "\xff\xff\xff", 3);
	}
	scene_until(&scene, crowd_is_gone, c);
	cr_assert_leq(hub.server->linger.held, (size_t)10);
	/* Slots were free again at once. */
	cr_assert_eq(faults(RLPX_FAULT_AUTH_SIZE) +
			     node_counters(&hub).throttled,
		     (uint64_t)CROWD);
	cr_assert_geq(faults(RLPX_FAULT_AUTH_SIZE), (uint64_t)100);
	for (size_t i = 0; i < CROWD; i++)
		raw_close(&c->raws[i]);
	free(c);
	close_hub();
}
