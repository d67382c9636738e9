/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hash.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "p2p/crypto/setup.h"

/* Fetched once, like the ciphers. The library has the processor's instructions
 * for SHA-256 where it has them, which libsodium does not. */
static EVP_MD *digest;
static EVP_KDF *hkdf;

enum {
	KDF_MAX = 128,
	SHA256_BLOCK = 64,
};

void setup_hash(void)
{
	digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (!digest || !hkdf)
		abort();
}

/* Fails for want of memory, or when we misuse the library. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

/* Its memory is wiped when it is freed. */
static EVP_MD_CTX *ctx_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert(digest); /* crypto_init came first */
	if (!ctx)
		abort();
	return ctx;
}

/* out = SHA256(first || pieces), where out may be in either. */
static void hash_with(EVP_MD_CTX *ctx, uint8_t out[32], struct span first,
		      const struct span *pieces, size_t count)
{
	must(EVP_DigestInit_ex2(ctx, digest, NULL));
	must(EVP_DigestUpdate(ctx, first.data, first.len));
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len));
	must(EVP_DigestFinal_ex(ctx, out, NULL));
}

void sha256(uint8_t out[32], struct span data)
{
	EVP_MD_CTX *ctx = ctx_new();

	hash_with(ctx, out, data, NULL, 0);
	EVP_MD_CTX_free(ctx);
}

/* RFC 2104: H(K ^ opad, H(K ^ ipad, text)) */
void hmac_sha256(uint8_t out[32], const struct secret32 *key,
		 const struct span *pieces, size_t count)
{
	const struct span inner = span_of(out, 32);
	EVP_MD_CTX *ctx = ctx_new();
	uint8_t inner_pad[SHA256_BLOCK];
	uint8_t outer_pad[SHA256_BLOCK];

	memset(inner_pad, 0x36, sizeof(inner_pad));
	memset(outer_pad, 0x5c, sizeof(outer_pad));
	for (size_t i = 0; i < sizeof(key->b); i++) {
		inner_pad[i] ^= key->b[i];
		outer_pad[i] ^= key->b[i];
	}
	hash_with(ctx, out, span_of(inner_pad, sizeof(inner_pad)), pieces,
		  count);
	hash_with(ctx, out, span_of(outer_pad, sizeof(outer_pad)), &inner, 1);
	EVP_MD_CTX_free(ctx);
	secret_wipe(inner_pad, sizeof(inner_pad));
	secret_wipe(outer_pad, sizeof(outer_pad));
}

void kdf_concat(uint8_t *out, size_t len, struct span z)
{
	EVP_MD_CTX *ctx = ctx_new();
	uint8_t block[32];

	assert(len <= KDF_MAX);
	for (uint8_t counter = 1; len; counter++) {
		const uint8_t prefix[4] = { 0, 0, 0, counter };
		size_t n = len < sizeof(block) ? len : sizeof(block);

		/* SHA256(be32(counter) || z) */
		hash_with(ctx, block, span_of(prefix, sizeof(prefix)), &z, 1);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	EVP_MD_CTX_free(ctx);
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
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name,
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
