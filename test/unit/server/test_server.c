/* SPDX-License-Identifier: Apache-2.0 */
/* Two servers and what they do for each other. */
#include "test/unit/server/few.h"

Test(server, introduces_two_nodes)
{
	few_open(2);
	node_join(&a, &b);
	cr_assert_eq(a.added, (size_t)1);
	cr_assert(node_id_equal(&a.facts.id, &b.self.id));
	cr_assert(node_id_equal(&b.facts.id, &a.self.id));
	cr_assert_not(a.facts.inbound);
	cr_assert(b.facts.inbound);
	cr_assert_eq(a.facts.remote.port, b.self.tcp);
	cr_assert_str_eq(a.facts.name, "test/v1");
	cr_assert_str_eq(a.hello_name, "test/v1");
	cr_assert_eq(a.shared, (size_t)1);
	cr_assert_eq(a.opened, (size_t)1);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	cr_assert_eq(node_counters(&b).accepted, (uint64_t)1);
	cr_assert_eq(node_counters(&b).sessions, (uint64_t)1);
	few_close();
}

Test(server, carries_messages_of_all_sizes_both_ways)
{
	static const size_t sizes[] = { 0, 1, 100 * 1024, 15 * 1024 * 1024 };
	uint64_t bytes = 0;

	few_open(2);
	node_join(&a, &b);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		node_send(&a, sizes[i]);
		node_send(&b, sizes[i]);
		bytes += sizes[i];
	}
	node_wait_messages(&a, 4);
	node_wait_messages(&b, 4);
	cr_assert_eq(a.wrong + b.wrong, (size_t)0);
	cr_assert_eq(a.bytes, bytes);
	cr_assert_eq(b.bytes, bytes);
	cr_assert_eq(node_counters(&a).messages_in, (uint64_t)4);
	cr_assert_eq(node_counters(&a).messages_out, (uint64_t)4);
	cr_assert(node_counters(&a).bytes_out >= bytes);
	cr_assert(node_counters(&a).bytes_in >= bytes);
	few_close();
}

Test(server, keeps_the_code_of_a_message)
{
	few_open(2);
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_ALSO, 77), ERR_NONE);
	node_wait_messages(&b, 1);
	cr_assert_eq(b.last_code, (uint32_t)TEST_ALSO);
	cr_assert_eq(b.last_size, (size_t)77);
	cr_assert_eq(node_try_send(&a, TEST_CODES, 1), ERR_FORMAT);
	node_check_alive(&a, &b);
	few_close();
}

Test(server, says_busy_over_the_outbound_budget_and_then_writable)
{
	few_open(2);
	node_join(&a, &b);
	/* One message over the budget, then no more. */
	node_send(&a, 8 * 1024 * 1024);
	cr_assert_eq(node_try_send(&a, TEST_DATA, 1), ERR_BUSY);
	cr_assert_eq(a.writable, (size_t)0);
	node_wait_messages(&b, 1);
	cr_assert_eq(a.writable, (size_t)1);
	node_check_alive(&a, &b);
	cr_assert_eq(a.writable, (size_t)1);
	few_close();
}

Test(server, has_room_up_to_its_outbound_budget)
{
	size_t queued;

	few_open(2);
	node_join(&a, &b);
	node_send(&a, 1024 * 1024 - 1000);
	queued = net_stream_queued(a.server->all->stream);
	cr_assert_lt(queued, (size_t)1024 * 1024);
	node_send(&a, 1000);
	queued = net_stream_queued(a.server->all->stream);
	cr_assert_geq(queued, (size_t)1024 * 1024);
	cr_assert_eq(node_try_send(&a, TEST_DATA, 0), ERR_BUSY);
	node_wait_messages(&b, 2);
	few_close();
}

/* --- pausing ------------------------------------------------------------- */

Test(server, holds_messages_back_while_a_channel_is_paused)
{
	few_open(2);
	b.limits.pace.ping_ms = 10;
	node_join(&a, &b);
	channel_pause(b.channels[0]);
	channel_pause(b.channels[0]);
	for (size_t i = 0; i < 5; i++)
		node_send(&a, 1000);
	scene_for(&scene, 50);
	cr_assert_eq(b.messages, (size_t)0);
	channel_resume(b.channels[0]);
	channel_resume(b.channels[0]);
	node_wait_messages(&b, 5);
	node_check_alive(&a, &b);
	few_close();
}

static void pause_here(struct node *n UNUSED, struct channel *ch)
{
	channel_pause(ch);
}

/* The messages behind have arrived already; they must wait too. */
Test(server, pauses_between_two_messages_of_one_packet)
{
	few_open(2);
	b.on_call = pause_here;
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_CALL, 0), ERR_NONE);
	for (size_t i = 0; i < 5; i++)
		node_send(&a, 1000);
	node_wait_messages(&b, 1);
	scene_for(&scene, 20);
	cr_assert_eq(b.messages, (size_t)1);
	channel_resume(b.channels[0]);
	node_wait_messages(&b, 6);
	few_close();
}

Test(server, ends_a_session_that_is_paused_for_too_long)
{
	few_open(2);
	b.limits.pace.pause_ms = 30;
	b.limits.drain_ms = 600000; /* it reads again, so it sees the end */
	node_join(&a, &b);
	channel_pause(b.channels[0]);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(a.reason, DISC_SUBPROTOCOL);
	few_close();
}

/* --- opening ------------------------------------------------------------- */

Test(server, leaves_nothing_behind_when_it_cannot_open)
{
	struct why why = WHY_NONE;
	struct protocol twice[2];
	struct server *s;
	char name[3000];

	few_open(2);
	a.config.listen = net_listener_addr(b.server->listener);
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_BUSY);
	cr_assert_neq(why.text[0], '\0');

	a.config.listening = SERVER_NO_LISTEN;
	twice[0] = twice[1] = a.protocols[0];
	a.config.protocols = twice;
	a.config.protocol_count = 2;
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_EXISTS);

	a.config.protocol_count = 1;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	a.config.name = name;
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_LIMIT);
	few_close();
}

Test(server, needs_no_listener_to_dial)
{
	few_make(2);
	a.config.listening = SERVER_NO_LISTEN;
	few_begin();
	cr_assert_eq(a.self.tcp, 0);
	node_join(&a, &b);
	node_check_alive(&a, &b);
	few_close();
}

/* Pings keep a silent session alive; without them it ends. */
Test(server, keeps_a_quiet_session_with_pings)
{
	few_open(2);
	a.limits.pace.ping_ms = 20;
	a.limits.pace.idle_ms = 1000;
	b.limits.pace.idle_ms = 1000;
	b.limits.pace.ping_ms = 20;
	node_join(&a, &b);
	scene_for(&scene, 1500);
	cr_assert_eq(a.dropped + b.dropped, (size_t)0);
	node_check_alive(&a, &b);
	few_close();
}
