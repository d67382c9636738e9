/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/secret.h"
#include "test/support/unit.h"

Test(secret, equal_means_every_byte)
{
	uint8_t a[64], b[64];

	memset(a, 0x5a, sizeof(a));
	memcpy(b, a, sizeof(a));
	cr_assert(secret_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1 << bit);
			cr_assert(!secret_equal(a, b, sizeof(a)));
			b[i] ^= (uint8_t)(1 << bit);
		}
	}
}

Test(secret, equal_looks_at_len_bytes_only)
{
	const uint8_t a[4] = { 1, 2, 3, 4 };
	const uint8_t b[4] = { 1, 2, 3, 5 };

	cr_assert(secret_equal(a, b, 3));
	cr_assert(!secret_equal(a, b, 4));
	cr_assert(secret_equal(a, b, 0));
}

Test(secret, wipe_clears_all_and_no_more)
{
	uint8_t a[48], want[48];

	memset(a, 0xff, sizeof(a));
	memset(want, 0xff, sizeof(want));
	memset(want + 8, 0, 32);
	secret_wipe(a + 8, 32);
	cr_assert_arr_eq(a, want, sizeof(a));
}
