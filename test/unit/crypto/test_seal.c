/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/seal.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static const struct seal_cost cheap = { 1, SEAL_MEMORY_KIB_MIN };

static struct span said(const char *text)
{
	return span_text(text);
}

static struct seal sealed(const struct secret32 *secret, const char *passphrase)
{
	struct seal seal;

	crypto_init();
	cr_assert_eq(seal_make(&seal, secret, said(passphrase), cheap),
		     ERR_NONE);
	return seal;
}

static bool is_zero(const struct secret32 *s)
{
	return !memcmp(s, &(struct secret32){ 0 }, sizeof(*s));
}

/* Sealed with Go's x/crypto (argon2.IDKey, secretbox.Seal): salt and nonce
 * count up from 0x10 and 0x40, the secret from 1. */
Test(seal, opens_what_another_implementation_sealed)
{
	struct seal seal = {
		.cost = { .passes = 3, .memory_kib = 64 },
		.box = { 0x7d, 0x70, 0xd5, 0x94, 0x49, 0xf4, 0xd8, 0x56,
			 0xae, 0x7d, 0xfb, 0xf6, 0x98, 0x20, 0xf3, 0x04,
			 0xb8, 0x26, 0x6a, 0x8b, 0xa3, 0xcf, 0x1e, 0x7d,
			 0x6c, 0x74, 0xae, 0x8e, 0x48, 0x9e, 0xb6, 0x33,
			 0xad, 0x5e, 0x16, 0xb8, 0x00, 0x0c, 0x8c, 0x22,
			 0x1a, 0xa4, 0x76, 0xe6, 0x5b, 0xd1, 0xe5, 0x28 },
	};
	struct secret32 out;

	crypto_init();
	for (unsigned i = 0; i < sizeof(seal.salt); i++)
		seal.salt[i] = (uint8_t)(0x10 + i);
	for (unsigned i = 0; i < sizeof(seal.nonce); i++)
		seal.nonce[i] = (uint8_t)(0x40 + i);
	cr_assert_eq(seal_open(&out, &seal, said("correct horse")), ERR_NONE);
	for (unsigned i = 0; i < sizeof(out.b); i++)
		cr_assert_eq(out.b[i], i + 1);
}

Test(seal, opens_with_its_passphrase_alone)
{
	const struct secret32 secret = { { 1, 2, 3 } };
	struct seal seal = sealed(&secret, "correct horse");
	struct secret32 out;

	cr_assert_eq(seal_open(&out, &seal, said("correct horse")), ERR_NONE);
	cr_assert_arr_eq(out.b, secret.b, sizeof(out.b));
	cr_assert_eq(seal_open(&out, &seal, said("correct horsE")), ERR_AUTH);
	cr_assert(is_zero(&out));
	cr_assert_eq(seal_open(&out, &seal, said("")), ERR_AUTH);
}

Test(seal, is_another_each_time)
{
	const struct secret32 secret = { { 9 } };
	struct seal a = sealed(&secret, "p"), b = sealed(&secret, "p");

	cr_assert_neq(memcmp(a.salt, b.salt, sizeof(a.salt)), 0);
	cr_assert_neq(memcmp(a.nonce, b.nonce, sizeof(a.nonce)), 0);
	cr_assert_neq(memcmp(a.box, b.box, sizeof(a.box)), 0);
}

Test(seal, opens_no_more_when_any_byte_was_altered)
{
	const struct secret32 secret = { { 1 } };
	struct seal seal = sealed(&secret, "p");
	uint8_t *const parts[] = { seal.salt, seal.nonce, seal.box };
	const size_t sizes[] = { SEAL_SALT, SEAL_NONCE, SEAL_BOX };
	struct secret32 out;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t at = 0; at < sizes[i]; at++) {
			parts[i][at] ^= 1;
			cr_assert_eq(seal_open(&out, &seal, said("p")),
				     ERR_AUTH);
			cr_assert(is_zero(&out));
			parts[i][at] ^= 1;
		}
	seal.cost.passes++;
	cr_assert_eq(seal_open(&out, &seal, said("p")), ERR_AUTH);
	seal.cost.passes--;
	cr_assert_eq(seal_open(&out, &seal, said("p")), ERR_NONE);
}

Test(seal, refuses_costs_that_only_a_forger_asks_for)
{
	static const struct seal_cost bad[] = {
		{ 0, SEAL_MEMORY_KIB_MIN },
		{ SEAL_PASSES_MAX + 1, SEAL_MEMORY_KIB_MIN },
		{ 1, SEAL_MEMORY_KIB_MIN - 1 },
		{ 1, SEAL_MEMORY_KIB_MAX + 1 },
		{ UINT32_MAX, UINT32_MAX },
	};
	const struct secret32 secret = { { 1 } };
	struct seal seal = sealed(&secret, "p"), none;
	struct secret32 out;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		seal.cost = bad[i];
		memset(&out, 0xa5, sizeof(out));
		cr_assert_eq(seal_open(&out, &seal, said("p")), ERR_LIMIT);
		cr_assert(is_zero(&out));
		cr_assert_eq(seal_make(&none, &secret, said("p"), bad[i]),
			     ERR_LIMIT);
	}
}
