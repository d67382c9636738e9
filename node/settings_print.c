/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <string.h>

/* A text of a comment: it must end with its line. */
static void print_where(FILE *out, const char *where)
{
	fputs("  # ", out);
	for (; where && *where; where++)
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

/* What it does, a comment. */
static void print_help(FILE *out, const struct setting_row *row)
{
	const char *line = row->help;

	putc('\n', out);
	for (;;) {
		size_t n = strcspn(line, "\n");

		fprintf(out, "# %.*s", (int)n, line);
		if (!line[n])
			break;
		putc('\n', out);
		line += n + 1;
	}
	if (row->fallback_help)
		fprintf(out, " (default %s)", row->fallback_help);
	putc('\n', out);
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
