/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - SHA-256, HMAC-SHA-256, and the KDFs: the concatenating one
 * that ECIES uses, and HKDF for Discovery v5. Pure; thread: any, after
 * crypto_init. */
#ifndef P2P_CRYPTO_HASH_H
#define P2P_CRYPTO_HASH_H

#include "p2p/base/span.h"
#include "p2p/crypto/secret.h"

void sha256(uint8_t out[32], struct span data);

/* hmac_sha256 - over the pieces in their order. */
void hmac_sha256(uint8_t out[32], const struct secret32 *key,
		 const struct span *pieces, size_t count);

/* kdf_concat - NIST SP 800-56A concatenation KDF over SHA-256 without other
 * info: SHA256(00000001 || z) || SHA256(00000002 || z) || ..., cut to len
 * (at most 128). specs: ECIES, "KDF". */
void kdf_concat(uint8_t *out, size_t len, struct span z);

/* hkdf_sha256 - RFC 5869: len bytes (at most 8,160) from the key material. The
 * caller wipes them. Costs 2 us. */
void hkdf_sha256(uint8_t *out, size_t len, struct span salt,
		 struct span material, struct span info);

#endif
