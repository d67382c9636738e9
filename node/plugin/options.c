/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/base/suggest.h"

#define MS INT64_C(1000000)

struct option {
	char name[OPTIONS_NAME_MAX];
	uint32_t type;
	int64_t min, max; /* both 0: no bounds */
	int64_t number;	  /* the value, but of TEXT */
	char *text;	  /* the value as it was given */
};

struct options {
	size_t count;
	struct option list[OPTIONS_MAX];
};

/* --- durations ------------------------------------------------------------ */

/* Largest unit first. */
static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	{ "h", 3600 * 1000 * MS },
	{ "m", 60 * 1000 * MS },
	{ "s", 1000 * MS },
	{ "ms", MS },
};

/* Decimal digits, up to *end: at least one, and no zero in front of others. */
static bool read_digits(int64_t *out, const char *text, const char **end)
{
	const char *at = text;
	int64_t v = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *at - '0', &v))
			return false;
	if (at == text || (*text == '0' && at - text > 1))
		return false;
	*out = v;
	*end = at;
	return true;
}

bool duration_parse(int64_t *out, const char *text)
{
	const char *unit;
	int64_t v;

	if (!read_digits(&v, text, &unit))
		return false;
	if (!*unit && v == 0) {
		*out = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (__builtin_mul_overflow(v, units[i].ns, &v))
			return false;
		*out = v;
		return true;
	}
	return false;
}

const char *duration_text(char out[OPTIONS_DURATION_MAX], int64_t ns)
{
	const struct unit *unit = units;

	ns -= ns % MS;
	while (unit->ns > MS && ns % unit->ns)
		unit++;
	if (ns <= 0)
		snprintf(out, OPTIONS_DURATION_MAX, "0");
	else
		snprintf(out, OPTIONS_DURATION_MAX, "%" PRId64 "%s",
			 ns / unit->ns, unit->name);
	return out;
}

/* --- one value ------------------------------------------------------------ */

/* Only what prints again as it was read, but for "-0". */
static bool read_int(int64_t *out, const char *text)
{
	bool negative = *text == '-';
	const char *end;
	int64_t v;

	if (negative && !strcmp(text + 1, "9223372036854775808")) {
		*out = INT64_MIN;
		return true;
	}
	if (!read_digits(&v, text + negative, &end) || *end ||
	    (negative && v == 0))
		return false;
	*out = negative ? -v : v;
	return true;
}

static bool read_bool(int64_t *out, const char *text)
{
	bool yes = !strcmp(text, "true");

	if (!yes && strcmp(text, "false"))
		return false;
	*out = yes;
	return true;
}

static enum err check_bounds(const struct option *o, int64_t v,
			     const char *text, struct why *why)
{
	char low[OPTIONS_DURATION_MAX];
	char high[OPTIONS_DURATION_MAX];

	if ((!o->min && !o->max) || (v >= o->min && v <= o->max))
		return ERR_NONE;
	if (o->type == WEFT_OPTION_DURATION) {
		duration_text(low, o->min);
		duration_text(high, o->max);
	} else {
		snprintf(low, sizeof(low), "%" PRId64, o->min);
		snprintf(high, sizeof(high), "%" PRId64, o->max);
	}
	return err_fail(why, ERR_LIMIT, "\"%.40s\": not from %s to %s", text,
			low, high);
}

/* The number behind a text, 0 for TEXT. */
static enum err read_value(int64_t *out, const struct option *o,
			   const char *text, struct why *why)
{
	const char *wanted = NULL;

	*out = 0;
	switch (o->type) {
	case WEFT_OPTION_TEXT:
		if (strlen(text) >= OPTIONS_VALUE_MAX)
			return err_fail(why, ERR_LIMIT, "longer than %d bytes",
					OPTIONS_VALUE_MAX - 1);
		return ERR_NONE;
	case WEFT_OPTION_INT:
		if (read_int(out, text))
			return check_bounds(o, *out, text, why);
		wanted = "a whole number";
		break;
	case WEFT_OPTION_BOOL:
		if (read_bool(out, text))
			return ERR_NONE;
		wanted = "true or false";
		break;
	case WEFT_OPTION_DURATION:
		if (duration_parse(out, text))
			return check_bounds(o, *out, text, why);
		wanted = "a duration (like 250ms, 15s or 2m)";
		break;
	}
	return err_fail(why, ERR_FORMAT, "\"%.40s\": not %s", text, wanted);
}

static enum err set_value(struct option *o, const char *text, struct why *why)
{
	int64_t number;
	enum err rc = read_value(&number, o, text, why);
	char *copy;

	if (rc)
		return rc;
	copy = strdup(text);
	if (!copy)
		abort();
	free(o->text);
	o->text = copy;
	o->number = number;
	return ERR_NONE;
}

/* --- declarations --------------------------------------------------------- */

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && len < OPTIONS_NAME_MAX && !name[len];
}

static const char *default_of(uint32_t type)
{
	if (type == WEFT_OPTION_TEXT)
		return "";
	return type == WEFT_OPTION_BOOL ? "false" : "0";
}

/* Where the name stands in the list; the count when it does not. */
static size_t find(const struct options *o, const char *name)
{
	size_t i = 0;

	while (i < o->count && strcmp(o->list[i].name, name))
		i++;
	return i;
}

/* The declaration as far as its plugin's header had it; the rest is 0. */
static enum err copy_declared(struct weft_option *out,
			      const struct weft_option *declared,
			      struct why *why)
{
	size_t size = declared->size;

	*out = (struct weft_option){ 0 };
	if (size < offsetof(struct weft_option, fallback))
		return err_fail(why, ERR_FORMAT, "size %zu: not set", size);
	memcpy(out, declared, size < sizeof(*out) ? size : sizeof(*out));
	return ERR_NONE;
}

static enum err check_declared(const struct options *o,
			       const struct weft_option *d, struct why *why)
{
	if (!d->name || !is_name(d->name))
		return err_fail(why, ERR_FORMAT, "\"%.40s\": not a name",
				d->name ? d->name : "");
	if (d->type < WEFT_OPTION_TEXT || d->type > WEFT_OPTION_DURATION)
		return err_fail(why, ERR_FORMAT, "%s: no type %" PRIu32,
				d->name, d->type);
	if (d->min > d->max)
		return err_fail(why, ERR_FORMAT,
				"%s: the least value is above the greatest",
				d->name);
	if (find(o, d->name) < o->count)
		return err_fail(why, ERR_FORMAT, "%s: declared twice", d->name);
	return ERR_NONE;
}

static enum err add(struct options *o, const struct weft_option *declared,
		    struct why *why)
{
	struct option *added = &o->list[o->count];
	struct weft_option d;
	enum err rc;

	if (o->count == OPTIONS_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d", OPTIONS_MAX);
	rc = copy_declared(&d, declared, why);
	if (!rc)
		rc = check_declared(o, &d, why);
	if (rc)
		return rc;
	memcpy(added->name, d.name, strlen(d.name) + 1);
	added->type = d.type;
	added->min = d.min;
	added->max = d.max;
	rc = set_value(added, d.fallback ? d.fallback : default_of(d.type),
		       why);
	if (rc)
		return err_wrap(why, ERR_FORMAT, "%s: default", d.name);
	o->count++;
	return ERR_NONE;
}

enum err options_new(struct options **out,
		     const struct weft_option *const *declared, struct why *why)
{
	struct options *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	for (; declared && *declared; declared++) {
		enum err rc = add(o, *declared, why);

		if (rc) {
			options_free(o);
			return err_wrap(why, rc, "declared options");
		}
	}
	*out = o;
	return ERR_NONE;
}

void options_free(struct options *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++)
		free(o->list[i].text);
	free(o);
}

/* --- setting and reading -------------------------------------------------- */

static enum err not_found(const struct options *o, const char *name,
			  struct why *why)
{
	const char *names[OPTIONS_MAX];
	const char *nearest;

	if (!o->count)
		return err_fail(why, ERR_NOT_FOUND,
				"%.40s: the plugin has no options", name);
	for (size_t i = 0; i < o->count; i++)
		names[i] = o->list[i].name;
	nearest = suggest_nearest(name, names, o->count);
	if (nearest)
		return err_fail(why, ERR_NOT_FOUND,
				"%.40s: no such option; did you mean %s?", name,
				nearest);
	return err_fail(why, ERR_NOT_FOUND,
			"%.40s: no such option; there %s %s%s", name,
			o->count > 1 ? "are" : "is", names[0],
			o->count > 1 ? " and others" : "");
}

enum err options_set(struct options *o, const char *name, const char *value,
		     struct why *why)
{
	size_t at = find(o, name);
	enum err rc;

	if (at == o->count)
		return not_found(o, name, why);
	rc = set_value(&o->list[at], value, why);
	return rc ? err_wrap(why, rc, "%s", name) : ERR_NONE;
}

/* Copy up to a comma, the end, or where `stop` stands; *list moves there.
 * False: it does not fit. */
static bool copy_part(char *out, size_t room, const char **list, char stop)
{
	const char *at = *list;
	size_t n = 0;

	for (; *at && *at != ',' && *at != stop; at++) {
		if (*at == '\\' && at[1] && strchr(",=\\", at[1]))
			at++;
		if (n + 1 >= room)
			return false;
		out[n++] = *at;
	}
	out[n] = '\0';
	*list = at;
	return true;
}

enum err options_split(char *name, char *value, const char **list,
		       struct why *why)
{
	const char *at = *list;

	if (!copy_part(name, OPTIONS_NAME_MAX, &at, '='))
		return err_fail(why, ERR_LIMIT, "\"%.40s...\": too long a name",
				*list);
	if (!*name)
		return err_fail(why, ERR_FORMAT,
				"no name at \"%.40s\"; give name=value", *list);
	if (*at++ != '=')
		return err_fail(why, ERR_FORMAT, "%s: no value; give %s=VALUE",
				name, name);
	if (!copy_part(value, OPTIONS_VALUE_MAX, &at, ','))
		return err_fail(why, ERR_LIMIT, "%s: longer than %d bytes",
				name, OPTIONS_VALUE_MAX - 1);
	if (*at == ',' && !*++at)
		return err_fail(why, ERR_FORMAT, "nothing after the last ','");
	*list = at;
	return ERR_NONE;
}

enum err options_set_list(struct options *o, const char *list, struct why *why)
{
	char name[OPTIONS_NAME_MAX];
	char value[OPTIONS_VALUE_MAX];
	bool given[OPTIONS_MAX] = { false };

	while (*list) {
		enum err rc = options_split(name, value, &list, why);

		if (!rc)
			rc = options_set(o, name, value, why);
		if (rc)
			return rc;
		if (given[find(o, name)])
			return err_fail(why, ERR_EXISTS, "%s: given twice",
					name);
		given[find(o, name)] = true;
	}
	return ERR_NONE;
}

bool options_text(const struct options *o, const char *name, const char **out)
{
	size_t at = find(o, name);

	if (at == o->count)
		return false;
	*out = o->list[at].text;
	return true;
}

bool options_number(const struct options *o, const char *name, int64_t *out)
{
	size_t at = find(o, name);

	if (at == o->count || o->list[at].type == WEFT_OPTION_TEXT)
		return false;
	*out = o->list[at].number;
	return true;
}
