/* SPDX-License-Identifier: Apache-2.0 */
/* What peers hold of a server's memory, and who pays when it is too much. */
#include "test/unit/server/hub.h"

enum {
	MIB = 1 << 20,
	IDLE = 16 * 1024, /* a peer of whom nothing waits holds less */
};

static void open_hub_with(size_t memory)
{
	open_scene();
	hub.config.memory = memory;
	open_hub();
}

static struct peer *friend_of_hub(void)
{
	return hub_peer(&friend.key.pub);
}

/* The sum is that of the peers. */
static void check_sum(const struct node *n)
{
	size_t sum = 0;

	for (const struct peer *p = n->server->all; p; p = p->next)
		sum += p->held;
	cr_assert_eq(server_memory(n->server), sum);
}

static bool hub_is_idle(void *ctx UNUSED)
{
	return server_memory(hub.server) < IDLE * server_peers(hub.server);
}

Test(memory, is_half_a_gib_if_nothing_else_is_said)
{
	open_hub_with(0);
	cr_assert_eq(hub.server->config.memory, (size_t)512 * MIB);
	close_hub();
}

Test(memory, follows_what_waits_and_is_given_back)
{
	size_t idle;

	open_scene();
	hub.limits.pace.write_ms = 600000; /* no timer looks after it */
	hub.limits.pace.ping_ms = friend.limits.pace.ping_ms = 600000;
	hub.limits.outbound = 64 * MIB;
	open_hub();
	raw_join(&raw, &hub);
	scene_until(&scene, hub_is_idle, NULL);
	idle = server_memory(hub.server);
	cr_assert_gt(idle, (size_t)0);
	check_sum(&hub);

	/* On its way out. */
	channel_pause(friend.channels[0]);
	for (int i = 0; i < 4; i++)
		node_send(&hub, 10 * MIB);
	cr_assert_geq(server_memory(hub.server), (size_t)40 * MIB);
	check_sum(&hub);
	channel_resume(friend.channels[0]);
	node_wait_messages(&friend, 4);
	scene_until(&scene, hub_is_idle, NULL);

	/* Kept by a protocol. */
	channel_keep(&friend_of_hub()->channels[0], 3 * MIB);
	cr_assert_geq(server_memory(hub.server), (size_t)3 * MIB);
	channel_keep(&friend_of_hub()->channels[0], MIB);
	cr_assert_lt(server_memory(hub.server), (size_t)2 * MIB);
	cr_assert_geq(server_memory(hub.server), (size_t)MIB);
	check_sum(&hub);
	channel_keep(&friend_of_hub()->channels[0], 0);
	scene_until(&scene, hub_is_idle, NULL);

	/* It went with the peer. */
	channel_keep(&hub_peer(&raw.key.pub)->channels[0], 5 * MIB);
	raw_close(&raw);
	node_wait_dropped(&hub, 1);
	check_sum(&hub);
	cr_assert(hub_is_idle(NULL));
	cr_assert_geq(node_counters(&hub).memory_most, (uint64_t)40 * MIB);
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)0);
	close_hub();
}

Test(memory, may_be_used_to_the_last_byte)
{
	struct channel *ch;
	size_t rest;

	open_hub_with(8 * MIB);
	ch = &friend_of_hub()->channels[0];
	scene_until(&scene, hub_is_idle, NULL);
	rest = 8 * MIB - server_memory(hub.server);
	channel_keep(ch, rest);
	cr_assert_eq(server_memory(hub.server), (size_t)8 * MIB);
	cr_assert_eq(ch->peer->state, PEER_UP);
	channel_keep(ch, rest + 1);
	cr_assert_eq(ch->peer->state, PEER_DRAINING);
	node_wait_dropped(&friend, 1);
	cr_assert_eq(friend.reason, DISC_SUBPROTOCOL);
	cr_assert_eq(hub.reason, DISC_SUBPROTOCOL);
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)1);
	node_wait_peers(&hub, 1); /* it comes back */
	node_wait_peers(&friend, 1);
	close_hub();
}

/* Not who asks for the last byte pays, but who holds most. */
Test(memory, is_taken_from_who_holds_most)
{
	static struct raw big;
	struct channel *small;

	open_hub_with(8 * MIB);
	raw_join(&raw, &hub);
	raw_join(&big, &hub);
	small = &hub_peer(&raw.key.pub)->channels[0];
	channel_keep(&hub_peer(&big.key.pub)->channels[0], 4 * MIB);
	channel_keep(&friend_of_hub()->channels[0], 2 * MIB);
	channel_keep(small, 2 * MIB);
	node_wait_dropped(&hub, 1);
	raw_wait_reason(&big);
	cr_assert_eq(big.reason, DISC_SUBPROTOCOL);
	cr_assert(strstr(hub.cause, "it held 41"), "%s", hub.cause);
	cr_assert(strstr(hub.cause, "of 8388608"), "%s", hub.cause);
	cr_assert_eq(small->peer->state, PEER_UP);
	cr_assert_eq(friend.dropped, (size_t)0);
	check_sum(&hub);
	raw_close(&raw);
	raw_close(&big);
	channel_keep(&friend_of_hub()->channels[0], 0);
	close_hub();
}

/* What was sent since a peer was last weighed does not count. */
Test(memory, is_taken_from_nobody_if_enough_was_given_back)
{
	struct peer *p;

	open_hub_with(8 * MIB);
	raw_join(&raw, &hub);
	p = friend_of_hub();
	p->held += 7 * MIB;
	hub.server->memory += 7 * MIB;
	channel_keep(&hub_peer(&raw.key.pub)->channels[0], 2 * MIB);
	cr_assert_lt(server_memory(hub.server), (size_t)3 * MIB);
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)0);
	raw_close(&raw);
	close_hub();
}

/* Most of a message, and then nothing more. */
Test(memory, is_taken_from_who_sends_without_an_end)
{
	uint8_t *data = calloc(1, 15 * MIB);

	cr_assert_not_null(data);
	data[0] = 0x10;
	open_hub_with(8 * MIB);
	raw_join(&raw, &hub);
	raw_frame_part(&raw, data, 15 * MIB, 12 * MIB);
	free(data);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_SUBPROTOCOL);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)1);
	cr_assert(hub_is_idle(NULL));
	raw_close(&raw);
	close_hub();
}

/* What waits for it goes with it: nobody else is to make room meanwhile. */
Test(memory, is_taken_from_who_does_not_read)
{
	struct peer *p;
	uint8_t *data = malloc(15 * MIB);

	cr_assert_not_null(data);
	pattern_fill(data, 15 * MIB);
	open_scene();
	hub.config.memory = 8 * MIB;
	hub.limits.drain_ms = 600000;
	open_hub();
	raw_join(&raw, &hub);
	net_stream_stop(raw.stream);
	channel_keep(&friend_of_hub()->channels[0], 4 * MIB);
	p = hub_peer(&raw.key.pub);
	cr_assert_eq(channel_send(&p->channels[0], TEST_DATA,
				  span_of(data, 15 * MIB)),
		     ERR_NONE);
	free(data);
	cr_assert_eq(p->state, PEER_CLOSING);
	cr_assert_eq(p->held, (size_t)0);
	node_wait_dropped(&hub, 1);
	cr_assert_eq(hub.reason, DISC_SUBPROTOCOL);
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)1);
	cr_assert_eq(friend.dropped, (size_t)0);
	raw_close(&raw);
	channel_keep(&friend_of_hub()->channels[0], 0);
	close_hub();
}

/* A message that packs well needs the room of one that does not, for a moment.
 */
Test(memory, is_not_held_for_what_was_packed)
{
	uint8_t *zeros = calloc(1, 15 * MIB);

	cr_assert_not_null(zeros);
	open_hub_with(8 * MIB);
	channel_pause(friend.channels[0]);
	cr_assert_eq(channel_send(hub.channels[0], TEST_ALSO,
				  span_of(zeros, 15 * MIB)),
		     ERR_NONE);
	free(zeros);
	cr_assert_lt(server_memory(hub.server), (size_t)2 * MIB);
	cr_assert_eq(hub.dropped, (size_t)0);
	channel_resume(friend.channels[0]);
	node_wait_messages(&friend, 1);
	friend.wrong = 0; /* zeros are no pattern */
	close_hub();
}

/* --- one that is slow, and nine that are not ----------------------------- */

enum {
	FAST = 9,
	EACH = 8, /* messages that each of the fast ones gets */
	STEP = 2, /* so many of them in a "second" of the slow one */
};

static struct node fast[FAST];
static uint8_t message[MIB];
static size_t slow_may; /* messages it reads by now */
static size_t most_queued;

/* To whom, so many were sent. */
static struct {
	const struct channel *ch;
	size_t sent;
} posts[FAST + 2];

static void post(struct node *n UNUSED, struct channel *ch)
{
	size_t i = 0;

	while (posts[i].ch && posts[i].ch != ch)
		i++;
	posts[i].ch = ch;
	while (posts[i].sent < EACH &&
	       !channel_send(ch, TEST_DATA, span_of(message, MIB)))
		posts[i].sent++;
}

static bool fast_ones_have(void *ctx)
{
	const size_t *count = ctx;
	size_t queued = net_stream_queued(hub_peer(&raw.key.pub)->stream);

	if (queued > most_queued)
		most_queued = queued;
	if (raw.messages >= slow_may)
		net_stream_stop(raw.stream);
	for (size_t i = 0; i < FAST; i++)
		if (fast[i].messages < *count)
			return false;
	return true;
}

static void open_fast_ones(void)
{
	for (size_t i = 0; i < FAST; i++) {
		node_init(&fast[i], &scene);
		node_open(&fast[i]);
		node_join(&fast[i], &hub);
	}
}

Test(memory, is_bounded_for_one_slow_reader_and_nine_others_do_not_wait)
{
	pattern_fill(message, MIB);
	memset(posts, 0, sizeof(posts));
	most_queued = 0;
	open_scene();
	hub.config.memory = 64 * MIB;
	hub.on_writable = post;
	open_hub();
	raw_join(&raw, &hub);
	open_fast_ones();
	for (size_t i = 0; i < hub.channel_count; i++)
		if (hub.channels[i]->peer != friend_of_hub())
			post(&hub, hub.channels[i]);

	for (size_t got = STEP; got <= EACH; got += STEP) {
		slow_may = got / STEP;
		net_stream_start(raw.stream);
		scene_until(&scene, fast_ones_have, &got);
	}
	for (size_t i = 0; i < FAST; i++) {
		cr_assert_eq(fast[i].messages, (size_t)EACH);
		cr_assert_eq(fast[i].wrong, (size_t)0);
	}
	/* What it was sent it may have got, no more of it. */
	cr_assert_leq(raw.messages, (size_t)EACH / STEP);
	cr_assert_leq(most_queued, (size_t)MIB + frame_room(MIB + MIB / 6));
	cr_assert_eq(node_counters(&hub).memory_ends, (uint64_t)0);
	cr_assert_leq(node_counters(&hub).memory_most, (uint64_t)64 * MIB);
	cr_assert_eq(hub.dropped, (size_t)0);
	hub.on_writable = NULL;
	raw_close(&raw);
	for (size_t i = 0; i < FAST; i++)
		node_close(&fast[i]);
	close_hub();
}
