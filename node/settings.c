/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <stdlib.h>
#include <string.h>

static void set_defaults(struct settings *s)
{
	*s = (struct settings){ 0 };
	for (const struct setting_row *row = settings_rows(); row->key; row++)
		if (row->fallback && row->type->read(settings_field(s, row),
						     row->fallback, row, NULL))
			abort(); /* the table is wrong */
}

void settings_clear(struct settings *s)
{
	for (const struct setting_row *row = settings_rows(); row->key; row++) {
		if (row->type->clear)
			row->type->clear(settings_field(s, row));
		free(s->where[row - settings_rows()]);
	}
	for (size_t i = 0; i < s->plugin_count; i++)
		wanted_clear(&s->plugins[i]);
	free(s->plugins);
	*s = (struct settings){ 0 };
}

enum err settings_read(struct settings *out, struct span yaml, const char *name,
		       struct why *why)
{
	struct config_node tree;
	enum err rc;

	set_defaults(out);
	rc = config_parse(&tree, yaml, name, why);
	if (!rc) {
		rc = settings_hear_file(out, &tree, name, why);
		config_clear(&tree);
	}
	if (rc)
		settings_clear(out);
	return rc;
}

static enum err hear_file(struct settings *s, const char *path, struct why *why)
{
	struct config_node tree;
	enum err rc;

	if (!path)
		return ERR_NONE;
	rc = config_read(&tree, path, why);
	if (rc)
		return rc;
	rc = settings_hear_file(s, &tree, path, why);
	config_clear(&tree);
	return rc;
}

/* What a bootnode alone cannot also be. */
static enum err check_bootnode(const struct settings *s,
			       enum settings_place *place, struct why *why)
{
	const struct setting_row *row = settings_find_key("bootnode_only");
	size_t at = (size_t)(row - settings_rows());
	bool off = !s->discovery.is_auto && !s->discovery.versions;
	const char *what = s->peers.count    ? "keeps no session with peers"
			   : s->plugin_count ? "loads no plugins"
			   : off	     ? "needs discovery"
					     : NULL;

	if (!s->bootnode_only || !what)
		return ERR_NONE;
	*place = s->place[at];
	return err_fail(why, ERR_EXISTS, "%s: a bootnode %s", s->where[at],
			what);
}

enum err settings_load(struct settings *out,
		       const struct settings_sources *sources,
		       enum settings_place *failed, struct why *why)
{
	enum settings_place at = SETTINGS_FILE;
	enum err rc;

	set_defaults(out);
	rc = hear_file(out,
		       sources->file
			       ? sources->file
			       : settings_config_file(sources->environment),
		       why);
	if (!rc) {
		at = SETTINGS_ENVIRONMENT;
		rc = settings_hear_environment(out, sources->environment, why);
	}
	if (!rc) {
		at = SETTINGS_FLAG;
		rc = settings_hear_flags(out, sources->flags, why);
	}
	/* These come last, since a flag may name the plugin, but with the rank
	 * of their place: they do not outdo what a flag said. */
	if (!rc) {
		at = SETTINGS_ENVIRONMENT;
		rc = settings_hear_plugin_variables(out, sources, why);
	}
	if (!rc)
		rc = check_bootnode(out, &at, why);
	if (rc) {
		settings_clear(out);
		if (failed)
			*failed = at;
	}
	return rc;
}
