/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/base64.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* RFC 4648, section 10, without the padding; and the two letters that differ
 * from plain base64. */
static const struct {
	const char *data, *text;
} pairs[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "-_-_" },
};

Test(base64, agrees_with_the_rfc, .init = crypto_init)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct span data = span_text(pairs[i].data);
		uint8_t out[8];
		char text[16];
		size_t len;

		cr_assert_str_eq(base64url_text(text, data), pairs[i].text);
		cr_assert_eq(strlen(text), BASE64URL_LEN(data.len));
		cr_assert_eq(base64url_parse(out, sizeof(out), &len,
					     span_text(pairs[i].text)),
			     ERR_NONE);
		cr_assert(span_equal(span_of(out, len), data));
	}
}

Test(base64, refuses_what_has_another_text, .init = crypto_init)
{
	static const char *const bad[] = {
		"Zg==", "Z",	"Zh",	      "Zm9",   "Zm 9v", "Zm9v\n",
		"+/+/", "Zm9%", "\xc3\xa9xx", "Zm9vY", "=",
	};
	uint8_t out[16];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(base64url_parse(out, sizeof(out), &len,
					     span_text(bad[i])),
			     ERR_FORMAT, "%s", bad[i]);
}

Test(base64, keeps_to_the_room, .init = crypto_init)
{
	uint8_t out[3];
	size_t len;

	cr_assert_eq(base64url_parse(out, 3, &len, span_text("Zm9v")),
		     ERR_NONE);
	cr_assert_eq(len, 3);
	cr_assert_eq(base64url_parse(out, 2, &len, span_text("Zm9v")),
		     ERR_LIMIT);
}

/* Every byte in every place, against the alphabet itself. */
Test(base64, knows_its_alphabet, .init = crypto_init)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	uint8_t out[3];
	size_t len;

	for (size_t place = 0; place < 4; place++)
		for (int c = 0; c < 256; c++) {
			uint8_t text[4] = { 'A', 'A', 'A', 'A' };
			bool good = c && strchr(alphabet, c);

			text[place] = (uint8_t)c;
			cr_assert_eq(base64url_parse(out, sizeof(out), &len,
						     span_of(text, 4)),
				     good ? ERR_NONE : ERR_FORMAT, "%d", c);
		}
}
