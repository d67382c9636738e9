/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a server dials, and when it gives up. */
#include "test/unit/server/few.h"

static uint8_t dropped_for;

/* Failed dials follow, and have a reason too. */
static void note_drop(struct node *n UNUSED, const struct server_event *ev)
{
	if (ev->kind == SERVER_PEER_DROPPED)
		dropped_for = ev->reason;
}

Test(server_dial, dials_again_when_the_other_side_was_restarted)
{
	few_open(2);
	a.on_event = note_drop;
	a.limits.dial.first_ms = 20;
	node_join(&a, &b);
	b.config.listen = net_listener_addr(b.server->listener);
	node_close(&b);
	node_wait_dropped(&a, 1);
	cr_assert_eq(dropped_for, DISC_QUITTING);
	node_open(&b);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	node_check_alive(&a, &b);
	cr_assert_eq(node_counters(&a).sessions, (uint64_t)2);
	few_close();
}

static bool has_failed_twice(void *ctx)
{
	const struct node *n = ctx;

	return n->dial_failed >= 2;
}

Test(server_dial, tells_of_each_dial_that_failed)
{
	few_open(2);
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

Test(server_dial, dials_a_name)
{
	few_open(2);
	a.limits.dial.first_ms = 5; /* ::1 may be first, and nobody is there */
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_join(&a, &b);
	node_check_alive(&a, &b);
	few_close();
}

static bool has_failed(void *ctx)
{
	const struct node *n = ctx;

	return n->dial_failed >= 1;
}

Test(server_dial, tells_that_a_name_has_no_address)
{
	few_open(2);
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "no name");
	node_dial(&a, &b);
	scene_until(&scene, has_failed, &a);
	few_close();
}

/* Timers that are due come before the loop looks at sockets and threads, so
 * from outside the loop a deadline of 0 ms always comes first. */
Test(server_dial, gives_up_a_lookup_that_takes_too_long)
{
	few_open(2);
	a.limits.resolve_ms = 0;
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_until(&scene, has_failed, &a);
	cr_assert_str_eq(a.cause, "the name lookup took too long");
	few_close();
}

Test(server_dial, gives_up_a_connection_that_takes_too_long)
{
	few_open(2);
	a.limits.connect_ms = 0;
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_until(&scene, has_failed, &a);
	cr_assert_str_eq(a.cause, "no TCP connection in time");
	few_close();
}

Test(server_dial, gives_up_a_dial_that_nobody_answers)
{
	few_open(2);
	a.limits.pace.handshake_ms = 50;
	/* A listener whose backlog takes the connection, and no more. */
	net_listener_pause(b.server->listener);
	node_dial(&a, &b);
	scene_until(&scene, has_failed, &a);
	cr_assert_eq(node_counters(&a).timeouts_handshake, (uint64_t)1);
	net_listener_resume(b.server->listener);
	few_close();
}

Test(server_dial, refuses_nodes_that_it_cannot_dial)
{
	struct enode none, far;

	few_open(2);
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
	few_close();
}

Test(server_dial, does_not_dial_whom_it_has_a_session_with)
{
	few_open(2);
	node_join(&b, &a);
	node_dial(&a, &b);
	scene_for(&scene, 20);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	few_close();
}
