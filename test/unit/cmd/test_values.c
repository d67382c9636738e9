/* SPDX-License-Identifier: Apache-2.0 */
/* test_values.c - that each reader of an option takes what node/parse.h does,
 * into its field and within its row's bounds. */
#include "cmd/weft/values.h"

#include "p2p/base/log.h"
#include "test/support/unit.h"

static const struct option_row small = {
	.name = "x", .value = "X", .min = 1, .max = 5000
};

Test(values, keep_to_the_bounds_of_their_row)
{
	struct why why = WHY_NONE;
	uint64_t v = 7;

	cr_assert_eq(value_count(&v, "5001", &small, &why), ERR_LIMIT);
	cr_assert_str_eq(why.text, "5001: not from 1 to 5000");
	cr_assert_eq(value_duration(&v, "5.001", &small, &why), ERR_LIMIT);
	cr_assert_str_eq(why.text, "\"5.001\": not from 1ms to 5s");
	cr_assert_eq(v, 7);
	cr_assert_eq(value_count(&v, "5000", &small, &why), ERR_NONE);
	cr_assert_eq(v, 5000);
	cr_assert_eq(value_duration(&v, "250ms", &small, &why), ERR_NONE);
	cr_assert_eq(v, 250);
}

Test(values, read_texts_flags_addresses_and_levels)
{
	enum log_level level = LOG_ERROR;
	struct value_addr a = { 0 };
	struct why why = WHY_NONE;
	const char *text = NULL;
	bool flag = false;

	cr_assert_eq(value_text(&text, "", &small, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "empty; give X");
	cr_assert_null(text);
	cr_assert_eq(value_text(&text, "t", &small, &why), ERR_NONE);
	cr_assert_str_eq(text, "t");
	cr_assert_eq(value_flag(&flag, NULL, &small, &why), ERR_NONE);
	cr_assert(flag);
	cr_assert_eq(value_addr(&a, "x", &small, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "\"x\": not an address; give IP:PORT, "
				   ":PORT or PORT");
	cr_assert_not(a.given);
	cr_assert_eq(value_addr(&a, "127.0.0.1:0", &small, &why), ERR_NONE);
	cr_assert(a.given);
	cr_assert_eq(value_level(&level, "loud", &small, &why), ERR_FORMAT);
	cr_assert_eq(value_level(&level, "debug", &small, &why), ERR_NONE);
	cr_assert_eq(level, LOG_DEBUG);
}

Test(values, take_plugins_in_their_order_with_options)
{
	struct value_plugins plugins = { 0 };
	struct why why = WHY_NONE;

	cr_assert_eq(value_plugins(&plugins, "No", &small, &why), ERR_FORMAT);
	cr_assert_eq(plugins.count, 0);
	cr_assert_eq(value_plugins(&plugins, "foobar,a=1", &small, &why),
		     ERR_NONE);
	cr_assert_eq(value_plugins(&plugins, "./hello.so", &small, &why),
		     ERR_NONE);
	cr_assert_eq(plugins.count, 2);
	cr_assert_str_eq(plugins.list[0].what, "foobar");
	cr_assert_str_eq(plugins.list[0].options[0].value, "1");
	cr_assert_str_eq(plugins.list[1].what, "./hello.so");
	value_plugins_clear(&plugins);
	cr_assert_eq(plugins.count, 0);
}
