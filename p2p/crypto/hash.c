/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hash.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdlib.h>

#include "p2p/crypto/setup.h"

/* Fetched once, like the ciphers. */
static EVP_KDF *hkdf;

enum {
	KDF_MAX = 128
};

void setup_hkdf(void)
{
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (!hkdf)
		abort();
}

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

/* The library takes no NULL for what is empty, and no const. */
static OSSL_PARAM octets(const char *name, struct span s)
{
	return OSSL_PARAM_construct_octet_string(
		name,
		s.len ? (void *)(uintptr_t)s.data : (void *)(uintptr_t) "",
		s.len);
}

void hkdf_sha256(uint8_t *out, size_t len, struct span salt,
		 struct span material, struct span info)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
						 0),
		octets(OSSL_KDF_PARAM_KEY, material),
		octets(OSSL_KDF_PARAM_SALT, salt),
		octets(OSSL_KDF_PARAM_INFO, info),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF_CTX *ctx;

	assert(hkdf); /* crypto_init came first */
	ctx = EVP_KDF_CTX_new(hkdf);
	if (!ctx || EVP_KDF_derive(ctx, out, len, params) <= 0)
		abort();
	EVP_KDF_CTX_free(ctx); /* wipes its copies */
}
