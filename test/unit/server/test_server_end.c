/* SPDX-License-Identifier: Apache-2.0 */
/* How sessions and servers end. */
#include "test/unit/server/few.h"

Test(server_end, tells_the_reason_that_a_handler_returns)
{
	uint8_t reason = DISC_SUBPROTOCOL;

	few_open(2);
	node_join(&a, &b);
	cr_assert_eq(channel_send(a.channels[0], TEST_END, span_of(&reason, 1)),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(a.reason, DISC_SUBPROTOCOL);
	cr_assert_eq(b.reason, DISC_SUBPROTOCOL);
	cr_assert_str_eq(a.cause, "subprotocol error (received)");
	cr_assert_str_eq(b.cause, "subprotocol error (ended by test)");
	cr_assert_eq(node_counters(&a).disconnects_received, (uint64_t)1);
	/* The echo. */
	cr_assert_eq(node_counters(&a).disconnects_sent, (uint64_t)1);
	cr_assert_eq(node_counters(&b).disconnects_sent, (uint64_t)1);
	few_close();
}

Test(server_end, never_sends_a_network_error)
{
	uint8_t reason = DISC_NETWORK;

	few_open(2);
	node_join(&a, &b);
	cr_assert_eq(channel_send(a.channels[0], TEST_END, span_of(&reason, 1)),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_NETWORK);
	cr_assert_eq(node_counters(&a).disconnects_received, (uint64_t)0);
	cr_assert_eq(node_counters(&b).disconnects_sent, (uint64_t)0);
	few_close();
}

static void disconnect_twice(struct node *n, struct channel *ch)
{
	size_t closed = n->closed;

	channel_disconnect(ch, DISC_REQUESTED);
	channel_disconnect(ch, DISC_PROTOCOL);
	cr_assert_eq(channel_send(ch, 0, (struct span){ 0 }), ERR_CLOSED);
	cr_assert_eq(n->closed, closed, "closed came from inside a call");
}

Test(server_end, ends_with_the_first_cause)
{
	few_open(2);
	b.on_call = disconnect_twice;
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(a.reason, DISC_REQUESTED);
	cr_assert_eq(b.reason, DISC_REQUESTED);
	few_close();
}

static void close_server(struct node *n, struct channel *ch)
{
	size_t closed = n->closed;

	server_close(n->server);
	cr_assert_eq(n->closed, closed);
	cr_assert_eq(n->server_closed, (size_t)0);
	cr_assert_eq(channel_send(ch, 0, (struct span){ 0 }), ERR_CLOSED);
}

Test(server_end, may_be_closed_from_a_message)
{
	few_open(2);
	b.on_call = close_server;
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_QUITTING);
	cr_assert_str_eq(a.cause, "client quitting (received)");
	few_close();
	cr_assert_eq(b.server_closed, (size_t)1);
}

static void close_on_event(struct node *n, const struct server_event *ev)
{
	if (ev->kind != SERVER_CLOSED)
		server_close(n->server);
}

Test(server_end, may_be_closed_from_an_event)
{
	few_open(2);
	b.on_event = close_on_event;
	node_dial(&a, &b);
	node_wait_dropped(&a, 1);
	few_close();
	/* The session ended before the protocol was told that it began. */
	cr_assert_eq(b.added, (size_t)1);
	cr_assert_eq(b.opened, (size_t)0);
}

Test(server_end, closes_while_a_transfer_runs)
{
	few_open(2);
	a.limits.drain_ms = 50;
	node_join(&a, &b);
	channel_pause(b.channels[0]); /* so it cannot have arrived */
	node_send(&a, 15 * 1024 * 1024);
	node_send(&b, 15 * 1024 * 1024);
	node_close(&a);
	cr_assert_eq(a.reason, DISC_QUITTING);
	/* b may know it already: from a write that failed. */
	if (b.channel_count)
		channel_resume(b.channels[0]);
	node_wait_dropped(&b, 1);
	node_close(&b);
	scene_close(&scene);
}

Test(server_end, takes_a_result_that_is_no_reason_for_a_failure)
{
	few_open(2);
	a.odd_result = true;
	node_join(&b, &a);
	cr_assert_eq(node_try_send(&b, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_SUBPROTOCOL);
	few_close();
}

Test(server_end, closes_in_the_middle_of_a_dial)
{
	few_open(2);
	node_dial(&a, &b);
	scene_for(&scene, 0);
	node_close(&a);
	cr_assert_eq(a.dial_failed, (size_t)0);
	node_close(&b);
	scene_close(&scene);
}

Test(server_end, closes_in_the_middle_of_a_lookup)
{
	few_open(2);
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "no name");
	node_dial(&a, &b);
	server_dial_due(a.server);
	cr_assert_eq(a.server->all->state, PEER_RESOLVING);
	few_close();
}

Test(server_end, closes_at_once_when_nothing_is_open)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_open(&a);
	server_close(a.server);
	cr_assert_eq(a.server_closed, (size_t)0, "not from inside the call");
	node_close(&a);
	scene_close(&scene);
}
