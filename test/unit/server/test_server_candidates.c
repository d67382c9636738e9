/* SPDX-License-Identifier: Apache-2.0 */
/* A server that dials nodes that it is told of. */
#include "test/unit/server/deaf.h"
#include "test/unit/server/few.h"

enum {
	TOLD_MAX = 400,
	MANY = 24
};

/* What a server is told of, in turn; and what it told us. */
struct told {
	struct server_candidate list[TOLD_MAX];
	size_t count;
	size_t next;
	bool forges; /* never dry: nodes that do not exist, at forged_at */
	struct addr forged_at;
	size_t asked;
	bool wanted;
	size_t changes; /* of that */
};

static struct node others[MANY];
static struct told told;
static struct deaf deaf;

static void forge(struct server_candidate *out, const struct addr *where)
{
	struct ecc_keypair key;

	*out = (struct server_candidate){ .source = "forged" };
	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	enode_make(&out->node, &key.pub, where);
}

static bool next_told(void *ctx, struct server_candidate *out)
{
	struct told *t = ctx;

	t->asked++;
	if (t->forges) {
		forge(out, &t->forged_at);
		return true;
	}
	if (t->next == t->count)
		return false;
	*out = t->list[t->next++];
	return true;
}

static void on_wanted(void *ctx, bool wanted)
{
	struct told *t = ctx;

	cr_assert_neq(wanted, t->wanted);
	t->wanted = wanted;
	t->changes++;
}

static void init_two(void)
{
	told = (struct told){ .count = 0 };
	few_make(2);
	a.config.max_peers = 9; /* three are dialed */
	a.config.source = (struct server_source){
		.next = next_told,
		.wanted = on_wanted,
		.ctx = &told,
	};
	a.limits.dial.first_ms = 5;
	a.limits.dial.most_ms = 20;
}

static void open_two(void)
{
	init_two();
	few_begin();
}

static void tell_of(const struct enode *node)
{
	struct server_candidate *one = &told.list[told.count++];

	cr_assert_leq(told.count, (size_t)TOLD_MAX);
	*one = (struct server_candidate){ .node = *node, .source = "v4" };
	server_candidates(a.server);
}

static bool has_asked_all(void *ctx UNUSED)
{
	return told.next == told.count && !a.server->has_candidates;
}

static bool has_skipped(void *ctx)
{
	const uint64_t *count = ctx;

	return node_counters(&a).candidates_skipped >= *count;
}

static bool is_idle(void *ctx UNUSED)
{
	return a.server->candidates.dialing == 0;
}

static bool has_no_dial(void *ctx UNUSED)
{
	return has_asked_all(NULL) && is_idle(NULL);
}

static void expect_skipped(uint64_t count)
{
	scene_until(&scene, has_skipped, &count);
	cr_assert_eq(node_counters(&a).candidates_skipped, count);
}

Test(server_candidates, become_peers)
{
	open_two();
	tell_of(&b.self);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	node_check_alive(&a, &b);
	cr_assert_str_eq(a.facts.source, "v4");
	cr_assert_not(a.facts.is_static);
	cr_assert_not(a.facts.inbound);
	cr_assert_str_eq(b.facts.source, "");
	cr_assert_eq(node_counters(&a).candidates, (uint64_t)1);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	cr_assert_eq(a.server->candidates.dialing, (size_t)0);
	few_close();
}

static void note_record(void *ctx, const struct server_peer *peer)
{
	const struct enr **out = ctx;

	*out = peer->record;
}

Test(server_candidates, keep_their_record)
{
	const struct enr_draft draft = { .seq = 7 };
	const struct enr *known = NULL;

	open_two();
	told.list[0] =
		(struct server_candidate){ .node = b.self, .source = "v5" };
	cr_assert_eq(enr_sign(&told.list[0].record, &draft, &b.key), ERR_NONE);
	told.count = 1;
	server_candidates(a.server);
	node_wait_peers(&a, 1);
	server_each_peer(a.server, note_record, &known);
	cr_assert_not_null(known);
	cr_assert_eq(known->seq, (uint64_t)7);
	node_wait_peers(&b, 1);
	server_each_peer(b.server, note_record, &known);
	cr_assert_null(known, "nobody told it");
	few_close();
}

static bool is_decided(void *ctx UNUSED)
{
	const struct server_counters count = node_counters(&a);

	return count.candidates_skipped + count.dialed == 2;
}

/* False when the machine was so slow that the time of the history was over
 * before it was told of again. */
static bool dial_once(uint32_t history_ms)
{
	struct mono begun = mono_now();
	bool in_time;

	init_two();
	a.limits.candidates.history_ms = history_ms;
	few_begin();
	tell_of(&b.self);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	tell_of(&b.self);
	scene_until(&scene, is_decided, NULL);
	in_time = mono_since_ms(mono_now(), begun) < history_ms;
	if (in_time) {
		cr_assert_eq(node_counters(&a).candidates_skipped, (uint64_t)1);
		/* The history is over, and nothing happens. */
		scene_for(&scene, history_ms + 100);
		cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
		tell_of(&b.self);
		node_wait_peers(&a, 1);
		cr_assert_eq(node_counters(&a).dialed, (uint64_t)2);
	}
	few_close();
	return in_time;
}

/* Lost is lost, until somebody tells of it again, and not within the time of
 * the history. */
Test(server_candidates, are_dialed_once)
{
	for (uint32_t ms = 400; !dial_once(ms); ms *= 2)
		cr_assert_lt(ms, (uint32_t)20000);
}

Test(server_candidates, that_cannot_be_dialed_are_skipped)
{
	struct server_candidate bad;

	open_two();
	node_join(&b, &a); /* connected already */
	tell_of(&b.self);
	expect_skipped(1);
	tell_of(&a.self);
	expect_skipped(2);
	forge(&bad, &(struct addr){ .ip = b.self.ip });
	tell_of(&bad.node);
	expect_skipped(3);
	bad.node = b.self;
	bad.node.pub.b[63] ^= 1; /* no point of the curve */
	bad.node.id = node_id_of(&bad.node.pub);
	tell_of(&bad.node);
	expect_skipped(4);
	forge(&bad, &(struct addr){ { IP_V4, { 224, 0, 0, 1 } }, 30303 });
	tell_of(&bad.node);
	expect_skipped(5);
	forge(&bad, &(struct addr){ { IP_V4, { 0 } }, 30303 });
	tell_of(&bad.node);
	expect_skipped(6);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	few_close();
}

Test(server_candidates, outside_the_allowed_networks_are_skipped)
{
	init_two();
	cr_assert_eq(netlist_parse(&a.config.restrict_to, "127.0.0.2/32", NULL),
		     ERR_NONE);
	node_open(&a);
	node_open(&b);
	tell_of(&b.self); /* at 127.0.0.1 */
	expect_skipped(1);
	cr_assert_eq(ip_parse(&b.self.ip, "127.0.0.2"), ERR_NONE);
	tell_of(&b.self);
	scene_until(&scene, has_no_dial, NULL);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	few_close();
}

/* One that is told of and added by its URL as well has one dial at a time and
 * one session, and is static from then on. */
Test(server_candidates, may_be_static_as_well)
{
	open_two();
	tell_of(&b.self);
	node_dial(&a, &b);
	tell_of(&b.self);
	node_wait_peers(&a, 1);
	node_wait_peers(&b, 1);
	scene_until(&scene, has_no_dial, NULL);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	cr_assert(a.facts.is_static);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	node_wait_peers(&a, 1);
	few_close();
}

/* The dial to the candidate is under way, and goes nowhere, when it becomes a
 * static node: then that goes on for it. */
Test(server_candidates, that_become_static_during_their_dial_are_told)
{
	struct enode node;

	init_two();
	a.limits.candidates.history_ms = 1;
	node_open(&a);
	node_open(&b);
	deaf_open(&deaf);
	forge(&told.list[0], &deaf.at);
	node = told.list[0].node;
	told.count = 1;
	server_candidates(a.server);
	scene_until(&scene, has_asked_all, NULL);
	cr_assert_eq(a.server->candidates.dialing, (size_t)1);
	cr_assert_eq(server_dial(a.server, &node, NULL), ERR_NONE);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1, "one at a time");
	/* The time for the connection is over. */
	a.server->all->deadline = (struct mono){ 0 };
	net_timer_set(a.server->all->timer, net_loop_now(scene.loop));
	node_wait_failed(&a, 1);
	cr_assert_eq(node_counters(&a).candidates_failed, (uint64_t)1);
	/* From now on it is the static nodes' only. */
	server_candidates(a.server);
	tell_of(&node);
	expect_skipped(1);
	deaf_close(&deaf);
	few_close();
}

static bool is_wanted(void *ctx UNUSED)
{
	return told.wanted;
}

static bool is_wanted_no_more(void *ctx UNUSED)
{
	return !told.wanted;
}

Test(server_candidates, are_wanted_while_places_are_free)
{
	static bool (*const wanted)(void *) = has_asked_all;

	open_two();
	a.server->config.max_peers = 3; /* one is dialed */
	scene_until(&scene, wanted, NULL);
	cr_assert(told.wanted);
	tell_of(&b.self);
	node_wait_peers(&a, 1);
	scene_until(&scene, is_wanted_no_more, NULL);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	scene_until(&scene, is_wanted, NULL);
	scene_for(&scene, 20);
	cr_assert(told.wanted);
	cr_assert_eq(told.changes, (size_t)3);
	few_close();
}

Test(server_candidates, are_not_asked_for_without_places)
{
	init_two();
	a.config.max_peers = 0;
	node_open(&a);
	node_open(&b);
	tell_of(&b.self);
	scene_for(&scene, 20);
	cr_assert_eq(told.asked, (size_t)0);
	cr_assert_eq(told.changes, (size_t)0);
	few_close();
}

/* --- many ------------------------------------------------------------------
 */

static size_t most_peers;

static void note_most(struct node *n UNUSED, const struct server_event *ev)
{
	if (ev->kind == SERVER_PEER_ADDED && ev->peers > most_peers)
		most_peers = ev->peers; /* nobody dials this one */
}

static void open_many(size_t max_peers)
{
	for (size_t i = 0; i < MANY; i++) {
		node_init(&others[i], &scene);
		others[i].config.max_peers = max_peers;
		node_open(&others[i]);
	}
}

static void close_many(void)
{
	node_close(&a);
	for (size_t i = 0; i < MANY; i++)
		node_close(&others[i]);
	node_close(&b);
	scene_close(&scene);
}

/* 200 candidates for 16 places: 24 are there, half of the others refuse the
 * connection and half do not answer. */
Test(server_candidates, two_hundred_fill_sixteen_places)
{
	struct addr closed;
	struct server_candidate one;

	init_two();
	a.config.max_peers = 48;
	a.limits.connect_ms = 600; /* also for those who are there */
	a.on_event = note_most;
	most_peers = 0;
	node_open(&a);
	node_open(&b);
	open_many(9);
	deaf_open(&deaf);
	closed = (struct addr){ b.self.ip, b.self.tcp };
	node_close(&b);
	for (size_t i = 0; i < 200; i++) {
		forge(&one, i % 2 ? &deaf.at : &closed);
		tell_of(i % 8 == 7 && i / 8 < MANY ? &others[i / 8].self
						   : &one.node);
	}
	node_wait_peers(&a, 16);
	scene_until(&scene, is_idle, NULL);
	cr_assert_eq(most_peers, (size_t)16);
	cr_assert_eq(server_peers(a.server), (size_t)16);
	cr_assert_leq(node_counters(&a).dialed, (uint64_t)200);
	cr_assert_geq(node_counters(&a).candidates_failed, (uint64_t)60);
	cr_assert_eq(a.dial_failed, (size_t)0, "they are not told one by one");
	deaf_close(&deaf);
	node_open(&b);
	close_many();
}

/* Two of the five places: a quarter would be less. Whose session ended makes
 * room for another, and static nodes do not count. */
Test(server_candidates, of_one_network_get_their_share)
{
	init_two();
	a.config.max_peers = 15;
	a.limits.candidates.shares_of_lan = true;
	node_open(&a);
	node_open(&b);
	open_many(9);
	node_join(&a, &b);
	node_join(&a, &others[MANY - 1]);
	for (size_t i = 0; i < 4; i++)
		tell_of(&others[i].self);
	node_wait_peers(&a, 4);
	expect_skipped(2);
	tell_of(&others[4].self);
	expect_skipped(3);
	others[6].self.ip.b[2] = 1; /* of another network; nobody is there */
	tell_of(&others[6].self);
	scene_until(&scene, has_no_dial, NULL);
	cr_assert_eq(node_counters(&a).candidates, (uint64_t)3);
	cr_assert_eq(
		server_disconnect(others[0].server, &a.self.id, DISC_REQUESTED),
		ERR_NONE);
	node_wait_dropped(&a, 1);
	tell_of(&others[5].self);
	node_wait_peers(&a, 4);
	close_many();
}

/* Twice as many are dialed as places are free, and all would do. */
Test(server_candidates, get_no_more_than_their_share)
{
	open_two();
	open_many(9);
	for (size_t i = 0; i < 6; i++)
		told.list[told.count++].node = others[i].self;
	server_candidates(a.server);
	node_wait_peers(&a, 3);
	scene_until(&scene, is_idle, NULL);
	cr_assert_eq(node_counters(&a).candidates, (uint64_t)6);
	cr_assert_eq(server_peers(a.server), (size_t)3);
	cr_assert_eq(node_counters(&a).sessions, (uint64_t)3);

	/* Those that were too many are as good as new. */
	for (size_t i = 0; i < 6; i++)
		if (!server_peers(others[i].server))
			tell_of(&others[i].self);
	cr_assert_eq(told.count, (size_t)9);
	for (size_t i = 0; i < 6; i++)
		if (server_peers(others[i].server))
			cr_assert_eq(server_disconnect(others[i].server,
						       &a.self.id,
						       DISC_REQUESTED),
				     ERR_NONE);
	node_wait_dropped(&a, 3);
	node_wait_peers(&a, 3);
	cr_assert_eq(node_counters(&a).candidates_skipped, (uint64_t)0);
	close_many();
}

/* All refuse with 0x04, as full nodes do, until one comes that does not. */
Test(server_candidates, that_refuse_make_way_for_others)
{
	open_two();
	open_many(0);
	for (size_t i = 0; i < MANY; i++)
		tell_of(&others[i].self);
	tell_of(&b.self);
	node_wait_peers(&a, 1);
	scene_until(&scene, has_no_dial, NULL);
	cr_assert_eq(node_counters(&a).candidates, (uint64_t)MANY + 1);
	cr_assert_eq(node_counters(&a).candidates_failed, (uint64_t)MANY);
	cr_assert(told.wanted);
	close_many();
}

static bool has_all_slots_in_use(void *ctx UNUSED)
{
	return a.server->candidates.dialing == 6;
}

/* The source never runs dry, of nodes that do not answer: a static node is
 * there at once, long before any of those dials is over. */
Test(server_candidates, in_a_flood_do_not_delay_static_nodes)
{
	struct mono began;

	open_two();
	deaf_open(&deaf);
	told.forged_at = deaf.at;
	told.forges = true;
	server_candidates(a.server);
	scene_until(&scene, has_all_slots_in_use, NULL);
	began = mono_now();
	node_join(&a, &b);
	cr_assert_lt(mono_since_ms(mono_now(), began),
		     (uint64_t)a.limits.connect_ms);
	cr_assert_eq(node_counters(&a).candidates_failed, (uint64_t)0);
	node_check_alive(&a, &b);
	deaf_close(&deaf);
	few_close();
}

/* They are refused as fast as they come. */
Test(server_candidates, without_end_leave_the_loop_its_turns)
{
	init_two();
	a.limits.candidates.history_max = 100;
	node_open(&a);
	node_open(&b);
	cr_assert_eq(ip_parse(&told.forged_at.ip, "127.0.0.1"), ERR_NONE);
	told.forges = true; /* without a port: all are skipped */
	server_candidates(a.server);
	node_join(&b, &a);
	node_check_alive(&a, &b);
	cr_assert_geq(node_counters(&a).candidates_skipped, (uint64_t)100);
	few_close();
}
