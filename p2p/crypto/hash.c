/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hash.h"

/* For SHA-256 itself: what has taken its place makes and frees a context for
 * each hash, at a multiple of what hashing a handshake's packets costs. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>
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

/* out = SHA256(first || pieces), where out may be one of them. Of the two
 * libraries we have that can do it, this one uses the processor's instructions
 * for it. None of the three fails. */
static void hash_all(uint8_t out[32], struct span first,
		     const struct span *pieces, size_t count)
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, first.data, first.len);
	for (size_t i = 0; i < count; i++)
		SHA256_Update(&ctx, pieces[i].data, pieces[i].len);
	SHA256_Final(out, &ctx);
	secret_wipe(&ctx, sizeof(ctx));
}

void sha256(uint8_t out[32], struct span data)
{
	hash_all(out, data, NULL, 0);
}

/* RFC 2104: H(K ^ opad, H(K ^ ipad, text)) */
void hmac_sha256(uint8_t out[32], const struct secret32 *key,
		 const struct span *pieces, size_t count)
{
	const struct span inner = span_of(out, SHA256_DIGEST_LENGTH);
	uint8_t inner_pad[SHA256_CBLOCK];
	uint8_t outer_pad[SHA256_CBLOCK];

	memset(inner_pad, 0x36, sizeof(inner_pad));
	memset(outer_pad, 0x5c, sizeof(outer_pad));
	for (size_t i = 0; i < sizeof(key->b); i++) {
		inner_pad[i] ^= key->b[i];
		outer_pad[i] ^= key->b[i];
	}
	hash_all(out, span_of(inner_pad, sizeof(inner_pad)), pieces, count);
	hash_all(out, span_of(outer_pad, sizeof(outer_pad)), &inner, 1);
	secret_wipe(inner_pad, sizeof(inner_pad));
	secret_wipe(outer_pad, sizeof(outer_pad));
}

void kdf_concat(uint8_t *out, size_t len, struct span z)
{
	uint8_t block[32];

	assert(len <= KDF_MAX);
	for (uint8_t counter = 1; len; counter++) {
		const uint8_t prefix[4] = { 0, 0, 0, counter };
		size_t n = len < sizeof(block) ? len : sizeof(block);

		/* SHA256(be32(counter) || z) */
		hash_all(block, span_of(prefix, sizeof(prefix)), &z, 1);
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
