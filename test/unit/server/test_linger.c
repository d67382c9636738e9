/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/limits.h"
#include "test/support/unit.h"

static const struct mono now = { 77 };

Test(linger, lasts_fifty_to_five_hundred_milliseconds)
{
	static const struct {
		uint32_t random;
		uint32_t ms;
	} rows[] = {
		{ 0, 50 }, { 1, 51 }, { 450, 500 }, { 451, 50 }, { 900, 499 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct linger l;
		struct mono until;

		linger_init(&l, &server_limits_default.linger);
		cr_assert(linger_take(&l, &until, now, rows[i].random));
		cr_assert_eq(until.ns, mono_add_ms(now, rows[i].ms).ns,
			     "row %zu", i);
	}
}

Test(linger, is_for_sixty_four_sockets)
{
	struct linger l;
	struct mono until;

	linger_init(&l, &server_limits_default.linger);
	for (size_t i = 0; i < 64; i++)
		cr_assert(linger_take(&l, &until, now, 0));
	cr_assert_not(linger_take(&l, &until, now, 0));
	linger_release(&l);
	cr_assert(linger_take(&l, &until, now, 0));
}
