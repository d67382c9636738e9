/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <stdlib.h>
#include <string.h>

void settings_flags_add(struct settings_flags *f, const char *name,
			const char *text)
{
	f->list = realloc(f->list, (f->count + 1) * sizeof(f->list[0]));
	if (!f->list)
		abort();
	f->list[f->count++] = (struct settings_flag){ name, text };
}

void settings_flags_clear(struct settings_flags *f)
{
	free(f->list);
	*f = (struct settings_flags){ 0 };
}

static bool has_flag(const struct settings_flags *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->list[i].name, name))
			return true;
	return false;
}

static enum err hear_flag(const struct settings_speaker *sp,
			  const struct settings_flag *flag, struct why *why)
{
	const struct setting_row *row = settings_rows();
	const char *name = flag->name;
	const char *text = flag->text ? flag->text : "true";
	char where[64];
	enum err rc;

	if (!strcmp(name, "no-listen")) {
		name = "listen";
		text = "none";
	}
	while (row->key && strcmp(row->flag, name))
		row++;
	snprintf(where, sizeof(where), "--%s", flag->name);
	rc = row->key ? settings_set(sp, row, text, where, why)
		      : err_fail(why, ERR_NOT_FOUND, "no such setting");
	return rc ? err_wrap(why, rc, "%s", where) : ERR_NONE;
}

enum err settings_hear_flags(struct settings *s, const struct settings_flags *f,
			     struct why *why)
{
	struct settings_speaker sp = { s, SETTINGS_FLAG, NULL };

	if (!f)
		return ERR_NONE;
	if (has_flag(f, "listen") && has_flag(f, "no-listen"))
		return err_fail(why, ERR_EXISTS,
				"--listen and --no-listen exclude each other; "
				"give one");
	for (size_t i = 0; i < f->count; i++) {
		enum err rc = hear_flag(&sp, &f->list[i], why);

		if (rc)
			return rc;
	}
	return ERR_NONE;
}
