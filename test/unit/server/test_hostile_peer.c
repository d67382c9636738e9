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
	hub.limits.pace.idle_ms = 1000;
	friend.limits.pace.ping_ms = 20;
	open_hub();
	raw_join(&raw, &hub);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TIMEOUT);
	cr_assert_eq(node_counters(&hub).timeouts_idle, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

/* "An undecodable one is a breach of protocol", and that is what it hears. */
Test(hostile, disconnect_that_does_not_decode)
{
	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	raw_frame(&raw, "\x01\xff\xff", 3);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_PROTOCOL);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_INVALID);
	cr_assert_eq(node_counters(&hub).disconnects_received, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

/* A frame of a base code that we do not know: no event, and no fault. */
static size_t ignored_frame(uint8_t out[128])
{
	memset(out, 0, 128);
	memcpy(out + FRAME_HEADER, "\x0f\x00", 2);
	frame_seal(&raw.codec, out, 2);
	return frame_room(2);
}

static bool has_read(void *ctx)
{
	const uint64_t *until = ctx;

	return net_stream_bytes_in(hub_peer(&raw.key.pub)->stream) >= *until;
}

static void wait_read(uint64_t until)
{
	scene_until(&scene, has_read, &until);
}

/* The clock of a header begins with the header, whatever came before. */
Test(hostile, frames_that_give_no_event_do_not_stretch_a_header)
{
	uint8_t frames[2][128];
	struct mono first;
	uint64_t before;
	struct peer *p;
	size_t len;

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	p = hub_peer(&raw.key.pub);
	before = net_stream_bytes_in(p->stream);
	ignored_frame(frames[0]);
	len = ignored_frame(frames[1]);
	raw_bytes(&raw, frames[0], 1);
	wait_read(before + 1);
	cr_assert_eq(p->pace.progress, RLPX_IN_HEADER);
	first = p->pace.part_at;
	raw_bytes(&raw, frames[0] + 1, len - 1);
	raw_bytes(&raw, frames[1], 1);
	wait_read(before + len + 1);
	cr_assert_eq(p->pace.progress, RLPX_IN_HEADER);
	cr_assert(mono_before(first, p->pace.part_at));
	raw_close(&raw);
	close_hub();
}

Test(hostile, more_at_once_than_can_wait)
{
	uint8_t *bytes = calloc(1, RLPX_PENDING_MAX + FRAME_SIZE_MAX);

	cr_assert_not_null(bytes);
	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	/* Reading in pieces does not let it come to that. */
	peer_feed(hub_peer(&raw.key.pub), bytes,
		  RLPX_PENDING_MAX + FRAME_SIZE_MAX);
	free(bytes);
	node_wait_dropped(&hub, 1);
	cr_assert_str_eq(hub.cause, "too much at once");
	cr_assert_eq(node_counters(&hub).overruns, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

/* --- who does not read --------------------------------------------------- */

/* Nobody else reads or sends; only what the write deadline does. */
static void leave_the_clocks_to_writing(struct node *n, uint32_t write_ms)
{
	n->limits.pace.ping_ms = 600000;
	n->limits.pace.idle_ms = 600000;
	n->limits.pace.write_ms = write_ms;
}

/* The time for taking what was written is over. */
static void make_writing_late(struct peer *p)
{
	p->pace.write_goal = UINT64_MAX; /* whatever the kernel took */
	p->pace.write_at = (struct mono){ 0 };
	net_timer_set(p->timer, net_loop_now(scene.loop));
}

static void send_to(struct peer *p, size_t size)
{
	uint8_t *payload = malloc(size);

	cr_assert_not_null(payload);
	pattern_fill(payload, size);
	cr_assert_eq(channel_send(&p->channels[0], TEST_DATA,
				  span_of(payload, size)),
		     ERR_NONE);
	free(payload);
}

Test(hostile, takes_nothing_and_sends_nothing)
{
	open_scene();
	leave_the_clocks_to_writing(&hub, 300);
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	send_to(hub_peer(&raw.key.pub), 15 << 20);
	node_wait_dropped(&hub, 1);
	cr_assert_str_eq(hub.cause, "the peer takes too little");
	cr_assert_eq(node_counters(&hub).timeouts_slow, (uint64_t)1);
	raw_close(&raw);
	close_hub();
}

static const uint8_t ping[] = { 0x02, 0x01, 0x00, 0xc0 };

static void send_pings(size_t count)
{
	for (size_t i = 0; i < count; i++)
		raw_frame(&raw, ping, sizeof(ping));
}

static bool is_not_read(void *ctx)
{
	const struct peer *p = ctx;

	return p->pace.paused;
}

static void check_held_up(struct peer *p)
{
	uint64_t bytes = net_stream_bytes_in(p->stream);

	cr_assert_eq(p->pongs, (size_t)PEER_PONGS);
	cr_assert_eq(p->pace.paused, (unsigned)PACE_FOR_PONGS);
	scene_for(&scene, 50);
	cr_assert_eq(net_stream_bytes_in(p->stream), bytes);
	cr_assert_eq(p->pongs, (size_t)PEER_PONGS);
}

/* There each Ping started a task of its own. */
Test(hostile, cve_2023_40591_pings_behind_what_is_not_read)
{
	enum {
		PONG_WIRE = 64
	};
	size_t queued;
	struct peer *p;

	open_scene();
	leave_the_clocks_to_writing(&hub, 600000);
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	p = hub_peer(&raw.key.pub);
	send_to(p, 15 << 20);
	scene_for(&scene, 50); /* the kernel takes what it takes */
	queued = net_stream_queued(p->stream);
	cr_assert_gt(queued, (size_t)1 << 20);
	send_pings(20000);
	scene_until(&scene, is_not_read, p);
	check_held_up(p);
	cr_assert_leq(net_stream_queued(p->stream),
		      queued + PEER_PONGS * PONG_WIRE);
	cr_assert_eq(
		channel_send(&p->channels[0], TEST_DATA, (struct span){ 0 }),
		ERR_BUSY);

	/* It keeps sending, but takes nothing. */
	make_writing_late(p);
	node_wait_dropped(&hub, 1);
	cr_assert_str_eq(hub.cause, "the peer takes too little");
	raw_close(&raw);
	close_hub();
}

static bool is_not_read_with_more_pings(void *ctx)
{
	if (net_stream_queued(raw.stream) < 64 * 1024)
		send_pings(1000);
	return is_not_read(ctx);
}

/* The kernel has room for many Pongs; only what is left over is ours. */
Test(hostile, cve_2023_40591_pings_for_ever)
{
	struct peer *p;

	open_scene();
	leave_the_clocks_to_writing(&hub, 600000);
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	p = hub_peer(&raw.key.pub);
	do {
		scene_until(&scene, is_not_read_with_more_pings, p);
		scene_for(&scene, 5); /* the kernel may yet take some */
	} while (!p->pace.paused);
	cr_assert_leq(net_stream_memory(p->stream), (size_t)4096);
	make_writing_late(p);
	node_wait_dropped(&hub, 1);
	cr_assert_str_eq(hub.cause, "the peer takes too little");
	raw_close(&raw);
	close_hub();
}

static bool has_pongs(void *ctx)
{
	const size_t *pongs = ctx;

	return raw.pongs >= *pongs;
}

/* Who reads late goes on where it was. */
Test(hostile, pings_of_one_who_reads_at_last)
{
	enum {
		PINGS = 5000
	};
	size_t pongs = PINGS;
	struct peer *p;

	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	p = hub_peer(&raw.key.pub);
	send_to(p, 15 << 20);
	scene_for(&scene, 50);
	send_pings(PINGS);
	scene_until(&scene, is_not_read, p);
	net_stream_start(raw.stream);
	scene_until(&scene, has_pongs, &pongs);
	cr_assert_eq(raw.pongs, (size_t)PINGS);
	cr_assert_eq(hub.dropped, (size_t)0);
	raw_close(&raw);
	close_hub();
}

static bool stopped_at_its_pongs(void *ctx)
{
	if (raw.pongs)
		net_stream_stop(raw.stream);
	return has_pongs(ctx);
}

static bool is_read(void *ctx)
{
	return !is_not_read(ctx);
}

/* What waits behind the Pongs does not count. */
Test(hostile, pings_of_one_who_has_much_more_to_read)
{
	size_t pongs = PEER_PONGS;
	struct peer *p;

	open_scene();
	hub.limits.outbound = 64 << 20;
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	p = hub_peer(&raw.key.pub);
	send_to(p, 15 << 20);
	scene_for(&scene, 50);
	send_pings(PEER_PONGS);
	scene_until(&scene, is_not_read, p);
	for (int i = 0; i < 4; i++)
		send_to(p, 15 << 20);
	net_stream_start(raw.stream);
	scene_until(&scene, stopped_at_its_pongs, &pongs);
	scene_until(&scene, is_read, p);
	cr_assert_gt(net_stream_queued(p->stream), room_low(&p->room));
	raw_close(&raw);
	close_hub();
}

Test(hostile, pings_of_one_who_reads_are_all_answered)
{
	open_scene();
	open_hub();
	raw_join(&raw, &hub);
	for (size_t round = 1; round <= 5; round++) {
		size_t pongs = round * 3 * PEER_PONGS;

		send_pings(3 * PEER_PONGS);
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
	channel_disconnect(&hub_peer(&raw.key.pub)->channels[0],
			   DISC_REQUESTED);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_REQUESTED);
	raw_close(&raw);
	close_hub();
}
