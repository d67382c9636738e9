/* SPDX-License-Identifier: Apache-2.0 */
/* aes.h - AES in the two forms RLPx needs. Thread: one at a time per object.
 *
 * Objects hold a library context (656 bytes) keyed once; the per-call cost is
 * about 20 ns plus 0.12 ns a byte. Make with init, free with clear, which
 * wipes the key schedule; clear of a zeroed object does nothing. */
#ifndef P2P_CRYPTO_AES_H
#define P2P_CRYPTO_AES_H

#include <stddef.h>
#include <stdint.h>

enum {
	AES128_KEY = 16,
	AES256_KEY = 32,
	AES_BLOCK = 16,
};

/* One key stream of AES in counter mode, big-endian counter. Encrypting and
 * decrypting are the same call. */
struct aes_ctr {
	void *ctx;
};

/* key_len is AES128_KEY or AES256_KEY; iv is the first counter block. */
void aes_ctr_init(struct aes_ctr *c, const uint8_t *key, size_t key_len,
		  const uint8_t iv[AES_BLOCK]);
void aes_ctr_clear(struct aes_ctr *c);

/* aes_ctr_xor - the next len bytes of the stream over in; out may be in. */
void aes_ctr_xor(struct aes_ctr *c, uint8_t *out, const uint8_t *in,
		 size_t len);

/* AES-256 on single blocks, for the frame MAC. No state between blocks. */
struct aes_block {
	void *ctx;
};

void aes_block_init(struct aes_block *a, const uint8_t key[AES256_KEY]);
void aes_block_clear(struct aes_block *a);
void aes_block_encrypt(struct aes_block *a, uint8_t out[AES_BLOCK],
		       const uint8_t in[AES_BLOCK]);

#endif
