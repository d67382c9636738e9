/* SPDX-License-Identifier: Apache-2.0 */
#include "node/utc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The last second of the year 9999. */
static const uint64_t latest = 253402300799;

const char *utc_text(char out[UTC_TEXT_MAX], uint64_t seconds)
{
	time_t t = (time_t)(seconds < latest ? seconds : latest);
	struct tm tm;

	if (!seconds || !gmtime_r(&t, &tm) ||
	    !strftime(out, UTC_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, UTC_TEXT_MAX, "%s", UTC_NEVER);
	return out;
}

/* `count` decimal digits. */
static bool take_digits(const char **at, int *out, int count)
{
	*out = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool take(const char **at, char c)
{
	return **at == c && (*at)++;
}

static bool take_clock(const char **at, struct tm *tm)
{
	return take_digits(at, &tm->tm_hour, 2) && take(at, ':') &&
	       take_digits(at, &tm->tm_min, 2) && take(at, ':') &&
	       take_digits(at, &tm->tm_sec, 2) && tm->tm_hour < 24 &&
	       tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool take_date(const char **at, struct tm *tm)
{
	if (!take_digits(at, &tm->tm_year, 4) || !take(at, '-') ||
	    !take_digits(at, &tm->tm_mon, 2) || !take(at, '-') ||
	    !take_digits(at, &tm->tm_mday, 2))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* Parts of a second do not matter. */
static bool take_fraction(const char **at)
{
	if (!take(at, '.'))
		return true;
	if (**at < '0' || **at > '9')
		return false;
	*at += strspn(*at, "0123456789");
	return true;
}

/* How far from UTC, in seconds to the east. */
static bool take_zone(const char **at, int *out)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes;

	*out = 0;
	if (take(at, 'Z'))
		return true;
	if ((!take(at, '+') && !take(at, '-')) || !take_digits(at, &hours, 2) ||
	    !take(at, ':') || !take_digits(at, &minutes, 2) || hours > 23 ||
	    minutes > 59)
		return false;
	*out = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* RFC 3339. Whatever was before 1970 is "never". */
bool utc_parse(uint64_t *out, const char *text)
{
	struct tm tm = { 0 }, same;
	int zone;
	time_t t;

	if (!take_date(&text, &tm) || !take(&text, 'T') ||
	    !take_clock(&text, &tm) || !take_fraction(&text) ||
	    !take_zone(&text, &zone) || *text)
		return false;
	same = tm;
	t = timegm(&same);
	/* A day that there is not has become one of the next month. */
	if (same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday)
		return false;
	*out = t - zone > 0 ? (uint64_t)(t - zone) : 0;
	return true;
}
