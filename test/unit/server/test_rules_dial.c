/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a server no longer dials, and where its peers may be. */
#include "test/unit/server/deaf.h"
#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct raw raw;

Test(rules, forget_a_node_that_waits_to_be_dialed_again)
{
	uint64_t dialed;

	few_make_quick(3);
	a.limits.dial.first_ms = 50;
	few_begin();
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NOT_FOUND);
	node_close(&b);
	node_dial(&a, &b);
	node_wait_failed(&a, 1);
	node_undial(&a, &b);
	dialed = node_counters(&a).dialed;
	scene_for(&scene, 150);
	cr_assert_eq(node_counters(&a).dialed, dialed);
	node_open(&b);
	node_join(&a, &b); /* as if it had never been known */
	few_close();
}

static bool has_no_connection(void *ctx)
{
	const struct node *n = ctx;

	return !n->server->all;
}

Test(rules, end_the_dial_of_a_node_that_is_forgotten)
{
	struct deaf deaf;

	few_make_quick(3);
	few_begin();
	deaf_open(&deaf);
	b.self.tcp = deaf.at.port;
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_for(&scene, 20);
	cr_assert_eq(a.server->all->state, PEER_CONNECTING);
	node_undial(&a, &b);
	/* The old dial does not stand in the way of a new one. */
	server_self(b.server, &b.self);
	node_join(&a, &b);
	cr_assert_eq(a.dial_failed, (size_t)0, "nobody waits for it any more");
	node_undial(&a, &b);
	deaf_close(&deaf);
	few_close();
}

/* Our auth is on its way, so the other side may think that all is well. */
Test(rules, end_the_handshake_with_a_node_that_is_forgotten)
{
	few_make_quick(3);
	few_begin();
	net_listener_pause(b.server->listener); /* the backlog takes it */
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_for(&scene, 20);
	cr_assert_eq(a.server->all->state, PEER_HANDSHAKE);
	node_undial(&a, &b);
	scene_until(&scene, has_no_connection, &a);
	net_listener_resume(b.server->listener);
	scene_until(&scene, has_no_connection, &b);
	cr_assert_eq(a.added + b.added, (size_t)0);
	cr_assert_eq(a.dial_failed, (size_t)0);
	few_close();
}

static void restrict_a_to(const char *nets)
{
	cr_assert_eq(netlist_parse(&a.config.restrict_to, nets, NULL),
		     ERR_NONE);
}

Test(rules, close_at_once_on_addresses_outside_the_allowed_networks)
{
	few_make_quick(3);
	restrict_a_to("10.0.0.0/8, ::1/128");
	few_begin();
	raw_open(&raw, &a);
	raw_auth(&raw, &a);
	raw_wait_end(&raw);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	raw_close(&raw);
	cr_assert_eq(node_counters(&a).accepted, (uint64_t)1);
	cr_assert_eq(node_counters(&a).restricted, (uint64_t)1);
	cr_assert_eq(node_counters(&a).throttled, (uint64_t)0);
	cr_assert_null(a.server->all);
	few_close();
}

Test(rules, allow_addresses_inside_the_networks)
{
	few_make_quick(3);
	restrict_a_to("10.0.0.0/8,127.0.0.0/8");
	few_begin();
	node_join(&b, &a);
	node_join(&a, &c);
	cr_assert_eq(node_counters(&a).restricted, (uint64_t)0);
	few_close();
}

Test(rules, do_not_dial_outside_the_allowed_networks)
{
	struct why why = WHY_NONE;

	few_make_quick(3);
	restrict_a_to("10.0.0.0/8");
	few_begin();
	cr_assert_eq(server_dial(a.server, &b.self, &why), ERR_DENIED);
	cr_assert_str_eq(why.text,
			 "its address is outside the allowed networks");
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NOT_FOUND);
	few_close();
}

/* A name is judged by what it stands for, each time. */
Test(rules, do_not_dial_a_name_outside_the_allowed_networks)
{
	few_make_quick(3);
	restrict_a_to("10.0.0.0/8");
	few_begin();
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_dial(&a, &b);
	node_wait_failed(&a, 2);
	cr_assert_str_eq(a.cause,
			 "its address is outside the allowed networks");
	cr_assert_eq(node_counters(&b).accepted, (uint64_t)0);
	few_close();
}
