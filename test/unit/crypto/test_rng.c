/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/rng.h"

#include <pthread.h>

#include "test/support/unit.h"

Test(rng, below_reaches_every_value_and_no_other, .init = crypto_init)
{
	unsigned seen[6] = { 0 };

	/* 1,000 draws miss one of six once in 10^78 runs. */
	for (int i = 0; i < 1000; i++) {
		uint32_t v = rng_below(6);

		cr_assert_lt(v, 6);
		seen[v]++;
	}
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		cr_assert_gt(seen[i], 0);
	cr_assert_eq(rng_below(1), 0);
}

Test(rng, keys_are_valid_and_differ, .init = crypto_init)
{
	struct secret32 a, b;

	rng_key(&a);
	rng_key(&b);
	cr_assert(ecc_key_valid(&a));
	cr_assert(ecc_key_valid(&b));
	cr_assert(!secret_equal(&a, &b, sizeof(a)));
}

Test(rng, bytes_fill_what_was_asked_and_no_more, .init = crypto_init)
{
	uint8_t all = 0, buf[34];

	/* Of 64 draws one is not zero at each place, or it is not filled. */
	for (size_t at = 1; at < 33; at++) {
		all = 0;
		for (int i = 0; i < 64; i++) {
			memset(buf, 0, sizeof(buf));
			rng_bytes(buf + 1, 32);
			all |= buf[at];
			cr_assert_eq(buf[0], 0);
			cr_assert_eq(buf[33], 0);
		}
		cr_assert_neq(all, 0);
	}
}

static void *init_and_use(void *arg)
{
	struct ecc_pub *pub = arg;
	struct secret32 key;

	crypto_init();
	rng_key(&key);
	ecc_pub_of(pub, &key);
	return NULL;
}

Test(rng, crypto_init_may_be_raced_and_repeated)
{
	pthread_t threads[4];
	struct ecc_pub pub[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, init_and_use,
					    &pub[i]),
			     0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
	crypto_init();
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		cr_assert(ecc_pub_valid(&pub[i]));
}
