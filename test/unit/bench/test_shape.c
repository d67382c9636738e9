/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/shape.h"

#include <stdio.h>
#include <string.h>

#include "test/support/unit.h"

/* The word as one shape, told as text; "" when it is refused. */
static const char *read_one(const char *word)
{
	static char text[SHAPE_TEXT_MAX];
	struct shapes s = { 0 };
	struct why why = WHY_NONE;

	if (shapes_add(&s, word, &why)) {
		cr_assert_neq(why.text[0], 0);
		cr_assert_eq(s.count, 0);
		return "";
	}
	cr_assert_eq(s.count, 1);
	return shape_text(text, &s.list[0]);
}

Test(shape, is_read_and_told_alike)
{
	static const char *const words[] = {
		"write:1",     "write:64",  "write:1K",	 "write:1000",
		"write:1M",    "talk:64",   "ping:1",	 "connect:8",
		"connect:256", "idle:1000", "idle:9000", "idle-message:1",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		cr_assert_str_eq(read_one(words[i]), words[i]);
	cr_assert_str_eq(read_one("write:1024"), "write:1K");
	cr_assert_str_eq(read_one("write:16777215"), "write:16777215");
}

Test(shape, refuses_what_it_does_not_know_and_numbers_out_of_range)
{
	static const char *const words[] = {
		"",
		"sing",
		"sing:1",
		"writ:64",
		"write:",
		"write:0",
		"write:16M",
		"write:-1",
		"write: 1",
		"write:1k",
		"write:1KK",
		"write:64x",
		"talk:0",
		"talk:100001",
		"ping:2",
		"connect:257",
		"idle:9001",
		"idle-message:0",
		"write:4294967297",
		"write:99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		cr_assert_str_eq(read_one(words[i]), "");
}

Test(shape, a_word_alone_stands_for_all_of_its_kind)
{
	struct shapes s = { 0 };
	struct why why = WHY_NONE;
	char text[SHAPE_TEXT_MAX];

	cr_assert_eq(shapes_add(&s, "write", &why), ERR_NONE);
	cr_assert_eq(s.count, 5);
	cr_assert_str_eq(shape_text(text, &s.list[4]), "write:1M");
	cr_assert_eq(shapes_add(&s, "connect", &why), ERR_NONE);
	cr_assert_eq(s.count, 7);
	cr_assert_str_eq(shape_text(text, &s.list[6]), "connect:8");
}

Test(shape, there_is_an_end_to_how_many_fit)
{
	struct shapes s = { 0 };
	struct why why = WHY_NONE;

	for (int i = 0; i < SHAPES_MAX; i++)
		cr_assert_eq(shapes_add(&s, "write:1", &why), ERR_NONE);
	cr_assert_eq(shapes_add(&s, "write:1", &why), ERR_LIMIT);
	cr_assert_eq(s.count, SHAPES_MAX);
}

Test(shape, handshakes_and_pings_need_no_plugin)
{
	struct shape shape = { .kind = SHAPE_PING };

	cr_assert(shape_is_plain(&shape));
	shape.kind = SHAPE_CONNECT;
	cr_assert(shape_is_plain(&shape));
	shape.kind = SHAPE_WRITE;
	cr_assert_not(shape_is_plain(&shape));
	shape.kind = SHAPE_IDLE;
	cr_assert_not(shape_is_plain(&shape));
}
