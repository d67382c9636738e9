/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/options.h"

#include <stdlib.h>
#include <string.h>

#include "test/support/unit.h"

#define OPTION(name_, type_, ...)                                         \
	(&(const struct weft_option){ .size = sizeof(struct weft_option), \
				      .name = (name_),                    \
				      .type = (type_),                    \
				      __VA_ARGS__ })

static struct options *example(void)
{
	const struct weft_option *const declared[] = {
		OPTION("greeting", WEFT_OPTION_TEXT, .fallback = "hello"),
		OPTION("retries", WEFT_OPTION_INT, .fallback = "3", .min = 1,
		       .max = 10),
		OPTION("offset", WEFT_OPTION_INT),
		OPTION("loud", WEFT_OPTION_BOOL),
		OPTION("interval", WEFT_OPTION_DURATION, .fallback = "15s",
		       .min = WEFT_MS(250), .max = WEFT_SECONDS(3600)),
		NULL,
	};
	struct options *o;

	cr_assert_eq(options_new(&o, declared, NULL), ERR_NONE);
	return o;
}

static const char *text(const struct options *o, const char *name)
{
	const char *out = NULL;

	cr_assert(options_text(o, name, &out), "%s", name);
	return out;
}

static int64_t number(const struct options *o, const char *name)
{
	int64_t out = -77;

	cr_assert(options_number(o, name, &out), "%s", name);
	return out;
}

static void declared_wrong(const struct weft_option *option, const char *says)
{
	const struct weft_option *const declared[] = { option, NULL };
	struct options *o = NULL;
	struct why why = WHY_NONE;

	cr_assert_eq(options_new(&o, declared, &why), ERR_FORMAT, "%s", says);
	cr_assert_null(o);
	cr_assert_str_eq(why.text, says);
}

static void set_wrong(const char *name, const char *value, enum err rc,
		      const char *says)
{
	struct options *o = example();
	struct why why = WHY_NONE;

	cr_assert_eq(options_set(o, name, value, &why), rc, "%s=%s", name,
		     value);
	cr_assert_str_eq(why.text, says);
	options_free(o);
}

static void list_wrong(const char *list, enum err rc, const char *says)
{
	struct options *o = example();
	struct why why = WHY_NONE;

	cr_assert_eq(options_set_list(o, list, &why), rc, "%s", list);
	cr_assert_str_eq(why.text, says);
	options_free(o);
}

Test(options, start_at_their_defaults)
{
	struct options *o = example();

	cr_assert_str_eq(text(o, "greeting"), "hello");
	cr_assert_eq(number(o, "retries"), 3);
	cr_assert_eq(number(o, "offset"), 0);
	cr_assert_str_eq(text(o, "offset"), "0");
	cr_assert_eq(number(o, "loud"), 0);
	cr_assert_str_eq(text(o, "loud"), "false");
	cr_assert_eq(number(o, "interval"), WEFT_SECONDS(15));
	cr_assert_str_eq(text(o, "interval"), "15s");
	options_free(o);
}

Test(options, tell_apart_what_is_not_declared)
{
	struct options *o = example();
	const char *untouched = "x";
	int64_t number_untouched = 7;

	cr_assert_not(options_text(o, "greetin", &untouched));
	cr_assert_str_eq(untouched, "x");
	cr_assert_not(options_number(o, "greeting", &number_untouched));
	cr_assert_not(options_number(o, "", &number_untouched));
	cr_assert_eq(number_untouched, 7);
	options_free(o);
}

Test(options, may_be_none_at_all)
{
	const struct weft_option *const none[] = { NULL };
	struct why why = WHY_NONE;
	struct options *o;

	cr_assert_eq(options_new(&o, none, NULL), ERR_NONE);
	options_free(o);
	cr_assert_eq(options_new(&o, NULL, NULL), ERR_NONE);
	cr_assert_eq(options_set(o, "a", "b", &why), ERR_NOT_FOUND);
	cr_assert_str_eq(why.text, "a: the plugin has no options");
	cr_assert_eq(options_set_list(o, "", NULL), ERR_NONE);
	options_free(o);
	options_free(NULL);
}

Test(options, take_values_of_their_type)
{
	struct options *o = example();

	cr_assert_eq(options_set(o, "greeting", "", NULL), ERR_NONE);
	cr_assert_str_eq(text(o, "greeting"), "");
	cr_assert_eq(options_set(o, "retries", "10", NULL), ERR_NONE);
	cr_assert_eq(number(o, "retries"), 10);
	cr_assert_eq(options_set(o, "offset", "-9223372036854775808", NULL),
		     ERR_NONE);
	cr_assert_eq(number(o, "offset"), INT64_MIN);
	cr_assert_eq(options_set(o, "offset", "9223372036854775807", NULL),
		     ERR_NONE);
	cr_assert_eq(number(o, "offset"), INT64_MAX);
	cr_assert_eq(options_set(o, "loud", "true", NULL), ERR_NONE);
	cr_assert_eq(number(o, "loud"), 1);
	cr_assert_eq(options_set(o, "interval", "250ms", NULL), ERR_NONE);
	cr_assert_eq(number(o, "interval"), WEFT_MS(250));
	options_free(o);
}

Test(options, say_what_is_wrong_with_a_value)
{
	set_wrong("interval", "5x", ERR_FORMAT,
		  "interval: \"5x\": not a duration (like 250ms, 15s or 2m)");
	set_wrong("interval", "249ms", ERR_LIMIT,
		  "interval: \"249ms\": not from 250ms to 1h");
	set_wrong("interval", "2h", ERR_LIMIT,
		  "interval: \"2h\": not from 250ms to 1h");
	set_wrong("retries", "0", ERR_LIMIT,
		  "retries: \"0\": not from 1 to 10");
	set_wrong("retries", "11", ERR_LIMIT,
		  "retries: \"11\": not from 1 to 10");
	set_wrong("retries", "010", ERR_FORMAT,
		  "retries: \"010\": not a whole number");
	set_wrong("retries", "50x", ERR_FORMAT,
		  "retries: \"50x\": not a whole number");
	set_wrong("offset", "9223372036854775808", ERR_FORMAT,
		  "offset: \"9223372036854775808\": not a whole number");
	set_wrong("offset", "+1", ERR_FORMAT,
		  "offset: \"+1\": not a whole number");
	set_wrong("offset", "-0", ERR_FORMAT,
		  "offset: \"-0\": not a whole number");
	set_wrong("loud", "yes", ERR_FORMAT,
		  "loud: \"yes\": not true or false");
	set_wrong("retrys", "5", ERR_NOT_FOUND,
		  "retrys: no such option; did you mean retries?");
	set_wrong("xyz", "5", ERR_NOT_FOUND,
		  "xyz: no such option; there are greeting and others");
}

Test(options, keep_their_value_when_a_new_one_is_refused)
{
	struct options *o = example();

	cr_assert_eq(options_set(o, "retries", "5", NULL), ERR_NONE);
	cr_assert_eq(options_set(o, "retries", "99", NULL), ERR_LIMIT);
	cr_assert_eq(number(o, "retries"), 5);
	cr_assert_str_eq(text(o, "retries"), "5");
	options_free(o);
}

Test(options, limit_the_length_of_a_text)
{
	static char long_text[OPTIONS_VALUE_MAX + 1];
	struct options *o = example();

	memset(long_text, 'a', OPTIONS_VALUE_MAX);
	cr_assert_eq(options_set(o, "greeting", long_text, NULL), ERR_LIMIT);
	long_text[OPTIONS_VALUE_MAX - 1] = '\0';
	cr_assert_eq(options_set(o, "greeting", long_text, NULL), ERR_NONE);
	options_free(o);
}

Test(options, refuse_malformed_declarations)
{
	declared_wrong(OPTION("Greeting", WEFT_OPTION_TEXT),
		       "declared options: \"Greeting\": not a name");
	declared_wrong(OPTION("", WEFT_OPTION_TEXT),
		       "declared options: \"\": not a name");
	declared_wrong(OPTION(NULL, WEFT_OPTION_TEXT),
		       "declared options: \"\": not a name");
	declared_wrong(OPTION("a", 0), "declared options: a: no type 0");
	declared_wrong(OPTION("a", 5), "declared options: a: no type 5");
	declared_wrong(OPTION("a", WEFT_OPTION_INT, .fallback = "x"),
		       "declared options: a: default: \"x\": not a whole "
		       "number");
	declared_wrong(OPTION("a", WEFT_OPTION_INT, .min = 1, .max = 9),
		       "declared options: a: default: \"0\": not from 1 to 9");
	declared_wrong(OPTION("a", WEFT_OPTION_INT, .min = 2, .max = 1),
		       "declared options: a: the least value is above the "
		       "greatest");
	declared_wrong(&(struct weft_option){ .size = 8, .name = "a" },
		       "declared options: size 8: not set");
}

Test(options, refuse_a_name_declared_twice)
{
	const struct weft_option *const declared[] = {
		OPTION("a", WEFT_OPTION_INT),
		OPTION("a", WEFT_OPTION_TEXT),
		NULL,
	};
	struct why why = WHY_NONE;
	struct options *o;

	cr_assert_eq(options_new(&o, declared, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "declared options: a: declared twice");
}

Test(options, are_limited_in_number)
{
	static char names[OPTIONS_MAX + 1][8];
	static struct weft_option options[OPTIONS_MAX + 1];
	const struct weft_option *declared[OPTIONS_MAX + 2] = { NULL };
	struct options *o;

	for (size_t i = 0; i <= OPTIONS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "a%zu", i);
		options[i] = (struct weft_option){ .size = sizeof(options[i]),
						   .name = names[i],
						   .type = WEFT_OPTION_INT };
		declared[i] = &options[i];
	}
	cr_assert_eq(options_new(&o, declared, NULL), ERR_LIMIT);
	declared[OPTIONS_MAX] = NULL;
	cr_assert_eq(options_new(&o, declared, NULL), ERR_NONE);
	options_free(o);
}

/* What a plugin from before a member was added gives us. */
Test(options, read_declarations_of_an_older_size)
{
	const size_t size = offsetof(struct weft_option, help);
	const struct weft_option whole = {
		.size = size,
		.name = "count",
		.type = WEFT_OPTION_INT,
		.fallback = "12",
	};
	void *old = malloc(size);
	const struct weft_option *const declared[] = { old, NULL };
	struct options *o;

	cr_assert_not_null(old);
	memcpy(old, &whole, size);
	cr_assert_eq(options_new(&o, declared, NULL), ERR_NONE);
	free(old);
	cr_assert_eq(number(o, "count"), 12);
	cr_assert_eq(options_set(o, "count", "123456", NULL), ERR_NONE);
	options_free(o);
}

Test(options, are_set_from_a_list)
{
	struct options *o = example();

	cr_assert_eq(
		options_set_list(o, "greeting=hi,interval=5s,loud=true", NULL),
		ERR_NONE);
	cr_assert_str_eq(text(o, "greeting"), "hi");
	cr_assert_eq(number(o, "interval"), WEFT_SECONDS(5));
	cr_assert_eq(number(o, "loud"), 1);
	cr_assert_eq(options_set_list(o, "greeting=", NULL), ERR_NONE);
	cr_assert_str_eq(text(o, "greeting"), "");
	options_free(o);
}

Test(options, keep_what_a_backslash_protects)
{
	struct options *o = example();

	cr_assert_eq(
		options_set_list(o, "greeting=a\\,b\\=c\\\\,retries=4", NULL),
		ERR_NONE);
	cr_assert_str_eq(text(o, "greeting"), "a,b=c\\");
	cr_assert_eq(number(o, "retries"), 4);
	cr_assert_eq(options_set_list(o, "greeting=C:\\x=y\\", NULL), ERR_NONE);
	cr_assert_str_eq(text(o, "greeting"), "C:\\x=y\\");
	options_free(o);
}

Test(options, refuse_malformed_lists)
{
	list_wrong("greeting", ERR_FORMAT,
		   "greeting: no value; give greeting=VALUE");
	list_wrong("greeting,loud=true", ERR_FORMAT,
		   "greeting: no value; give greeting=VALUE");
	list_wrong("=x", ERR_FORMAT, "no name at \"=x\"; give name=value");
	list_wrong(",greeting=a", ERR_FORMAT,
		   "no name at \",greeting=a\"; give name=value");
	list_wrong("greeting=a,", ERR_FORMAT, "nothing after the last ','");
	list_wrong("greeting=a,greeting=b", ERR_EXISTS,
		   "greeting: given twice");
	list_wrong("loud=maybe", ERR_FORMAT,
		   "loud: \"maybe\": not true or false");
	list_wrong("a2345678901234567890123456789012345678901234567890"
		   "12345678901234=x",
		   ERR_LIMIT,
		   "\"a234567890123456789012345678901234567890"
		   "...\": too long a name");
}

Test(duration, reads_each_unit)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "0ms", 0 },
		{ "250ms", WEFT_MS(250) },
		{ "15s", WEFT_SECONDS(15) },
		{ "2m", WEFT_SECONDS(120) },
		{ "1h", WEFT_SECONDS(3600) },
		{ "9223372036854ms", INT64_C(9223372036854000000) },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ns = -1;

		cr_assert(duration_parse(&ns, cases[i].text), "%s",
			  cases[i].text);
		cr_assert_eq(ns, cases[i].ns, "%s", cases[i].text);
	}
}

Test(duration, refuses_everything_else)
{
	static const char *const cases[] = {
		"",
		"s",
		"5",
		"5x",
		"-5s",
		"+5s",
		" 5s",
		"5 s",
		"5s ",
		"05s",
		"1.5s",
		"5S",
		"5ns",
		"5sm",
		"00",
		"1h5m",
		"0x5s",
		"9223372036855ms",
		"99999999999999999999s",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ns = -1;

		cr_assert_not(duration_parse(&ns, cases[i]), "%s", cases[i]);
		cr_assert_eq(ns, -1);
	}
}

Test(duration, prints_the_shortest_text)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 999999, "0" },
		{ -WEFT_MS(5), "0" },
		{ WEFT_MS(1500), "1500ms" },
		{ WEFT_SECONDS(90), "90s" },
		{ WEFT_SECONDS(7200), "2h" },
		{ INT64_MAX, "9223372036854ms" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[OPTIONS_DURATION_MAX];

		cr_assert_str_eq(duration_text(out, cases[i].ns),
				 cases[i].text);
	}
}
