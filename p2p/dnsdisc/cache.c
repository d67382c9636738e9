/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/cache.h"

#include "p2p/crypto/hashtable.h"

/* "Keyed by the first 12 bytes' worth of the hash". The table is in the order
 * of use. */
struct dns_cached {
	uint8_t key[DNS_HASH_MIN];
	UT_hash_handle hh;
	size_t len;
	uint8_t text[];
};

static void drop(struct dns_cache *c, struct dns_cached *entry)
{
	HASH_DELETE(hh, c->table, entry);
	free(entry);
}

void dns_cache_clear(struct dns_cache *c)
{
	while (c->table)
		drop(c, c->table);
}

size_t dns_cache_count(const struct dns_cache *c)
{
	return HASH_COUNT(c->table);
}

static struct dns_cached *find(const struct dns_cache *c,
			       const struct dns_hash *hash)
{
	struct dns_cached *entry;

	HASH_FIND(hh, c->table, hash->b, sizeof(entry->key), entry);
	return entry;
}

void dns_cache_put(struct dns_cache *c, const struct dns_hash *hash,
		   struct span text)
{
	struct dns_cached *entry = find(c, hash);

	if (text.len > DNS_CACHE_TEXT_MAX)
		return;
	/* The text may be the one that was lent. */
	if (entry && span_equal(text, span_of(entry->text, entry->len)))
		return;
	if (entry)
		drop(c, entry);
	if (dns_cache_count(c) == DNS_CACHE_MAX)
		drop(c, c->table);
	entry = calloc(1, sizeof(*entry) + text.len);
	if (!entry)
		abort();
	memcpy(entry->key, hash->b, sizeof(entry->key));
	entry->len = text.len;
	if (text.len)
		memcpy(entry->text, text.data, text.len);
	HASH_ADD(hh, c->table, key, sizeof(entry->key), entry);
}

bool dns_cache_get(struct dns_cache *c, struct span *text,
		   const struct dns_hash *hash)
{
	struct dns_cached *entry = find(c, hash);

	if (!entry)
		return false;
	HASH_DELETE(hh, c->table, entry);
	HASH_ADD(hh, c->table, key, sizeof(entry->key), entry);
	*text = span_of(entry->text, entry->len);
	return true;
}
