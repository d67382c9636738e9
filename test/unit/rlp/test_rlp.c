/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlp/rlp.h"
#include "test/support/unit.h"

/* A cursor over a literal. */
#define RLP_OVER(literal) \
	rlp_of((const uint8_t *)(literal), sizeof(literal) - 1)
#define SPAN_OVER(literal) span_of(literal, sizeof(literal) - 1)

Test(rlp, reads_fields_straight_down)
{
	/* [5, "weft", [1, 0], [[]], "ab"] */
	struct rlp r = RLP_OVER("\xce\x05\x84weft\xc2\x01\x80\xc1\xc0\x82"
				"ab");
	uint8_t two[2];

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 5);
	cr_assert(span_equal(rlp_bytes(&r), span_text("weft")));
	rlp_enter(&r);
	cr_assert(rlp_bool(&r));
	cr_assert_not(rlp_bool(&r));
	cr_assert_not(rlp_more(&r));
	rlp_leave(&r);
	cr_assert_eq(rlp_peek(&r), RLP_LIST);
	cr_assert(span_equal(rlp_raw(&r), SPAN_OVER("\xc1\xc0")));
	cr_assert_eq(rlp_peek(&r), RLP_STRING);
	rlp_fixed(&r, two, 2);
	cr_assert_arr_eq(two, "ab", 2);
	rlp_leave(&r);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

Test(rlp, keeps_the_first_fault_and_gives_zeros_after_it)
{
	struct rlp r = RLP_OVER("\xc4\xc0\x05\x06\x07");
	uint8_t fixed[3] = "xyz";

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 0); /* a list stands here */
	cr_assert_eq(r.fault, RLP_EXPECTED_STRING);
	cr_assert_not(rlp_more(&r));
	cr_assert_eq(rlp_peek(&r), RLP_STRING);
	cr_assert_eq(rlp_u64(&r), 0);
	cr_assert_not(rlp_bool(&r));
	cr_assert_eq(rlp_bytes(&r).len, 0);
	cr_assert_eq(rlp_raw(&r).len, 0);
	rlp_fixed(&r, fixed, 3);
	cr_assert_arr_eq(fixed, "\0\0\0", 3);
	rlp_enter(&r);
	rlp_enter(&r);
	rlp_leave(&r);
	rlp_leave_tail(&r);
	cr_assert_eq(rlp_tail(&r).len, 0);
	cr_assert_eq(r.fault, RLP_EXPECTED_STRING);
	cr_assert_eq(rlp_end(&r), ERR_FORMAT);
	cr_assert_eq(rlp_end_prefix(&r), ERR_FORMAT);
}

Test(rlp, a_copy_of_the_cursor_looks_ahead)
{
	struct rlp r = RLP_OVER("\xc2\x01\x02");
	struct rlp look;

	rlp_enter(&r);
	look = r;
	cr_assert_eq(rlp_u64(&look), 1);
	rlp_enter(&look);
	cr_assert_eq(look.fault, RLP_EXPECTED_LIST);
	cr_assert_eq(rlp_u64(&r), 1);
	cr_assert_eq(rlp_u64(&r), 2);
	rlp_leave(&r);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

Test(rlp, a_tail_is_ignored_without_being_looked_into)
{
	/* "a non-canonical item such as 81 05 inside the tail is tolerated";
	 * and a list's content in it may be anything at all. */
	struct rlp r = RLP_OVER("\xc7\x01\x81\x05\xc3\xff\xff\xff");
	struct rlp look;

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 1);
	look = r;
	rlp_leave_tail(&look);
	cr_assert_eq(rlp_end(&look), ERR_NONE);
	cr_assert(span_equal(rlp_tail(&r), SPAN_OVER("\x81\x05\xc3\xff\xff"
						     "\xff")));
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

Test(rlp, an_empty_tail_is_no_fault)
{
	struct rlp r = RLP_OVER("\xc1\x01");

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 1);
	cr_assert_eq(rlp_tail(&r).len, 0);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

Test(rlp, the_headers_in_a_tail_must_be_canonical_and_fit)
{
	struct rlp r = RLP_OVER("\xc3\x01\x83\x05\x05\x05");

	rlp_enter(&r);
	rlp_leave_tail(&r);
	cr_assert_eq(r.fault, RLP_ELEM_TOO_LARGE);

	r = RLP_OVER("\xc3\x01\xb8\x01\x05");
	rlp_enter(&r);
	cr_assert_eq(rlp_tail(&r).len, 0);
	cr_assert_eq(r.fault, RLP_CANON_SIZE);
}

Test(rlp, raw_is_as_strict_as_bytes_but_not_deep)
{
	struct rlp r = RLP_OVER("\x81\x05");

	cr_assert_eq(rlp_raw(&r).len, 0);
	cr_assert_eq(r.fault, RLP_CANON_SIZE);

	r = RLP_OVER("\xc2\x81\x05");
	cr_assert_eq(rlp_raw(&r).len, 3);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
	r = RLP_OVER("\x05");
	cr_assert(span_equal(rlp_raw(&r), SPAN_OVER("\x05")));
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

Test(rlp, a_prefix_decode_ignores_what_follows)
{
	struct rlp r = RLP_OVER("\xc1\x05\xff\xff");

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 5);
	rlp_leave(&r);
	cr_assert_eq(rlp_end_prefix(&r), ERR_NONE);
	cr_assert_eq(rlp_end(&r), ERR_FORMAT);
	cr_assert_eq(r.fault, RLP_TRAILING);
}

Test(rlp, leaving_a_list_early_is_too_many)
{
	struct rlp r = RLP_OVER("\xc2\x01\x02");

	rlp_enter(&r);
	cr_assert_eq(rlp_u64(&r), 1);
	rlp_leave(&r);
	cr_assert_eq(r.fault, RLP_TOO_MANY);
}

Test(rlp, peeking_at_the_end_is_a_fault)
{
	struct rlp r = rlp_of(NULL, 0);

	cr_assert_not(rlp_more(&r));
	cr_assert_eq(rlp_peek(&r), RLP_STRING);
	cr_assert_eq(r.fault, RLP_EOF);

	r = RLP_OVER("\xc0");
	rlp_enter(&r);
	cr_assert_eq(rlp_peek(&r), RLP_STRING);
	cr_assert_eq(r.fault, RLP_TOO_FEW);
}

Test(rlp, nothing_at_all_has_no_value_in_it)
{
	struct rlp r = rlp_of(NULL, 0);
	struct span rest;
	uint64_t code;

	cr_assert_eq(rlp_check((struct span){ 0 }), RLP_EOF);
	cr_assert_eq(rlp_split_code(&code, &rest, (struct span){ 0 }),
		     ERR_FORMAT);
	cr_assert_eq(rlp_end(&r), ERR_NONE); /* and nothing was asked for */
	rlp_enter(&r);
	cr_assert_eq(r.fault, RLP_EOF);
}

Test(rlp, every_width_of_integer_ends_where_it_should)
{
	uint8_t in[10] = { 0 };
	struct rlp r;

	for (unsigned width = 1; width <= 8; width++) {
		uint64_t max = UINT64_MAX >> (64 - 8 * width);

		in[0] = (uint8_t)(0x80 + width);
		memset(in + 1, 0xff, width);
		r = rlp_of(in, 1 + width);
		cr_assert_eq(rlp_uint(&r, width), max);
		cr_assert_eq(rlp_end(&r), ERR_NONE);

		in[0] = (uint8_t)(0x81 + width);
		in[1] = 1;
		memset(in + 2, 0, width);
		r = rlp_of(in, 2 + width);
		cr_assert_eq(rlp_uint(&r, width), 0);
		cr_assert_eq(r.fault, RLP_UINT_OVERFLOW);
	}
}

Test(rlp, the_empty_string_is_zero_and_false_and_no_bytes)
{
	struct rlp r = RLP_OVER("\x80\x80\x80\x80");

	cr_assert_eq(rlp_u64(&r), 0);
	cr_assert_not(rlp_bool(&r));
	cr_assert_eq(rlp_bytes(&r).len, 0);
	rlp_fixed(&r, NULL, 0);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
}

/* The headers that declare the most, at top level and in a list. */
Test(rlp, lengths_up_to_the_largest_do_not_overflow)
{
	uint8_t in[11] = { 0 };
	struct rlp r;

	for (unsigned low = 0; low < 32; low++) {
		for (unsigned list = 0; list < 2; list++) {
			in[0] = 0xca; /* [ the rest ] */
			in[1] = list ? 0xff : 0xbf;
			memset(in + 2, 0xff, 8);
			in[9] = (uint8_t)(0xff - low);
			in[10] = 0;

			r = rlp_of(in + 1, 10);
			rlp_raw(&r);
			cr_assert_eq(r.fault, RLP_VALUE_TOO_LARGE);
			cr_assert_eq(rlp_check(span_of(in + 1, 10)),
				     RLP_VALUE_TOO_LARGE);
			cr_assert_eq(rlp_check(span_of(in, 11)),
				     RLP_ELEM_TOO_LARGE);
			r = rlp_of(in, 11);
			rlp_enter(&r);
			rlp_leave_tail(&r);
			cr_assert_eq(r.fault, RLP_ELEM_TOO_LARGE);
		}
	}
}

/* Where the declared end meets the list's and the input's end, the class is
 * go-ethereum's: VALUE_TOO_LARGE if the input ends first. */
Test(rlp, an_item_over_its_list_by_its_header_alone)
{
	struct rlp r;

	cr_assert_eq(rlp_check(SPAN_OVER("\xc2\x82\x01")), RLP_VALUE_TOO_LARGE);
	cr_assert_eq(rlp_check(SPAN_OVER("\xc2\x82\x01\x02")),
		     RLP_ELEM_TOO_LARGE);
	cr_assert_eq(rlp_check(SPAN_OVER("\xc2\xc2\x01")), RLP_VALUE_TOO_LARGE);
	cr_assert_eq(rlp_check(SPAN_OVER("\xc2\xc2\x01\x02")),
		     RLP_ELEM_TOO_LARGE);
	cr_assert_eq(rlp_check(SPAN_OVER("\xc2\x83\x01\x02\x03")),
		     RLP_ELEM_TOO_LARGE);
	cr_assert_eq(rlp_check(SPAN_OVER("\xc1\xb9\x01\x00")),
		     RLP_ELEM_TOO_LARGE);
	/* A list may not reach over the end of the one around it. */
	r = RLP_OVER("\xc2\xc2\x01\x02");
	rlp_enter(&r);
	rlp_enter(&r);
	cr_assert_eq(r.fault, RLP_ELEM_TOO_LARGE);
	cr_assert_eq(r.depth, 1);
}

/* n lists within each other, the innermost empty. */
static struct span nested(size_t n)
{
	uint8_t *data = malloc(4 * n);
	size_t size = 0;
	size_t len;

	if (!data)
		abort();
	for (size_t i = 0; i < n; i++) { /* from the end to the start */
		len = size;
		if (len > 55) {
			cr_assert_lt(len, 65536u);
			data[4 * n - ++size] = (uint8_t)len;
			if (len > 255)
				data[4 * n - ++size] = (uint8_t)(len >> 8);
			len = 55 + (len > 255 ? 2 : 1);
		}
		data[4 * n - ++size] = (uint8_t)(0xc0 + len);
	}
	memmove(data, data + 4 * n - size, size);
	return span_of(data, size);
}

Test(rlp, lists_are_entered_to_the_depth_limit_and_no_deeper)
{
	struct span in = nested(RLP_DEPTH_MAX);
	struct rlp r = rlp_of(in.data, in.len);

	cr_assert_eq(rlp_check(in), RLP_OK);
	for (int i = 0; i < RLP_DEPTH_MAX; i++)
		rlp_enter(&r);
	for (int i = 0; i < RLP_DEPTH_MAX; i++)
		rlp_leave(&r);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
	free((void *)in.data);

	in = nested(RLP_DEPTH_MAX + 1);
	cr_assert_eq(rlp_check(in), RLP_TOO_DEEP);
	r = rlp_of(in.data, in.len);
	for (int i = 0; i <= RLP_DEPTH_MAX; i++)
		rlp_enter(&r);
	cr_assert_eq(r.fault, RLP_TOO_DEEP);
	cr_assert_eq(rlp_end(&r), ERR_LIMIT);
	/* As a raw item or in a tail it is not looked into. */
	r = rlp_of(in.data, in.len);
	cr_assert_eq(rlp_raw(&r).len, in.len);
	cr_assert_eq(rlp_end(&r), ERR_NONE);
	free((void *)in.data);
}

Test(rlp, a_mountain_of_lists_costs_no_stack)
{
	struct span in = nested(20000);
	uint8_t *bare = malloc(1 << 20);

	cr_assert_eq(rlp_check(in), RLP_TOO_DEEP);
	free((void *)in.data);

	cr_assert_not_null(bare);
	memset(bare, 0xff, 1 << 20);
	cr_assert_eq(rlp_check(span_of(bare, 1 << 20)), RLP_VALUE_TOO_LARGE);
	memset(bare, 0xc1, 1 << 20);
	cr_assert_eq(rlp_check(span_of(bare, 1 << 20)), RLP_ELEM_TOO_LARGE);
	free(bare);
}

Test(rlp, a_header_cut_short_is_told_from_a_wrong_one)
{
	struct rlp_header h = { .len = 42 };

	cr_assert_eq(rlp_header(&h, (struct span){ 0 }), RLP_EOF);
	cr_assert_eq(rlp_header(&h, SPAN_OVER("\xb8")), RLP_VALUE_TOO_LARGE);
	cr_assert_eq(rlp_header(&h, SPAN_OVER("\xff\x01\x02")),
		     RLP_VALUE_TOO_LARGE);
	cr_assert_eq(rlp_header(&h, SPAN_OVER("\xb8\x37")), RLP_CANON_SIZE);
	cr_assert_eq(rlp_header(&h, SPAN_OVER("\xf9\x00\x40")), RLP_CANON_SIZE);
	cr_assert_eq(h.len, 42); /* untouched by all of these */
	cr_assert_eq(rlp_header(&h, SPAN_OVER("\xb8\x38")), RLP_OK);
	cr_assert_eq(h.len, 56);
	cr_assert_eq(h.size, 2);
}

Test(rlp, every_fault_has_a_name_of_its_own)
{
	for (int f = RLP_OK; f <= RLP_TOO_DEEP; f++) {
		const char *name = rlp_fault_name((enum rlp_fault)f);

		for (int other = RLP_OK; other < f; other++)
			cr_assert(strcmp(
				name, rlp_fault_name((enum rlp_fault)other)));
		cr_assert(strcmp(name, "unknown fault"));
	}
	cr_assert_str_eq(rlp_fault_name(RLP_TOO_DEEP), "TOO_DEEP");
}
