/* SPDX-License-Identifier: Apache-2.0 */
/* aes.h - AES in the forms that RLPx and Discovery v5 need. Thread: one at a
 * time per object.
 *
 * Objects hold a library context (656 bytes) keyed once; the per-call cost is
 * about 20 ns plus 0.12 ns a byte. Make with init, free with clear, which
 * wipes the key schedule; clear of a zeroed object does nothing. */
#ifndef P2P_CRYPTO_AES_H
#define P2P_CRYPTO_AES_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	AES128_KEY = 16,
	AES256_KEY = 32,
	AES_BLOCK = 16,
	AES_GCM_NONCE = 12,
	AES_GCM_TAG = 16,
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

/* aes_gcm_seal - AES-128-GCM: message.len + AES_GCM_TAG bytes into out, which
 * does not overlap message. A nonce is used once with a key. Keyed at each
 * call: about 300 ns. Thread: any. */
void aes_gcm_seal(uint8_t *out, const uint8_t key[AES128_KEY],
		  const uint8_t nonce[AES_GCM_NONCE], struct span message,
		  struct span authenticated);

/* aes_gcm_open - the reverse: sealed.len - AES_GCM_TAG bytes. ERR_AUTH, with
 * out zeroed: another key, nonce or authenticated data, or tampered with;
 * ERR_SHORT, with out untouched: shorter than a tag. */
MUST_USE enum err aes_gcm_open(uint8_t *out, const uint8_t key[AES128_KEY],
			       const uint8_t nonce[AES_GCM_NONCE],
			       struct span sealed, struct span authenticated);

#endif
