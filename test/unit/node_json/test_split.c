/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/split.h"

#include <stdlib.h>

#include "test/support/unit.h"

enum {
	TEXT_MAX = 32,
	PARTS = 16,
};

/* Feed in pieces of n bytes; what came out, with '|' behind each text, and
 * the result that ended it. */
static enum err split(char out[512], const char *in, size_t n, bool ends)
{
	size_t len = strlen(in), at = 0;
	struct json_split s;
	struct span text;
	enum err rc = ERR_SHORT;

	out[0] = '\0';
	json_split_init(&s, TEXT_MAX, PARTS);
	while (at < len && rc == ERR_SHORT) {
		size_t piece = len - at < n ? len - at : n;

		cr_assert_eq(
			json_split_feed(&s, (const uint8_t *)in + at, piece),
			ERR_NONE);
		at += piece;
		if (at == len && ends)
			json_split_end(&s);
		while (!(rc = json_split_next(&s, &text))) {
			strncat(out, (const char *)text.data, text.len);
			strcat(out, "|");
		}
	}
	if (rc != ERR_SHORT)
		cr_assert_eq(json_split_next(&s, &text), rc);
	json_split_clear(&s);
	return rc;
}

Test(json_split, cuts_the_same_in_any_pieces)
{
	static const struct {
		const char *in, *out;
		enum err rc;
	} cases[] = {
		{ "{}\n[]\n", "{}|[]|", ERR_CLOSED },
		{ "{}[]1 2\"a\"null", "{}|[]|1|2|\"a\"|null|", ERR_CLOSED },
		{ "  \n\n  {\"a\": 1}  \n", "{\"a\": 1}|", ERR_CLOSED },
		{ "", "", ERR_SHORT }, /* never fed */
		{ "   ", "", ERR_CLOSED },
		{ "[1] [", "[1]|", ERR_FORMAT },
		{ "[1] ] [2]", "[1]|", ERR_FORMAT },
		{ "[1][[[", "[1]|", ERR_FORMAT },
		{ "[1]\"", "[1]|", ERR_FORMAT },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t n = 1; n <= strlen(cases[i].in); n++) {
			char out[512];

			cr_assert_eq(split(out, cases[i].in, n, true),
				     cases[i].rc, "%s by %zu", cases[i].in, n);
			cr_assert_str_eq(out, cases[i].out, "%s by %zu",
					 cases[i].in, n);
		}
}

/* A string of n bytes with its quotes. */
static void string_of(char *out, size_t n)
{
	memset(out, 'x', n);
	out[0] = '"';
	out[n - 1] = '"';
	out[n] = '\0';
}

Test(json_split, takes_a_text_of_the_limit_and_no_longer_one)
{
	char in[TEXT_MAX + 8], out[512];

	for (size_t n = 1; n <= TEXT_MAX; n++) {
		string_of(in, TEXT_MAX);
		strcat(in, "\n[]");
		cr_assert_eq(split(out, in, n, true), ERR_CLOSED);
		cr_assert_eq(strlen(out), TEXT_MAX + 1 + 3);
		string_of(in, TEXT_MAX + 1);
		cr_assert_eq(split(out, in, n, true), ERR_LIMIT);
		cr_assert_str_eq(out, "");
	}
}

Test(json_split, does_not_wait_for_the_end_of_the_endless)
{
	char in[TEXT_MAX + 2], out[512];

	memset(in, 'x', TEXT_MAX);
	in[0] = '"';
	in[TEXT_MAX] = '\0';
	cr_assert_eq(split(out, in, 1, false), ERR_SHORT);
	strcat(in, "x");
	cr_assert_eq(split(out, in, 1, false), ERR_LIMIT);
}

Test(json_split, lets_blanks_pass_without_end)
{
	struct json_split s;
	struct span text;

	json_split_init(&s, TEXT_MAX, PARTS);
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(
			json_split_feed(&s, (const uint8_t *)"  \n\t\r    ", 9),
			ERR_NONE);
		cr_assert_eq(json_split_next(&s, &text), ERR_SHORT);
		cr_assert_eq(json_split_unread(&s), 0);
		cr_assert_null(s.in.block);
	}
	cr_assert_not(json_split_is_amid(&s));
	json_split_clear(&s);
}

Test(json_split, tells_the_length_from_the_depth)
{
	struct json_split s;
	struct span text;

	json_split_init(&s, TEXT_MAX, 4);
	cr_assert_eq(json_split_feed(&s, (const uint8_t *)"[[[[[", 5),
		     ERR_NONE);
	cr_assert_eq(json_split_next(&s, &text), ERR_LIMIT);
	cr_assert_not(json_split_is_too_long(&s));
	json_split_clear(&s);
}

Test(json_split, knows_when_it_is_amid_a_text)
{
	struct json_split s;
	struct span text;

	json_split_init(&s, TEXT_MAX, PARTS);
	cr_assert_not(json_split_is_amid(&s));
	cr_assert_eq(json_split_feed(&s, (const uint8_t *)"[1", 2), ERR_NONE);
	cr_assert_eq(json_split_next(&s, &text), ERR_SHORT);
	cr_assert(json_split_is_amid(&s));
	cr_assert_eq(json_split_feed(&s, (const uint8_t *)"]", 1), ERR_NONE);
	cr_assert_eq(json_split_next(&s, &text), ERR_NONE);
	cr_assert_not(json_split_is_amid(&s));
	json_split_clear(&s);
}

Test(json_split, bounds_what_waits_unread)
{
	struct json_split s;
	uint8_t *piece = calloc(1, JSON_SPLIT_AHEAD + TEXT_MAX);

	cr_assert_not_null(piece);
	json_split_init(&s, TEXT_MAX, PARTS);
	cr_assert_eq(json_split_feed(&s, piece, JSON_SPLIT_AHEAD + TEXT_MAX),
		     ERR_NONE);
	cr_assert_eq(json_split_feed(&s, piece, 1), ERR_LIMIT);
	cr_assert_eq(json_split_unread(&s), JSON_SPLIT_AHEAD + TEXT_MAX);
	json_split_clear(&s);
	free(piece);
}
