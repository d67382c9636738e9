/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/base32.h"

#include <string.h>

#include "test/support/unit.h"

/* RFC 4648, section 10, without the padding. */
Test(base32, agrees_with_the_standard)
{
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "f", "MY" },
		{ "fo", "MZXQ" },
		{ "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" },
		{ "fooba", "MZXW6YTB" },
		{ "foobar", "MZXW6YTBOI" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		uint8_t bytes[8];
		char text[16];
		size_t len;

		cr_assert_str_eq(base32_text(text, span_text(pairs[i][0])),
				 pairs[i][1]);
		cr_assert_eq(strlen(text), BASE32_LEN(strlen(pairs[i][0])));
		cr_assert_eq(base32_parse(bytes, sizeof(bytes), &len,
					  span_text(pairs[i][1])),
			     ERR_NONE);
		cr_assert(span_equal(span_of(bytes, len),
				     span_text(pairs[i][0])));
	}
}

Test(base32, every_byte_comes_back_at_every_length)
{
	uint8_t bytes[40], back[40];
	char text[BASE32_LEN(40) + 1];
	size_t len;

	for (size_t n = 0; n <= sizeof(bytes); n++)
		for (unsigned round = 0; round < 256; round += 5) {
			for (size_t i = 0; i < n; i++)
				bytes[i] = (uint8_t)(round + 37 * i);
			base32_text(text, span_of(bytes, n));
			cr_assert_eq(
				base32_parse(back, n, &len, span_text(text)),
				ERR_NONE);
			cr_assert(span_equal(span_of(back, len),
					     span_of(bytes, n)));
		}
}

Test(base32, refuses_what_is_none)
{
	static const char *const bad[] = { "A",	   "AAA", "AAAAAA", "aa",
					   "A1",   "A8",  "AA====", "A A",
					   "AA\n", "A\r", "@A",	    "AA[",
					   "\xc1Q" };
	uint8_t out[8];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(
			base32_parse(out, sizeof(out), &len, span_text(bad[i])),
			ERR_FORMAT, "%s", bad[i]);
	cr_assert_eq(base32_parse(out, 4, &len, span_text("AAAAAAA")),
		     ERR_NONE);
	cr_assert_eq(base32_parse(out, 4, &len, span_text("AAAAAAAA")),
		     ERR_LIMIT);
	/* Bits left over may be set. */
	cr_assert_eq(base32_parse(out, 4, &len, span_text("AB")), ERR_NONE);
	cr_assert_eq(len, 1);
	cr_assert_eq(out[0], 0);
}
