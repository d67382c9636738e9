/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/entropy.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* That nothing of it is left out: of each part two draws differ, with the odds
 * of chance against them beyond reach, but for the padding's. */
Test(entropy, draws_every_part_anew)
{
	bool low = false, high = false;
	struct handshake_entropy a, b;

	crypto_init();
	memset(&a, 0, sizeof(a));
	b = a;
	entropy_draw(&a);
	entropy_draw(&b);
	cr_assert(ecc_key_valid(&a.ephemeral));
	cr_assert(ecc_key_valid(&a.ecies));
	cr_assert(memcmp(&a.ephemeral, &b.ephemeral, sizeof(a.ephemeral)));
	cr_assert(memcmp(&a.ecies, &b.ecies, sizeof(a.ecies)));
	cr_assert(memcmp(&a.ephemeral, &a.ecies, sizeof(a.ecies)));
	cr_assert(memcmp(a.nonce, b.nonce, sizeof(a.nonce)));
	cr_assert(memcmp(a.iv, b.iv, sizeof(a.iv)));

	/* Of 156 lengths; 200 draws miss a half with odds of 2^-200. */
	for (int i = 0; i < 200; i++) {
		entropy_draw(&a);
		cr_assert_geq(a.padding, HANDSHAKE_PADDING_MIN);
		low = low || a.padding < 178;
		high = high || a.padding >= 178;
	}
	cr_assert(low && high);
}
