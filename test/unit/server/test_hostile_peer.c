/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that mean harm. Each is counted, and a friend that is connected
 * meanwhile notices nothing. */
#include "test/unit/server/hub.h"

Test(hostile, bad_mac_after_the_handshake)
{
	uint8_t noise[64];

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	rng_bytes(noise, sizeof(noise));
	raw_bytes(&raw, noise, sizeof(noise));
	raw_wait_end(&raw);
	cr_assert_eq(raw.reason, RAW_NO_REASON);
	cr_assert_eq(faults(RLPX_FAULT_MAC), (uint64_t)1);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_NETWORK);
	cr_assert_str_eq(hub.cause, "bad-mac");
	raw_close(&raw);
	close_hub();
}

Test(hostile, message_that_unpacks_to_far_more_than_it_is)
{
	/* code 0x10, then snappy's length of 16,000,000 and hardly data */
	static const uint8_t bomb[] = { 0x10, 0x80, 0xc8, 0xd0, 0x07,
					0x00, 'a',  0xfe, 0x01, 0x00 };

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	raw_frame(&raw, bomb, sizeof(bomb));
	raw_wait_end(&raw);
	cr_assert_eq(faults(RLPX_FAULT_BOMB), (uint64_t)1);
	cr_assert_eq(hub.messages, (size_t)0);
	raw_close(&raw);
	close_hub();
}

Test(hostile, code_of_no_capability)
{
	static const uint8_t data[] = { 0x10 + TEST_CODES, 0x00 };

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	raw_frame(&raw, data, sizeof(data));
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_PROTOCOL);
	cr_assert_eq(faults(RLPX_FAULT_RANGE), (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

Test(hostile, socket_killed_in_the_middle_of_a_message)
{
	static const uint8_t data[5000] = { 0x10 };

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	raw_frame_part(&raw, data, sizeof(data), 2000);
	scene_for(&scene, 10);
	raw_reset(&raw);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_NETWORK);
	cr_assert_eq(hub.messages, (size_t)0);
	close_hub();
}

Test(hostile, header_that_never_ends)
{
	static const uint8_t data[64] = { 0x10 };

	open_scene();
	hub.limits.pace.header_ms = 100;
	open_hub();
	raw_join(&raw, &hub);
	raw_frame_part(&raw, data, sizeof(data), 31);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TIMEOUT);
	cr_assert_eq(node_counters(&hub).timeouts_slow, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

Test(hostile, body_that_never_ends)
{
	static const uint8_t data[100000] = { 0x10 };

	open_scene();
	hub.limits.pace.body_ms = 200;
	open_hub();
	raw_join(&raw, &hub);
	raw_frame_part(&raw, data, sizeof(data), 1000);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TIMEOUT);
	cr_assert_eq(node_counters(&hub).timeouts_slow, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

Test(hostile, silence)
{
	open_scene();
	hub.limits.pace.idle_ms = 150;
	friend.limits.pace.ping_ms = 20;
	open_hub();
	raw_join(&raw, &hub);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TIMEOUT);
	cr_assert_eq(node_counters(&hub).timeouts_idle, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

/* --- who does not read --------------------------------------------------- */

static struct peer *peer_of(const struct ecc_pub *pub)
{
	struct peer *p = hub.server->all;

	while (p && memcmp(&p->facts.pub, pub, sizeof(*pub)))
		p = p->next;
	cr_assert_not_null(p);
	return p;
}

static bool flood_is_read(void *ctx)
{
	const uint64_t *until = ctx;

	return net_stream_bytes_in(peer_of(&raw.key.pub)->stream) >= *until;
}

/* There each Ping started a task of its own. */
Test(hostile, cve_2023_40591_pings_without_reading)
{
	enum {
		PINGS = 5000,
		PONG_WIRE = 64
	};
	static const uint8_t ping[] = { 0x02, 0x01, 0x00, 0xc0 };
	uint8_t *payload = malloc(15 << 20);
	uint64_t until;
	size_t queued;
	struct peer *p;

	cr_assert_not_null(payload);
	open_scene();
	hub.limits.pace.write_ms = 1000;
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	p = peer_of(&raw.key.pub);
	pattern_fill(payload, 15 << 20);
	cr_assert_eq(channel_send(&p->channels[0], TEST_DATA,
				  span_of(payload, 15 << 20)),
		     ERR_NONE);
	free(payload);
	scene_for(&scene, 50); /* the kernel takes what it takes */
	queued = net_stream_queued(p->stream);
	cr_assert_gt(queued, (size_t)1 << 20);

	until = net_stream_bytes_in(p->stream) +
		(uint64_t)PINGS * frame_room(sizeof(ping));
	for (size_t i = 0; i < PINGS; i++)
		raw_frame(&raw, ping, sizeof(ping));
	scene_until(&scene, flood_is_read, &until);
	cr_assert_eq(p->pongs, (size_t)PEER_PONGS);
	cr_assert_leq(net_stream_queued(p->stream),
		      queued + PEER_PONGS * PONG_WIRE);
	cr_assert_eq(
		channel_send(&p->channels[0], TEST_DATA, (struct span){ 0 }),
		ERR_BUSY);

	/* It keeps sending, but takes nothing. */
	node_wait_dropped(&hub, 1);
	cr_assert_str_eq(hub.cause, "the peer takes no more bytes");
	cr_assert_eq(node_counters(&hub).timeouts_slow, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

static bool has_pongs(void *ctx)
{
	const size_t *pongs = ctx;

	return raw.pongs >= *pongs;
}

Test(hostile, pings_of_one_who_reads_are_all_answered)
{
	static const uint8_t ping[] = { 0x02, 0x01, 0x00, 0xc0 };

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	for (size_t round = 1; round <= 5; round++) {
		size_t pongs = round * PEER_PONGS;

		for (size_t i = 0; i < PEER_PONGS; i++)
			raw_frame(&raw, ping, sizeof(ping));
		scene_until(&scene, has_pongs, &pongs);
	}
	raw_close(&raw);
	close_hub();
}

Test(hostile, disconnect_that_is_never_read)
{
	open_scene();
	hub.limits.drain_ms = 100;
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	channel_disconnect(&peer_of(&raw.key.pub)->channels[0], DISC_REQUESTED);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_REQUESTED);
	raw_close(&raw);
	close_hub();
}
