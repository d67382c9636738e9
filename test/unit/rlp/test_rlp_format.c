/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlp/rlp_format.h"
#include "test/support/unit.h"

#define SPAN_OVER(literal) span_of(literal, sizeof(literal) - 1)

static void is(struct buf *out, const void *want, size_t len)
{
	cr_assert(span_equal(span_of(out->data, out->len), span_of(want, len)),
		  "%zu bytes, wanted %zu", out->len, len);
	buf_clear(out);
}
#define IS(out, literal) is(out, literal, sizeof(literal) - 1)

Test(rlp_format, packs_every_letter)
{
	struct why why = WHY_NONE;
	struct buf out;

	buf_init(&out, 100);
	cr_assert_eq(rlp_pack(&out, &why, "[us[dd] ??r\tu]", (uint64_t)5,
			      "weft", "xy", (size_t)2, NULL, (size_t)0, 7, 0,
			      "\xc1\x05\x06", (size_t)3, UINT64_MAX),
		     ERR_NONE, "%s", why.text);
	IS(&out, "\xd9\x05\x84weft\xc4\x82xy\x80\x01\x80\xc1\x05\x06"
		 "\x88\xff\xff\xff\xff\xff\xff\xff\xff");
}

Test(rlp_format, unpacks_every_letter)
{
	struct rlp_texts texts = { 0 };
	struct why why = WHY_NONE;
	const uint8_t *raw;
	const uint8_t *d;
	uint64_t number;
	size_t raw_len;
	size_t d_len;
	char *name;
	int yes;
	int no;

	cr_assert_eq(rlp_unpack(SPAN_OVER("\xd1\x05\x84weft\xc3\x82xy\x01\x80"
					  "\xc1\x06\xc2\x01\x02"),
				&texts, &why, "[us[d]??r[u*]]", &number, &name,
				&d, &d_len, &yes, &no, &raw, &raw_len, NULL),
		     ERR_NONE, "%s", why.text);
	cr_assert_eq(number, 5);
	cr_assert_str_eq(name, "weft");
	cr_assert(span_equal(span_of(d, d_len), span_text("xy")));
	cr_assert_eq(yes, 1);
	cr_assert_eq(no, 0);
	cr_assert(span_equal(span_of(raw, raw_len), SPAN_OVER("\xc1\x06")));
	rlp_texts_clear(&texts);
	cr_assert_null(texts.first);
}

Test(rlp_format, values_outside_of_lists_follow_each_other)
{
	struct buf out;
	uint64_t a = 0;
	uint64_t b = 0;

	buf_init(&out, 100);
	cr_assert_eq(rlp_pack(&out, NULL, "uu[]", (uint64_t)1, (uint64_t)128),
		     ERR_NONE);
	cr_assert_eq(rlp_unpack(span_of(out.data, out.len), NULL, NULL, "uu[]",
				&a, &b),
		     ERR_NONE);
	cr_assert_eq(a, 1);
	cr_assert_eq(b, 128);
	IS(&out, "\x01\x81\x80\xc0");
}

Test(rlp_format, the_empty_format_is_no_value)
{
	struct buf out;

	buf_init(&out, 0);
	cr_assert_eq(rlp_pack(&out, NULL, " "), ERR_NONE);
	cr_assert_null(out.block);
	cr_assert_eq(rlp_unpack((struct span){ 0 }, NULL, NULL, ""), ERR_NONE);
	cr_assert_eq(rlp_unpack(SPAN_OVER("\x01"), NULL, NULL, ""), ERR_FORMAT);
}

Test(rlp_format, a_missing_text_is_packed_as_the_empty_one)
{
	struct buf out;

	buf_init(&out, 10);
	cr_assert_eq(rlp_pack(&out, NULL, "[s]", (const char *)NULL), ERR_NONE);
	IS(&out, "\xc1\x80");
}

Test(rlp_format, appends_and_leaves_the_buffer_alone_on_failure)
{
	struct why why = WHY_NONE;
	struct buf out;

	buf_init(&out, 10);
	cr_assert_eq(buf_append(&out, "head", 4), ERR_NONE);
	cr_assert_eq(rlp_pack(&out, &why, "[s]", "12345"), ERR_LIMIT);
	cr_assert_str_eq(why.text, "[s]: over the limit of 10 bytes");
	cr_assert_eq(out.len, 4);
	cr_assert_eq(rlp_pack(&out, &why, "[s]", "1234"), ERR_NONE);
	cr_assert_eq(rlp_pack(&out, &why, "u", (uint64_t)1), ERR_LIMIT);
	IS(&out, "head\xc5\x84"
		 "1234");
}

Test(rlp_format, a_size_no_memory_could_hold_is_refused)
{
	struct rlp_item items[3] = {
		{ .data = { (const uint8_t *)"x", SIZE_MAX - 9 } },
		{ .data = { (const uint8_t *)"x", SIZE_MAX - 9 } },
		{ .data = { (const uint8_t *)"x", SIZE_MAX - 9 } },
	};
	struct buf out;

	buf_init(&out, SIZE_MAX);
	cr_assert_eq(rlp_pack_items(&out, NULL, "[drd]", items, 3), ERR_LIMIT);
	cr_assert_eq(out.len, 0);
	buf_clear(&out);
}

Test(rlp_format, a_large_value_takes_memory_once)
{
	const size_t size = 1 << 20;
	uint8_t *data = malloc(size);
	const uint8_t *got;
	struct buf out;
	size_t len;

	cr_assert_not_null(data);
	memset(data, 0x5a, size);
	buf_init(&out, 2 * size);
	cr_assert_eq(rlp_pack(&out, NULL, "[[d]]", data, size), ERR_NONE);
	/* Exactly sized from the start: no smaller block was grown into, so
	 * the value is where it was first copied to. */
	cr_assert_eq(out.len, size + 3 * 4);
	cr_assert_eq(rlp_unpack(span_of(out.data, out.len), NULL, NULL, "[[d]]",
				&got, &len),
		     ERR_NONE);
	cr_assert(span_equal(span_of(got, len), span_of(data, size)));
	cr_assert_eq(got, out.data + 12); /* borrowed, not copied */
	buf_clear(&out);
	free(data);
}

/* What both refuse, with the same code. */
static const struct {
	const char *format;
	enum err rc;
	const char *why;
} bad_formats[] = {
	{ "[", ERR_UNSUPPORTED, "[: '[' without ']'" },
	{ "[u[]", ERR_UNSUPPORTED, "[u[]: '[' without ']'" },
	{ "]", ERR_UNSUPPORTED, "]: ']' without '['" },
	{ "[]]", ERR_UNSUPPORTED, "[]]: ']' without '['" },
	{ "][", ERR_UNSUPPORTED, "][: ']' without '['" },
	{ "x", ERR_UNSUPPORTED, "x: unknown letter 'x'" },
	{ "[U]", ERR_UNSUPPORTED, "[U]: unknown letter 'U'" },
	{ "[u,u]", ERR_UNSUPPORTED, "[u,u]: unknown letter ','" },
	{ "u\n", ERR_UNSUPPORTED, NULL },
	{ "%s%n", ERR_UNSUPPORTED, "%s%n: unknown letter '%'" },
};

static const char *bad_stars[] = { "*",	   "u*",    "[*u]", "[**]",
				   "[*]*", "[*[]]", "[u]*" };

Test(rlp_format, bad_formats_are_told_to_whoever_wrote_them)
{
	struct rlp_texts texts = { 0 };
	struct rlp_item items[4];
	size_t count = 99;
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(bad_formats); i++) {
		const char *format = bad_formats[i].format;
		struct why packing = WHY_NONE;
		struct why reading = WHY_NONE;

		cr_assert_eq(rlp_pack(&out, &packing, format),
			     bad_formats[i].rc);
		cr_assert_eq(rlp_pack_items(&out, NULL, format, items, 0),
			     bad_formats[i].rc);
		cr_assert_eq(
			rlp_unpack(SPAN_OVER("\xc0"), &texts, &reading, format),
			bad_formats[i].rc);
		cr_assert_eq(rlp_unpack_items(SPAN_OVER("\xc0"), &texts, NULL,
					      format, items, 4, &count),
			     bad_formats[i].rc);
		cr_assert_str_eq(packing.text, reading.text);
		if (bad_formats[i].why)
			cr_assert_str_eq(packing.text, bad_formats[i].why);
	}
	cr_assert_eq(out.len, 0);
	cr_assert_null(texts.first);
	cr_assert_eq(count, 99);
}

Test(rlp_format, a_star_is_the_last_in_a_list_and_never_packed)
{
	struct why why = WHY_NONE;
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(bad_stars); i++) {
		cr_assert_eq(rlp_unpack(SPAN_OVER("\xc0"), NULL, &why,
					bad_stars[i], NULL, NULL),
			     ERR_UNSUPPORTED, "%s", bad_stars[i]);
		cr_assert(strstr(why.text, "'*' is not the last in a list"));
	}
	cr_assert_eq(rlp_unpack(SPAN_OVER("\xc0"), NULL, &why, "[ * ]"),
		     ERR_NONE);
	cr_assert_eq(rlp_pack(&out, &why, "[*]"), ERR_UNSUPPORTED);
	cr_assert_str_eq(why.text, "[*]: '*' cannot be packed");
}

Test(rlp_format, takes_as_many_values_as_it_says_and_no_more)
{
	struct rlp_item items[RLP_FORMAT_ITEMS_MAX + 1] = { 0 };
	char format[RLP_FORMAT_ITEMS_MAX + 4] = "[";
	struct why why = WHY_NONE;
	size_t count = 0;
	struct buf out;

	buf_init(&out, 1000);
	memset(format + 1, 'u', RLP_FORMAT_ITEMS_MAX);
	strcat(format, "]");
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		items[i].number = 1 + i;
	cr_assert_eq(
		rlp_pack_items(&out, &why, format, items, RLP_FORMAT_ITEMS_MAX),
		ERR_NONE);
	memset(items, 0, sizeof(items));
	cr_assert_eq(rlp_unpack_items(span_of(out.data, out.len), NULL, &why,
				      format, items, RLP_FORMAT_ITEMS_MAX,
				      &count),
		     ERR_NONE);
	cr_assert_eq(count, RLP_FORMAT_ITEMS_MAX);
	for (size_t i = 0; i < RLP_FORMAT_ITEMS_MAX; i++)
		cr_assert_eq(items[i].number, 1 + i);

	count = 77;
	cr_assert_eq(rlp_unpack_items(span_of(out.data, out.len), NULL, &why,
				      format, items, RLP_FORMAT_ITEMS_MAX - 1,
				      &count),
		     ERR_LIMIT);
	cr_assert(strstr(why.text, "64 values, room for 63"));
	cr_assert_eq(count, 77);
	buf_clear(&out);

	strcpy(format + 1 + RLP_FORMAT_ITEMS_MAX, "u]");
	cr_assert_eq(
		rlp_pack_items(&out, &why, format, items, ARRAY_LEN(items)),
		ERR_LIMIT);
	cr_assert(strstr(why.text, "more than 64 values"));
	cr_assert_eq(rlp_unpack_items(SPAN_OVER("\xc0"), NULL, NULL, format,
				      items, ARRAY_LEN(items), &count),
		     ERR_LIMIT);
	cr_assert_eq(out.len, 0);
}

Test(rlp_format, nests_to_the_depth_limit_and_no_deeper)
{
	char format[2 * RLP_DEPTH_MAX + 3] = "";
	struct buf out;

	for (size_t depth = RLP_DEPTH_MAX; depth <= RLP_DEPTH_MAX + 1;
	     depth++) {
		enum err want = depth > RLP_DEPTH_MAX ? ERR_LIMIT : ERR_NONE;
		struct span in;

		memset(format, '[', depth);
		memset(format + depth, ']', depth);
		buf_init(&out, 1000);
		cr_assert_eq(rlp_pack(&out, NULL, format), want);
		in = want ? SPAN_OVER("\xc0") : span_of(out.data, out.len);
		cr_assert_eq(rlp_unpack(in, NULL, NULL, format), want);
		buf_clear(&out);
	}
}

Test(rlp_format, the_array_must_hold_what_the_format_takes)
{
	struct rlp_item items[3] = { { .number = 1 } };
	struct why why = WHY_NONE;
	struct buf out;

	buf_init(&out, 100);
	cr_assert_eq(rlp_pack_items(&out, &why, "[uu]", items, 3),
		     ERR_UNSUPPORTED);
	cr_assert_str_eq(why.text, "[uu]: 2 values, but 3 given");
	cr_assert_eq(rlp_pack_items(&out, &why, "[uu]", items, 1),
		     ERR_UNSUPPORTED);
	cr_assert_eq(out.len, 0);
	cr_assert_eq(rlp_pack_items(&out, &why, "[uu]", items, 2), ERR_NONE);
	IS(&out, "\xc2\x01\x80");
}

Test(rlp_format, errors_name_the_letter)
{
	static const struct {
		const char *hex;
		const char *format;
		const char *why;
	} cases[] = {
		{ "c205c0", "[us]", "[us]: item 2 's': EXPECTED_STRING" },
		{ "c20080", "[us]", "[us]: item 1 'u': CANON_INT" },
		{ "c102", "[?]", "[?]: item 1 '?': INVALID_BOOL" },
		{ "c0", "[d]", "[d]: item 1 'd': TOO_FEW" },
		{ "c0", "[r]", "[r]: item 1 'r': TOO_FEW" },
		{ "c28105", "[r]", "[r]: item 1 'r': CANON_SIZE" },
		{ "c10500", "[u]", "[u]: at its end: TRAILING" },
		{ "c20506", "[u]", "[u]: ']' after 1 items: TOO_MANY" },
		{ "05", "[u]", "[u]: '[' after 0 items: EXPECTED_LIST" },
		{ "c205c0", "[u[u]]", "[u[u]]: item 2 'u': TOO_FEW" },
		{ "c20505", "[u[u]]",
		  "[u[u]]: '[' after 1 items: "
		  "EXPECTED_LIST" },
		{ "c205b8", "[u*]", "[u*]: '*' after 1 items: ELEM_TOO_LARGE" },
		{ "", "[]", "[]: '[' after 0 items: EOF" },
		{ "", "u", "u: item 1 'u': EOF" },
		{ "c3826100", "[s]", "[s]: item 1 's': a NUL byte in a text" },
		{ "c100", "[s]", "[s]: item 1 's': a NUL byte in a text" },
		{ "8900000000000000000a", "u", "u: item 1 'u': UINT_OVERFLOW" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span in = hex_bytes(cases[i].hex);
		struct rlp_texts texts = { 0 };
		struct rlp_item items[4];
		struct why why = WHY_NONE;
		struct why twin = WHY_NONE;
		size_t count = 55;

		cr_assert_eq(rlp_unpack(in, &texts, &why, cases[i].format, NULL,
					NULL, NULL, NULL),
			     ERR_FORMAT, "case %zu", i);
		cr_assert_str_eq(why.text, cases[i].why);
		cr_assert_eq(rlp_unpack_items(in, &texts, &twin,
					      cases[i].format, items, 4,
					      &count),
			     ERR_FORMAT);
		cr_assert_str_eq(twin.text, why.text);
		cr_assert_eq(count, 55);
		cr_assert_null(texts.first);
		cr_assert_eq(rlp_unpack(in, &texts, NULL, cases[i].format, NULL,
					NULL, NULL, NULL),
			     ERR_FORMAT);
		free((void *)in.data);
	}
}

Test(rlp_format, a_long_format_leaves_room_for_the_error)
{
	struct why why = WHY_NONE;
	char format[1200];

	memset(format, ' ', sizeof(format));
	strcpy(format + sizeof(format) - 2, "u");
	cr_assert_eq(rlp_unpack(SPAN_OVER("\xc0"), NULL, &why, format, NULL),
		     ERR_FORMAT);
	cr_assert(strstr(why.text, ": item 1 'u': EXPECTED_STRING"));
}

Test(rlp_format, sets_all_outputs_or_none)
{
	struct rlp_texts texts = { 0 };
	uint64_t number = 77;
	const uint8_t *data = (const uint8_t *)"old";
	char *text = NULL;
	size_t len = 3;
	int flag = 9;

	/* The last of them is wrong. */
	cr_assert_eq(rlp_unpack(SPAN_OVER("\xc6\x05\x61\x62\x01\xc0\xc0"),
				&texts, NULL, "[usd?r[]u]", &number, &text,
				&data, &len, &flag, NULL, NULL, &number),
		     ERR_FORMAT);
	cr_assert_eq(number, 77);
	cr_assert_null(text);
	cr_assert_eq(len, 3);
	cr_assert_arr_eq(data, "old", 3);
	cr_assert_eq(flag, 9);
	cr_assert_null(texts.first);
}

Test(rlp_format, null_outputs_are_checked_and_skipped)
{
	struct rlp_texts texts = { 0 };
	struct span in = SPAN_OVER("\xc7\x05\x61\x62\x01\xc0\x63\x64");
	const uint8_t *data = NULL;
	uint64_t last = 0;
	size_t len = 0;

	cr_assert_eq(rlp_unpack(in, &texts, NULL, "[usd?rdu]", NULL, NULL, NULL,
				&len, NULL, NULL, NULL, &data, NULL, &last),
		     ERR_NONE);
	cr_assert_eq(len, 1);
	cr_assert_eq(data[0], 'c');
	cr_assert_eq(last, 'd');
	rlp_texts_clear(&texts);
	cr_assert_eq(rlp_unpack(in, &texts, NULL, "[us*]", NULL, NULL),
		     ERR_NONE);
	cr_assert_eq(rlp_unpack(in, &texts, NULL, "[u?*]", NULL, NULL),
		     ERR_FORMAT);
	rlp_texts_clear(&texts);
}

Test(rlp_format, texts_are_copies_that_outlive_the_input)
{
	struct rlp_texts texts = { 0 };
	char in[] = "\xc9\x83one\x80\x84three";
	char *one;
	char *two;
	char *three;
	char *again;

	in[0] = (char)0xcb;
	in[6] = (char)0x85;
	memcpy(in + 5, "\x80\x85three", 7);
	cr_assert_eq(rlp_unpack(span_of(in, 12), &texts, NULL, "[sss]", &one,
				&two, &three),
		     ERR_NONE);
	cr_assert_eq(rlp_unpack(span_of(in, 12), &texts, NULL, "[s*]", &again),
		     ERR_NONE);
	memset(in, 'x', sizeof(in));
	cr_assert_str_eq(one, "one");
	cr_assert_str_eq(two, "");
	cr_assert_str_eq(three, "three");
	cr_assert_str_eq(again, "one");
	cr_assert_neq(one, again);
	rlp_texts_clear(&texts);
	rlp_texts_clear(&texts); /* empty again, and usable */
}

Test(rlp_format, items_hold_the_copy_of_a_text)
{
	struct rlp_texts texts = { 0 };
	struct rlp_item items[3];
	char in[] = "\xc5\x82hi\x07\x01";
	struct buf out;
	size_t count;

	cr_assert_eq(rlp_unpack_items(span_of(in, 6), &texts, NULL, "[su?]",
				      items, ARRAY_LEN(items), &count),
		     ERR_NONE);
	cr_assert_eq(count, 3);
	cr_assert(span_equal(items[0].data, span_text("hi")));
	cr_assert_str_eq((const char *)items[0].data.data, "hi");
	cr_assert_neq(items[0].data.data, (const uint8_t *)in + 2);
	cr_assert_eq(items[1].number, 7);
	cr_assert_eq(items[2].number, 1);
	/* and they pack to what they came from */
	buf_init(&out, 100);
	cr_assert_eq(rlp_pack_items(&out, NULL, "[su?]", items, count),
		     ERR_NONE);
	is(&out, in, 6);
	items[2].number = 256; /* true is 1, whatever it was */
	cr_assert_eq(rlp_pack_items(&out, NULL, "[su?]", items, count),
		     ERR_NONE);
	is(&out, in, 6);
	rlp_texts_clear(&texts);
}

/* The writer and the format agree, at every size where a header grows. */
Test(rlp_format, list_headers_of_every_size)
{
	static const size_t sizes[] = { 0,   1,	  53,  54,  55,	   56,
					253, 254, 255, 256, 65535, 65536 };
	static uint8_t data[65536];

	memset(data, 0xbb, sizeof(data));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const uint8_t *got = NULL;
		struct buf out;
		size_t len = 1;
		uint64_t a = 0;
		uint64_t b = 0;

		buf_init(&out, 70000);
		cr_assert_eq(rlp_pack(&out, NULL, "[u[[d]]u]", (uint64_t)3,
				      data, sizes[i], (uint64_t)300),
			     ERR_NONE);
		cr_assert_eq(rlp_check(span_of(out.data, out.len)), RLP_OK);
		cr_assert_eq(rlp_unpack(span_of(out.data, out.len), NULL, NULL,
					"[u[[d]]u]", &a, &got, &len, &b),
			     ERR_NONE);
		cr_assert_eq(a, 3);
		cr_assert_eq(b, 300);
		cr_assert(
			span_equal(span_of(got, len), span_of(data, sizes[i])));
		buf_clear(&out);
	}
}
