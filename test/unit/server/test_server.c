/* SPDX-License-Identifier: Apache-2.0 */
/* Two servers and what they do for each other. */
#include "test/unit/server/scene.h"

static struct scene scene;
static struct node a, b;

static void open_two(void)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_init(&b, &scene);
	node_open(&a);
	node_open(&b);
}

static void close_two(void)
{
	node_close(&a);
	node_close(&b);
	scene_close(&scene);
}

Test(server, introduces_two_nodes)
{
	open_two();
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
	close_two();
}

Test(server, carries_messages_of_all_sizes_both_ways)
{
	static const size_t sizes[] = { 0, 1, 100 * 1024, 15 * 1024 * 1024 };
	uint64_t bytes = 0;

	open_two();
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
	close_two();
}

Test(server, keeps_the_code_of_a_message)
{
	open_two();
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_ALSO, 77), ERR_NONE);
	node_wait_messages(&b, 1);
	cr_assert_eq(b.last_code, (uint32_t)TEST_ALSO);
	cr_assert_eq(b.last_size, (size_t)77);
	cr_assert_eq(node_try_send(&a, TEST_CODES, 1), ERR_FORMAT);
	node_check_alive(&a, &b);
	close_two();
}

Test(server, says_busy_over_the_outbound_budget_and_then_writable)
{
	open_two();
	node_join(&a, &b);
	/* One message over the budget, then no more. */
	node_send(&a, 8 * 1024 * 1024);
	cr_assert_eq(node_try_send(&a, TEST_DATA, 1), ERR_BUSY);
	cr_assert_eq(a.writable, (size_t)0);
	node_wait_messages(&b, 1);
	cr_assert_eq(a.writable, (size_t)1);
	node_check_alive(&a, &b);
	cr_assert_eq(a.writable, (size_t)1);
	close_two();
}

Test(server, has_room_up_to_its_outbound_budget)
{
	size_t queued;

	open_two();
	node_join(&a, &b);
	node_send(&a, 1024 * 1024 - 1000);
	queued = net_stream_queued(a.server->all->stream);
	cr_assert_lt(queued, (size_t)1024 * 1024);
	node_send(&a, 1000);
	queued = net_stream_queued(a.server->all->stream);
	cr_assert_geq(queued, (size_t)1024 * 1024);
	cr_assert_eq(node_try_send(&a, TEST_DATA, 0), ERR_BUSY);
	node_wait_messages(&b, 2);
	close_two();
}

/* --- ends ----------------------------------------------------------------- */

Test(server, tells_the_reason_that_a_handler_returns)
{
	uint8_t reason = DISC_SUBPROTOCOL;

	open_two();
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
	close_two();
}

Test(server, never_sends_a_network_error)
{
	uint8_t reason = DISC_NETWORK;

	open_two();
	node_join(&a, &b);
	cr_assert_eq(channel_send(a.channels[0], TEST_END, span_of(&reason, 1)),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_NETWORK);
	cr_assert_eq(node_counters(&a).disconnects_received, (uint64_t)0);
	cr_assert_eq(node_counters(&b).disconnects_sent, (uint64_t)0);
	close_two();
}

static void disconnect_twice(struct node *n, struct channel *ch)
{
	size_t closed = n->closed;

	channel_disconnect(ch, DISC_REQUESTED);
	channel_disconnect(ch, DISC_PROTOCOL);
	cr_assert_eq(channel_send(ch, 0, (struct span){ 0 }), ERR_CLOSED);
	cr_assert_eq(n->closed, closed, "closed came from inside a call");
}

Test(server, ends_with_the_first_cause)
{
	open_two();
	b.on_call = disconnect_twice;
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(a.reason, DISC_REQUESTED);
	cr_assert_eq(b.reason, DISC_REQUESTED);
	close_two();
}

static void close_server(struct node *n, struct channel *ch)
{
	size_t closed = n->closed;

	server_close(n->server);
	cr_assert_eq(n->closed, closed);
	cr_assert_eq(n->server_closed, (size_t)0);
	cr_assert_eq(channel_send(ch, 0, (struct span){ 0 }), ERR_CLOSED);
}

Test(server, may_be_closed_from_a_message)
{
	open_two();
	b.on_call = close_server;
	node_join(&a, &b);
	cr_assert_eq(node_try_send(&a, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_QUITTING);
	cr_assert_str_eq(a.cause, "client quitting (received)");
	close_two();
	cr_assert_eq(b.server_closed, (size_t)1);
}

static void close_on_event(struct node *n, const struct server_event *ev)
{
	if (ev->kind != SERVER_CLOSED)
		server_close(n->server);
}

Test(server, may_be_closed_from_an_event)
{
	open_two();
	b.on_event = close_on_event;
	node_dial(&a, &b);
	node_wait_dropped(&a, 1);
	close_two();
	/* The session ended before the protocol was told that it began. */
	cr_assert_eq(b.added, (size_t)1);
	cr_assert_eq(b.opened, (size_t)0);
}

Test(server, closes_while_a_transfer_runs)
{
	open_two();
	a.limits.drain_ms = 50;
	node_join(&a, &b);
	channel_pause(b.channels[0]); /* so it cannot have arrived */
	node_send(&a, 15 * 1024 * 1024);
	node_send(&b, 15 * 1024 * 1024);
	node_close(&a);
	cr_assert_eq(a.reason, DISC_QUITTING);
	channel_resume(b.channels[0]);
	node_wait_dropped(&b, 1);
	node_close(&b);
	scene_close(&scene);
}

Test(server, takes_a_result_that_is_no_reason_for_a_failure)
{
	open_two();
	a.odd_result = true;
	node_join(&b, &a);
	cr_assert_eq(node_try_send(&b, TEST_CALL, 0), ERR_NONE);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_SUBPROTOCOL);
	close_two();
}

Test(server, closes_in_the_middle_of_a_dial)
{
	open_two();
	node_dial(&a, &b);
	scene_for(&scene, 0);
	node_close(&a);
	cr_assert_eq(a.dial_failed, (size_t)0);
	node_close(&b);
	scene_close(&scene);
}

Test(server, closes_in_the_middle_of_a_lookup)
{
	open_two();
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "no-such-host.invalid");
	node_dial(&a, &b);
	server_dial_due(a.server);
	cr_assert_eq(a.server->all->state, PEER_RESOLVING);
	close_two();
}

Test(server, closes_at_once_when_nothing_is_open)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_open(&a);
	server_close(a.server);
	cr_assert_eq(a.server_closed, (size_t)0, "not from inside the call");
	node_close(&a);
	scene_close(&scene);
}

/* --- dialing -------------------------------------------------------------- */

Test(server, dials_again_when_the_other_side_was_restarted)
{
	open_two();
	a.limits.dial.first_ms = 20;
	node_join(&a, &b);
	b.config.listen = net_listener_addr(b.server->listener);
	node_close(&b);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_QUITTING);
	node_open(&b);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	node_check_alive(&a, &b);
	cr_assert_eq(node_counters(&a).sessions, (uint64_t)2);
	close_two();
}

static bool has_failed_twice(void *ctx)
{
	const struct node *n = ctx;

	return n->dial_failed >= 2;
}

Test(server, tells_of_each_dial_that_failed)
{
	open_two();
	a.limits.dial.first_ms = 5;
	node_close(&b);
	node_dial(&a, &b);
	cr_assert_eq(a.dial_failed, (size_t)0);
	scene_until(&scene, has_failed_twice, &a);
	cr_assert_not_null(strstr(a.cause, "refused"), "%s", a.cause);
	cr_assert_eq(a.reason, DISC_NETWORK);
	cr_assert(node_counters(&a).dialed >= 2);
	node_close(&a);
	scene_close(&scene);
}

Test(server, dials_a_name)
{
	open_two();
	a.limits.dial.first_ms = 5; /* ::1 may be first, and nobody is there */
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_join(&a, &b);
	node_check_alive(&a, &b);
	close_two();
}

static bool has_failed(void *ctx)
{
	const struct node *n = ctx;

	return n->dial_failed >= 1;
}

Test(server, tells_that_a_name_has_no_address)
{
	open_two();
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "no-such-host.invalid");
	node_dial(&a, &b);
	scene_until(&scene, has_failed, &a);
	close_two();
}

/* Timers that are due come before the loop looks at sockets and threads, so
 * from outside the loop a deadline of 0 ms always comes first. */
Test(server, gives_up_a_lookup_that_takes_too_long)
{
	open_two();
	a.limits.resolve_ms = 0;
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_until(&scene, has_failed, &a);
	cr_assert_str_eq(a.cause, "the name lookup took too long");
	close_two();
}

Test(server, gives_up_a_connection_that_takes_too_long)
{
	open_two();
	a.limits.connect_ms = 0;
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_until(&scene, has_failed, &a);
	cr_assert_str_eq(a.cause, "no TCP connection in time");
	close_two();
}

Test(server, gives_up_a_dial_that_nobody_answers)
{
	open_two();
	a.limits.pace.handshake_ms = 50;
	/* A listener whose backlog takes the connection, and no more. */
	net_listener_pause(b.server->listener);
	node_dial(&a, &b);
	scene_until(&scene, has_failed, &a);
	cr_assert_eq(node_counters(&a).timeouts_handshake, (uint64_t)1);
	net_listener_resume(b.server->listener);
	close_two();
}

Test(server, refuses_nodes_that_it_cannot_dial)
{
	struct enode none, far;

	open_two();
	node_dial(&a, &b);
	cr_assert_eq(server_dial(a.server, &b.self, NULL), ERR_EXISTS);
	cr_assert_eq(server_dial(a.server, &a.self, NULL), ERR_DENIED);
	none = b.self;
	none.tcp = 0;
	cr_assert_eq(server_dial(a.server, &none, NULL), ERR_UNSUPPORTED);
	none = b.self;
	none.ip = (struct ip){ 0 };
	cr_assert_eq(server_dial(a.server, &none, NULL), ERR_UNSUPPORTED);
	far = b.self;
	far.pub.b[63] ^= 1;
	far.id = node_id_of(&far.pub);
	cr_assert_eq(server_dial(a.server, &far, NULL), ERR_FORMAT);
	close_two();
}

Test(server, does_not_dial_whom_it_has_a_session_with)
{
	open_two();
	node_join(&b, &a);
	node_dial(&a, &b);
	scene_for(&scene, 20);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	close_two();
}

static bool have_only_a_session(void *ctx UNUSED)
{
	const struct peer *of_a = a.server->all, *of_b = b.server->all;

	return of_a && !of_a->next && of_a->state == PEER_UP && of_b &&
	       !of_b->next && of_b->state == PEER_UP;
}

/* Each may refuse the other's connection at first; then one waits longer. */
Test(server, survives_dialing_each_other)
{
	open_two();
	a.limits.dial.first_ms = 10;
	b.limits.dial.first_ms = 150;
	node_dial(&a, &b);
	node_dial(&b, &a);
	scene_until(&scene, have_only_a_session, NULL);
	node_check_alive(&a, &b);
	close_two();
}

/* --- pausing -------------------------------------------------------------- */

Test(server, holds_messages_back_while_a_channel_is_paused)
{
	open_two();
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
	close_two();
}

static void pause_here(struct node *n UNUSED, struct channel *ch)
{
	channel_pause(ch);
}

/* The messages behind have arrived already; they must wait too. */
Test(server, pauses_between_two_messages_of_one_packet)
{
	open_two();
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
	close_two();
}

Test(server, ends_a_session_that_is_paused_for_too_long)
{
	open_two();
	b.limits.pace.pause_ms = 30;
	node_join(&a, &b);
	channel_pause(b.channels[0]);
	node_wait_dropped(&a, 1);
	cr_assert_eq(a.reason, DISC_SUBPROTOCOL);
	close_two();
}

/* --- opening -------------------------------------------------------------- */

Test(server, leaves_nothing_behind_when_it_cannot_open)
{
	struct why why = WHY_NONE;
	struct protocol twice[2];
	struct server *s;
	char name[3000];

	open_two();
	a.config.listen = net_listener_addr(b.server->listener);
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_BUSY);
	cr_assert_neq(why.text[0], '\0');

	a.config.listening = SERVER_NO_LISTEN;
	twice[0] = twice[1] = a.protocol;
	a.config.protocols = twice;
	a.config.protocol_count = 2;
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_EXISTS);

	a.config.protocol_count = 1;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	a.config.name = name;
	cr_assert_eq(server_open(&s, scene.loop, &a.config, &why), ERR_LIMIT);
	close_two();
}

Test(server, needs_no_listener_to_dial)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_init(&b, &scene);
	a.config.listening = SERVER_NO_LISTEN;
	node_open(&a);
	node_open(&b);
	cr_assert_eq(a.self.tcp, 0);
	node_join(&a, &b);
	node_check_alive(&a, &b);
	close_two();
}

/* Pings keep a silent session alive; without them it ends. */
Test(server, keeps_a_quiet_session_with_pings)
{
	open_two();
	a.limits.pace.ping_ms = 20;
	a.limits.pace.idle_ms = 400;
	b.limits.pace.idle_ms = 400;
	b.limits.pace.ping_ms = 20;
	node_join(&a, &b);
	scene_for(&scene, 700);
	cr_assert_eq(a.dropped + b.dropped, (size_t)0);
	node_check_alive(&a, &b);
	close_two();
}
