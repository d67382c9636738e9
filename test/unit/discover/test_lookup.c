/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/lookup.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	TESTNET_MAX = 512,
};

/* The fixture's nodes, each of which knows those of its own distance. */
struct testnet {
	struct node_id target;
	size_t count;
	struct contact nodes[TESTNET_MAX];
	unsigned distance[TESTNET_MAX];
};

static struct testnet net;

static void add_node(const char *hex, unsigned distance, unsigned i)
{
	struct contact *c = &net.nodes[net.count];
	struct secret32 key;

	cr_assert_lt(net.count, TESTNET_MAX);
	hex_copy(key.b, sizeof(key.b), hex);
	ecc_pub_of(&c->pub, &key);
	c->id = node_id_of(&c->pub);
	c->udp.ip = (struct ip){ .family = IP_V4,
				 .b = { 127, (uint8_t)(distance >> 8),
					(uint8_t)distance, (uint8_t)i } };
	c->udp.port = 5000;
	net.distance[net.count++] = distance;
}

static void load_testnet(void)
{
	json_t *root, *keys, *list, *key;
	const char *distance;
	size_t i;

	crypto_init();
	root = vectors_load("discv4.json");
	hex_copy(net.target.b, sizeof(net.target.b),
		 vectors_text(root, "lookup_testnet.target_id"));
	keys = vectors_at(root, "lookup_testnet.private_keys_by_distance");
	json_object_foreach(keys, distance, list)
		json_array_foreach(list, i, key)
			add_node(json_string_value(key),
				 (unsigned)atoi(distance), (unsigned)i);
	json_decref(root);
}

/* By brute force. */
static size_t rank(const struct node_id *id)
{
	size_t n = 0;

	for (size_t i = 0; i < net.count; i++)
		n += is_closer(&net.target, &net.nodes[i].id, id);
	return n;
}

static unsigned distance_of(const struct node_id *id)
{
	for (size_t i = 0; i < net.count; i++)
		if (node_id_equal(&net.nodes[i].id, id))
			return net.distance[i];
	cr_assert(false, "unknown node");
	return 0;
}

/* A node answers with those one step closer than itself, and its own. */
static void answer(struct lookup *l, const struct node_id *from)
{
	unsigned d = distance_of(from);

	for (size_t i = 0; i < net.count; i++)
		if (net.distance[i] == d || net.distance[i] == d - 1)
			lookup_offer(l, &net.nodes[i]);
	cr_assert(!lookup_answered(l, from, LOOKUP_ANSWER));
}

Test(lookup, distances_are_those_of_the_fixture, .init = load_testnet)
{
	cr_assert_eq(net.count, 40);
	for (size_t i = 0; i < net.count; i++)
		cr_assert_eq(logdist(&net.target, &net.nodes[i].id),
			     net.distance[i]);
	cr_assert_eq(logdist(&net.target, &net.target), 0);
}

Test(lookup, finds_the_closest_of_the_fixture, .init = load_testnet)
{
	struct node_id self = { { 1 } };
	const struct contact *best[LOOKUP_WIDTH];
	struct node_id asked[TESTNET_MAX];
	size_t count = 0;
	struct lookup l;

	lookup_init(&l, &net.target, &self, 1);
	for (size_t i = 0; i < net.count; i++)
		if (net.distance[i] == 256)
			cr_assert(lookup_offer(&l, &net.nodes[i]));
	while (!lookup_is_done(&l)) {
		struct contact c;

		cr_assert_eq(lookup_take(&l, &c), 1);
		for (size_t i = 0; i < count; i++)
			cr_assert(!node_id_equal(&asked[i], &c.id));
		asked[count++] = c.id;
		answer(&l, &asked[count - 1]);
	}
	cr_assert_eq(lookup_best(&l, best), LOOKUP_WIDTH);
	for (size_t i = 0; i < LOOKUP_WIDTH; i++)
		cr_assert_eq(rank(&best[i]->id), i);
}

Test(lookup, asks_three_at_a_time, .init = load_testnet)
{
	struct node_id self = { { 1 } };
	struct node_id first;
	struct contact c;
	struct lookup l;

	lookup_init(&l, &net.target, &self, 1);
	cr_assert(lookup_is_done(&l));
	for (size_t i = 0; i < 10; i++)
		lookup_offer(&l, &net.nodes[i]);
	cr_assert_eq(lookup_take(&l, &c), 1);
	first = c.id;
	cr_assert(node_id_equal(&first, &l.nodes[0].contact.id));
	cr_assert_eq(lookup_take(&l, &c), 1);
	cr_assert_eq(lookup_take(&l, &c), 1);
	cr_assert_eq(lookup_take(&l, &c), 0);
	cr_assert(!lookup_is_done(&l));
	lookup_answered(&l, &first, LOOKUP_ANSWER);
	cr_assert_eq(lookup_take(&l, &c), 1);
	cr_assert_eq(lookup_take(&l, &c), 0);
}

Test(lookup, takes_neither_itself_nor_anyone_twice, .init = load_testnet)
{
	struct node_id self = net.nodes[3].id;
	struct lookup l;

	lookup_init(&l, &net.target, &self, 1);
	cr_assert(!lookup_offer(&l, &net.nodes[3]));
	cr_assert(lookup_offer(&l, &net.nodes[4]));
	cr_assert(!lookup_offer(&l, &net.nodes[4]));
	cr_assert_eq(l.count, 1);
}

/* Pushed out by closer ones while it was asked: its answer still counts, and it
 * does not come back. */
Test(lookup, waits_for_those_that_were_pushed_out, .init = load_testnet)
{
	struct node_id self = { { 1 } }, far;
	size_t farthest = 0;
	struct contact c;
	struct lookup l;

	for (size_t i = 1; i < net.count; i++)
		if (rank(&net.nodes[i].id) > rank(&net.nodes[farthest].id))
			farthest = i;
	far = net.nodes[farthest].id;
	lookup_init(&l, &net.target, &self, 1);
	lookup_offer(&l, &net.nodes[farthest]);
	cr_assert_eq(lookup_take(&l, &c), 1);
	for (size_t i = 0; i < net.count; i++)
		lookup_offer(&l, &net.nodes[i]);
	cr_assert_eq(l.count, LOOKUP_KEPT);
	for (size_t i = 0; i < l.count; i++)
		cr_assert(!node_id_equal(&l.nodes[i].contact.id, &far));
	cr_assert(!lookup_offer(&l, &net.nodes[farthest]));
	cr_assert_eq(l.pending, 1);
	lookup_answered(&l, &far, LOOKUP_ANSWER);
	cr_assert_eq(l.pending, 0);
}

/* Everyone is there; whoever is asked for the first time stays silent, and the
 * three closest go on like that, one of them with a sign of life. */
Test(lookup, gives_up_those_that_stay_silent, .init = load_testnet)
{
	const struct contact *best[LOOKUP_WIDTH];
	struct node_id self = { { 1 } };
	size_t first = 0, given_up = 0;
	struct contact c;
	struct lookup l;

	lookup_init(&l, &net.target, &self, 3);
	for (size_t i = 0; i < net.count; i++)
		lookup_offer(&l, &net.nodes[i]);
	while (!lookup_is_done(&l)) {
		unsigned time = lookup_take(&l, &c);
		size_t at = rank(&c.id);
		enum lookup_answer answer = LOOKUP_ANSWER;

		cr_assert(time >= 1 && time <= 3);
		/* Again only when all others have been asked. */
		first += time == 1;
		if (time == 2 && !given_up)
			cr_assert_geq(first, LOOKUP_WIDTH);
		if (time == 1 || at < 3)
			answer = at == 1 && time == 2 ? LOOKUP_SIGN
						      : LOOKUP_SILENCE;
		given_up += lookup_answered(&l, &c.id, answer);
	}
	cr_assert_eq(given_up, 2);
	cr_assert_eq(lookup_best(&l, best), LOOKUP_WIDTH);
	cr_assert_eq(rank(&best[0]->id), 1);
	for (size_t i = 1; i < LOOKUP_WIDTH; i++)
		cr_assert_eq(rank(&best[i]->id), i + 2);
}
