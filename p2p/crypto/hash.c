/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hash.h"

#include <assert.h>
#include <sodium.h>

enum {
	KDF_MAX = 128
};

void sha256(uint8_t out[32], struct span data)
{
	crypto_hash_sha256(out, data.data, data.len);
}

void hmac_sha256(uint8_t out[32], const struct secret32 *key,
		 const struct span *pieces, size_t count)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key->b, sizeof(key->b));
	for (size_t i = 0; i < count; i++)
		crypto_auth_hmacsha256_update(&state, pieces[i].data,
					      pieces[i].len);
	crypto_auth_hmacsha256_final(&state, out);
	secret_wipe(&state, sizeof(state));
}

/* One turn of the KDF: SHA256(be32(counter) || z). */
static void kdf_block(uint8_t out[32], uint8_t counter, struct span z)
{
	const uint8_t prefix[4] = { 0, 0, 0, counter };
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, prefix, sizeof(prefix));
	crypto_hash_sha256_update(&state, z.data, z.len);
	crypto_hash_sha256_final(&state, out);
	secret_wipe(&state, sizeof(state));
}

void kdf_concat(uint8_t *out, size_t len, struct span z)
{
	uint8_t block[32];

	assert(len <= KDF_MAX);
	for (uint8_t counter = 1; len; counter++) {
		size_t n = len < sizeof(block) ? len : sizeof(block);

		kdf_block(block, counter, z);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	secret_wipe(block, sizeof(block));
}
