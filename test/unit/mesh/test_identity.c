/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/identity.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

Test(identity, is_the_same_for_a_seed_and_a_place)
{
	struct ecc_keypair a, b;

	crypto_init();
	mesh_identity(&a, 7, 3);
	mesh_identity(&b, 7, 3);
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
}

Test(identity, is_another_for_every_seed_and_place)
{
	static const struct {
		uint64_t seed;
		size_t index;
	} places[] = {
		{ 0, 0 },
		{ 0, 1 },
		{ 1, 0 },
		{ 256, 0 },
		{ (uint64_t)1 << 63, 0 },
		{ 0, 256 },
		{ 7, 3 },
		{ 3, 7 },
	};
	struct ecc_keypair keys[ARRAY_LEN(places)];

	crypto_init();
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		mesh_identity(&keys[i], places[i].seed, places[i].index);
		cr_assert(ecc_key_valid(&keys[i].key));
		for (size_t j = 0; j < i; j++)
			cr_assert_neq(memcmp(&keys[i].pub, &keys[j].pub,
					     sizeof(keys[i].pub)),
				      0, "%zu is %zu", i, j);
	}
}

/* Scripts may know these nodes by their ids. */
Test(identity, stays_what_it_was)
{
	static const uint8_t first[] = { 0x78, 0x2d, 0x3a, 0xf4 };
	struct ecc_keypair key;

	crypto_init();
	mesh_identity(&key, 7, 0);
	cr_assert_eq(memcmp(key.pub.b, first, sizeof(first)), 0,
		     "%02x%02x%02x%02x", key.pub.b[0], key.pub.b[1],
		     key.pub.b[2], key.pub.b[3]);
}
