/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers that mean harm. Each is counted, and a friend that is connected
 * meanwhile notices nothing. */
#include <semaphore.h>

#include "test/unit/server/raw.h"

static struct scene scene;
static struct node hub, friend;
static struct raw raw;

static void open_scene(void)
{
	scene_open(&scene);
	node_init(&hub, &scene);
	node_init(&friend, &scene);
	hub.limits.linger.min_ms = 20;
	hub.limits.linger.max_ms = 40;
}

static void open_hub(void)
{
	node_open(&hub);
	node_open(&friend);
	node_join(&friend, &hub);
}

static void close_hub(void)
{
	node_check_alive(&friend, &hub);
	cr_assert_eq(hub.server->admit.pending, (size_t)0);
	cr_assert_eq(hub.server->linger.held, (size_t)0);
	node_close(&friend);
	node_close(&hub);
	scene_close(&scene);
}

/* The server closed without a word. */
static void expect_silence(size_t bytes)
{
	raw_wait_end(&raw);
	cr_assert_eq(raw.bytes_in, bytes);
	cr_assert_eq(raw.reason, RAW_NO_REASON);
	raw_close(&raw);
}

static uint64_t faults(enum rlpx_fault fault)
{
	return node_counters(&hub).faults[fault];
}

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
	hub.limits.pace.handshake_ms = 100;
	open_hub();
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
	hub.limits.pace.handshake_ms = 200;
	open_hub();
	raw_open(&raw, &hub);
	raw_handshake(&raw, &hub);
	raw_wait_end(&raw);
	cr_assert_eq(node_counters(&hub).timeouts_handshake, (uint64_t)1);
	cr_assert_eq(raw.hellos, (size_t)1);
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

/* --- while the curve work is out -------------------------------------------
 */

enum {
	BLOCKERS = 8
}; /* more than the pool runs at once */

static sem_t gate;
static size_t blockers_back;

static void block(void *arg UNUSED)
{
	sem_wait(&gate);
}

static void unblocked(void *arg UNUSED)
{
	blockers_back++;
}

static void block_pool(void)
{
	sem_init(&gate, 0, 0);
	blockers_back = 0;
	for (size_t i = 0; i < BLOCKERS; i++)
		net_work(scene.loop, block, unblocked, NULL);
}

static void unblock_pool(void)
{
	for (size_t i = 0; i < BLOCKERS; i++)
		sem_post(&gate);
}

static bool pool_is_free(void *ctx UNUSED)
{
	return blockers_back == BLOCKERS && net_work_waiting(scene.loop) == 0;
}

static bool job_is_out(void *ctx UNUSED)
{
	return hub.server->all && hub.server->all->work;
}

Test(hostile, handshake_that_times_out_while_its_job_is_out)
{
	open_scene();
	hub.limits.pace.handshake_ms = 50;
	node_open(&hub);
	block_pool();
	raw_open(&raw, &hub);
	raw_auth(&raw, &hub);
	scene_until(&scene, job_is_out, NULL);
	raw_wait_end(&raw);
	cr_assert_eq(node_counters(&hub).timeouts_handshake, (uint64_t)1);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	/* The socket is gone, the job is still out. */
	cr_assert_not_null(hub.server->all);
	unblock_pool();
	scene_until(&scene, pool_is_free, NULL);
	cr_assert_null(hub.server->all);
	raw_close(&raw);
	node_close(&hub);
	scene_close(&scene);
}

Test(hostile, server_closing_while_a_job_is_out)
{
	open_scene();
	node_open(&hub);
	block_pool();
	raw_open(&raw, &hub);
	raw_auth(&raw, &hub);
	scene_until(&scene, job_is_out, NULL);
	server_close(hub.server);
	raw_wait_end(&raw);
	cr_assert_eq(hub.server_closed, (size_t)0, "it waits for the job");
	unblock_pool();
	node_close(&hub);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	raw_close(&raw);
	scene_close(&scene);
}

static bool nobody_new_is_read(void *ctx)
{
	const uint64_t *accepted = ctx;

	return node_counters(&hub).accepted == *accepted &&
	       net_work_waiting(scene.loop) > BLOCKERS;
}

/* A slot is held until the job is back, or who resets at once could queue
 * jobs without end. */
Test(hostile, resets_while_their_jobs_are_out)
{
	enum {
		TRIES = 12
	};

	open_scene();
	hub.config.max_pending = 8; /* four for strangers */
	hub.limits.pace.handshake_ms = 50;
	node_open(&hub);
	block_pool();
	for (uint64_t i = 1; i <= TRIES; i++) {
		raw_open(&raw, &hub);
		raw_auth(&raw, &hub);
		scene_until(&scene, nobody_new_is_read, &i);
		scene_for(&scene, 10);
		raw_reset(&raw);
	}
	cr_assert_eq(hub.server->admit.pending, (size_t)4);
	cr_assert_eq(node_counters(&hub).throttled, (uint64_t)TRIES - 4);
	cr_assert_leq(net_work_waiting(scene.loop), (size_t)BLOCKERS + 4);
	unblock_pool();
	scene_until(&scene, pool_is_free, NULL);
	node_close(&hub);
	scene_close(&scene);
}

/* --- many at once --------------------------------------------------------- */

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
	hub.limits.pace.handshake_ms = 500;
	open_hub();
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

/* --- who does not read ---------------------------------------------------- */

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

/* As seen with Pings in CVE-2023-40591. */
Test(hostile, pings_without_reading)
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
