/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/cache.h"

#include <stdio.h>

#include "p2p/crypto/hashtable.h"
#include "test/support/unit.h"

static struct dns_hash put(struct dns_cache *c, unsigned n)
{
	struct dns_hash hash = { .len = DNS_HASH_OURS };
	char text[16];

	memcpy(hash.b, &n, sizeof(n));
	snprintf(text, sizeof(text), "%u", n);
	dns_cache_put(c, &hash, span_text(text));
	return hash;
}

Test(dns_cache, keeps_the_texts_that_were_used_last, .init = hashtable_init)
{
	struct dns_hash first, second, hash;
	struct dns_cache c = { 0 };
	struct span text;

	first = put(&c, 1);
	second = put(&c, 2);
	for (unsigned n = 3; n <= DNS_CACHE_MAX; n++)
		put(&c, n);
	cr_assert_eq(dns_cache_count(&c), DNS_CACHE_MAX);
	cr_assert(dns_cache_get(&c, &text, &first));
	hash = put(&c, DNS_CACHE_MAX + 1);
	cr_assert_eq(dns_cache_count(&c), DNS_CACHE_MAX);
	cr_assert(dns_cache_get(&c, &text, &first));
	cr_assert(span_equal(text, span_text("1")));
	cr_assert_not(dns_cache_get(&c, &text, &second));
	cr_assert(dns_cache_get(&c, &text, &hash));
	cr_assert(span_equal(text, span_text("1001")));
	dns_cache_clear(&c);
	cr_assert_eq(dns_cache_count(&c), 0);
	cr_assert_not(dns_cache_get(&c, &text, &first));
}

Test(dns_cache, holds_one_text_for_a_hash_and_no_long_ones,
     .init = hashtable_init)
{
	static const char large[DNS_CACHE_TEXT_MAX + 1];
	struct dns_hash hash = { .len = DNS_HASH_MAX };
	struct dns_cache c = { 0 };
	struct span text;

	dns_cache_put(&c, &hash, span_text("one"));
	dns_cache_put(&c, &hash, span_text("two"));
	cr_assert_eq(dns_cache_count(&c), 1);
	hash.len = DNS_HASH_MIN; /* what all names have is what counts */
	cr_assert(dns_cache_get(&c, &text, &hash));
	cr_assert(span_equal(text, span_text("two")));
	dns_cache_put(&c, &hash, text); /* what it has lent */
	cr_assert(dns_cache_get(&c, &text, &hash));
	cr_assert(span_equal(text, span_text("two")));

	hash.b[0] = 1;
	dns_cache_put(&c, &hash, span_of(large, DNS_CACHE_TEXT_MAX + 1));
	cr_assert_not(dns_cache_get(&c, &text, &hash));
	dns_cache_put(&c, &hash, span_of(large, DNS_CACHE_TEXT_MAX));
	cr_assert(dns_cache_get(&c, &text, &hash));
	cr_assert_eq(text.len, DNS_CACHE_TEXT_MAX);
	hash.b[0] = 2;
	dns_cache_put(&c, &hash, span_of(NULL, 0));
	cr_assert(dns_cache_get(&c, &text, &hash));
	cr_assert_eq(text.len, 0);
	dns_cache_clear(&c);
}
