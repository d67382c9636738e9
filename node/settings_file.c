/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <string.h>

#include "node/parse.h"
#include "p2p/base/suggest.h"

static enum err in_file(const struct settings_speaker *sp, struct why *why,
			enum err rc, const struct config_node *node)
{
	return config_at(why, rc, sp->file, node);
}

static const char *node_where(char out[SETTINGS_WHERE_MAX],
			      const struct settings_speaker *sp,
			      const struct config_node *node)
{
	snprintf(out, SETTINGS_WHERE_MAX, "%s:%zu:%zu", sp->file, node->line,
		 node->column);
	return out;
}

/* A path that is relative to the file's folder as one that is relative to ours.
 * It keeps its '/', so a plugin's stays a path. */
static const char *file_path(char out[SETTINGS_WORD_MAX],
			     const struct settings_speaker *sp,
			     const char *path)
{
	const char *slash = strrchr(sp->file, '/');

	if (path[0] == '/' || !slash)
		snprintf(out, SETTINGS_WORD_MAX, "%s", path);
	else
		snprintf(out, SETTINGS_WORD_MAX, "%.*s%s",
			 (int)(slash + 1 - sp->file), sp->file, path);
	return out;
}

/* May this stand for a value of the form? */
static enum err check_form(const struct config_node *node,
			   enum setting_form form, struct why *why)
{
	const char *looks = config_looks_like(node);

	if (node->kind != CONFIG_TEXT)
		return err_fail(why, ERR_FORMAT, "a %s; give one value",
				node->kind == CONFIG_LIST ? "list" : "map");
	if (config_is_null(node))
		return err_fail(why, ERR_FORMAT,
				"nothing; leave the key out, or give a value");
	if (form == SETTING_PLAIN && node->quoted)
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": a text; write it without quotes",
				node->text);
	if (form != SETTING_PLAIN && form != SETTING_EITHER && looks)
		return err_fail(why, ERR_FORMAT,
				"%.40s: reads as %s; put it in quotes",
				node->text, looks);
	return ERR_NONE;
}

static enum err file_value(const struct settings_speaker *sp,
			   const struct setting_row *row,
			   const struct config_node *node, struct why *why)
{
	enum setting_form form = row->type->form;
	const char *text = node->text;
	char where[SETTINGS_WHERE_MAX];
	char path[SETTINGS_WORD_MAX];
	enum err rc = check_form(node, form, why);

	if (!rc && form == SETTING_PATH)
		text = file_path(path, sp, text);
	if (!rc)
		rc = settings_set(sp, row, text, node_where(where, sp, node),
				  why);
	return rc ? in_file(sp, why, rc, node) : ERR_NONE;
}

static enum err file_list(const struct settings_speaker *sp,
			  const struct setting_row *row,
			  const struct config_node *node, struct why *why)
{
	char where[SETTINGS_WHERE_MAX];

	if (node->kind != CONFIG_LIST)
		return in_file(sp, why,
			       err_fail(why, ERR_FORMAT,
					"not a list; give [] or [a, b]"),
			       node);
	settings_empty(sp, row, node_where(where, sp, node));
	for (size_t i = 0; i < node->count; i++) {
		enum err rc = file_value(sp, row, &node->items[i], why);

		if (rc)
			return rc;
	}
	return ERR_NONE;
}

static enum err unknown_key(const struct settings_speaker *sp,
			    const struct config_node *node,
			    const char *const *known, size_t count,
			    struct why *why)
{
	const char *nearest = suggest_nearest(node->key, known, count);
	enum err rc = err_fail(why, ERR_NOT_FOUND, "no such key%s%s%s",
			       nearest ? "; did you mean " : "",
			       nearest ? nearest : "", nearest ? "?" : "");

	return err_wrap(why, rc, "%s:%zu:%zu: %s", sp->file, node->key_line,
			node->key_column, node->path);
}

static enum err file_option(const struct settings_speaker *sp, struct wanted *w,
			    const struct config_node *node, struct why *why)
{
	char where[SETTINGS_WHERE_MAX + CONFIG_PATH_MAX];
	enum err rc = check_form(node, SETTING_EITHER, why);

	if (!rc && !parse_is_text(node->text))
		rc = err_fail(why, ERR_FORMAT, "not plain UTF-8 text");
	snprintf(where, sizeof(where), "%s:%zu:%zu: %s", sp->file, node->line,
		 node->column, node->path);
	if (!rc)
		rc = wanted_set(w, node->key, node->text, where, sp->place,
				why);
	return rc ? in_file(sp, why, rc, node) : ERR_NONE;
}

static enum err file_options(const struct settings_speaker *sp,
			     struct wanted *w, const struct config_node *node,
			     struct why *why)
{
	if (config_is_null(node))
		return ERR_NONE;
	if (node->kind != CONFIG_MAP)
		return in_file(sp, why,
			       err_fail(why, ERR_FORMAT,
					"not a map of options and values"),
			       node);
	for (size_t i = 0; i < node->count; i++) {
		enum err rc = file_option(sp, w, &node->items[i], why);

		if (rc)
			return rc;
	}
	return ERR_NONE;
}

/* What is called: a word, or the "name" of a map. */
static enum err file_plugin_name(const struct settings_speaker *sp,
				 struct wanted **out,
				 const struct config_node *node,
				 struct why *why)
{
	char where[SETTINGS_WHERE_MAX];
	char path[SETTINGS_WORD_MAX];
	const char *what = node->text;
	enum err rc = ERR_NONE;

	/* Whatever it looks like, a name is one: a plugin may be called 42. */
	if (node->kind != CONFIG_TEXT || config_is_null(node))
		rc = err_fail(why, ERR_FORMAT, "not a plugin's name or path");
	else if (strchr(what, '/'))
		what = file_path(path, sp, what);
	if (!rc && settings_find_plugin(sp->s, what))
		rc = err_fail(why, ERR_EXISTS,
			      "\"%.60s\": the same plugin "
			      "twice",
			      what);
	if (!rc)
		rc = settings_want(sp, out, what, node_where(where, sp, node),
				   why);
	return rc ? in_file(sp, why, rc, node) : ERR_NONE;
}

static enum err file_plugin(const struct settings_speaker *sp,
			    const struct config_node *node, struct why *why)
{
	static const char *const known[] = { "name", "options" };
	const struct config_node *name = NULL;
	const struct config_node *options = NULL;
	struct wanted *w = NULL;
	enum err rc;

	if (node->kind != CONFIG_MAP)
		return file_plugin_name(sp, &w, node, why);
	for (size_t i = 0; i < node->count; i++) {
		const struct config_node *item = &node->items[i];

		if (!strcmp(item->key, "name"))
			name = item;
		else if (!strcmp(item->key, "options"))
			options = item;
		else
			return unknown_key(sp, item, known, ARRAY_LEN(known),
					   why);
	}
	if (!name)
		return in_file(sp, why,
			       err_fail(why, ERR_FORMAT,
					"no name; give name: NAME or PATH"),
			       node);
	rc = file_plugin_name(sp, &w, name, why);
	if (!rc && options)
		rc = file_options(sp, w, options, why);
	return rc;
}

static enum err file_plugins(const struct settings_speaker *sp,
			     const struct setting_row *row,
			     const struct config_node *node, struct why *why)
{
	char where[SETTINGS_WHERE_MAX];

	if (node->kind != CONFIG_LIST)
		return in_file(
			sp, why,
			err_fail(why, ERR_FORMAT, "not a list of plugins"),
			node);
	for (size_t i = 0; i < node->count; i++) {
		enum err rc = file_plugin(sp, &node->items[i], why);

		if (rc)
			return rc;
	}
	settings_note(sp, row, node_where(where, sp, node));
	return ERR_NONE;
}

static enum err file_setting(const struct settings_speaker *sp,
			     const struct config_node *node, struct why *why)
{
	const struct setting_row *row = settings_find_key(node->key);
	const char *known[SETTINGS_KEYS_MAX];

	if (!row)
		return unknown_key(sp, node, known, settings_keys(known), why);
	switch (row->type->form) {
	case SETTING_PLAIN:
	case SETTING_TEXT:
	case SETTING_EITHER:
	case SETTING_PATH:
		return file_value(sp, row, node, why);
	case SETTING_LIST:
		return file_list(sp, row, node, why);
	case SETTING_PLUGINS:
		break;
	}
	return file_plugins(sp, row, node, why);
}

enum err settings_hear_file(struct settings *s, const struct config_node *tree,
			    const char *name, struct why *why)
{
	struct settings_speaker sp = { s, SETTINGS_FILE, name };

	for (size_t i = 0; i < tree->count; i++) {
		enum err rc = file_setting(&sp, &tree->items[i], why);

		if (rc)
			return rc;
	}
	return ERR_NONE;
}
