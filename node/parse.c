/* SPDX-License-Identifier: Apache-2.0 */
#include "node/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/plugin/options.h"

#define MS_NS INT64_C(1000000)

/* --- numbers -------------------------------------------------------------- */

/* Decimal digits up to *end, with no zero in front of others. */
static bool digits(uint64_t *out, const char *text, const char **end)
{
	const char *at = text;
	uint64_t v = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
			return false;
	*out = v;
	*end = at;
	return at != text && (*text != '0' || at - text == 1);
}

enum err parse_count(uint64_t *out, const char *text, uint64_t min,
		     uint64_t max, struct why *why)
{
	const char *end;
	uint64_t v;

	if (!digits(&v, text, &end) || *end)
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": not a whole number from %" PRIu64
				" to %" PRIu64,
				text, min, max);
	if (v < min || v > max)
		return err_fail(why, ERR_LIMIT,
				"%" PRIu64 ": not from %" PRIu64 " to %" PRIu64,
				v, min, max);
	*out = v;
	return ERR_NONE;
}

/* "1.25" is 1250 ms, and ".25" is 250. */
static bool seconds(int64_t *ms, const char *text)
{
	uint64_t whole = 0, fraction = 0;
	const char *end = text;

	if (*text != '.' && !digits(&whole, text, &end))
		return false;
	if (whole > INT64_MAX / 1000 - 1)
		return false;
	if (*end == '.') {
		uint64_t unit = 100;

		if (!end[1])
			return false;
		for (end++; *end >= '0' && *end <= '9'; end++) {
			if (!unit)
				return false;
			fraction += (uint64_t)(*end - '0') * unit;
			unit /= 10;
		}
	}
	*ms = (int64_t)(whole * 1000 + fraction);
	return !*end;
}

enum err parse_duration(uint64_t *ms, const char *text, uint64_t min,
			uint64_t max, struct why *why)
{
	char low[OPTIONS_DURATION_MAX];
	char high[OPTIONS_DURATION_MAX];
	int64_t v;

	if (duration_parse(&v, text))
		v /= MS_NS;
	else if (!seconds(&v, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": not a duration (like 250ms, 15s, "
				"2m, or seconds)",
				text);
	if ((uint64_t)v < min || (uint64_t)v > max)
		return err_fail(why, ERR_LIMIT, "\"%.40s\": not from %s to %s",
				text, duration_text(low, (int64_t)min * MS_NS),
				duration_text(high, (int64_t)max * MS_NS));
	*ms = (uint64_t)v;
	return ERR_NONE;
}

static const struct {
	const char *name;
	unsigned shift;
} size_units[] = { { "", 0 }, { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 } };

const char *parse_size_text(char out[PARSE_SIZE_MAX], uint64_t bytes)
{
	size_t i = ARRAY_LEN(size_units) - 1;

	while (!bytes || bytes & ((UINT64_C(1) << size_units[i].shift) - 1)) {
		if (i == 0)
			break;
		i--;
	}
	snprintf(out, PARSE_SIZE_MAX, "%" PRIu64 "%s",
		 bytes >> size_units[i].shift, size_units[i].name);
	return out;
}

static bool size_of(uint64_t *out, const char *text)
{
	const char *end;
	uint64_t v;

	if (!digits(&v, text, &end))
		return false;
	if (end[0] == ' ' && end[1])
		end++;
	for (size_t i = 0; i < ARRAY_LEN(size_units); i++)
		if (!strcmp(end, size_units[i].name))
			return !__builtin_mul_overflow(
				v, UINT64_C(1) << size_units[i].shift, out);
	return false;
}

enum err parse_size(uint64_t *out, const char *text, uint64_t min, uint64_t max,
		    struct why *why)
{
	char low[PARSE_SIZE_MAX], high[PARSE_SIZE_MAX];
	uint64_t v;

	if (!size_of(&v, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": not a size (like 512MiB, 2GiB, or "
				"bytes)",
				text);
	if (v < min || v > max)
		return err_fail(why, ERR_LIMIT, "\"%.40s\": not from %s to %s",
				text, parse_size_text(low, min),
				parse_size_text(high, max));
	*out = v;
	return ERR_NONE;
}

enum err parse_level(enum log_level *out, const char *text, struct why *why)
{
	if (!log_level_parse(out, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": no level; give error, warn, info "
				"or debug",
				text);
	return ERR_NONE;
}
