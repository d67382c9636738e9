/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/parse.h"

#include <stdlib.h>

#include "test/support/unit.h"

static enum err parse(json_t **out, const char *text, struct why *why)
{
	return json_from_stranger(out, span_text(text), JSON_PARTS_DEFAULT,
				  why);
}

Test(json_parse, gives_the_value)
{
	static const char *const cases[] = {
		"{\"a\":[1,2.5,\"x\",null,true]}",
		"[]",
		" 7 ",
		"\"text\"",
		"null",
		"\"caf\xc3\xa9\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *expected = json_loads(cases[i], JSON_DECODE_ANY, NULL);
		json_t *value;

		cr_assert_not_null(expected);
		cr_assert_eq(parse(&value, cases[i], NULL), ERR_NONE, "%s",
			     cases[i]);
		cr_assert(json_equal(value, expected));
		json_decref(value);
		json_decref(expected);
	}
}

Test(json_parse, refuses_what_is_not_JSON)
{
	static const char *const cases[] = {
		"",
		" ",
		"{",
		"[1,]",
		"{\"a\"}",
		"{a:1}",
		"[1] [2]",
		"[1]]",
		"nul",
		"'a'",
		"\"a\nb\"",
		"\"\xff\"",
		"\"\\u0000\"",
		"\"\xed\xa0\x80\"",
		"[01]",
		"1e999",
		"9223372036854775808",
		"{\"a\":1,\"a\":2}",
		"[1}",
		"\x01",
		"{\"a\":1,}",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct why why = WHY_NONE;
		json_t *value = json_null();

		cr_assert_eq(parse(&value, cases[i], &why), ERR_FORMAT, "%s",
			     cases[i]);
		cr_assert_null(value);
		cr_assert(!strncmp(why.text, "invalid JSON: ", 14), "%s",
			  why.text);
	}
}

Test(json_parse, refuses_a_nul_byte_in_the_text)
{
	json_t *value;

	cr_assert_eq(json_from_stranger(&value, span_of("[1]\0", 4),
					JSON_PARTS_DEFAULT, NULL),
		     ERR_FORMAT);
}

Test(json_parse, refuses_depth_before_anything_is_parsed)
{
	enum {
		DEEP = 300 * 1000 /* would take 90 MB of stack */
	};
	char *text = malloc(DEEP + 1);
	struct why why = WHY_NONE;
	json_t *value;

	cr_assert_not_null(text);
	memset(text, '[', DEEP);
	text[DEEP] = '\0';
	cr_assert_eq(parse(&value, text, &why), ERR_LIMIT);
	cr_assert_str_eq(why.text, "nested deeper than 64 levels at byte 65");
	free(text);
}

Test(json_parse, takes_64_levels)
{
	char text[2 * JSON_DEPTH_MAX + 1] = "";
	json_t *value;

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	cr_assert_eq(parse(&value, text, NULL), ERR_NONE);
	json_decref(value);
}

Test(json_parse, bounds_the_number_of_values)
{
	struct why why = WHY_NONE;
	json_t *value;

	cr_assert_eq(json_from_stranger(&value, span_text("[1,2,3]"), 3, &why),
		     ERR_NONE);
	json_decref(value);
	cr_assert_eq(json_from_stranger(&value, span_text("[1,2,3]"), 2, &why),
		     ERR_LIMIT);
	cr_assert_str_eq(why.text, "more than 2 values");
}
