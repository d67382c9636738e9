/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/drbg.h"

#include <sodium.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static const struct secret32 seed = { { 1, 2, 3 } };

Test(drbg, gives_the_same_in_any_pieces, .init = crypto_init)
{
	uint8_t whole[3000], pieces[3000];
	struct drbg a, b;

	drbg_init(&a, &seed);
	drbg_init(&b, &seed);
	drbg_bytes(&a, whole, sizeof(whole));
	for (size_t at = 0, n = 1; at < sizeof(pieces); at += n, n = n % 97 + 1)
		drbg_bytes(&b, pieces + at,
			   n < sizeof(pieces) - at ? n : sizeof(pieces) - at);
	cr_assert_arr_eq(whole, pieces, sizeof(whole));
}

/* The stream is libsodium's, block by block, without the seeds in it. */
Test(drbg, is_chacha20_with_erasure, .init = crypto_init)
{
	uint8_t got[2 * DRBG_BLOCK], stream[32 + DRBG_BLOCK];
	struct drbg d;

	drbg_init(&d, &seed);
	drbg_bytes(&d, got, sizeof(got));
	randombytes_buf_deterministic(stream, sizeof(stream), seed.b);
	cr_assert_arr_eq(got, stream + 32, DRBG_BLOCK);
	memcpy(got, stream, 32);
	randombytes_buf_deterministic(stream, sizeof(stream), got);
	cr_assert_arr_eq(got + DRBG_BLOCK, stream + 32, DRBG_BLOCK);
}

Test(drbg, forgets_what_was_drawn, .init = crypto_init)
{
	static const uint8_t zeros[100];
	uint8_t out[100];
	struct drbg d;

	drbg_init(&d, &seed);
	drbg_bytes(&d, out, sizeof(out));
	cr_assert_arr_neq(out, zeros, sizeof(out));
	cr_assert_arr_eq(d.block, zeros, sizeof(zeros));
}

Test(drbg, is_another_for_another_seed, .init = crypto_init)
{
	struct secret32 other = seed;
	struct drbg a, b;
	uint64_t x, y;

	other.b[31] = 1;
	drbg_init(&a, &seed);
	drbg_init(&b, &other);
	drbg_bytes(&a, &x, sizeof(x));
	drbg_bytes(&b, &y, sizeof(y));
	cr_assert_neq(x, y);
}

/* 6,000 draws of six: each face about 1,000 times, 150 off at most (five
 * standard deviations; the stream is always the same). */
Test(drbg, draws_evenly, .init = crypto_init)
{
	unsigned faces[6] = { 0 };
	struct drbg d;

	drbg_init(&d, &seed);
	for (unsigned i = 0; i < 6000; i++) {
		uint32_t v = drbg_below(&d, 6);

		cr_assert_lt(v, 6);
		faces[v]++;
	}
	for (unsigned i = 0; i < 6; i++)
		cr_assert(faces[i] > 850 && faces[i] < 1150, "%u", faces[i]);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(drbg_below(&d, 1), 0);
}

Test(drbg, makes_valid_keys, .init = crypto_init)
{
	struct secret32 a, b;
	struct drbg d;

	drbg_init(&d, &seed);
	drbg_key(&d, &a);
	drbg_key(&d, &b);
	cr_assert(ecc_key_valid(&a) && ecc_key_valid(&b));
	cr_assert_arr_neq(a.b, b.b, sizeof(a.b));
}
