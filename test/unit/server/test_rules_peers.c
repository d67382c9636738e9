/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that change under a live peer, and what is said of peers. */
#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct raw raw;

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
	few_make_quick(3);
	few_begin();
	cr_assert_eq(peers_of(&b).count, (size_t)0);
	node_join(&a, &b);
	cr_assert_not(peers_of(&b).facts[0].trusted);
	node_trust(&b, &a);
	cr_assert(peers_of(&b).facts[0].trusted);
	few_close();
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
	few_make_quick(3);
	few_begin();
	node_trust(&a, &b);
	node_join(&a, &b);
	cr_assert(a.facts.trusted && a.facts.is_static, "when it came");
	cr_assert_not(b.facts.trusted || b.facts.is_static);
	cr_assert(facts_of(&a).trusted && facts_of(&a).is_static);
	cr_assert_not(facts_of(&b).trusted || facts_of(&b).is_static);

	server_distrust(a.server, &b.self.id);
	cr_assert_not(facts_of(&a).trusted);
	node_undial(&a, &b);
	cr_assert_not(facts_of(&a).is_static);
	node_trust(&b, &a);
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
	few_close();
}

Test(rules, end_no_session_with_the_end_of_trust)
{
	few_make_quick(3);
	b.config.max_peers = 0;
	few_begin();
	node_trust(&b, &a);
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
	few_close();
}

Test(rules, show_what_is_known_of_each_peer)
{
	struct seen s;
	size_t at;

	few_make_quick(3);
	node_speak(&b, "alpha");
	node_speak(&c, "alpha");
	few_begin();
	node_join(&a, &b);
	node_join(&b, &c);
	node_trust(&b, &c);
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
	few_close();
}

Test(rules, say_the_reason_of_a_disconnect)
{
	static const uint8_t reasons[] = { DISC_REQUESTED, DISC_USELESS,
					   DISC_QUITTING, DISC_SUBPROTOCOL,
					   0x42 };

	few_make_quick(3);
	few_begin();
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
	few_close();
}

Test(rules, keep_the_session_with_a_node_that_is_forgotten)
{
	few_make_quick(3);
	few_begin();
	node_join(&a, &b);
	node_undial(&a, &b);
	node_check_alive(&a, &b);
	cr_assert_not(peers_of(&a).facts[0].is_static);
	/* It is static again from here on, and that session is its. */
	node_dial(&a, &b);
	cr_assert(peers_of(&a).facts[0].is_static);
	node_undial(&a, &b);
	cr_assert_eq(server_disconnect(a.server, &b.self.id, DISC_REQUESTED),
		     ERR_NONE);
	node_wait_dropped(&a, 1);
	scene_for(&scene, 50);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	few_close();
}
