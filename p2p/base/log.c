/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/log.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void log_write(const struct log *log, enum log_level level, const char *area,
	       const char *message, const struct log_field *fields)
{
	const struct log_line line = {
		.level = level,
		.area = area,
		.message = message,
		.fields = fields,
	};

	log->sink(log->ctx, &line);
}

bool log_level_parse(enum log_level *out, const char *text)
{
	for (enum log_level l = LOG_ERROR; l <= LOG_DEBUG; l++) {
		if (!strcmp(level_names[l], text)) {
			*out = l;
			return true;
		}
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

static bool is_plain(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static bool needs_quotes(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] == ' ' || s.data[i] == '=')
			return true;
	return s.len == 0;
}

/* Every step leaves room for the longest unit, the dots, a closing quote and
 * the terminator. */
static void escape(char *out, size_t room, struct span s)
{
	const size_t reserve = sizeof("\\xNN...\"");
	bool quoted = needs_quotes(s);
	size_t n = 0;

	if (quoted)
		out[n++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];

		if (n + reserve > room) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		if (is_plain(c) || c == ' ')
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, room - n, "\\x%02x", c);
	}
	if (quoted)
		out[n++] = '"';
	out[n] = '\0';
}

const char *log_value_text(char *out, size_t room,
			   const struct log_field *field)
{
	switch (field->kind) {
	case LOG_KIND_END:
		out[0] = '\0';
		break;
	case LOG_KIND_TEXT:
		escape(out, room, field->text);
		break;
	case LOG_KIND_U64:
		snprintf(out, room, "%" PRIu64, field->number);
		break;
	case LOG_KIND_MS:
		snprintf(out, room, "%" PRIu64 ".%03" PRIu64 "ms",
			 field->number / 1000000, field->number / 1000 % 1000);
		break;
	}
	return out;
}
