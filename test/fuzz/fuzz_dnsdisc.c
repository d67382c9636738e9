/* SPDX-License-Identifier: Apache-2.0 */
/* DNS lists: what is taken for a link is written as it was, but for bits that
 * base32 leaves over; a branch has as many children as are taken off it; and a
 * root that was signed anew is read as it was. */

#include "p2p/crypto/rng.h"
#include "p2p/dnsdisc/root.h"
#include "test/fuzz/fuzz.h"

static struct ecc_keypair key;

static bool same(const struct dns_hash *a, const struct dns_hash *b)
{
	return span_equal(span_of(a->b, a->len), span_of(b->b, b->len));
}

static void check_hash(const struct dns_hash *hash)
{
	char text[DNS_HASH_TEXT];
	struct dns_hash again;

	MUST(hash->len >= DNS_HASH_MIN && hash->len <= DNS_HASH_MAX);
	MUST(!dns_hash_parse(&again, span_text(dns_hash_text(text, hash))));
	MUST(same(hash, &again));
}

static void check_entry(const struct dns_entry *e, struct span text)
{
	char url[DNS_LINK_TEXT], record[ENR_TEXT_MAX];
	struct span rest = e->children;
	struct dns_hash hash;
	struct dns_link link;
	size_t n = 0;

	switch (e->kind) {
	case DNS_BRANCH:
		while (dns_branch_next(&hash, &rest)) {
			check_hash(&hash);
			n++;
		}
		MUST(!rest.len && n == dns_branch_count(e->children));
		break;
	case DNS_LEAF:
		MUST(span_equal(span_text(enr_text(record, &e->record)), text));
		break;
	case DNS_LINK:
		dns_link_text(url, &e->link);
		MUST(strlen(url) == text.len);
		MUST(!dns_link_parse(&link, span_text(url), NULL));
		MUST(!strcmp(link.domain, e->link.domain));
		break;
	}
}

static void check_root(struct dns_root root)
{
	struct dns_root again, read;
	char text[DNS_ROOT_TEXT];

	check_hash(&root.records);
	check_hash(&root.links);
	again = root;
	dns_root_sign(text, &again, &key.key);
	MUST(!dns_root_parse(&read, span_text(text), NULL));
	MUST(dns_root_verify(&read, &key.pub));
	MUST(read.seq == root.seq && same(&read.records, &root.records) &&
	     same(&read.links, &root.links));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct why why = WHY_NONE;
	struct dns_root root;
	struct dns_entry e;

	if (!key.pub.b[0]) {
		crypto_init();
		memset(key.key.b, 7, sizeof(key.key.b));
		ecc_pub_of(&key.pub, &key.key);
	}
	if (!dns_entry_parse(&e, text, &why))
		check_entry(&e, text);
	else
		MUST(why.text[0]);
	if (!dns_root_parse(&root, text, &why))
		check_root(root);
	return 0;
}
