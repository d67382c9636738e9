/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/scan.h"
#include "test/support/unit.h"

enum {
	PARTS = 100
};

static enum err scan(const char *text, size_t *used)
{
	struct json_scan s;

	json_scan_init(&s, PARTS);
	return json_scan_feed(&s, used, span_text(text));
}

Test(json_scan, finds_the_end_of_a_text)
{
	static const struct {
		const char *text;
		size_t end;
	} cases[] = {
		{ "{}", 2 },
		{ "[]x", 2 },
		{ " \t\r\n{}{}", 6 },
		{ "{\"a\":[1,2,{\"b\":null}]} {", 22 },
		{ "\"text\"\"next\"", 6 },
		{ "\"a\\\"b\"]", 6 },
		{ "\"a\\\\\"1", 5 },
		{ "[\"]\",\"}\",\"\\\"]\"]2", 15 },
		{ "12 ", 2 },
		{ "12[", 2 },
		{ "12\"", 2 },
		{ "null{}", 4 },
		{ "true,", 4 },
		{ "-1.5e9\n", 6 },
		{ "[\"\xff\xfe\"]", 6 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t used;

		cr_assert_eq(scan(cases[i].text, &used), ERR_NONE, "%s",
			     cases[i].text);
		cr_assert_eq(used, cases[i].end, "%s", cases[i].text);
	}
}

Test(json_scan, asks_for_more_of_what_is_cut_off)
{
	static const char *const cases[] = {
		"", " ", "{", "[1,", "\"a", "\"a\\", "\"a\\\"", "12", "nul",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t used;

		cr_assert_eq(scan(cases[i], &used), ERR_SHORT, "%s", cases[i]);
		cr_assert_eq(used, strlen(cases[i]));
	}
}

Test(json_scan, knows_what_the_end_of_the_stream_makes_of_it)
{
	static const struct {
		const char *text;
		enum err rc;
	} cases[] = {
		{ "", ERR_SHORT },	    { "  ", ERR_SHORT },
		{ "12", ERR_NONE },	    { "true", ERR_NONE },
		{ "[", ERR_FORMAT },	    { "\"a", ERR_FORMAT },
		{ "{\"a\":1", ERR_FORMAT },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_scan s;
		size_t used;

		json_scan_init(&s, PARTS);
		cr_assert_eq(
			json_scan_feed(&s, &used, span_text(cases[i].text)),
			ERR_SHORT);
		cr_assert_eq(json_scan_end(&s), cases[i].rc, "%s",
			     cases[i].text);
	}
}

Test(json_scan, refuses_brackets_that_do_not_match)
{
	static const char *const cases[] = {
		"]", "}", "[}", "{]", "{\"a\":[}", "[[]}", ",", ":",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t used;

		cr_assert_eq(scan(cases[i], &used), ERR_FORMAT, "%s", cases[i]);
	}
}

/* Each level on its own, so that the kinds of brackets are kept apart. */
Test(json_scan, nests_to_the_limit_and_no_further)
{
	char text[2 * (JSON_DEPTH_MAX + 1)];
	size_t used;

	for (size_t i = 0; i < JSON_DEPTH_MAX; i++) {
		text[i] = i % 3 ? '[' : '{';
		text[2 * JSON_DEPTH_MAX - 1 - i] = i % 3 ? ']' : '}';
	}
	text[2 * JSON_DEPTH_MAX] = '\0';
	cr_assert_eq(scan(text, &used), ERR_NONE);
	cr_assert_eq(used, 2 * JSON_DEPTH_MAX);

	memset(text, '[', JSON_DEPTH_MAX + 1);
	text[JSON_DEPTH_MAX] = '\0';
	cr_assert_eq(scan(text, &used), ERR_SHORT);
	text[JSON_DEPTH_MAX] = '[';
	text[JSON_DEPTH_MAX + 1] = '\0';
	cr_assert_eq(scan(text, &used), ERR_LIMIT);
}

Test(json_scan, does_not_count_brackets_in_strings)
{
	char text[300];
	size_t used;

	text[0] = '"';
	memset(text + 1, '[', 200);
	strcpy(text + 201, "\"");
	cr_assert_eq(scan(text, &used), ERR_NONE);
	cr_assert_eq(used, 202);
}

Test(json_scan, counts_parts)
{
	struct json_scan s;
	size_t used;

	/* Two brackets, two commas, one colon. */
	json_scan_init(&s, 5);
	cr_assert_eq(json_scan_feed(&s, &used, span_text("[1,2,{\"a,\":3}]")),
		     ERR_NONE);
	json_scan_init(&s, 4);
	cr_assert_eq(json_scan_feed(&s, &used, span_text("[1,2,{\"a,\":3}]")),
		     ERR_LIMIT);
}

Test(json_scan, stays_dead)
{
	struct json_scan s;
	size_t used;

	json_scan_init(&s, PARTS);
	cr_assert_eq(json_scan_feed(&s, &used, span_text("[}")), ERR_FORMAT);
	cr_assert_eq(json_scan_feed(&s, &used, span_text("[]")), ERR_FORMAT);
	cr_assert_eq(used, 0);
	cr_assert_eq(json_scan_end(&s), ERR_FORMAT);
}
