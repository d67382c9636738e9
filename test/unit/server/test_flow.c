/* SPDX-License-Identifier: Apache-2.0 */
/* Flow control between whole servers: pauses, deadlines and ends. */
#include <stdio.h>

#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct raw raw;

/* --- pauses -------------------------------------------------------------- */

Test(flow, forgets_a_pause_that_has_ended)
{
	few_make(2);
	b.limits.pace.pause_ms = 30;
	few_begin();
	node_join(&a, &b);
	channel_pause(b.channels[0]);
	channel_resume(b.channels[0]);
	scene_for(&scene, 150);
	cr_assert_eq(b.dropped, (size_t)0, "%s", b.cause);
	cr_assert_eq(b.server->all->pace.paused, (unsigned)0);
	node_check_alive(&a, &b);
	few_close();
}

Test(flow, names_the_protocol_that_paused_for_too_long)
{
	few_make(2);
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	node_speak(&a, "zeta");
	node_speak(&b, "zeta");
	b.limits.pace.pause_ms = 30;
	few_begin();
	node_join(&a, &b);
	channel_pause(node_channel(&b, "test"));
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_SUBPROTOCOL);
	cr_assert_str_eq(b.cause,
			 "test/1 left its messages waiting for too long");
	cr_assert_eq(node_counters(&b).timeouts_paused, (uint64_t)1);
	few_close();
}

/* --- ends ---------------------------------------------------------------- */

/* "Write, shut down the sending side": who reads to the end need not wait for
 * us to have drained. */
Test(flow, shuts_its_side_down_behind_a_disconnect)
{
	few_make(2);
	b.limits.drain_ms = 600000;
	node_open(&b);
	raw_join(&raw, &b);
	cr_assert_eq(server_disconnect(b.server, &b.facts.id, DISC_REQUESTED),
		     ERR_NONE);
	raw_wait_end(&raw);
	cr_assert_eq(raw.reason, DISC_REQUESTED);
	cr_assert_eq(b.server->draining, (size_t)1);
	raw_close(&raw);
	node_close(&b);
	scene_close(&scene);
}

/* A listener that answers each connection with what is no ack. */
static struct net_stream *guest;

static void guest_closed(void *ctx UNUSED)
{
	guest = NULL;
}

static void answer_nonsense(void *ctx UNUSED, struct net_stream *s)
{
	static const struct net_stream_events events = { .closed =
								 guest_closed };

	guest = s;
	net_stream_adopt(s, &events, NULL);
	cr_assert_eq(buf_append(net_stream_out(s), "\xff\xff nonsense", 11),
		     ERR_NONE);
}

static bool guest_is_gone(void *ctx UNUSED)
{
	return !guest;
}

/* Nobody can learn from the time of our close what it was that we did not like
 * when we came to him. */
Test(flow, lingers_on_no_connection_of_its_own)
{
	struct net_listener *l;
	struct addr at;

	few_make(2);
	a.limits.linger.min_ms = a.limits.linger.max_ms = 600000;
	few_begin();
	cr_assert_eq(addr_parse(&at, "127.0.0.1:0"), ERR_NONE);
	cr_assert_eq(net_listener_open(&l, scene.loop, &at, answer_nonsense,
				       NULL, NULL),
		     ERR_NONE);
	b.self.tcp = net_listener_addr(l).port;
	node_dial(&a, &b);
	node_wait_failed(&a, 1);
	cr_assert_str_eq(a.cause, "handshake-size");
	cr_assert_eq(a.server->linger.held, (size_t)0);
	net_stream_close(guest);
	net_listener_close(l);
	scene_until(&scene, guest_is_gone, NULL);
	few_close();
}

/* --- room to write ------------------------------------------------------- */

/* A protocol that always has more to say, in messages of one size. */
struct talker {
	const char *protocol;
	size_t size;
	uint8_t *payload;
	uint64_t sent;
};

static struct talker talkers[] = {
	{ .protocol = "alpha", .size = 4 << 20 },
	{ .protocol = "test", .size = 3000 },
};

static void say_more(struct node *n UNUSED, struct channel *ch)
{
	struct talker *t = talkers;

	while (strcmp(t->protocol, ch->protocol->capability.name) != 0)
		t++;
	while (!channel_send(ch, TEST_DATA, span_of(t->payload, t->size)))
		t->sent += t->size;
}

static bool have_sent_much(void *ctx UNUSED)
{
	return talkers[0].sent + talkers[1].sent > (uint64_t)40 << 20;
}

Test(flow, shares_the_way_out_by_bytes)
{
	few_make(2);
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	a.on_writable = say_more;
	few_begin();
	node_join(&a, &b);
	for (size_t i = 0; i < ARRAY_LEN(talkers); i++) {
		talkers[i].sent = 0;
		talkers[i].payload = malloc(talkers[i].size);
		cr_assert_not_null(talkers[i].payload);
		pattern_fill(talkers[i].payload, talkers[i].size);
		say_more(&a, node_channel(&a, talkers[i].protocol));
	}
	scene_until(&scene, have_sent_much, NULL);
	/* All but a budget and a message of each. */
	cr_assert_gt(talkers[1].sent + ((uint64_t)10 << 20), talkers[0].sent);
	cr_assert_lt(talkers[1].sent, talkers[0].sent + ((uint64_t)10 << 20));
	a.on_writable = NULL;
	few_close();
	for (size_t i = 0; i < ARRAY_LEN(talkers); i++)
		free(talkers[i].payload);
}

static size_t queued_when_told;

static void note_queue(struct node *n, struct channel *ch UNUSED)
{
	queued_when_told = net_stream_queued(n->server->all->stream);
}

Test(flow, has_room_again_before_all_is_out)
{
	enum {
		ROOM = 64 << 20 /* far more than the kernel takes at once */
	};

	few_make(2);
	a.on_writable = note_queue;
	a.limits.outbound = ROOM;
	few_begin();
	node_join(&a, &b);
	while (!node_try_send(&a, TEST_DATA, 8 << 20))
		;
	node_wait_messages(&b, 8);
	cr_assert_eq(a.writable, (size_t)1);
	cr_assert_leq(queued_when_told, (size_t)ROOM / 2);
	cr_assert_gt(queued_when_told, (size_t)0);
	few_close();
}
