/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setting_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/parse.h"
#include "node/plugin/options.h"

#define MS INT64_C(1000000)

/* --- text ----------------------------------------------------------------- */

void setting_print_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

void setting_print_item(FILE *out, const char *text)
{
	fputs("\n  - ", out);
	setting_print_text(out, text);
}

void *setting_list_room(void *list, size_t count, size_t size)
{
	list = realloc(list, (count + 1) * size);
	if (!list)
		abort();
	return list;
}

static enum err read_text(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	char *copy;

	(void)row;
	if (!*text)
		return err_fail(why, ERR_FORMAT, "empty");
	if (!parse_is_text(text))
		return err_fail(why, ERR_FORMAT, "not plain UTF-8 text");
	copy = strdup(text);
	if (!copy)
		abort();
	*(char **)field = copy;
	return ERR_NONE;
}

static enum err read_hello_name(void *field, const char *text,
				const struct setting_row *row, struct why *why)
{
	size_t len = strlen(text);
	bool printable = len > 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			printable = false;
	if (!printable || len > row->max)
		return err_fail(why, ERR_FORMAT,
				"not 1 to %" PRIu64 " printable ASCII letters",
				row->max);
	return read_text(field, text, row, why);
}

static bool print_text(FILE *out, const void *field)
{
	const char *text = *(char *const *)field;

	if (!text)
		return false;
	setting_print_text(out, text);
	return true;
}

static void clear_text(void *field)
{
	free(*(char **)field);
}

const struct setting_type setting_text = {
	.name = "text",
	.form = SETTING_TEXT,
	.size = sizeof(char *),
	.read = read_text,
	.print = print_text,
	.clear = clear_text,
};
const struct setting_type setting_path = {
	.name = "path",
	.form = SETTING_PATH,
	.size = sizeof(char *),
	.read = read_text,
	.print = print_text,
	.clear = clear_text,
};
const struct setting_type setting_hello_name = {
	.name = "text",
	.form = SETTING_TEXT,
	.size = sizeof(char *),
	.read = read_hello_name,
	.print = print_text,
	.clear = clear_text,
};

/* --- words and numbers ---------------------------------------------------- */

static enum err read_flag(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	bool yes = !strcmp(text, "true");

	(void)row;
	if (!yes && strcmp(text, "false"))
		return err_fail(why, ERR_FORMAT, "\"%.40s\": not true or false",
				text);
	*(bool *)field = yes;
	return ERR_NONE;
}

static bool print_flag(FILE *out, const void *field)
{
	fputs(*(const bool *)field ? "true" : "false", out);
	return true;
}

const struct setting_type setting_flag = {
	.name = "true or false",
	.form = SETTING_PLAIN,
	.size = sizeof(bool),
	.read = read_flag,
	.print = print_flag,
};

static enum err read_count(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	return parse_count(field, text, row->min, row->max, why);
}

static bool print_count(FILE *out, const void *field)
{
	fprintf(out, "%" PRIu64, *(const uint64_t *)field);
	return true;
}

const struct setting_type setting_count = {
	.name = "number",
	.form = SETTING_PLAIN,
	.size = sizeof(uint64_t),
	.read = read_count,
	.print = print_count,
};

static enum err read_interval(void *field, const char *text,
			      const struct setting_row *row, struct why *why)
{
	return parse_duration(field, text, row->min, row->max, why);
}

static bool print_interval(FILE *out, const void *field)
{
	char text[OPTIONS_DURATION_MAX];

	fputs(duration_text(text, (int64_t) * (const uint64_t *)field * MS),
	      out);
	return true;
}

const struct setting_type setting_interval = {
	.name = "duration",
	.form = SETTING_EITHER,
	.size = sizeof(uint64_t),
	.read = read_interval,
	.print = print_interval,
};

static enum err read_size(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	return parse_size(field, text, row->min, row->max, why);
}

static bool print_size(FILE *out, const void *field)
{
	char text[PARSE_SIZE_MAX];

	fputs(parse_size_text(text, *(const uint64_t *)field), out);
	return true;
}

const struct setting_type setting_size = {
	.name = "size",
	.form = SETTING_EITHER,
	.size = sizeof(uint64_t),
	.read = read_size,
	.print = print_size,
};

static enum err read_level(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	(void)row;
	return parse_level(field, text, why);
}

static bool print_level(FILE *out, const void *field)
{
	fputs(log_level_name(*(const enum log_level *)field), out);
	return true;
}

const struct setting_type setting_level = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(enum log_level),
	.read = read_level,
	.print = print_level,
};

/* --- the form of the log -------------------------------------------------- */

static const char *const log_formats[] = {
	[SETTING_LOG_AUTO] = "auto",
	[SETTING_LOG_TEXT] = "text",
	[SETTING_LOG_JSON] = "json",
};

static enum err read_log_format(void *field, const char *text,
				const struct setting_row *row, struct why *why)
{
	(void)row;
	for (size_t i = 0; i < ARRAY_LEN(log_formats); i++)
		if (!strcmp(text, log_formats[i])) {
			*(enum setting_log_format *)field =
				(enum setting_log_format)i;
			return ERR_NONE;
		}
	return err_fail(why, ERR_FORMAT,
			"\"%.40s\": no format; give text, json or auto", text);
}

static bool print_log_format(FILE *out, const void *field)
{
	fputs(log_formats[*(const enum setting_log_format *)field], out);
	return true;
}

const struct setting_type setting_log_format = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(enum setting_log_format),
	.read = read_log_format,
	.print = print_log_format,
};
