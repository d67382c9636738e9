/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/cross.h"
#include "test/support/unit.h"

Test(cross, prefers_what_the_smaller_id_dialed)
{
	const struct node_id small = { { 1, 255 } }, large = { { 2 } };

	/* Seen by the smaller, then by the larger: the same connection. */
	cr_assert(cross_prefers(&small, &large, false));
	cr_assert(cross_prefers(&large, &small, true));
	cr_assert_not(cross_prefers(&small, &large, true));
	cr_assert_not(cross_prefers(&large, &small, false));
}

Test(cross, compares_ids_to_their_last_byte)
{
	struct node_id small = { { 0 } }, large = { { 0 } };

	large.b[sizeof(large.b) - 1] = 1;
	cr_assert(cross_prefers(&small, &large, false));
	cr_assert_not(cross_prefers(&large, &small, false));
}

Test(cross, decides_by_what_the_other_connection_got)
{
	static const struct {
		struct cross c;
		bool greet, welcome;
	} rows[] = {
		{ { .preferred = true }, true, true },
		{ { .preferred = false }, true, true },
		{ { .preferred = true, .rival = true }, true, true },
		{ { .preferred = false, .rival = true }, false, false },
		{ { .preferred = true, .rival = true, .rival_hello = true },
		  true,
		  false },
		{ { .preferred = false, .rival = true, .rival_hello = true },
		  false,
		  false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_eq(cross_may_greet(&rows[i].c), rows[i].greet,
			     "row %zu", i);
		cr_assert_eq(cross_may_welcome(&rows[i].c), rows[i].welcome,
			     "row %zu", i);
	}
}
