/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "node/settings.h"
#include "packaging/pages/mdoc.h"
#include "packaging/pages/out.h"
#include "packaging/pages/spec.h"

static void variable(FILE *out, const char *key)
{
	fputs("WEFT_", out);
	for (; *key; key++)
		putc(toupper((unsigned char)*key), out);
}

/* What it is when nobody says anything. */
static const char *otherwise(const struct setting_row *row)
{
	return row->fallback_help ? row->fallback_help : row->fallback;
}

static void row_page(FILE *out, const struct command *reader,
		     const struct setting_row *row)
{
	fprintf(out, ".It Cm %s : Ar \"", row->key);
	mdoc_text(out, row->value ? row->value : "true|false");
	fputs("\"\n", out);
	mdoc_sentence(out, row->help);
	if (otherwise(row)) {
		fputs("Default: ", out);
		mdoc_text(out, otherwise(row));
		fputs(".\n", out);
	}
	fputs("Also\n.Ev ", out);
	variable(out, row->key);
	if (spec_has_option(reader, row->flag)) {
		fputs(" and\n.Fl \\-", out);
		mdoc_text(out, row->flag);
	}
	fputs(" .\n", out);
}

static void page(const struct pages *p, const struct command *reader)
{
	char name[MDOC_NAME_MAX];
	FILE *out = out_open(p->out, "weft.yaml.5");

	mdoc_begin(out, p, "weft.yaml", 5, "settings of a devp2p node");
	fprintf(out,
		".Sh DESCRIPTION\n"
		"A YAML file with the settings of a node, for the option\n"
		".Fl \\-config\nof\n.Xr %s 1 .\n",
		mdoc_page_name(name, reader->name));
	fputs("It is a map of the keys below.\n"
	      "Each setting may also be made by an environment variable, which "
	      "outdoes the file,\n"
	      "and by an option of the command, which outdoes both.\n"
	      "A key that takes one of several in an option takes a list of "
	      "them here.\n"
	      "Relative paths start from the file's folder.\n"
	      ".Bl -tag -width Ds\n",
	      out);
	for (const struct setting_row *row = settings_rows(); row->key; row++)
		row_page(out, reader, row);
	fputs(".El\n.Sh EXAMPLES\n", out);
	mdoc_literal(out, "listen: 127.0.0.1:30303\n"
			  "max_peers: 20\n"
			  "plugins:\n"
			  "  - foobar\n"
			  "  - name: ./hello.so\n"
			  "    options:\n"
			  "      greeting: hi\n");
	fprintf(out, ".Sh SEE ALSO\n.Xr %s 1\n", name);
	out_close(out, "weft.yaml.5");
}

/* Help in comments, and the key with its default in one more. */
static void row_example(FILE *out, const struct setting_row *row)
{
	fputs("\n# ", out);
	for (const char *c = row->help; *c; c++)
		fputs(*c == '\n' ? "\n# " : (char[]){ *c, '\0' }, out);
	if (row->fallback_help)
		fprintf(out, "\n# (default %s)", row->fallback_help);
	fprintf(out, "\n#%s:%s%s\n", row->key, row->fallback ? " " : "",
		row->fallback ? row->fallback : "");
}

static void example(const struct pages *p)
{
	FILE *out = out_open(p->out, "weft.yaml");

	fputs("# Settings of a weft node: see weft.yaml(5). What stands here "
	      "as a comment is\n# what holds without it.\n",
	      out);
	for (const struct setting_row *row = settings_rows(); row->key; row++)
		row_example(out, row);
	out_close(out, "weft.yaml");
}

void pages_settings(const struct pages *p, const struct command *root)
{
	const struct command *reader = spec_reader(root);

	if (!reader)
		return;
	page(p, reader);
	example(p);
}
