/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover nodes: files of nodes, without a network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/weft/cmd_discover.h"
#include "cmd/weft/values.h"
#include "node/nodefilter.h"
#include "node/show.h"

enum {
	AGE_MS_MAX = INT32_MAX, /* 24 days */
	MS = 1000,
};

/* --- info ----------------------------------------------------------------- */

struct info_options {
	bool json;
};

static const struct option_row info_rows[] = {
	{ .name = "json",
	  .help = "print a JSON object",
	  .field = offsetof(struct info_options, json),
	  .read = value_flag },
	{ 0 },
};

static struct span key_of(const struct nodekeys_row *row)
{
	return span_of(row->key, row->len);
}

static void print_info(size_t nodes, const struct nodekeys_row *keys,
		       size_t count)
{
	char text[4 * ENR_MAX + 1];
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		int n = (int)strlen(
			show_text(text, sizeof(text), key_of(&keys[i])));

		width = n > width ? n : width;
	}
	printf("nodes  %zu\n", nodes);
	if (count)
		printf("keys\n");
	for (size_t i = 0; i < count; i++)
		printf("  %-*s  %zu\n", width,
		       show_text(text, sizeof(text), key_of(&keys[i])),
		       keys[i].nodes);
}

static void print_info_json(size_t nodes, const struct nodekeys_row *keys,
			    size_t count)
{
	json_t *o = show_json_event("nodes");
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_object();

		show_json_set(row, "key", show_json_text(key_of(&keys[i])));
		show_json_set(row, "nodes",
			      json_integer((json_int_t)keys[i].nodes));
		if (json_array_append_new(list, row))
			abort();
	}
	show_json_set(o, "count", json_integer((json_int_t)nodes));
	show_json_set(o, "keys", list);
	show_json_line(stdout, o);
}

static int run_info(const struct command *c, int argc, char **argv)
{
	struct info_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct nodeset set = { 0 };
	struct nodekeys_row *keys;
	size_t count;

	if (at < 0)
		return OPTIONS_STATUS(at);
	hashtable_init();
	if (nodeset_load(&set, argv[at], &why))
		return options_failed(c, &why);
	count = nodekeys_count(&keys, &set);
	(o.json ? print_info_json : print_info)(nodeset_count(&set), keys,
						count);
	free(keys);
	nodeset_clear(&set);
	return EXIT_OK;
}

/* --- filter --------------------------------------------------------------- */

struct filter_options {
	struct nodefilter filter;
	uint64_t min_age_ms;
};

#define FIELD(member) offsetof(struct filter_options, member)

static enum err read_key(void *field, const char *text,
			 const struct option_row *row, struct why *why)
{
	struct nodefilter *filter = field;

	if (filter->key_count == NODEFILTER_KEYS)
		return err_fail(why, ERR_LIMIT, "more than %d",
				NODEFILTER_KEYS);
	return value_text(&filter->keys[filter->key_count++], text, row, why);
}

static const struct option_row filter_rows[] = {
	{ .name = "limit",
	  .value = "N",
	  .help = "at most that many of those that are left, with the\n"
		  "highest scores",
	  .field = FIELD(filter.limit),
	  .read = value_count,
	  .max = NODESET_MAX },
	{ .name = "ip",
	  .value = "NET",
	  .help = "in this network (10.0.0.0/8); with more than one, in\n"
		  "any of them",
	  .field = FIELD(filter.ips),
	  .read = value_networks },
	{ .name = "min-age",
	  .value = "TIME",
	  .help = "that long from the first answer to the last: 45s,\n"
		  "30m, 48h",
	  .field = FIELD(min_age_ms),
	  .read = value_duration,
	  .max = AGE_MS_MAX },
	{ .name = "dialable",
	  .help = "with a TCP or QUIC port",
	  .field = FIELD(filter.dialable),
	  .read = value_flag },
	{ .name = "entry",
	  .value = "KEY",
	  .help = "with this key in the record, such as eth, les or\n"
		  "snap; may be repeated",
	  .field = FIELD(filter),
	  .read = read_key },
	{ 0 },
};

#undef FIELD

static int run_filter(const struct command *c, int argc, char **argv)
{
	struct filter_options o = { .filter.limit = NODESET_MAX };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct nodeset set = { 0 };
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	hashtable_init();
	o.filter.min_age = o.min_age_ms / MS;
	rc = nodeset_load(&set, argv[at], &why);
	if (!rc) {
		nodefilter_apply(&set, &o.filter);
		rc = nodeset_save("-", &set, &why);
	}
	nodeset_clear(&set);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

/* -------------------------------------------------------------------------- */

static const struct command command_info = {
	.name = "weft discover nodes info",
	.operands = "FILE|- [--json]",
	.summary = "count nodes, and the keys of their records",
	.examples = "  weft discover nodes info nodes.json\n",
	.options = info_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_info,
};

static const struct command command_filter = {
	.name = "weft discover nodes filter",
	.operands = "FILE|- [options]",
	.summary = "print the part of a set that passes all filters",
	.examples =
		"  weft discover nodes filter nodes.json --dialable \\\n"
		"      --min-age 24h --limit 200 >best.json\n"
		"  weft discover nodes filter nodes.json --ip 10.0.0.0/8 \\\n"
		"      --entry eth | weft discover nodes info -\n",
	.options = filter_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_filter,
};

static const struct command *const below[] = {
	&command_info,
	&command_filter,
	NULL,
};

const struct command command_discover_nodes = {
	.name = "weft discover nodes",
	.operands = "COMMAND [options]",
	.summary = "look into files of nodes (nodes.json), and filter them",
	.examples = "  weft discover nodes info nodes.json\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
