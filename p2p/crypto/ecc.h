/* SPDX-License-Identifier: Apache-2.0 */
/* ecc.h - secp256k1 keys, signatures and key agreement.
 *
 * A public key here is the 64 bytes X || Y that devp2p puts on the wire: no
 * 04 prefix. Bytes from a stranger go through ecc_pub_valid first: it refuses
 * coordinates not below the field prime and points off the curve
 * (CVE-2026-26315, CVE-2026-26314, CVE-2025-24883 in go-ethereum).
 *
 * A private key passed in must be valid; one that is not stops the process.
 *
 * Pure; thread: any, after crypto_init. Costs: key 20 us, ECDH 35, sign 26,
 * recover 33, verify 32, ecc_pub_valid 0.1. */
#ifndef P2P_CRYPTO_ECC_H
#define P2P_CRYPTO_ECC_H

#include "p2p/base/err.h"
#include "p2p/crypto/secret.h"

struct ecc_pub {
	uint8_t b[64]; /* X || Y, big-endian */
};

enum {
	ECC_COMPRESSED = 33, /* 02 or 03, then X: keys in records and in
			      * Discovery v5 */
	ECC_RS = 64,	     /* r || s: the first bytes of an ecc_sig */
};

struct ecc_sig {
	uint8_t b[65]; /* r || s || v, v in 0..3 */
};

/* A private key and its public key, made together. Wipe when done. */
struct ecc_keypair {
	struct secret32 key;
	struct ecc_pub pub;
};

/* ecc_key_valid - a scalar in 1..n-1. */
bool ecc_key_valid(const struct secret32 *key);

/* ecc_pub_valid - both coordinates canonical and the point on the curve. */
bool ecc_pub_valid(const struct ecc_pub *pub);

/* ecc_pub_of - the public key of a valid private key. */
void ecc_pub_of(struct ecc_pub *out, const struct secret32 *key);

/* ecc_pub_compress - of a valid public key. */
void ecc_pub_compress(uint8_t out[ECC_COMPRESSED], const struct ecc_pub *pub);

/* ecc_pub_expand - the reverse, of a stranger's bytes. ERR_FORMAT, with out
 * untouched: no compressed form, or no point of the curve. Costs 5 us. */
MUST_USE enum err ecc_pub_expand(struct ecc_pub *out,
				 const uint8_t in[ECC_COMPRESSED]);

/* ecc_ecdh_x - the X coordinate of key * pub, 32 bytes, not hashed.
 * ERR_FORMAT, with out zeroed, when pub is not a valid point. */
MUST_USE enum err ecc_ecdh_x(struct secret32 *out, const struct secret32 *key,
			     const struct ecc_pub *pub);

/* ecc_ecdh_point - key * pub in compressed form, not hashed (specs: discovery
 * "Handshake"). The caller wipes it. ERR_FORMAT, with out zeroed, when pub is
 * not a valid point. */
MUST_USE enum err ecc_ecdh_point(uint8_t out[ECC_COMPRESSED],
				 const struct secret32 *key,
				 const struct ecc_pub *pub);

/* ecc_sign - recoverable, deterministic (RFC 6979), low s; the digest is
 * taken as it is. */
void ecc_sign(struct ecc_sig *out, const struct secret32 *key,
	      const uint8_t digest[32]);

/* ecc_recover - the public key that made the signature. High s is accepted.
 * ERR_AUTH, with out untouched, when there is none. */
MUST_USE enum err ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
			      const uint8_t digest[32]);

/* ecc_verify - did pub's key sign it? A high s is refused: its owner could have
 * made the low one, anybody else can make the high one of it. Nor is a pub
 * that is not valid anybody's. */
bool ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		const struct ecc_pub *pub);

#endif
