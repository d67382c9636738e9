/* SPDX-License-Identifier: Apache-2.0 */
/* ecies.h - public-key encryption of handshake messages (specs: devp2p
 * "ECIES").
 *
 *     04 || R.x || R.y || iv || c || d
 *     c = AES-128-CTR(kE, iv, m), d = HMAC-SHA-256(kM, iv || c || s2)
 *
 * Pure: the ephemeral key and the iv are arguments. Thread: any, after
 * crypto_init. Cost: seal 55 us, open 35 us. */
#ifndef P2P_CRYPTO_ECIES_H
#define P2P_CRYPTO_ECIES_H

#include "p2p/base/span.h"
#include "p2p/crypto/ecc.h"

enum {
	ECIES_POINT = 65, /* 04 || R */
	ECIES_IV = 16,
	ECIES_TAG = 32,
	ECIES_OVERHEAD = ECIES_POINT + ECIES_IV + ECIES_TAG, /* 113 */
};

/* ecies_seal - encrypt `message` to `to`.
 *
 *   out        message.len + ECIES_OVERHEAD bytes; may not overlap message
 *   ephemeral  a fresh private key, used for this message only
 *   shared     s2: authenticated, not transmitted
 *
 * ERR_FORMAT: `to` is not a valid point; out is unspecified. */
MUST_USE enum err ecies_seal(uint8_t *out, struct span message,
			     const struct ecc_pub *to,
			     const struct secret32 *ephemeral,
			     const uint8_t iv[ECIES_IV], struct span shared);

/* ecies_point - the cheap check before any curve work: at least
 * ECIES_OVERHEAD bytes, 04 first, a valid point behind it. On success *out (if
 * not NULL) is that point. ERR_FORMAT otherwise. */
MUST_USE enum err ecies_point(struct ecc_pub *out, struct span sealed);

/* ecies_open - decrypt sealed.len - ECIES_OVERHEAD bytes into out.
 *
 * Checks in this order: ecies_point; ECDH; the tag, in constant time; only
 * then decrypts. ERR_FORMAT: the point. ERR_AUTH: the tag. Callers answer
 * both alike; out is untouched on either. */
MUST_USE enum err ecies_open(uint8_t *out, struct span sealed,
			     const struct secret32 *key, struct span shared);

#endif
