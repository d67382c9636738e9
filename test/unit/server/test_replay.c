/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/replay.h"
#include "test/support/unit.h"

static struct ecc_pub point(uint32_t n)
{
	struct ecc_pub p = { { 0 } };

	memcpy(p.b, &n, sizeof(n));
	return p;
}

static bool seen(struct replay *r, uint32_t n)
{
	struct ecc_pub p = point(n);

	return replay_seen(r, &p);
}

Test(replay, remembers_the_last_4096)
{
	struct replay r;

	replay_init(&r, REPLAY_MAX);
	cr_assert_eq(r.max, 4096);
	for (uint32_t i = 0; i < 4096; i++)
		cr_assert_not(seen(&r, i));
	cr_assert(seen(&r, 0));
	cr_assert(seen(&r, 4095));
	/* One more, and the oldest is forgotten. Having been seen again did
	 * not make it younger. */
	cr_assert_not(seen(&r, 4096));
	cr_assert(seen(&r, 1));
	cr_assert_not(seen(&r, 0));
	cr_assert_not(seen(&r, 1));
	cr_assert(seen(&r, 3));
	replay_clear(&r);
}

Test(replay, goes_round_its_ring_many_times)
{
	struct replay r;

	replay_init(&r, 3);
	for (uint32_t i = 0; i < 100; i++) {
		cr_assert_not(seen(&r, i));
		cr_assert(seen(&r, i));
		cr_assert(i < 2 || seen(&r, i - 2));
	}
	replay_clear(&r);
}

/* ECIES takes its keys from X alone, so the negated point opens as well. */
Test(replay, knows_a_point_by_its_x)
{
	struct ecc_pub p = point(7);
	struct replay r;

	replay_init(&r, 3);
	cr_assert_not(replay_seen(&r, &p));
	p.b[63] ^= 1;
	cr_assert(replay_seen(&r, &p));
	p.b[31] ^= 1;
	cr_assert_not(replay_seen(&r, &p));
	replay_clear(&r);
}
