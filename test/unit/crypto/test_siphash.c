/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/siphash.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* The worked example of the SipHash paper (Aumasson, Bernstein), appendix A:
 * key 00 01 ... 0f, input 00 01 ... 0e. */
Test(siphash, agrees_with_the_example_of_the_paper, .init = crypto_init)
{
	struct siphash_key key;
	uint8_t input[15];

	for (size_t i = 0; i < sizeof(key.b); i++)
		key.b[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
	cr_assert_eq(siphash(&key, input, sizeof(input)), 0xa129ca6149be45e5);
}
