/* SPDX-License-Identifier: Apache-2.0 */
/* drbg.h - randomness for a core: a stream of random bytes from one seed. The
 * edge draws the seed (rng_bytes); a test or a simulation gives its own, and
 * everything the core decides, nonces and keys included, happens again.
 *
 * ChaCha20, and a state that is replaced as bytes leave: who sees the state
 * learns nothing of what was drawn before. Wipe it when done (secret_wipe).
 * Thread: one at a time. */
#ifndef P2P_CRYPTO_DRBG_H
#define P2P_CRYPTO_DRBG_H

#include "p2p/crypto/ecc.h"
#include "p2p/crypto/secret.h"

enum {
	DRBG_BLOCK = 512 /* bytes made at once */
};

struct drbg {
	struct secret32 next;	   /* seed of the block to come */
	uint8_t block[DRBG_BLOCK]; /* the rest of it is not drawn yet */
	uint32_t used;
};

void drbg_init(struct drbg *d, const struct secret32 *seed);

void drbg_bytes(struct drbg *d, void *out, size_t n);

/* drbg_below - uniform in 0..bound-1; bound is at least 1. */
uint32_t drbg_below(struct drbg *d, uint32_t bound);

/* drbg_key - a valid private key. */
void drbg_key(struct drbg *d, struct secret32 *out);

#endif
