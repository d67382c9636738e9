/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <inttypes.h>
#include <string.h>

/* A text of a comment: it must end with its line. What stands behind a colon
 * and a blank says which setting that is. */
static void print_where(FILE *out, const char *where)
{
	fputs("  # ", out);
	for (; where && *where && strncmp(where, ": ", 2); where++)
		putc((unsigned char)*where < 0x20 ? '?' : *where, out);
	fputs(where ? "\n" : "default\n", out);
}

static void print_plugin(FILE *out, const struct wanted *w)
{
	fputs("  - name: ", out);
	setting_print_text(out, w->what);
	print_where(out, w->where);
	if (w->option_count)
		fputs("    options:\n", out);
	for (size_t i = 0; i < w->option_count; i++) {
		fputs("      ", out);
		setting_print_text(out, w->options[i].name);
		fputs(": ", out);
		setting_print_text(out, w->options[i].value);
		print_where(out, w->options[i].where);
	}
}

/* What it does, of what type it is and how else it is set, as comments. */
static void print_help(FILE *out, const struct setting_row *row)
{
	char variable[SETTINGS_VARIABLE_MAX];
	const char *line = row->help;
	size_t n;

	for (; *line; line += n + !!line[n]) {
		n = strcspn(line, "\n");
		fprintf(out, "%s# %.*s\n", line == row->help ? "\n" : "",
			(int)n, line);
	}
	if (row->fallback_help)
		fprintf(out, "# (default %s)\n", row->fallback_help);
	fprintf(out, "# %s", row->type->name);
	if (row->type == &setting_count)
		fprintf(out, " from %" PRIu64 " to %" PRIu64, row->min,
			row->max);
	fprintf(out, "; %s, --%s%s%s\n", settings_variable(variable, row),
		row->flag, row->value ? " " : "", row->value ? row->value : "");
}

static void print_row(FILE *out, const struct settings *s,
		      const struct setting_row *row)
{
	const char *where = s->where[row - settings_rows()];
	const void *field = (const char *)s + row->field;

	print_help(out, row);
	if (row->type->form == SETTING_PLUGINS) {
		fprintf(out, "%s:%s", row->key, s->plugin_count ? "\n" : " []");
		for (size_t i = 0; i < s->plugin_count; i++)
			print_plugin(out, &s->plugins[i]);
		if (!s->plugin_count)
			print_where(out, where);
		return;
	}
	if (!where && row->type->clear && row->type->form != SETTING_LIST) {
		fprintf(out, "#%s:  # default\n", row->key);
		return;
	}
	fprintf(out, "%s: ", row->key);
	row->type->print(out, field);
	print_where(out, where);
}

void settings_print(FILE *out, const struct settings *s)
{
	fputs("# What weft would run with, and where it was said.\n", out);
	for (const struct setting_row *row = settings_rows(); row->key; row++)
		print_row(out, s, row);
}
