/* SPDX-License-Identifier: Apache-2.0 */
/* A session is over when it ends, not when its last byte has left. */
#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct raw raw, again;

static void open_two(void)
{
	few_make_quick(2);
	b.limits.drain_ms = 600000;
	few_begin();
}

/* The stranger never closes its side. */
static void disconnect_stranger(void)
{
	raw_join(&raw, &b);
	cr_assert_eq(server_disconnect(b.server, &b.facts.id, DISC_REQUESTED),
		     ERR_NONE);
}

static void expect_draining(const struct node *n, size_t count)
{
	size_t draining = 0;

	for (const struct peer *p = n->server->all; p; p = p->next)
		draining += p->state == PEER_DRAINING;
	cr_assert_eq(draining, count);
	cr_assert_eq(n->server->draining, count);
}

Test(drain, is_not_waited_for)
{
	open_two();
	disconnect_stranger();
	cr_assert_eq(b.dropped + b.closed, (size_t)0, "nothing from inside");
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.closed, (size_t)1);
	cr_assert_eq(server_peers(b.server), (size_t)0);
	cr_assert_eq(b.server->inbound_peers, (size_t)0);
	expect_draining(&b, 1);
	raw_wait_reason(&raw);
	raw_close(&raw);
	few_close();
}

static bool has_one_connection(void *ctx)
{
	const struct node *n = ctx;

	return n->server->all && !n->server->all->next;
}

Test(drain, does_not_keep_the_node_from_coming_back)
{
	open_two();
	disconnect_stranger();
	node_wait_dropped(&b, 1);
	raw_open_as(&again, &b, &raw.key);
	raw_handshake(&again, &b);
	raw_hello(&again);
	node_wait_peers(&b, 1);
	expect_draining(&b, 1);
	/* What the old connection still does is nobody's business. */
	raw_frame(&raw, "\x10\x00", 2);
	scene_for(&scene, 20);
	raw_close(&raw);
	scene_until(&scene, has_one_connection, &b);
	expect_draining(&b, 0);
	cr_assert_eq(b.messages, (size_t)0);
	cr_assert_eq(b.dropped, (size_t)1);
	cr_assert_eq(server_peers(b.server), (size_t)1);
	node_send(&b, 100);
	raw_close(&again);
	node_wait_dropped(&b, 2);
	few_close();
}

/* Both in one turn: whoever counts by id must hear of the end first. */
static size_t added_before_dropped;

static void watch_order(struct node *n, const struct server_event *ev)
{
	if (ev->kind == SERVER_PEER_ADDED)
		added_before_dropped += n->added != n->dropped + 1;
}

Test(drain, is_told_before_the_next_session_of_the_node)
{
	open_two();
	added_before_dropped = 0;
	b.on_event = watch_order;
	raw_join(&raw, &b);
	raw_open_as(&again, &b, &raw.key);
	raw_close(&raw);
	raw_handshake(&again, &b);
	raw_hello(&again);
	node_wait_peers(&b, 1);
	cr_assert_eq(b.added, (size_t)2);
	cr_assert_eq(added_before_dropped, (size_t)0);
	raw_close(&again);
	few_close();
}

/* We dial again while the other side still believes in the old session: it
 * refuses us until it heard of the end. */
Test(drain, does_not_keep_us_from_dialing_again)
{
	open_two();
	node_join(&a, &b);
	channel_pause(b.channels[0]); /* b hears nothing */
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_failed(&a, 1);
	cr_assert_eq(a.dropped, (size_t)1);
	cr_assert_eq(a.reason, DISC_ALREADY_CONNECTED);
	cr_assert_eq(b.dropped, (size_t)0);
	channel_resume(b.channels[0]);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_REQUESTED);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	node_check_alive(&a, &b);
	few_close();
}

/* "A table that strangers fill has a size": here the sum of those who may be
 * peers or pending. */
Test(drain, has_room_for_so_many_only)
{
	enum {
		ROOM = 2 + 2
	};
	static struct raw strangers[ROOM + 3];

	few_make(2);
	b.limits.drain_ms = 600000;
	b.config.max_peers = 2;
	b.config.max_pending = 2;
	few_begin();
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		raw_join(&strangers[i], &b);
		cr_assert_eq(server_disconnect(b.server, &b.facts.id,
					       DISC_REQUESTED),
			     ERR_NONE);
		node_wait_dropped(&b, i + 1);
		raw_wait_reason(&strangers[i]);
		expect_draining(&b, i < ROOM ? i + 1 : ROOM);
	}
	/* The oldest made room. */
	for (const struct peer *p = b.server->all; p; p = p->next)
		for (size_t i = 0; i < ARRAY_LEN(strangers) - ROOM; i++)
			cr_assert_neq(memcmp(&p->facts.pub,
					     &strangers[i].key.pub,
					     sizeof(p->facts.pub)),
				      0);
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		raw_close(&strangers[i]);
	few_close();
}

/* Four peers, where there is room for nobody but trusted nodes. */
static struct raw raws[4];

static void join_trusted(void)
{
	scene_open(&scene);
	node_init(&b, &scene);
	b.config.max_peers = 0;
	b.config.max_pending = 1;
	node_open(&b);
	for (size_t i = 0; i < ARRAY_LEN(raws); i++) {
		const struct addr nowhere = { .port = 0 };
		struct ecc_keypair key;
		struct enode e;

		rng_key(&key.key);
		ecc_pub_of(&key.pub, &key.key);
		enode_make(&e, &key.pub, &nowhere);
		cr_assert_eq(server_trust(b.server, &e), ERR_NONE);
		raw_open_as(&raws[i], &b, &key);
		raw_handshake(&raws[i], &b);
		raw_hello(&raws[i]);
		node_wait_peers(&b, i + 1);
	}
}

static void distrust(const struct ecc_pub *pub)
{
	struct node_id id = node_id_of(pub);

	server_distrust(b.server, &id);
}

static void expect_all_hear(uint8_t reason)
{
	for (size_t i = 0; i < ARRAY_LEN(raws); i++) {
		raw_wait_reason(&raws[i]);
		cr_assert_eq(raws[i].reason, reason);
		raw_close(&raws[i]);
	}
	node_close(&b);
	scene_close(&scene);
}

Test(drain, has_room_for_all_who_are_trusted)
{
	join_trusted();
	b.protocols[0].capability.codes++;
	node_offer(&b, b.protocols, 1);
	expect_all_hear(DISC_REQUESTED);
}

Test(drain, has_room_for_all_when_the_server_closes)
{
	join_trusted();
	for (size_t i = 0; i < ARRAY_LEN(raws); i++)
		distrust(&raws[i].key.pub);
	server_close(b.server);
	expect_all_hear(DISC_QUITTING);
}

static size_t ends_logged;

static void count_ends(void *ctx UNUSED, const struct log_line *line)
{
	ends_logged += !strcmp(line->message, "dropped") ||
		       !strcmp(line->message, "failed");
}

Test(drain, is_logged_once)
{
	const struct log log = { .level = LOG_DEBUG, .sink = count_ends };

	scene_open(&scene);
	node_init(&b, &scene);
	b.config.log = &log;
	ends_logged = 0;
	node_open(&b);
	raw_join(&raw, &b);
	cr_assert_eq(server_disconnect(b.server, &b.facts.id, DISC_REQUESTED),
		     ERR_NONE);
	raw_wait_reason(&raw);
	raw_close(&raw);
	node_close(&b);
	scene_close(&scene);
	cr_assert_eq(ends_logged, (size_t)1);
}
