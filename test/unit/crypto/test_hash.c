/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hash.h"

#include <sodium.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* FIPS 180-4 examples (NIST "SHA-256 Example", one block, two blocks) and the
 * empty message. */
Test(hash, sha256_agrees_with_nist, .init = crypto_init)
{
	static const struct {
		const char *text, *digest;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t got[32], want[32];

		hex_copy(want, sizeof(want), cases[i].digest);
		sha256(got, span_text(cases[i].text));
		cr_assert_arr_eq(got, want, sizeof(want), "case %zu", i);
	}
}

Test(hash, sha256_agrees_with_libsodium_at_every_length, .init = crypto_init)
{
	uint8_t data[300], got[32], want[32];

	rng_bytes(data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		sha256(got, span_of(data, len));
		crypto_hash_sha256(want, data, len);
		cr_assert_arr_eq(got, want, sizeof(want), "length %zu", len);
	}
}

/* RFC 4231, cases 1 to 4. HMAC fills keys up with zeros, so those of less than
 * 32 bytes are the same key at 32. */
Test(hash, hmac_sha256_agrees_with_rfc_4231, .init = crypto_init)
{
	static const struct {
		const char *key, *data, *tag;
	} cases[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		  "4869205468657265",
		  "b0344c61d8db38535ca8afceaf0bf12b"
		  "881dc200c9833da726e9376c2e32cff7" },
		{ "4a656665",
		  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		  "5bdcc146bf60754e6a042426089575c7"
		  "5a003f089d2739839dec58b964ec3843" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
		  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
		  "773ea91e36800e46854db8ebd09181a7"
		  "2959098b3ef8c122d9635514ced565fe" },
		{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
		  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		  "82558a389a443c0ea4cc819899f2083a"
		  "85f0faa3e578f8077a2e3ff46729665b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span data = hex_bytes(cases[i].data);
		struct secret32 key = { { 0 } };
		uint8_t got[32], want[32];

		hex_copy(key.b, strlen(cases[i].key) / 2, cases[i].key);
		hex_copy(want, sizeof(want), cases[i].tag);
		hmac_sha256(got, &key, &data, 1);
		cr_assert_arr_eq(got, want, sizeof(want), "case %zu", i);
		free((void *)data.data);
	}
}

Test(hash, hmac_sha256_of_pieces_is_that_of_the_whole, .init = crypto_init)
{
	uint8_t data[150], got[32], want[32];
	struct secret32 key;

	rng_bytes(key.b, sizeof(key.b));
	rng_bytes(data, sizeof(data));
	crypto_auth_hmacsha256(want, data, sizeof(data), key.b);
	for (size_t a = 0; a <= sizeof(data); a += 7) {
		for (size_t b = a; b <= sizeof(data); b += 11) {
			const struct span pieces[] = {
				span_of(data, a),
				span_of(data + a, b - a),
				span_of(data + b, sizeof(data) - b),
			};

			hmac_sha256(got, &key, pieces, ARRAY_LEN(pieces));
			cr_assert_arr_eq(got, want, sizeof(want));
		}
	}
	hmac_sha256(got, &key, NULL, 0);
	crypto_auth_hmacsha256(want, data, 0, key.b);
	cr_assert_arr_eq(got, want, sizeof(want));
}

Test(hash, kdf_agrees_with_the_vectors, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");
	struct span z = vectors_hex(root, "ecies.kdf_sha256.z");
	json_t *outputs = vectors_at(root, "ecies.kdf_sha256.outputs");
	const char *name;
	json_t *value;

	cr_assert_eq(json_object_size(outputs), 4);
	json_object_foreach(outputs, name, value)
	{
		struct span want = hex_bytes(json_string_value(value));
		uint8_t got[128];

		cr_assert_eq(want.len, (size_t)atol(name));
		memset(got, 0xee, sizeof(got));
		kdf_concat(got, want.len, z);
		cr_assert_arr_eq(got, want.data, want.len, "%s", name);
		cr_assert_eq(got[want.len], 0xee, "writes %s bytes", name);
		free((void *)want.data);
	}
	free((void *)z.data);
	json_decref(root);
}

Test(hash, kdf_counts_on_to_its_limit, .init = crypto_init)
{
	uint8_t input[4 + 3] = { 0, 0, 0, 0, 'a', 'b', 'c' };
	uint8_t got[128], want[32];

	kdf_concat(got, sizeof(got), span_text("abc"));
	for (uint8_t i = 0; i < 4; i++) {
		input[3] = (uint8_t)(i + 1);
		sha256(want, span_of(input, sizeof(input)));
		cr_assert_arr_eq(got + 32 * i, want, sizeof(want));
	}
}
