/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/identity.h"

#include "p2p/crypto/hash.h"

/* HMAC-SHA-256 under a fixed key of (seed, index, attempt), the next attempt
 * while that is no scalar of the curve: about once in 2^128. */
void mesh_identity(struct ecc_keypair *out, uint64_t seed, size_t index)
{
	static const char purpose[] = "weft mesh: identities for tests";
	struct secret32 label;

	sha256(label.b, span_text(purpose));
	for (uint64_t attempt = 0;; attempt++) {
		uint8_t place[24];
		struct span piece = span_of(place, sizeof(place));

		for (size_t i = 0; i < 8; i++) {
			place[i] = (uint8_t)(seed >> 8 * i);
			place[8 + i] = (uint8_t)((uint64_t)index >> 8 * i);
			place[16 + i] = (uint8_t)(attempt >> 8 * i);
		}
		hmac_sha256(out->key.b, &label, &piece, 1);
		if (ecc_key_valid(&out->key))
			break;
	}
	ecc_pub_of(&out->pub, &out->key);
}
