/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - 32 secret bytes: a private key, a shared secret, a MAC key.
 *
 * A type of its own, so that no formatter, logger or memcmp takes one by
 * mistake. Whoever holds one wipes it on every path. Never an index, a branch
 * or a length. Thread: any. */
#ifndef P2P_CRYPTO_SECRET_H
#define P2P_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret32 {
	uint8_t b[32];
};

/* secret_wipe - overwrite; the compiler cannot drop it. */
void secret_wipe(void *data, size_t len);

/* secret_equal - compare in time that depends on len alone. The outcome itself
 * is public: callers branch on it. */
bool secret_equal(const void *a, const void *b, size_t len);

/* secret_declassify - what was computed from secrets but may be known to all:
 * a public key, a signature, whether a tag matched. Tells the checker under
 * which test_secrets.c runs, and nobody else; does nothing to the data. */
void secret_declassify(const void *data, size_t len);

#endif
