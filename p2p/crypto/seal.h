/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - 32 secret bytes under a passphrase, for a file: Argon2id makes a key
 * of the passphrase (RFC 9106), and XSalsa20-Poly1305 seals with that. Who has
 * the file must spend that time and memory on each passphrase they try.
 *
 * Thread: any, after crypto_init. Costs what struct seal_cost says: about 0.2 s
 * by default. Allocates the memory for as long. */
#ifndef P2P_CRYPTO_SEAL_H
#define P2P_CRYPTO_SEAL_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"
#include "p2p/crypto/secret.h"

enum {
	SEAL_SALT = 16,
	SEAL_NONCE = 24,
	SEAL_BOX = 16 + 32, /* tag, then what is sealed */

	/* What a file may ask for. */
	SEAL_PASSES_MAX = 64,
	SEAL_MEMORY_KIB_MIN = 8,
	SEAL_MEMORY_KIB_MAX = 1 << 20,
};

/* Of one try, and the same to open as to seal. */
struct seal_cost {
	uint32_t passes;
	uint32_t memory_kib;
};

/* What seals are made with where nobody asks for another cost. */
#define SEAL_COST                                   \
	(struct seal_cost)                          \
	{                                           \
		.passes = 4, .memory_kib = 64 << 10 \
	}

struct seal {
	struct seal_cost cost;
	uint8_t salt[SEAL_SALT];
	uint8_t nonce[SEAL_NONCE];
	uint8_t box[SEAL_BOX];
};

/* seal_make - ERR_LIMIT: the cost is out of bounds. ERR_SYSTEM: there is not
 * that much memory. */
MUST_USE enum err seal_make(struct seal *out, const struct secret32 *secret,
			    struct span passphrase, struct seal_cost cost);

/* seal_open - *out is all zero on any error.
 *
 * ERR_AUTH    another passphrase, or the seal was altered
 * ERR_LIMIT   the cost is out of bounds
 * ERR_SYSTEM  there is not that much memory */
MUST_USE enum err seal_open(struct secret32 *out, const struct seal *seal,
			    struct span passphrase);

#endif
