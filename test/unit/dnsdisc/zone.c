/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/dnsdisc/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	TEXT_MAX = 4096
};

void zone_set_up(void)
{
	crypto_init();
	hashtable_init();
}

void zone_clear(struct zone *z)
{
	for (size_t i = 0; i < z->count; i++) {
		free(z->rows[i].name);
		free(z->rows[i].text);
	}
	free(z->rows);
	*z = (struct zone){ 0 };
}

static struct zone_row *find(const struct zone *z, const char *name)
{
	for (size_t i = 0; i < z->count; i++)
		if (!strcasecmp(z->rows[i].name, name))
			return &z->rows[i];
	return NULL;
}

const struct zone_row *zone_find(const struct zone *z, const char *name)
{
	return find(z, name);
}

void zone_set(struct zone *z, const char *name, const char *text)
{
	struct zone_row *row = find(z, name);

	if (!row) {
		z->rows = reallocarray(z->rows, z->count + 1, sizeof(*z->rows));
		row = &z->rows[z->count++];
		*row = (struct zone_row){ .name = strdup(name) };
	}
	free(row->text);
	row->text = text ? strdup(text) : NULL;
}

void zone_drop(struct zone *z, const char *name)
{
	struct zone_row *row = find(z, name);

	cr_assert_not_null(row);
	free(row->name);
	free(row->text);
	*row = z->rows[--z->count];
}

struct secret32 zone_key(unsigned n)
{
	struct secret32 key = { { 1 } };

	key.b[29] = (uint8_t)(n >> 16);
	key.b[30] = (uint8_t)(n >> 8);
	key.b[31] = (uint8_t)n;
	return key;
}

struct dns_link zone_link(unsigned n, const char *domain)
{
	struct secret32 key = zone_key(n);
	struct dns_link link;

	ecc_pub_of(&link.pub, &key);
	snprintf(link.domain, sizeof(link.domain), "%s", domain);
	return link;
}

struct enr zone_record(unsigned n)
{
	struct ecc_keypair key = { .key = zone_key(n) };
	struct enr_draft d = { .seq = n };
	struct enr r;

	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set_port(&d, "udp", (uint16_t)(n % 60000 + 1)),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	cr_assert_eq(enr_verify(&r, NULL), ERR_NONE);
	return r;
}

static void set_entry(struct zone *z, const char *domain,
		      const struct dns_hash *hash, const char *text)
{
	char name[DNS_NAME_MAX], base32[DNS_HASH_TEXT];

	snprintf(name, sizeof(name), "%s.%s", dns_hash_text(base32, hash),
		 domain);
	zone_set(z, name, text);
}

void zone_add_list(struct zone *z, unsigned n, const char *domain, uint64_t seq,
		   unsigned first, unsigned count, const struct dns_link *links,
		   size_t link_count)
{
	struct enr *records = calloc(count + 1, sizeof(*records));
	struct dns_tree tree;

	for (unsigned i = 0; i < count; i++)
		records[i] = zone_record(first + i);
	cr_assert_eq(
		dns_tree_make(&tree, records, count, links, link_count, NULL),
		ERR_NONE);
	for (size_t i = 0; i < tree.count; i++)
		set_entry(z, domain, &tree.entries[i].hash,
			  tree.entries[i].text);
	zone_add_root(z, n, domain, seq, &tree.root.records, &tree.root.links);
	dns_tree_clear(&tree);
	free(records);
}

void zone_add_root(struct zone *z, unsigned n, const char *domain, uint64_t seq,
		   const struct dns_hash *records, const struct dns_hash *links)
{
	struct dns_root root = { .records = *records, .seq = seq };
	struct secret32 key = zone_key(n);
	char text[DNS_ROOT_TEXT];

	root.links = *links;
	zone_set(z, domain, dns_root_sign(text, &root, &key));
}

struct dns_hash zone_add_entry(struct zone *z, const char *domain,
			       const char *text)
{
	struct dns_hash hash = dns_hash_of(span_text(text));

	set_entry(z, domain, &hash, text);
	return hash;
}

struct dns_hash zone_add_branch(struct zone *z, const char *domain,
				const struct dns_hash *children, size_t count)
{
	char *text = malloc(16 + count * DNS_HASH_TEXT + 1);
	char hash[DNS_HASH_TEXT];
	struct dns_hash out;
	size_t n;

	n = (size_t)sprintf(text, "enrtree-branch:");
	for (size_t i = 0; i < count; i++)
		n += (size_t)sprintf(text + n, "%s%s", i ? "," : "",
				     dns_hash_text(hash, &children[i]));
	out = zone_add_entry(z, domain, text);
	free(text);
	return out;
}

struct dns_hash zone_add_loop(struct zone *z, unsigned n, const char *domain,
			      uint64_t seq)
{
	struct dns_hash leaf, shared, two[2], top, none;
	struct enr node = zone_record(9);
	char text[ENR_TEXT_MAX];

	leaf = zone_add_entry(z, domain, enr_text(text, &node));
	none = zone_add_branch(z, domain, NULL, 0);
	shared = zone_add_branch(z, domain, &leaf, 1);
	two[0] = shared;
	two[1] = zone_add_branch(z, domain, &shared, 1);
	top = zone_add_branch(z, domain, two, 2);
	zone_add_root(z, n, domain, seq, &top, &none);
	return shared;
}
