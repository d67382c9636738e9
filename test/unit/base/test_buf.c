/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/buf.h"
#include "test/support/unit.h"

Test(buf, holds_what_was_appended_and_nothing_over_the_limit)
{
	struct buf b;

	buf_init(&b, 5);
	cr_assert_eq(buf_append(&b, "abc", 3), ERR_NONE);
	cr_assert_eq(buf_append(&b, "def", 3), ERR_LIMIT);
	cr_assert_eq(buf_append(&b, "de", 2), ERR_NONE);
	cr_assert_eq(b.len, 5);
	cr_assert_arr_eq(b.data, "abcde", 5);
	cr_assert_null(buf_grow(&b, 1));
	buf_clear(&b);
}

Test(buf, drops_from_the_front_in_order)
{
	uint8_t next_in = 0;
	uint8_t next_out = 0;
	struct buf b;

	buf_init(&b, 4096);
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < 1 + round % 7; i++) {
			cr_assert_eq(buf_append(&b, &next_in, 1), ERR_NONE);
			next_in++;
		}
		while (b.len > round % 5) {
			cr_assert_eq(b.data[0], next_out);
			next_out++;
			buf_drop(&b, 1);
		}
	}
	buf_clear(&b);
}

Test(buf, shrinks_to_what_it_holds)
{
	static uint8_t large[100000];
	struct buf b;

	buf_init(&b, sizeof(large));
	cr_assert_eq(buf_append(&b, large, sizeof(large) - 3), ERR_NONE);
	cr_assert_eq(buf_append(&b, "abc", 3), ERR_NONE);
	buf_drop(&b, sizeof(large) - 3);
	cr_assert_geq(b.room, sizeof(large));
	buf_shrink(&b);
	cr_assert_leq(b.room, 256);
	cr_assert_eq(b.len, 3);
	cr_assert_arr_eq(b.data, "abc", 3);
	cr_assert_eq(buf_append(&b, "def", 3), ERR_NONE);
	cr_assert_arr_eq(b.data, "abcdef", 6);
	buf_clear(&b);
	buf_shrink(&b);
	cr_assert_null(b.block);
}

Test(buf, holds_no_memory_while_empty)
{
	struct buf b;

	buf_init(&b, 100);
	cr_assert_eq(buf_append(&b, "abc", 3), ERR_NONE);
	buf_drop(&b, 3);
	cr_assert_null(b.block);
	cr_assert_eq(buf_append(&b, "abc", 3), ERR_NONE);
	buf_truncate(&b, 0);
	cr_assert_null(b.block);
}

Test(buf, what_is_held_stays_in_place_up_to_what_was_reserved)
{
	static uint8_t bytes[1000];
	const uint8_t *at;
	struct buf b;

	buf_init(&b, 4096);
	buf_reserve(&b, 1000);
	cr_assert_eq(b.room, 1000);
	cr_assert_eq(buf_append(&b, bytes, 900), ERR_NONE);
	cr_assert_eq(buf_append(&b, "abc", 3), ERR_NONE);
	buf_drop(&b, 900);
	/* Within the block: it moves now, and not on the way to 1000. */
	buf_reserve(&b, 1000);
	cr_assert_eq(b.room, 1000);
	at = b.data;
	cr_assert_eq(buf_append(&b, bytes, 997), ERR_NONE);
	cr_assert_eq(b.data, at);
	cr_assert_arr_eq(b.data, "abc", 3);
	/* What there is room for already changes nothing. */
	buf_reserve(&b, 1000);
	buf_reserve(&b, 0);
	cr_assert_eq(b.data, at);
	buf_reserve(&b, 4096);
	cr_assert_eq(b.room, 4096);
	cr_assert_eq(b.len, 1000);
	cr_assert_arr_eq(b.data, "abc", 3);
	buf_clear(&b);
}
