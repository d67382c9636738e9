/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"
#include "p2p/crypto/siphash.h"
#include "test/support/unit.h"

/* SipHash paper, appendix A: key 00..0f, message 00..0e. */
Test(hashtable, hash_is_siphash)
{
	struct siphash_key key;
	uint8_t message[15];

	for (uint8_t i = 0; i < sizeof(key.b); i++)
		key.b[i] = i;
	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	crypto_init();
	cr_assert_eq(siphash(&key, message, sizeof(message)),
		     0xa129ca6149be45e5u);
}

Test(hashtable, hash_depends_on_key_and_length)
{
	struct siphash_key a = { { 0 } }, b = { { 1 } };

	crypto_init();
	cr_assert_neq(siphash(&a, "weft", 4), siphash(&b, "weft", 4));
	cr_assert_neq(siphash(&a, "weft", 4), siphash(&a, "weft", 3));
	hashtable_init();
	cr_assert_eq(hashtable_hash("weft", 4), hashtable_hash("weft", 4));
}
