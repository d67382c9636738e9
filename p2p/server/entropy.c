/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/entropy.h"

#include "p2p/crypto/rng.h"

void entropy_draw(struct handshake_entropy *out)
{
	const uint32_t paddings =
		HANDSHAKE_PADDING_MAX - HANDSHAKE_PADDING_MIN + 1;

	rng_key(&out->ephemeral);
	rng_key(&out->ecies);
	rng_bytes(out->nonce, sizeof(out->nonce));
	rng_bytes(out->iv, sizeof(out->iv));
	out->padding = (uint8_t)(HANDSHAKE_PADDING_MIN + rng_below(paddings));
}
