/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/siphash.h"

#include <sodium.h>

_Static_assert(sizeof(struct siphash_key) == crypto_shorthash_KEYBYTES,
	       "key size");

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v = 0;

	crypto_shorthash(out, data, len, key->b);
	/* "the output is 8 bytes, little-endian" */
	for (size_t i = sizeof(out); i-- > 0;)
		v = v << 8 | out[i];
	return v;
}
