/* SPDX-License-Identifier: Apache-2.0 */
/* What may change while a server runs: whom it trusts, dials, is rid of; and
 * where its peers may be. */
#include "test/unit/server/deaf.h"
#include "test/unit/server/raw.h"

static struct scene scene;
static struct node a, b, c;
static struct raw raw;

static void make_three(void)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_init(&b, &scene);
	node_init(&c, &scene);
	a.limits.dial.first_ms = 10;
	b.limits.dial.first_ms = 10;
	c.limits.dial.first_ms = 10;
}

static void open_three(void)
{
	node_open(&a);
	node_open(&b);
	node_open(&c);
}

static void close_three(void)
{
	node_close(&a);
	node_close(&b);
	node_close(&c);
	scene_close(&scene);
}

static void trust(struct node *n, const struct node *whom)
{
	cr_assert_eq(server_trust(n->server, &whom->self), ERR_NONE);
}

static void trust_key(struct node *n, const struct ecc_keypair *key)
{
	const struct addr nowhere = { .port = 0 };
	struct enode e;

	enode_make(&e, &key->pub, &nowhere);
	cr_assert_eq(server_trust(n->server, &e), ERR_NONE);
}

/* Of the last failed dial, as heard. */
static void expect_refusal(struct node *n, const struct node *by,
			   uint8_t reason)
{
	size_t failed = n->dial_failed;

	node_dial(n, by);
	node_wait_failed(n, failed + 1);
	cr_assert_eq(n->reason, reason);
}

/* --- trust --------------------------------------------------------------- */

Test(rules, let_trusted_nodes_in_when_nobody_else_may)
{
	make_three();
	b.config.max_peers = 0;
	open_three();
	expect_refusal(&c, &b, DISC_TOO_MANY_PEERS);
	trust(&b, &a);
	trust(&b, &a); /* once is enough */
	node_join(&a, &b);
	node_check_alive(&a, &b);
	cr_assert_eq(b.added, (size_t)1);
	close_three();
}

/* "maxInbound = MaxPeers - maxDialed", here none. */
Test(rules, let_trusted_nodes_in_past_the_inbound_limit)
{
	make_three();
	b.config.max_peers = 9;
	b.config.dial_ratio = 1;
	open_three();
	expect_refusal(&c, &b, DISC_TOO_MANY_PEERS);
	trust(&b, &a);
	node_join(&a, &b);
	node_check_alive(&a, &b);
	close_three();
}

Test(rules, keep_to_the_ratio_of_dials)
{
	make_three();
	b.config.max_peers = 4;
	b.config.dial_ratio = 2;
	open_three();
	node_join(&a, &b);
	node_join(&c, &b);
	raw_open(&raw, &b);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	close_three();
}

Test(rules, dial_every_peer_with_a_ratio_of_one)
{
	make_three();
	a.config.max_peers = 2;
	a.config.dial_ratio = 1;
	open_three();
	node_join(&a, &b);
	node_join(&a, &c);
	close_three();
}

/* "maxDialed" is for those whom we find; static nodes may have all places. */
Test(rules, fill_every_place_with_static_nodes)
{
	make_three();
	a.config.max_peers = 2;
	a.config.dial_ratio = 2;
	open_three();
	node_join(&a, &b);
	node_join(&a, &c);
	cr_assert_eq(a.server->inbound_peers, (size_t)0);
	close_three();
}

Test(rules, dial_only_while_there_is_a_place)
{
	make_three();
	a.config.max_peers = 1;
	open_three();
	node_join(&a, &b);
	node_dial(&a, &c);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NONE);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_peers(&c, 1);
	close_three();
}

Test(rules, dial_nobody_with_no_places)
{
	make_three();
	a.config.max_peers = 0;
	open_three();
	trust(&a, &b); /* which may come, but is not fetched */
	node_dial(&a, &b);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	node_join(&b, &a);
	close_three();
}

/* Over all limits, and those who are not trusted count them as well. */
Test(rules, let_trusted_nodes_in_when_all_places_are_taken)
{
	make_three();
	b.config.max_peers = 2;
	b.config.dial_ratio = 2;
	open_three();
	node_join(&a, &b);
	node_join(&b, &c);
	raw_open(&raw, &b);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);

	raw_open(&raw, &b);
	trust_key(&b, &raw.key);
	raw_handshake(&raw, &b);
	raw_hello(&raw);
	node_wait_peers(&b, 3);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_peers(&b, 2);
	node_wait_failed(&a, 1);
	cr_assert_eq(a.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	node_wait_peers(&a, 1);
	close_three();
}

/* The first checkpoint passed it for its trust; the second asks again. */
Test(rules, let_nobody_in_whose_trust_ends_before_hello)
{
	struct node_id id;

	make_three();
	b.config.max_peers = 0;
	open_three();
	raw_open(&raw, &b);
	trust_key(&b, &raw.key);
	raw_handshake(&raw, &b);
	id = node_id_of(&raw.key.pub);
	server_distrust(b.server, &id);
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_TOO_MANY_PEERS);
	raw_close(&raw);
	close_three();
}

Test(rules, do_not_let_trusted_nodes_in_twice)
{
	make_three();
	open_three();
	trust(&b, &a);
	node_join(&a, &b);
	raw_open_as(&raw, &b, &a.key);
	raw_handshake(&raw, &b);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_ALREADY_CONNECTED);
	raw_close(&raw);
	node_check_alive(&a, &b);
	close_three();
}

Test(rules, want_something_shared_of_trusted_nodes_too)
{
	make_three();
	strcpy(a.protocols[0].capability.name, "alpha");
	open_three();
	trust(&b, &a);
	expect_refusal(&a, &b, DISC_USELESS);
	close_three();
}

Test(rules, want_trusted_nodes_in_the_allowed_networks_too)
{
	make_three();
	a.limits.dial.first_ms = 600000; /* once */
	cr_assert_eq(netlist_parse(&b.config.restrict_to, "10.0.0.0/8", NULL),
		     ERR_NONE);
	open_three();
	trust(&b, &a);
	expect_refusal(&a, &b, DISC_NETWORK);
	cr_assert_eq(node_counters(&b).restricted, (uint64_t)1);
	close_three();
}

Test(rules, hold_trust_up_to_a_limit)
{
	struct enode e = { .tcp = 0 };

	make_three();
	open_three();
	for (uint32_t i = 0; i < SERVER_MAX_TRUSTED; i++) {
		memcpy(e.id.b, &i, sizeof(i));
		cr_assert_eq(server_trust(a.server, &e), ERR_NONE);
	}
	cr_assert_eq(server_trust(a.server, &b.self), ERR_LIMIT);
	cr_assert_eq(server_trust(a.server, &e), ERR_NONE, "known already");
	server_distrust(a.server, &e.id);
	server_distrust(a.server, &e.id); /* not known any more */
	trust(&a, &b);
	close_three();
}

/* --- peers --------------------------------------------------------------- */

struct seen {
	size_t count;
	struct server_peer of[3];
	struct peer_facts facts[3];
	struct channel *first[3];
	char names[3][16];
};

static void look(void *ctx, const struct server_peer *peer)
{
	struct seen *s = ctx;
	struct span name = hello_name(peer->hello);

	cr_assert_lt(s->count, ARRAY_LEN(s->of));
	s->of[s->count] = *peer;
	s->facts[s->count] = *peer->facts;
	s->first[s->count] = peer->channel_count ? peer->channels[0] : NULL;
	cr_assert_lt(name.len, sizeof(s->names[0]));
	memcpy(s->names[s->count], name.data, name.len);
	s->count++;
}

static struct seen peers_of(const struct node *n)
{
	struct seen s = { 0 };

	server_each_peer(n->server, look, &s);
	return s;
}

static size_t place_of(const struct seen *s, const struct node *n)
{
	for (size_t i = 0; i < s->count; i++)
		if (node_id_equal(&s->facts[i].id, &n->self.id))
			return i;
	cr_assert(false, "it is not there");
	return 0;
}

Test(rules, take_effect_on_a_live_peer)
{
	make_three();
	open_three();
	cr_assert_eq(peers_of(&b).count, (size_t)0);
	node_join(&a, &b);
	cr_assert_not(peers_of(&b).facts[0].trusted);
	trust(&b, &a);
	cr_assert(peers_of(&b).facts[0].trusted);
	close_three();
}

static struct peer_facts facts_of(const struct node *n)
{
	struct peer_facts f;

	channel_facts(n->channels[0], &f);
	return f;
}

/* As protocols and whoever hears of events see it. */
Test(rules, tell_protocols_who_is_trusted_and_static_now)
{
	make_three();
	open_three();
	trust(&a, &b);
	node_join(&a, &b);
	cr_assert(a.facts.trusted && a.facts.is_static, "when it came");
	cr_assert_not(b.facts.trusted || b.facts.is_static);
	cr_assert(facts_of(&a).trusted && facts_of(&a).is_static);
	cr_assert_not(facts_of(&b).trusted || facts_of(&b).is_static);

	server_distrust(a.server, &b.self.id);
	cr_assert_not(facts_of(&a).trusted);
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NONE);
	cr_assert_not(facts_of(&a).is_static);
	trust(&b, &a);
	cr_assert(facts_of(&b).trusted);
	node_dial(&b, &a); /* though it is there already */
	cr_assert(facts_of(&b).is_static);
	cr_assert(facts_of(&b).inbound);

	/* The last change is looked at by nobody but the event. */
	server_distrust(b.server, &a.self.id);
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&b, 1);
	cr_assert(!b.facts.trusted && b.facts.is_static, "when it went");
	close_three();
}

Test(rules, end_no_session_with_the_end_of_trust)
{
	make_three();
	b.config.max_peers = 0;
	open_three();
	trust(&b, &a);
	node_join(&a, &b);
	server_distrust(b.server, &a.self.id);
	cr_assert_not(peers_of(&b).facts[0].trusted);
	scene_for(&scene, 20);
	node_check_alive(&a, &b);
	/* But there is no second. */
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_failed(&a, 1);
	cr_assert_eq(a.reason, DISC_TOO_MANY_PEERS);
	close_three();
}

Test(rules, show_what_is_known_of_each_peer)
{
	struct seen s;
	size_t at;

	make_three();
	node_speak(&b, "alpha");
	node_speak(&c, "alpha");
	open_three();
	node_join(&a, &b);
	node_join(&b, &c);
	trust(&b, &c);
	s = peers_of(&b);
	cr_assert_eq(s.count, (size_t)2);

	at = place_of(&s, &a);
	cr_assert_eq(memcmp(&s.facts[at].pub, &a.key.pub, sizeof(a.key.pub)),
		     0);
	cr_assert(s.facts[at].inbound);
	cr_assert_eq(s.facts[at].local.port, b.self.tcp);
	cr_assert_str_eq(s.facts[at].name, "test/v1");
	cr_assert_str_eq(s.names[at], "test/v1");
	cr_assert_not(s.facts[at].trusted);
	cr_assert_not(s.facts[at].is_static);
	cr_assert_eq(s.of[at].channel_count, (size_t)1);
	cr_assert_str_eq(s.first[at]->protocol->capability.name, "test");

	at = place_of(&s, &c);
	cr_assert_not(s.facts[at].inbound);
	cr_assert_eq(s.facts[at].remote.port, c.self.tcp);
	cr_assert(s.facts[at].trusted);
	cr_assert(s.facts[at].is_static);
	cr_assert_eq(s.of[at].channel_count, (size_t)2);
	cr_assert_str_eq(s.first[at]->protocol->capability.name, "alpha");
	close_three();
}

Test(rules, say_the_reason_of_a_disconnect)
{
	static const uint8_t reasons[] = { DISC_REQUESTED, DISC_USELESS,
					   DISC_QUITTING, DISC_SUBPROTOCOL,
					   0x42 };

	make_three();
	open_three();
	cr_assert_eq(server_disconnect(b.server, &a.self.id, DISC_REQUESTED),
		     ERR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		raw_join(&raw, &b);
		cr_assert_eq(
			server_disconnect(b.server, &b.facts.id, reasons[i]),
			ERR_NONE);
		cr_assert_eq(b.dropped, i, "not from inside the call");
		raw_wait_reason(&raw);
		cr_assert_eq(raw.reason, reasons[i]);
		raw_close(&raw);
		node_wait_dropped(&b, i + 1);
		cr_assert_eq(b.reason, reasons[i]);
	}
	close_three();
}

/* --- no longer to be dialed ---------------------------------------------- */

static void undial(struct node *n, const struct node *whom)
{
	cr_assert_eq(server_undial(n->server, &whom->self.id), ERR_NONE);
	cr_assert_eq(server_undial(n->server, &whom->self.id), ERR_NOT_FOUND);
}

Test(rules, forget_a_node_that_waits_to_be_dialed_again)
{
	make_three();
	a.limits.dial.first_ms = 50;
	open_three();
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NOT_FOUND);
	node_close(&b);
	node_dial(&a, &b);
	node_wait_failed(&a, 1);
	undial(&a, &b);
	scene_for(&scene, 150);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	node_open(&b);
	node_join(&a, &b); /* as if it had never been known */
	close_three();
}

static bool has_no_connection(void *ctx)
{
	const struct node *n = ctx;

	return !n->server->all;
}

Test(rules, end_the_dial_of_a_node_that_is_forgotten)
{
	struct deaf deaf;

	make_three();
	open_three();
	deaf_open(&deaf);
	b.self.tcp = deaf.at.port;
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_for(&scene, 20);
	cr_assert_eq(a.server->all->state, PEER_CONNECTING);
	undial(&a, &b);
	/* The old dial does not stand in the way of a new one. */
	server_self(b.server, &b.self);
	node_join(&a, &b);
	cr_assert_eq(a.dial_failed, (size_t)0, "nobody waits for it any more");
	undial(&a, &b);
	deaf_close(&deaf);
	close_three();
}

/* Our auth is on its way, so the other side may think that all is well. */
Test(rules, end_the_handshake_with_a_node_that_is_forgotten)
{
	make_three();
	open_three();
	net_listener_pause(b.server->listener); /* the backlog takes it */
	node_dial(&a, &b);
	server_dial_due(a.server);
	scene_for(&scene, 20);
	cr_assert_eq(a.server->all->state, PEER_HANDSHAKE);
	undial(&a, &b);
	scene_until(&scene, has_no_connection, &a);
	net_listener_resume(b.server->listener);
	scene_until(&scene, has_no_connection, &b);
	cr_assert_eq(a.added + b.added, (size_t)0);
	cr_assert_eq(a.dial_failed, (size_t)0);
	close_three();
}

Test(rules, keep_the_session_with_a_node_that_is_forgotten)
{
	make_three();
	open_three();
	node_join(&a, &b);
	undial(&a, &b);
	node_check_alive(&a, &b);
	cr_assert_not(peers_of(&a).facts[0].is_static);
	/* It is static again from here on, and that session is its. */
	node_dial(&a, &b);
	cr_assert(peers_of(&a).facts[0].is_static);
	undial(&a, &b);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	close_three();
}

/* --- where peers may be -------------------------------------------------- */

static void restrict_a_to(const char *nets)
{
	cr_assert_eq(netlist_parse(&a.config.restrict_to, nets, NULL),
		     ERR_NONE);
}

Test(rules, close_at_once_on_addresses_outside_the_allowed_networks)
{
	make_three();
	restrict_a_to("10.0.0.0/8, ::1/128");
	open_three();
	raw_open(&raw, &a);
	raw_auth(&raw, &a);
	raw_wait_end(&raw);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	raw_close(&raw);
	cr_assert_eq(node_counters(&a).accepted, (uint64_t)1);
	cr_assert_eq(node_counters(&a).restricted, (uint64_t)1);
	cr_assert_eq(node_counters(&a).throttled, (uint64_t)0);
	cr_assert_null(a.server->all);
	close_three();
}

Test(rules, allow_addresses_inside_the_networks)
{
	make_three();
	restrict_a_to("10.0.0.0/8,127.0.0.0/8");
	open_three();
	node_join(&b, &a);
	node_join(&a, &c);
	cr_assert_eq(node_counters(&a).restricted, (uint64_t)0);
	close_three();
}

Test(rules, do_not_dial_outside_the_allowed_networks)
{
	struct why why = WHY_NONE;

	make_three();
	restrict_a_to("10.0.0.0/8");
	open_three();
	cr_assert_eq(server_dial(a.server, &b.self, &why), ERR_DENIED);
	cr_assert_str_eq(why.text,
			 "its address is outside the allowed networks");
	cr_assert_eq(server_undial(a.server, &b.self.id), ERR_NOT_FOUND);
	close_three();
}

/* A name is judged by what it stands for, each time. */
Test(rules, do_not_dial_a_name_outside_the_allowed_networks)
{
	make_three();
	restrict_a_to("10.0.0.0/8");
	open_three();
	b.self.ip = (struct ip){ 0 };
	strcpy(b.self.host, "localhost");
	node_dial(&a, &b);
	node_wait_failed(&a, 2);
	cr_assert_str_eq(a.cause,
			 "its address is outside the allowed networks");
	cr_assert_eq(node_counters(&b).accepted, (uint64_t)0);
	close_three();
}
