/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/wanted.h"

#include <string.h>

#include "test/support/unit.h"

static const char *value_of(const struct wanted *w, const char *name)
{
	for (size_t i = 0; i < w->option_count; i++)
		if (!strcmp(w->options[i].name, name))
			return w->options[i].value;
	return "(not set)";
}

Test(wanted, keeps_what_the_highest_place_said)
{
	struct wanted w;
	struct wanted copy;

	wanted_init(&w, "foobar", "file");
	cr_assert_eq(wanted_set(&w, "a", "1", "env", 2, NULL), ERR_NONE);
	cr_assert_eq(wanted_set(&w, "a", "2", "file", 1, NULL), ERR_NONE);
	cr_assert_str_eq(value_of(&w, "a"), "1");
	cr_assert_eq(wanted_set(&w, "a", "3", "env", 2, NULL), ERR_NONE);
	cr_assert_str_eq(value_of(&w, "a"), "3");
	cr_assert_eq(wanted_set_list(&w, "a=4,b=x\\,y", "flag", 3, NULL),
		     ERR_NONE);
	wanted_copy(&copy, &w);
	wanted_clear(&w);
	cr_assert_str_eq(value_of(&copy, "a"), "4");
	cr_assert_str_eq(value_of(&copy, "b"), "x,y");
	cr_assert_str_eq(copy.options[0].where, "flag");
	cr_assert_str_eq(copy.what, "foobar");
	cr_assert_eq(copy.option_count, 2);
	wanted_clear(&copy);
}

Test(wanted, limits_what_it_keeps)
{
	static char value[OPTIONS_VALUE_MAX + 1];
	struct wanted w;
	char name[8];

	wanted_init(&w, "foobar", "file");
	memset(value, 'v', OPTIONS_VALUE_MAX);
	cr_assert_eq(wanted_set(&w, "a", value, "x", 1, NULL), ERR_LIMIT);
	cr_assert_eq(wanted_set(&w, "a", value + 1, "x", 1, NULL), ERR_NONE);
	for (int i = 1; i < OPTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		cr_assert_eq(wanted_set(&w, name, "", "x", 1, NULL), ERR_NONE);
	}
	cr_assert_eq(wanted_set(&w, "more", "", "x", 1, NULL), ERR_LIMIT);
	cr_assert_eq(wanted_set(&w, "a", "again", "x", 1, NULL), ERR_NONE);
	wanted_clear(&w);
}

Test(wanted, refuses_an_option_twice_in_a_list)
{
	struct why why = WHY_NONE;
	struct wanted w;

	wanted_init(&w, "foobar", "file");
	cr_assert_eq(wanted_set_list(&w, "a=1,b=2,a=3", "x", 1, &why),
		     ERR_EXISTS);
	cr_assert_str_eq(why.text, "a: given twice");
	wanted_clear(&w);
}

Test(wanted, knows_a_plugin_by_its_name_or_file)
{
	static const struct {
		const char *what, *name;
	} cases[] = {
		{ "foobar", "foobar" },
		{ "./hello.so", "hello" },
		{ "/opt/my-echo.so", "my-echo" },
		{ "./hello", "hello" },
		{ "./.so", ".so" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wanted w;
		char name[64];

		wanted_init(&w, cases[i].what, "x");
		cr_assert_str_eq(wanted_name(name, sizeof(name), &w),
				 cases[i].name);
		wanted_clear(&w);
	}
}

Test(wanted, says_where_a_wrong_option_was_set)
{
	static const struct weft_option count = {
		.size = sizeof(count),
		.name = "count",
		.type = WEFT_OPTION_INT,
	};
	static const struct weft_option *const declared[] = { &count, NULL };
	struct why why = WHY_NONE;
	struct options *o;
	struct wanted w;
	int64_t n;

	wanted_init(&w, "foobar", "file");
	cr_assert_eq(wanted_set(&w, "count", "5x", "weft.yaml:3:4", 1, NULL),
		     ERR_NONE);
	cr_assert_eq(wanted_options(&o, &w, declared, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text,
			 "weft.yaml:3:4: count: \"5x\": not a whole number");
	cr_assert_eq(wanted_set(&w, "count", "5", "--plugin", 3, NULL),
		     ERR_NONE);
	cr_assert_eq(wanted_options(&o, &w, declared, NULL), ERR_NONE);
	cr_assert(options_number(o, "count", &n));
	cr_assert_eq(n, 5);
	options_free(o);
	wanted_clear(&w);
}
