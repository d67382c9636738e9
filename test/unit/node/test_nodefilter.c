/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodefilter.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

/* A node of a key of its own, with nothing in its record yet. */
static void draft(struct enr_draft *d, struct ecc_keypair *key, uint8_t n)
{
	*d = (struct enr_draft){ .seq = 1 };
	*key = (struct ecc_keypair){ 0 };
	key->key.b[0] = 1;
	key->key.b[31] = n;
	ecc_pub_of(&key->pub, &key->key);
}

static struct nodeset_node *put(struct nodeset *set, const struct enr_draft *d,
				const struct ecc_keypair *key)
{
	struct nodeset_node *node;
	struct enr r;

	cr_assert_eq(enr_sign(&r, d, key), ERR_NONE);
	cr_assert_eq(enr_verify(&r, NULL), ERR_NONE);
	cr_assert_eq(nodeset_put(set, &node, &r), ERR_NONE);
	return node;
}

static struct nodeset_node *put_plain(struct nodeset *set, uint8_t n)
{
	struct ecc_keypair key;
	struct enr_draft d;

	draft(&d, &key, n);
	return put(set, &d, &key);
}

static struct nodeset_node *put_at(struct nodeset *set, uint8_t n,
				   const char *ip, const char *port_key)
{
	struct ecc_keypair key;
	struct enr_draft d;
	struct ip at;

	draft(&d, &key, n);
	cr_assert_eq(ip_parse(&at, ip), ERR_NONE);
	cr_assert_eq(enr_draft_set_ip(&d, &at), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, port_key, 7), ERR_NONE);
	return put(set, &d, &key);
}

static const struct nodefilter any = { .limit = NODESET_MAX };

Test(nodefilter, that_says_nothing_keeps_all, .init = set_up)
{
	struct nodeset set = { 0 };
	struct nodeset_node *node = put_plain(&set, 1);

	node->first_response = 9; /* of a clock that was set back */
	node->last_response = 8;
	put_at(&set, 2, "10.0.0.1", "udp");
	nodefilter_apply(&set, &any);
	cr_assert_eq(nodeset_count(&set), 2);
	nodeset_clear(&set);
}

Test(nodefilter, keeps_the_best_of_those_that_pass, .init = set_up)
{
	struct nodefilter f = { .limit = 3, .dialable = true };
	static const uint64_t scores[] = { 5, 1, 9, 5, 5, 2 };
	struct nodeset set = { 0 };
	struct node_id best, last = { { 0 } };

	for (uint8_t i = 0; i < ARRAY_LEN(scores); i++) {
		struct nodeset_node *node = put_at(&set, i, "10.0.0.1", "tcp");
		const struct node_id *id = &node->record.id;

		node->score = scores[i];
		if (scores[i] == 9)
			best = *id;
		if (scores[i] == 5 && memcmp(id->b, last.b, sizeof(last.b)) > 0)
			last = *id;
	}
	put_plain(&set, 100)->score = 100; /* filtered out before the limit */
	nodefilter_apply(&set, &f);
	cr_assert_eq(nodeset_count(&set), 3);
	cr_assert(nodeset_find(&set, &best));
	cr_assert_not(
		nodeset_find(&set, &last)); /* "the lower id comes first" */
	nodeset_clear(&set);
}

Test(nodefilter, of_none_leaves_none, .init = set_up)
{
	struct nodefilter f = { .limit = 0 };
	struct nodeset set = { 0 };

	put_plain(&set, 1);
	nodefilter_apply(&set, &f);
	cr_assert_eq(nodeset_count(&set), 0);
}

/* The node is kept by the filter exactly if `kept`. */
static void expect(struct nodeset *set, const struct nodefilter *f, bool kept)
{
	nodefilter_apply(set, f);
	cr_assert_eq(nodeset_count(set), kept);
	nodeset_clear(set);
}

Test(nodefilter, of_networks_looks_at_the_address, .init = set_up)
{
	static const struct {
		const char *ip, *nets;
		bool kept;
	} cases[] = {
		{ "10.1.2.3", "10.0.0.0/8", true },
		{ "11.1.2.3", "10.0.0.0/8", false },
		{ "11.1.2.3", "10.0.0.0/8,11.0.0.0/8", true },
		{ "2001:db8::1", "2001:db8::/32", true },
		{ "2001:db9::1", "2001:db8::/32", false },
	};
	struct nodefilter f = any;
	struct nodeset set = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert_eq(netlist_parse(&f.ips, cases[i].nets, NULL),
			     ERR_NONE);
		put_at(&set, 1, cases[i].ip, "udp");
		expect(&set, &f, cases[i].kept);
	}
	cr_assert_eq(netlist_parse(&f.ips, "0.0.0.0/0,::/0", NULL), ERR_NONE);
	put_plain(&set, 1); /* no address */
	expect(&set, &f, false);
}

Test(nodefilter, of_ages_looks_at_the_time_between_answers, .init = set_up)
{
	static const struct {
		uint64_t first, last;
		bool kept;
	} cases[] = {
		{ 100, 159, false }, { 100, 160, true }, { 100, 161, true },
		{ 160, 100, false }, { 0, 0, false },
	};
	struct nodefilter f = any;
	struct nodeset set = { 0 };

	f.min_age = 60;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nodeset_node *node = put_plain(&set, 1);

		node->first_response = cases[i].first;
		node->last_response = cases[i].last;
		expect(&set, &f, cases[i].kept);
	}
}

Test(nodefilter, of_those_to_dial_wants_a_tcp_or_quic_port, .init = set_up)
{
	static const char *const yes[] = { "tcp", "tcp6", "quic", "quic6" };
	struct nodefilter f = any;
	struct nodeset set = { 0 };

	f.dialable = true;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		put_at(&set, 1, "10.0.0.1", yes[i]);
		expect(&set, &f, true);
	}
	put_at(&set, 1, "10.0.0.1", "udp");
	expect(&set, &f, false);
}

Test(nodefilter, of_keys_wants_all_of_them, .init = set_up)
{
	struct nodefilter f = any;
	struct nodeset set = { 0 };

	f.keys[f.key_count++] = "udp";
	put_at(&set, 1, "10.0.0.1", "udp");
	expect(&set, &f, true);
	f.keys[f.key_count++] = "eth";
	put_at(&set, 1, "10.0.0.1", "udp");
	expect(&set, &f, false);
}

Test(nodekeys, come_with_how_many_records_have_them, .init = set_up)
{
	static const struct {
		const char *key;
		size_t nodes;
	} want[] = {
		{ "id", 4 },  { "secp256k1", 4 }, { "ip", 2 },
		{ "tcp", 2 }, { "ip6", 1 },	  { "udp", 1 },
	};
	struct nodekeys_row *rows;
	struct nodeset set = { 0 };

	cr_assert_eq(nodekeys_count(&rows, &set), 0);
	free(rows);
	put_plain(&set, 1);
	put_at(&set, 2, "10.0.0.1", "tcp");
	put_at(&set, 3, "10.0.0.1", "udp");
	put_at(&set, 4, "2001:db8::1", "tcp");
	cr_assert_eq(nodekeys_count(&rows, &set), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		cr_assert(span_equal(span_of(rows[i].key, rows[i].len),
				     span_text(want[i].key)),
			  "%zu", i);
		cr_assert_eq(rows[i].nodes, want[i].nodes);
	}
	free(rows);
	nodeset_clear(&set);
}
