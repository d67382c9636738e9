/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/entropy.h"

#include "p2p/crypto/rng.h"

void entropy_draw(struct handshake_entropy *out)
{
	const uint32_t paddings =
		HANDSHAKE_PADDING_MAX - HANDSHAKE_PADDING_MIN + 1;

	/* At once, as each draw is a system call. A second round is as likely
	 * as guessing a key. */
	do
		rng_bytes(out, sizeof(*out));
	while (!ecc_key_valid(&out->ephemeral) || !ecc_key_valid(&out->ecies));
	out->padding = (uint8_t)(HANDSHAKE_PADDING_MIN + rng_below(paddings));
}
