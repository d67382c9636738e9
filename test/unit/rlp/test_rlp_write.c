/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlp/rlp_write.h"
#include "test/support/unit.h"

static void is(struct buf *out, const void *want, size_t len)
{
	cr_assert(span_equal(span_of(out->data, out->len), span_of(want, len)),
		  "%zu bytes, wanted %zu", out->len, len);
	buf_clear(out);
}
#define IS(out, literal) is(out, literal, sizeof(literal) - 1)

Test(rlp_write, writes_a_structure)
{
	struct rlp_writer w;
	struct buf out;

	buf_init(&out, 100);
	w = rlp_writer_of(&out);
	rlp_put_list(&w);
	rlp_put_u64(&w, 5);
	rlp_put_text(&w, "weft");
	rlp_put_list(&w);
	rlp_put_bool(&w, true);
	rlp_put_bool(&w, false);
	rlp_put_end(&w);
	rlp_put_raw(&w, span_of("\xc1\xc0", 2));
	rlp_put_raw(&w, (struct span){ 0 });
	rlp_put_bytes(&w, NULL, 0);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	IS(&out, "\xcc\x05\x84weft\xc2\x01\x80\xc1\xc0\x80");
}

Test(rlp_write, appends_to_what_the_buffer_holds)
{
	struct rlp_writer w;
	struct buf out;

	buf_init(&out, 100);
	cr_assert_eq(buf_append(&out, "head", 4), ERR_NONE);
	w = rlp_writer_of(&out);
	rlp_put_list(&w);
	rlp_put_u64(&w, 128);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	IS(&out, "head\xc2\x81\x80");
}

/* Lengths on either side of each change of the header's size. */
Test(rlp_write, strings_and_lists_of_every_header_size)
{
	static const size_t sizes[] = { 0,    1,     2,	    54,	   55,
					56,   57,    255,   256,   257,
					1024, 65535, 65536, 65537, 1 << 20 };
	uint8_t *data = calloc(1, 1 << 20);

	cr_assert_not_null(data);
	memset(data, 0xaa, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct rlp_writer w;
		struct rlp r;
		struct buf out;
		size_t right;

		buf_init(&out, 1 << 21);
		w = rlp_writer_of(&out);
		rlp_put_list(&w);
		rlp_put_bytes(&w, data, sizes[i]);
		rlp_put_end(&w);
		cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
		r = rlp_of(out.data, out.len);
		rlp_enter(&r);
		cr_assert(span_equal(rlp_bytes(&r), span_of(data, sizes[i])));
		rlp_leave(&r);
		cr_assert_eq(rlp_end(&r), ERR_NONE, "%zu bytes", sizes[i]);
		buf_clear(&out);

		w = rlp_writer_of(&out);
		rlp_put_list(&w);
		for (size_t n = 0; n < sizes[i]; n++)
			rlp_put_u64(&w, 1 + n % 127);
		rlp_put_end(&w);
		cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
		r = rlp_of(out.data, out.len);
		rlp_enter(&r);
		right = 0;
		for (size_t n = 0; n < sizes[i]; n++)
			right += rlp_u64(&r) == 1 + n % 127;
		rlp_leave(&r);
		cr_assert_eq(right, sizes[i]);
		cr_assert_eq(rlp_end(&r), ERR_NONE, "%zu items", sizes[i]);
		buf_clear(&out);
	}
	free(data);
}

Test(rlp_write, a_single_byte_below_0x80_is_its_own_encoding)
{
	struct rlp_writer w;
	struct buf out;

	buf_init(&out, 10);
	w = rlp_writer_of(&out);
	rlp_put_bytes(&w, "\0", 1);
	rlp_put_bytes(&w, "\x7f", 1);
	rlp_put_bytes(&w, "\x80", 1);
	rlp_put_u64(&w, 0);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	IS(&out, "\x00\x7f\x81\x80\x80");
}

Test(rlp_write, the_limit_holds_to_the_byte)
{
	uint8_t data[60] = { 1, 2, 3 };

	/* [60 bytes] takes 2 + 2 + 60. */
	for (size_t limit = 0; limit < 70; limit++) {
		struct rlp_writer w;
		struct buf out;

		buf_init(&out, 4 + limit);
		cr_assert_eq(buf_append(&out, "keep", 4), ERR_NONE);
		w = rlp_writer_of(&out);
		rlp_put_list(&w);
		rlp_put_bytes(&w, data, sizeof(data));
		rlp_put_end(&w);
		if (limit < 64) {
			/* Sticky: what would fit is not written either. */
			rlp_put_list(&w);
			rlp_put_u64(&w, 1);
			rlp_put_raw(&w, span_of("\x01", 1));
			rlp_put_end(&w);
			cr_assert_eq(rlp_writer_end(&w), ERR_LIMIT);
			IS(&out, "keep");
		} else {
			cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
			cr_assert_eq(out.len, 4u + 64);
			buf_clear(&out);
		}
	}
}

Test(rlp_write, lists_open_to_the_depth_limit_and_no_deeper)
{
	struct rlp_writer w;
	struct buf out;

	for (int depth = RLP_DEPTH_MAX; depth <= RLP_DEPTH_MAX + 1; depth++) {
		buf_init(&out, 1000);
		w = rlp_writer_of(&out);
		for (int i = 0; i < depth; i++)
			rlp_put_list(&w);
		for (int i = 0; i < depth; i++)
			rlp_put_end(&w);
		if (depth > RLP_DEPTH_MAX) {
			cr_assert_eq(rlp_writer_end(&w), ERR_LIMIT);
			cr_assert_eq(out.len, 0);
		} else {
			cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
			cr_assert_eq(rlp_check(span_of(out.data, out.len)),
				     RLP_OK);
		}
		buf_clear(&out);
	}
}

Test(rlp_write, a_string_no_memory_could_hold_is_refused)
{
	struct rlp_writer w;
	struct buf out;

	buf_init(&out, SIZE_MAX);
	w = rlp_writer_of(&out);
	rlp_put_u64(&w, 1);
	rlp_put_bytes(&w, "x", SIZE_MAX);
	cr_assert_eq(rlp_writer_end(&w), ERR_LIMIT);
	cr_assert_eq(out.len, 0);
	buf_clear(&out);
}

Test(rlp_write, message_codes)
{
	static const struct {
		uint64_t code;
		size_t len;
		const char *bytes;
	} cases[] = {
		{ 0, 1, "\x80" },
		{ 1, 1, "\x01" },
		{ 0x10, 1, "\x10" },
		{ 127, 1, "\x7f" },
		{ 128, 2, "\x81\x80" },
		{ 255, 2, "\x81\xff" },
		{ 256, 3, "\x82\x01\x00" },
		{ UINT64_MAX, 9, "\x88\xff\xff\xff\xff\xff\xff\xff\xff" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t b[RLP_HEADER_MAX];
		struct span rest;
		uint64_t code;

		cr_assert_eq(rlp_put_code(b, cases[i].code), cases[i].len);
		cr_assert_arr_eq(b, cases[i].bytes, cases[i].len);
		cr_assert_eq(
			rlp_split_code(&code, &rest, span_of(b, cases[i].len)),
			ERR_NONE);
		cr_assert_eq(code, cases[i].code);
		cr_assert_eq(rest.len, 0);
	}
}
