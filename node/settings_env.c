/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <string.h>

#include "node/parse.h"
#include "node/plugin/loader.h"
#include "p2p/base/suggest.h"

#define PREFIX "WEFT_"
#define PLUGIN_PREFIX "WEFT_PLUGIN_"

/* "max_peers" as "MAX_PEERS", "my-plugin" as "MY_PLUGIN". */
static void upper(char *out, size_t room, const char *text)
{
	size_t i = 0;

	for (; text[i] && i + 1 < room; i++) {
		char c = text[i];

		if (c == '-')
			c = '_';
		out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	out[i] = '\0';
}

const char *settings_variable(char out[SETTINGS_VARIABLE_MAX],
			      const struct setting_row *row)
{
	strcpy(out, PREFIX);
	upper(out + strlen(PREFIX), SETTINGS_VARIABLE_MAX - strlen(PREFIX),
	      row->key);
	return out;
}

/* The other way, as far as it goes: '_' stays. */
static void lower(char *out, size_t room, const char *text, size_t len)
{
	size_t i = 0;

	for (; i < len && i + 1 < room; i++) {
		char c = text[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[i] = '\0';
}

/* The value of an entry that is this variable; NULL when it is another. */
static const char *value_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(entry, name, len) && entry[len] == '=' ? entry + len + 1
							       : NULL;
}

static const struct setting_row *find_variable(const char *entry,
					       const char **value)
{
	char name[SETTINGS_VARIABLE_MAX];

	for (const struct setting_row *row = settings_rows(); row->key; row++) {
		*value = value_of(entry, settings_variable(name, row));
		if (*value)
			return row;
	}
	return NULL;
}

/* Blanks part the items of a list. */
static enum err env_items(const struct settings_speaker *sp,
			  const struct setting_row *row, const char *value,
			  const char *where, struct why *why)
{
	static const char blanks[] = " \t\n";
	char item[SETTINGS_WORD_MAX];

	if (row->type->form == SETTING_LIST)
		settings_empty(sp, row, where);
	for (value += strspn(value, blanks); *value;
	     value += strspn(value, blanks)) {
		size_t len = strcspn(value, blanks);
		enum err rc;

		if (len >= sizeof(item))
			return err_fail(why, ERR_LIMIT, "an item too long");
		memcpy(item, value, len);
		item[len] = '\0';
		rc = settings_set(sp, row, item, where, why);
		if (rc)
			return rc;
		value += len;
	}
	return ERR_NONE;
}

static enum err hear_variable(const struct settings_speaker *sp,
			      const struct setting_row *row, const char *value,
			      struct why *why)
{
	char where[SETTINGS_VARIABLE_MAX];
	enum err rc;

	settings_variable(where, row);
	if (row->type->form == SETTING_LIST ||
	    row->type->form == SETTING_PLUGINS)
		rc = env_items(sp, row, value, where, why);
	else
		rc = settings_set(sp, row, value, where, why);
	return rc ? err_wrap(why, rc, "%s", where) : ERR_NONE;
}

enum err settings_hear_environment(struct settings *s, char *const *environment,
				   struct why *why)
{
	struct settings_speaker sp = { s, SETTINGS_ENVIRONMENT, NULL };

	for (; environment && *environment; environment++) {
		const char *value;
		const struct setting_row *row =
			find_variable(*environment, &value);
		enum err rc =
			row ? hear_variable(&sp, row, value, why) : ERR_NONE;

		if (rc)
			return rc;
	}
	return ERR_NONE;
}

/* The plugin whose option a variable sets, and that option, in capitals. Of two
 * whose names fit the longer one. */
static struct wanted *find_plugin_variable(struct settings *s,
					   const char *entry,
					   const char **option)
{
	const char *rest = entry + strlen(PLUGIN_PREFIX);
	struct wanted *found = NULL;
	size_t longest = 0;

	if (strncmp(entry, PLUGIN_PREFIX, strlen(PLUGIN_PREFIX)))
		return NULL;
	for (size_t i = 0; i < s->plugin_count; i++) {
		char name[LOADER_NAME_MAX];
		char capitals[LOADER_NAME_MAX];
		size_t len;

		wanted_name(name, sizeof(name), &s->plugins[i]);
		upper(capitals, sizeof(capitals), name);
		len = strlen(capitals);
		if (len > longest && !strncmp(rest, capitals, len) &&
		    rest[len] == '_') {
			found = &s->plugins[i];
			longest = len;
		}
	}
	*option = rest + longest + 1;
	return found;
}

static enum err hear_plugin_variable(struct wanted *w, const char *entry,
				     const char *option, struct why *why)
{
	const char *equals = strchr(option, '=');
	char name[OPTIONS_NAME_MAX];
	char where[160];
	size_t len = equals ? (size_t)(equals - option) : 0;
	enum err rc = ERR_NONE;

	if (!equals)
		return ERR_NONE;
	snprintf(where, sizeof(where), "%.*s", (int)(equals - entry), entry);
	if (len >= sizeof(name))
		rc = err_fail(why, ERR_LIMIT, "too long a name");
	else if (!parse_is_text(equals + 1))
		rc = err_fail(why, ERR_FORMAT, "not plain UTF-8 text");
	lower(name, sizeof(name), option, len);
	if (!rc)
		rc = wanted_set(w, name, equals + 1, where,
				SETTINGS_ENVIRONMENT, why);
	return rc ? err_wrap(why, rc, "%s", where) : ERR_NONE;
}

/* "WEFT_PEER: no such setting; did you mean WEFT_PEERS?" */
static void warn_variable(const struct settings_sources *sources,
			  const char *entry)
{
	const char *known[SETTINGS_KEYS_MAX + 1];
	size_t count = settings_keys(known);
	size_t len = strcspn(entry, "=");
	char key[SETTINGS_VARIABLE_MAX];
	char capitals[SETTINGS_VARIABLE_MAX];
	struct why why = WHY_NONE;
	const char *nearest;

	if (!sources->warn)
		return;
	known[count++] = "config";
	lower(key, sizeof(key), entry + strlen(PREFIX), len - strlen(PREFIX));
	nearest = suggest_nearest(key, known, count);
	upper(capitals, sizeof(capitals), nearest ? nearest : "");
	if (!strncmp(entry, PLUGIN_PREFIX, strlen(PLUGIN_PREFIX)))
		err_fail(&why, ERR_NOT_FOUND,
			 "%.*s: no plugin of that name is to be loaded",
			 (int)len, entry);
	else if (nearest)
		err_fail(&why, ERR_NOT_FOUND,
			 "%.*s: no such setting; did you mean " PREFIX "%s?",
			 (int)len, entry, capitals);
	else
		err_fail(&why, ERR_NOT_FOUND, "%.*s: no such setting", (int)len,
			 entry);
	sources->warn(sources->ctx, why.text);
}

/* What is left of WEFT_*, once it is known which plugins there are. */
enum err settings_hear_plugin_variables(struct settings *s,
					const struct settings_sources *sources,
					struct why *why)
{
	char *const *at = sources->environment;

	for (; at && *at; at++) {
		const char *option = NULL;
		const char *value;
		struct wanted *w;
		enum err rc = ERR_NONE;

		if (strncmp(*at, PREFIX, strlen(PREFIX)) ||
		    value_of(*at, "WEFT_CONFIG") || find_variable(*at, &value))
			continue;
		w = find_plugin_variable(s, *at, &option);
		if (w)
			rc = hear_plugin_variable(w, *at, option, why);
		else
			warn_variable(sources, *at);
		if (rc)
			return rc;
	}
	return ERR_NONE;
}

const char *settings_config_file(char *const *environment)
{
	const char *file = NULL;

	for (; !file && environment && *environment; environment++)
		file = value_of(*environment, "WEFT_CONFIG");
	return file && *file ? file : NULL;
}
