/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h - what crypto_init does once, before anything else runs. Private to
 * this folder. */
#ifndef P2P_CRYPTO_SETUP_H
#define P2P_CRYPTO_SETUP_H

#include "p2p/crypto/secret.h"

/* setup_ecc - make the curve context, blinded with fresh random bytes. */
void setup_ecc(const struct secret32 *seed);

/* setup_aes - look the ciphers up, so that keying one later is cheap. */
void setup_aes(void);

/* setup_hkdf - the same for the key derivation. */
void setup_hkdf(void);

#endif
