/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/base/log.h"

enum {
	MS = 1000
};

enum err value_flag(void *field, const char *text, const struct option_row *row,
		    struct why *why)
{
	(void)text;
	(void)row;
	(void)why;
	*(bool *)field = true;
	return ERR_NONE;
}

enum err value_text(void *field, const char *text, const struct option_row *row,
		    struct why *why)
{
	if (!*text)
		return err_fail(why, ERR_FORMAT, "empty; give %s", row->value);
	*(const char **)field = text;
	return ERR_NONE;
}

enum err value_name(void *field, const char *text, const struct option_row *row,
		    struct why *why)
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
	*(const char **)field = text;
	return ERR_NONE;
}

/* Decimal digits up to *end. False: none, or too many for 64 bits. */
static bool digits(uint64_t *out, const char *text, const char **end)
{
	uint64_t v = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
			return false;
	*out = v;
	*end = at;
	return at != text;
}

enum err value_count(void *field, const char *text,
		     const struct option_row *row, struct why *why)
{
	const char *end;
	uint64_t v;

	if (!digits(&v, text, &end) || *end || v < row->min || v > row->max)
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": give a whole number from %" PRIu64
				" to %" PRIu64,
				text, row->min, row->max);
	*(uint64_t *)field = v;
	return ERR_NONE;
}

/* "1.25" is 1250; further digits of the fraction are refused. */
static bool milliseconds(uint64_t *out, const char *text)
{
	uint64_t whole = 0;
	uint64_t fraction = 0;
	const char *end = text;

	if (*text != '.' && !digits(&whole, text, &end))
		return false;
	if (*end == '.') {
		const char *point = end;

		if (!digits(&fraction, point + 1, &end) || end - point > 4)
			return false;
		for (ptrdiff_t n = end - point - 1; n < 3; n++)
			fraction *= 10;
	}
	if (*end || whole > UINT64_MAX / MS - 1)
		return false;
	*out = whole * MS + fraction;
	return true;
}

enum err value_seconds(void *field, const char *text,
		       const struct option_row *row, struct why *why)
{
	uint64_t ms;

	if (!milliseconds(&ms, text) || ms < row->min || ms > row->max)
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": give seconds, from %" PRIu64
				".%03" PRIu64 " to %" PRIu64,
				text, row->min / MS, row->min % MS,
				row->max / MS);
	*(uint64_t *)field = ms;
	return ERR_NONE;
}

enum err value_addr(void *field, const char *text, const struct option_row *row,
		    struct why *why)
{
	struct value_addr *out = field;

	(void)row;
	if (addr_parse(&out->addr, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.60s\": not an address; give IP:PORT, "
				":PORT or PORT",
				text);
	out->given = true;
	return ERR_NONE;
}

enum err value_level(void *field, const char *text,
		     const struct option_row *row, struct why *why)
{
	(void)row;
	if (!log_level_parse(field, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": no level; give error, warn, info "
				"or debug",
				text);
	return ERR_NONE;
}

enum err value_dialable(struct enode *out, const char *text, struct why *why)
{
	struct enode node;
	enum err rc = enode_parse(&node, text, why);

	if (!rc && node.ip.family == IP_NONE && !node.host[0])
		rc = err_fail(why, ERR_UNSUPPORTED,
			      "no address; give "
			      "enode://<key>@<host>:<port>");
	if (!rc && !node.tcp)
		rc = err_fail(why, ERR_UNSUPPORTED,
			      "no TCP port; give "
			      "enode://<key>@<host>:<port>");
	/* Not the whole of it: a URL fills two lines of a terminal. */
	if (rc)
		return err_wrap(why, rc, "\"%.24s%s\"", text,
				strlen(text) > 24 ? "..." : "");
	*out = node;
	return ERR_NONE;
}

enum err value_enodes(void *field, const char *text,
		      const struct option_row *row, struct why *why)
{
	struct value_enodes *nodes = field;
	struct enode node;
	enum err rc = value_dialable(&node, text, why);

	(void)row;
	if (rc)
		return rc;
	for (size_t i = 0; i < nodes->count; i++)
		if (node_id_equal(&nodes->list[i].id, &node.id))
			return err_fail(why, ERR_EXISTS,
					"\"%.24s...\": the same node twice",
					text);
	nodes->list =
		realloc(nodes->list, (nodes->count + 1) * sizeof(*nodes->list));
	if (!nodes->list)
		abort();
	nodes->list[nodes->count++] = node;
	return ERR_NONE;
}

void value_enodes_clear(struct value_enodes *nodes)
{
	free(nodes->list);
	nodes->list = NULL;
	nodes->count = 0;
}

enum err value_plugins(void *field, const char *text,
		       const struct option_row *row, struct why *why)
{
	struct value_plugins *plugins = field;
	const char *comma = strchr(text, ',');
	char *what =
		comma ? strndup(text, (size_t)(comma - text)) : strdup(text);
	struct wanted *w;
	enum err rc;

	(void)row;
	if (!what)
		abort();
	plugins->list = realloc(plugins->list,
				(plugins->count + 1) * sizeof(*plugins->list));
	if (!plugins->list)
		abort();
	w = &plugins->list[plugins->count++];
	wanted_init(w, what, "--plugin");
	free(what);
	rc = comma ? wanted_set_list(w, comma + 1, "--plugin", 0, why)
		   : ERR_NONE;
	if (!rc && !w->what[0])
		rc = err_fail(why, ERR_FORMAT, "\"%s\": no plugin is named",
			      text);
	return rc;
}

void value_plugins_clear(struct value_plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++)
		wanted_clear(&plugins->list[i]);
	free(plugins->list);
	plugins->list = NULL;
	plugins->count = 0;
}
