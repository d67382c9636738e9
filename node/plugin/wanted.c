/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static void replace_text(char **text, const char *with)
{
	char *copy = copy_text(with);

	free(*text);
	*text = copy;
}

void wanted_init(struct wanted *w, const char *what, const char *where)
{
	*w = (struct wanted){
		.what = copy_text(what),
		.where = copy_text(where),
		.options = calloc(OPTIONS_MAX, sizeof(w->options[0])),
	};
	if (!w->options)
		abort();
}

void wanted_copy(struct wanted *w, const struct wanted *from)
{
	wanted_init(w, from->what, from->where);
	for (size_t i = 0; i < from->option_count; i++) {
		const struct wanted_option *o = &from->options[i];

		w->options[i] = (struct wanted_option){
			.name = copy_text(o->name),
			.value = copy_text(o->value),
			.where = copy_text(o->where),
			.rank = o->rank,
		};
	}
	w->option_count = from->option_count;
}

void wanted_clear(struct wanted *w)
{
	for (size_t i = 0; i < w->option_count; i++) {
		free(w->options[i].name);
		free(w->options[i].value);
		free(w->options[i].where);
	}
	free(w->options);
	free(w->what);
	free(w->where);
	*w = (struct wanted){ 0 };
}

static struct wanted_option *find(struct wanted *w, const char *name)
{
	for (size_t i = 0; i < w->option_count; i++)
		if (!strcmp(w->options[i].name, name))
			return &w->options[i];
	return NULL;
}

enum err wanted_set(struct wanted *w, const char *name, const char *value,
		    const char *where, unsigned rank, struct why *why)
{
	struct wanted_option *o = find(w, name);

	if (strlen(name) >= OPTIONS_NAME_MAX ||
	    strlen(value) >= OPTIONS_VALUE_MAX)
		return err_fail(why, ERR_LIMIT,
				"%.40s: name or value is too long", name);
	if (!o && w->option_count == OPTIONS_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d options",
				OPTIONS_MAX);
	if (!o) {
		o = &w->options[w->option_count++];
		o->name = copy_text(name);
	} else if (o->rank > rank) {
		return ERR_NONE;
	}
	replace_text(&o->value, value);
	replace_text(&o->where, where);
	o->rank = rank;
	return ERR_NONE;
}

/* Does the name stand in the list before `end`? */
static bool is_before(const char *list, const char *end, const char *name)
{
	char other[OPTIONS_NAME_MAX];
	char value[OPTIONS_VALUE_MAX];

	while (list < end && !options_split(other, value, &list, NULL))
		if (!strcmp(other, name))
			return true;
	return false;
}

enum err wanted_set_list(struct wanted *w, const char *list, const char *where,
			 unsigned rank, struct why *why)
{
	char name[OPTIONS_NAME_MAX];
	char value[OPTIONS_VALUE_MAX];
	const char *at = list;

	while (*at) {
		const char *start = at;
		enum err rc = options_split(name, value, &at, why);

		if (!rc && is_before(list, start, name))
			rc = err_fail(why, ERR_EXISTS, "%s: given twice", name);
		if (!rc)
			rc = wanted_set(w, name, value, where, rank, why);
		if (rc)
			return rc;
	}
	return ERR_NONE;
}

const char *wanted_name(char *out, size_t room, const struct wanted *w)
{
	const char *slash = strrchr(w->what, '/');
	size_t len;

	snprintf(out, room, "%s", slash ? slash + 1 : w->what);
	len = strlen(out);
	if (slash && len > 3 && !strcmp(out + len - 3, ".so"))
		out[len - 3] = '\0';
	return out;
}

/* "weft.yaml:7:17: plugins[0].options.greeting: ...": where a key's path tells
 * the name of the option, it is not told again. */
static enum err complain(struct why *why, enum err rc,
			 const struct wanted_option *o, const char *text)
{
	const char *dot = strrchr(o->where, '.');
	size_t len = strlen(o->name);

	if (dot && !strcmp(dot + 1, o->name) && !strncmp(text, o->name, len) &&
	    text[len] == ':')
		text += len + 2;
	return err_fail(why, rc, "%s: %s", o->where, text);
}

enum err wanted_options(struct options **out, const struct wanted *w,
			const struct weft_option *const *declared,
			struct why *why)
{
	struct options *options;
	enum err rc = options_new(&options, declared, why);

	if (rc)
		return rc;
	for (size_t i = 0; i < w->option_count; i++) {
		const struct wanted_option *o = &w->options[i];
		struct why told = WHY_NONE;

		rc = options_set(options, o->name, o->value, &told);
		if (rc) {
			options_free(options);
			return complain(why, rc, o, told.text);
		}
	}
	*out = options;
	return ERR_NONE;
}
