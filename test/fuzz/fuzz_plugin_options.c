/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a plugin: lists as behind --plugin NAME, over declarations of
 * every type; and declarations made of the same bytes. */
#include <string.h>

#include "node/plugin/options.h"
#include "test/fuzz/fuzz.h"

static const struct weft_option table[] = {
	{ .size = sizeof(table[0]), .name = "text", .type = WEFT_OPTION_TEXT },
	{ .size = sizeof(table[0]), .name = "int", .type = WEFT_OPTION_INT },
	{ .size = sizeof(table[0]),
	  .name = "few",
	  .type = WEFT_OPTION_INT,
	  .min = -3,
	  .max = 7 },
	{ .size = sizeof(table[0]), .name = "bool", .type = WEFT_OPTION_BOOL },
	{ .size = sizeof(table[0]),
	  .name = "time",
	  .type = WEFT_OPTION_DURATION },
};
static const struct weft_option *const declared[] = {
	&table[0], &table[1], &table[2], &table[3], &table[4], NULL,
};

/* What is held reads again as the same. */
static void check_held(struct options *o)
{
	for (size_t i = 0; declared[i]; i++) {
		const char *name = declared[i]->name;
		const char *held;
		char text[OPTIONS_VALUE_MAX];
		int64_t number = 0;
		int64_t again = 0;
		bool is_number = options_number(o, name, &number);

		MUST(options_text(o, name, &held));
		MUST(strlen(held) < sizeof(text));
		strcpy(text, held);
		MUST(is_number == (declared[i]->type != WEFT_OPTION_TEXT));
		MUST(!options_set(o, name, text, NULL));
		MUST(options_text(o, name, &held) && !strcmp(held, text));
		if (is_number)
			MUST(options_number(o, name, &again) &&
			     again == number);
		if (declared[i]->min || declared[i]->max)
			MUST(number >= declared[i]->min &&
			     number <= declared[i]->max);
	}
}

static void set_list(const char *list)
{
	struct why why = WHY_NONE;
	struct options *o;

	MUST(!options_new(&o, declared, NULL));
	MUST(!options_set_list(o, list, &why) == !why.text[0]);
	check_held(o);
	options_free(o);
}

static void duration(const char *text)
{
	char printed[OPTIONS_DURATION_MAX];
	int64_t ns;
	int64_t again;

	if (!duration_parse(&ns, text))
		return;
	MUST(ns >= 0);
	MUST(duration_parse(&again, duration_text(printed, ns)));
	MUST(again == ns);
}

static void declare(const char *text)
{
	const struct weft_option one = {
		.size = sizeof(one),
		.name = text,
		.type = text[0] ? (uint8_t)text[0] % 6 : 0,
		.fallback = strchr(text, '='),
		.max = (int64_t)strlen(text) - 4,
	};
	const struct weft_option *const list[] = { &one, NULL };
	struct why why = WHY_NONE;
	struct options *o;

	if (options_new(&o, list, &why)) {
		MUST(why.text[0]);
		return;
	}
	options_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as the text, so that overreads show. */
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	set_list(text);
	duration(text);
	declare(text);
	free(text);
	return 0;
}
