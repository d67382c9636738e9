/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/values.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/node_plugins.h"
#include "node/parse.h"
#include "p2p/base/netlist.h"

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

enum err value_count(void *field, const char *text,
		     const struct option_row *row, struct why *why)
{
	return parse_count(field, text, row->min, row->max, why);
}

enum err value_duration(void *field, const char *text,
			const struct option_row *row, struct why *why)
{
	return parse_duration(field, text, row->min, row->max, why);
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
	return parse_level(field, text, why);
}

enum err value_networks(void *field, const char *text,
			const struct option_row *row, struct why *why)
{
	struct netlist more;
	enum err rc = netlist_parse(&more, text, why);

	(void)row;
	return rc ? rc : netlist_add(field, &more, why);
}

enum err value_key_load(struct ecc_keypair *out, const char *file,
			const char *passphrase_file, struct why *why)
{
	struct nodekey_unlock unlock = { .file = passphrase_file, .ask = true };

	return nodekey_load(out, file, &unlock, why);
}

enum err value_plugins(void *field, const char *text,
		       const struct option_row *row, struct why *why)
{
	struct value_plugins *plugins = field;
	const char *options;
	char what[PATH_MAX];
	struct wanted *w;
	enum err rc = parse_plugin(what, &options, text, why);

	(void)row;
	if (rc)
		return rc;
	plugins->list = realloc(plugins->list,
				(plugins->count + 1) * sizeof(*plugins->list));
	if (!plugins->list)
		abort();
	w = &plugins->list[plugins->count++];
	wanted_init(w, what, "--plugin");
	return options ? wanted_set_list(w, options, "--plugin", 0, why)
		       : ERR_NONE;
}

void value_plugins_clear(struct value_plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++)
		wanted_clear(&plugins->list[i]);
	free(plugins->list);
	plugins->list = NULL;
	plugins->count = 0;
}

int value_plugins_check(const struct command *c, const struct wanted *list,
			size_t count, const char *folder)
{
	const struct wanted *misused;
	struct why why = WHY_NONE;

	if (!node_plugins_check(list, count, folder, &misused, &why))
		return EXIT_OK;
	options_failed(c, &why);
	if (!misused)
		return EXIT_FAILED;
	fprintf(stderr, "Try 'weft plugin check %s'.\n", misused->what);
	return EXIT_USAGE;
}
