/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static const struct dns_tree_entry *find(const struct dns_tree *tree,
					 const struct dns_hash *hash)
{
	for (size_t i = 0; i < tree->count; i++)
		if (!memcmp(tree->entries[i].hash.b, hash->b, hash->len))
			return &tree->entries[i];
	return NULL;
}

/* The example of EIP-1459 made again, byte for byte. */
Test(dns_tree, makes_the_example_again, .init = crypto_init)
{
	json_t *root = vectors_load("dnsdisc.json"), *row;
	json_t *rows = vectors_at(root, "trees.0.entries");
	char text[DNS_ROOT_TEXT];
	struct dns_hash hash;
	struct dns_tree tree;
	struct enr records[3];
	struct dns_link link;
	struct secret32 key;
	size_t i, n = 0;

	json_array_foreach(rows, i, row)
	{
		const char *txt =
			json_string_value(json_object_get(row, "txt"));
		struct dns_entry e;

		cr_assert_eq(dns_entry_parse(&e, span_text(txt), NULL),
			     ERR_NONE);
		if (e.kind == DNS_LEAF)
			records[n++] = e.record;
		if (e.kind == DNS_LINK)
			link = e.link;
	}
	cr_assert_eq(n, 3);
	cr_assert_eq(dns_tree_make(&tree, records, 3, &link, 1, NULL),
		     ERR_NONE);
	cr_assert_eq(tree.count, json_array_size(rows));
	json_array_foreach(rows, i, row)
	{
		const char *name =
			json_string_value(json_object_get(row, "subdomain"));

		cr_assert_eq(dns_hash_parse(&hash, span_text(name)), ERR_NONE);
		cr_assert_not_null(find(&tree, &hash), "%s", name);
		cr_assert_str_eq(
			find(&tree, &hash)->text,
			json_string_value(json_object_get(row, "txt")));
	}
	tree.root.seq = 1;
	hex_copy(key.b, sizeof(key.b),
		 vectors_text(root, "trees.0.signing_key"));
	cr_assert_str_eq(dns_root_sign(text, &tree.root, &key),
			 vectors_text(root, "trees.0.root.txt"));
	dns_tree_clear(&tree);
	json_decref(root);
}

static struct enr record_of(unsigned n)
{
	struct enr_draft d = { .seq = n };
	struct ecc_keypair key = { { { 1 } }, { { 0 } } };
	struct enr r;

	key.key.b[30] = (uint8_t)(n >> 8);
	key.key.b[31] = (uint8_t)n;
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set_port(&d, "udp", (uint16_t)(n + 1)),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	return r;
}

/* The leaves below a hash, each entry counted; how deep it goes. */
static size_t walk(const struct dns_tree *tree, struct dns_hash hash,
		   size_t *seen, size_t *depth)
{
	const struct dns_tree_entry *found = find(tree, &hash);
	struct span value, rest;
	struct why why = WHY_NONE;
	size_t deepest = 0, leaves = 0;
	struct dns_entry e;

	cr_assert_not_null(found);
	(*seen)++;
	value = span_text(found->text);
	cr_assert_eq(dns_entry_find(&e, &value, 1, &hash, &why), ERR_NONE, "%s",
		     why.text);
	*depth = 1;
	if (e.kind != DNS_BRANCH)
		return 1;
	cr_assert_leq(value.len, 370);
	cr_assert_leq(dns_branch_count(e.children), 13);
	rest = e.children;
	while (dns_branch_next(&hash, &rest)) {
		size_t below;

		leaves += walk(tree, hash, seen, &below);
		deepest = below > deepest ? below : deepest;
	}
	*depth = 1 + deepest;
	return leaves;
}

Test(dns_tree, holds_every_record_in_branches_of_13, .init = crypto_init)
{
	static const struct {
		size_t records, entries, depth;
	} sizes[] = {
		/* Entries below e, and levels. */
		{ 0, 1, 1 },   { 1, 1, 1 },	{ 2, 3, 2 },
		{ 13, 14, 2 }, { 14, 16, 3 },	{ 15, 18, 3 },
		{ 26, 29, 3 }, { 169, 183, 3 }, { 170, 185, 4 },
	};
	struct enr records[170];
	struct dns_tree tree;

	for (unsigned i = 0; i < ARRAY_LEN(records); i++)
		records[i] = record_of(i);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t seen = 0, depth, n = sizes[i].records;

		cr_assert_eq(dns_tree_make(&tree, records, n, NULL, 0, NULL),
			     ERR_NONE);
		cr_assert_eq(walk(&tree, tree.root.records, &seen, &depth), n);
		cr_assert_eq(seen, sizes[i].entries, "%zu: %zu", n, seen);
		cr_assert_eq(depth, sizes[i].depth, "%zu: %zu", n, depth);
		/* With the empty branch of links, which may be the same. */
		cr_assert_eq(tree.count, n ? seen + 1 : 1);
		dns_tree_clear(&tree);
	}
}

Test(dns_tree, does_not_depend_on_the_order_of_records, .init = crypto_init)
{
	struct enr records[20], turned[20];
	struct dns_tree a, b;

	for (unsigned i = 0; i < 20; i++)
		turned[19 - i] = records[i] = record_of(i);
	cr_assert_eq(dns_tree_make(&a, records, 20, NULL, 0, NULL), ERR_NONE);
	cr_assert_eq(dns_tree_make(&b, turned, 20, NULL, 0, NULL), ERR_NONE);
	cr_assert_arr_eq(&a.root, &b.root, sizeof(a.root));
	cr_assert_eq(a.count, b.count);
	for (size_t i = 0; i < a.count; i++)
		cr_assert_str_eq(a.entries[i].text, b.entries[i].text);
	dns_tree_clear(&a);
	dns_tree_clear(&b);
}

Test(dns_tree, refuses_what_must_not_be_published, .init = crypto_init)
{
	static const uint8_t large[] = { 0x83, 1, 0x11, 0x70 };
	struct ecc_keypair key = { { { 7 } }, { { 0 } } };
	struct enr records[2] = { record_of(1), record_of(2) };
	struct enr_draft d = { .seq = 1 };
	struct dns_link links[2] = { { .domain = "n" }, { .domain = "n" } };
	struct why why = WHY_NONE;
	struct dns_tree tree;

	records[1] = records[0];
	cr_assert_eq(dns_tree_make(&tree, records, 2, NULL, 0, &why),
		     ERR_EXISTS);
	cr_assert(strstr(why.text, ": two records"), "%s", why.text);
	records[1].raw[20] ^= 1;
	cr_assert_eq(dns_tree_make(&tree, records, 2, NULL, 0, &why), ERR_AUTH);
	cr_assert_str_eq(why.text, "record 2: the signature does not match");
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set(&d, "tcp6", span_of(large, sizeof(large))),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&records[1], &d, &key), ERR_NONE);
	cr_assert_eq(dns_tree_make(&tree, records, 2, NULL, 0, &why),
		     ERR_FORMAT);
	cr_assert_str_eq(why.text, "record 2: a port is not a 16-bit integer");
	links[0].pub = links[1].pub = key.pub;
	cr_assert_eq(dns_tree_make(&tree, records, 1, links, 2, &why),
		     ERR_EXISTS);
	cr_assert(strstr(why.text, "@n: there twice"), "%s", why.text);
	cr_assert_eq(
		dns_tree_make(&tree, NULL, DNS_TREE_MAX + 1, NULL, 0, &why),
		ERR_LIMIT);
	cr_assert_eq(dns_tree_make(&tree, records, 1, links, 1, &why),
		     ERR_NONE);
	cr_assert_eq(tree.count, 2);
	dns_tree_clear(&tree);
}
