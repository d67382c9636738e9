/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/text.h"
#include "test/support/unit.h"

#define R "\xef\xbf\xbd" /* U+FFFD */

static void expect(const void *bytes, size_t len, const char *text)
{
	json_t *value = json_text(span_of(bytes, len));

	cr_assert_str_eq(json_string_value(value), text);
	cr_assert_eq(json_string_length(value), strlen(text));
	json_decref(value);
}

Test(json_text, keeps_what_is_UTF_8)
{
	static const char *const cases[] = {
		"",
		"plain",
		"\x01\x7f",
		"caf\xc3\xa9",
		"\xc2\x80\xdf\xbf",
		"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		R,
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i], strlen(cases[i]), cases[i]);
}

Test(json_text, replaces_each_byte_of_what_is_not)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\x80", R },
		{ "\xff\xfe", R R },
		{ "\xc0\x80", R R },	   /* NUL in two bytes */
		{ "\xc1\xbf", R R },	   /* overlong */
		{ "\xe0\x9f\xbf", R R R }, /* overlong */
		{ "\xf0\x8f\xbf\xbf", R R R R },
		{ "\xed\xa0\x80", R R R },	 /* a surrogate */
		{ "\xf4\x90\x80\x80", R R R R }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", R R R R },
		{ "\xc3", R }, /* cut off */
		{ "\xe2\x82", R R },
		{ "\xf0\x9f\x98", R R R },
		{ "\xc3(", R "(" },
		{ "\xe2\x82(", R R "(" },
		{ "a\xf0\x9f\x98"
		  "b\xc3\xa9",
		  "a" R R R "b\xc3\xa9" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i].in, strlen(cases[i].in), cases[i].out);
}

Test(json_text, replaces_NUL)
{
	expect("a\0b", 3, "a" R "b");
}

/* Whatever the bytes, jansson takes the result for UTF-8 (or there would be
 * none), and so does a reader of what it prints. */
Test(json_text, makes_a_string_of_any_two_bytes)
{
	for (unsigned i = 0; i < 0x10000; i++) {
		const uint8_t bytes[] = { (uint8_t)(i >> 8), (uint8_t)i, 'x' };
		json_t *value = json_text(span_of(bytes, sizeof(bytes)));
		size_t len = json_string_length(value);

		cr_assert_geq(len, 3);
		cr_assert_eq(json_string_value(value)[len - 1], 'x');
		json_decref(value);
	}
}
