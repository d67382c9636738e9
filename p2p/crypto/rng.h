/* SPDX-License-Identifier: Apache-2.0 */
/* rng.h - the one place where randomness is drawn. Cores never call it; they
 * get nonces and ephemeral keys as arguments. Thread: any. */
#ifndef P2P_CRYPTO_RNG_H
#define P2P_CRYPTO_RNG_H

#include "p2p/crypto/ecc.h"
#include "p2p/crypto/secret.h"

/* crypto_init - make the libraries ready and blind the curve context. Once
 * per process, before anything else here; later calls do nothing. Stops the
 * process if the system has no randomness. */
void crypto_init(void);

void rng_bytes(void *out, size_t n);

/* rng_below - uniform in 0..bound-1; bound is at least 1. */
uint32_t rng_below(uint32_t bound);

/* rng_key - a new valid private key. */
void rng_key(struct secret32 *out);

#endif
