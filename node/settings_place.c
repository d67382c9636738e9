/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/parse.h"

enum {
	FIELD_MAX = sizeof(struct nat_method), /* of a value, the largest */
};

static char *copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

void *settings_field(struct settings *s, const struct setting_row *row)
{
	return (char *)s + row->field;
}

void settings_note(const struct settings_speaker *sp,
		   const struct setting_row *row, const char *where)
{
	size_t i = (size_t)(row - settings_rows());

	free(sp->s->where[i]);
	sp->s->where[i] = copy_text(where);
	sp->s->place[i] = sp->place;
}

/* Takes the value that `field` holds, over what the setting was. */
static void put_field(const struct settings_speaker *sp,
		      const struct setting_row *row, const void *field,
		      const char *where)
{
	void *to = settings_field(sp->s, row);

	if (row->type->clear)
		row->type->clear(to);
	memcpy(to, field, row->type->size);
	settings_note(sp, row, where);
}

void settings_empty(const struct settings_speaker *sp,
		    const struct setting_row *row, const char *where)
{
	static const char nothing[FIELD_MAX];

	put_field(sp, row, nothing, where);
}

static enum err set_text(const struct settings_speaker *sp,
			 const struct setting_row *row, const char *text,
			 const char *where, struct why *why)
{
	_Alignas(max_align_t) char field[FIELD_MAX] = { 0 };
	enum err rc;

	assert(row->type->size <= FIELD_MAX);
	rc = row->type->read(field, text, row, why);
	if (!rc)
		put_field(sp, row, field, where);
	return rc;
}

static enum err set_item(const struct settings_speaker *sp,
			 const struct setting_row *row, const char *text,
			 const char *where, struct why *why)
{
	if (sp->s->place[row - settings_rows()] != sp->place)
		settings_empty(sp, row, where);
	return row->type->read(settings_field(sp->s, row), text, row, why);
}

/* --- plugins -------------------------------------------------------------- */

struct wanted *settings_find_plugin(struct settings *s, const char *what)
{
	for (size_t i = 0; i < s->plugin_count; i++)
		if (!strcmp(s->plugins[i].what, what))
			return &s->plugins[i];
	return NULL;
}

static struct wanted *add_plugin(struct settings *s, const char *what,
				 const char *where)
{
	if (!s->plugins)
		s->plugins =
			calloc(SETTINGS_PLUGINS_MAX, sizeof(s->plugins[0]));
	if (!s->plugins)
		abort();
	wanted_init(&s->plugins[s->plugin_count], what, where);
	return &s->plugins[s->plugin_count++];
}

enum err settings_want(const struct settings_speaker *sp, struct wanted **out,
		       const char *what, const char *where, struct why *why)
{
	struct wanted *known = settings_find_plugin(sp->s, what);
	enum err rc = parse_plugin_name(what, why);

	if (rc)
		return rc;
	if (!known && sp->s->plugin_count == SETTINGS_PLUGINS_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d plugins",
				SETTINGS_PLUGINS_MAX);
	*out = known ? known : add_plugin(sp->s, what, where);
	return ERR_NONE;
}

/* "NAME" or "NAME,greeting=hi,interval=5s". */
static enum err set_plugin(const struct settings_speaker *sp,
			   const struct setting_row *row, const char *text,
			   const char *where, struct why *why)
{
	char place[SETTINGS_WHERE_MAX + PATH_MAX];
	struct wanted *w = NULL;
	const char *options;
	char what[PATH_MAX];
	enum err rc = parse_plugin(what, &options, text, why);

	if (!rc)
		rc = settings_want(sp, &w, what, where, why);
	if (rc)
		return rc;
	settings_note(sp, row, where);
	if (!options)
		return ERR_NONE;
	snprintf(place, sizeof(place), "%s: %s", where, what);
	rc = wanted_set_list(w, options, place, sp->place, why);
	return rc ? err_wrap(why, rc, "%.60s", what) : ERR_NONE;
}

enum err settings_set(const struct settings_speaker *sp,
		      const struct setting_row *row, const char *text,
		      const char *where, struct why *why)
{
	switch (row->type->form) {
	case SETTING_PLAIN:
	case SETTING_TEXT:
	case SETTING_EITHER:
	case SETTING_PATH:
		return set_text(sp, row, text, where, why);
	case SETTING_LIST:
		return set_item(sp, row, text, where, why);
	case SETTING_PLUGINS:
		break;
	}
	return set_plugin(sp, row, text, where, why);
}
