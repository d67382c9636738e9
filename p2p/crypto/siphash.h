/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.h - SipHash-2-4, the keyed hash of tables that strangers fill: who
 * does not know the key cannot make their entries collide. Not a MAC for
 * anything else. Pure; thread: any, after crypto_init. */
#ifndef P2P_CRYPTO_SIPHASH_H
#define P2P_CRYPTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint8_t b[16];
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
