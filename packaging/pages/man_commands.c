/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/mdoc.h"
#include "packaging/pages/out.h"
#include "packaging/pages/spec.h"

struct writing {
	const struct pages *pages;
	const struct command *root;
};

static void synopsis(FILE *out, const struct command *c)
{
	/* The words, one by one: a quoted name would count as one. */
	fputs(".Sh SYNOPSIS\n.Nm ", out);
	mdoc_text(out, c->name);
	putc('\n', out);
	mdoc_text(out, c->operands);
	putc('\n', out);
}

static void commands(FILE *out, const struct command *c)
{
	char page[MDOC_NAME_MAX];

	fputs(".Sh COMMANDS\nEach has a page of its own.\n"
	      ".Bl -tag -width Ds\n",
	      out);
	for (size_t i = 0; c->below[i]; i++) {
		fprintf(out, ".It Xr %s 1\n",
			mdoc_page_name(page, c->below[i]->name));
		mdoc_sentence(out, c->below[i]->summary);
	}
	fputs(".El\n", out);
}

static void options(FILE *out, const struct command *c)
{
	fputs(".Sh OPTIONS\n.Bl -tag -width Ds\n", out);
	for (const struct option_row *row = c->options; row && row->name;
	     row++) {
		fputs(".It Fl \\-", out);
		mdoc_text(out, row->name);
		if (row->value) {
			/* In quotes: "|" alone would be a delimiter. */
			fputs(" Ar \"", out);
			mdoc_text(out, row->value);
			putc('"', out);
		}
		putc('\n', out);
		mdoc_sentence(out, row->help);
	}
	fputs(".It Fl h , Fl \\-help\nShow a summary of this page.\n.El\n",
	      out);
}

struct above {
	const struct command *of;
	const struct command *found;
};

static void find_above(void *ctx, const struct command *c)
{
	struct above *above = ctx;

	for (size_t i = 0; c->below && c->below[i]; i++)
		if (c->below[i] == above->of)
			above->found = c;
}

/* The page above this one, and the settings'. Those below were named. */
static void see_also(FILE *out, const struct writing *w,
		     const struct command *c)
{
	bool takes_settings = spec_has_option(c, "config") ||
			      (c == w->root && spec_reader(c));
	struct above above = { .of = c };
	char page[MDOC_NAME_MAX];

	spec_each(w->root, find_above, &above);
	if (above.found || takes_settings)
		fputs(".Sh SEE ALSO\n", out);
	if (above.found)
		fprintf(out, ".Xr %s 1%s\n",
			mdoc_page_name(page, above.found->name),
			takes_settings ? " ," : "");
	if (takes_settings)
		fputs(".Xr weft.yaml 5\n", out);
}

static void write_page(void *ctx, const struct command *c)
{
	const struct writing *w = ctx;
	char page[MDOC_NAME_MAX];
	char name[MDOC_NAME_MAX + 2];
	FILE *out;

	snprintf(name, sizeof(name), "%s.1", mdoc_page_name(page, c->name));
	out = out_open(w->pages->out, name);
	mdoc_begin(out, w->pages, c->name, 1, c->summary);
	synopsis(out, c);
	fputs(".Sh DESCRIPTION\n", out);
	mdoc_sentence(out, c->summary);
	if (c->below)
		commands(out, c);
	options(out, c);
	fputs(".Sh EXIT STATUS\n0 when it did what was asked, 1 when it failed,"
	      " 2 when it was called\nin a wrong way.\n",
	      out);
	if (c->examples) {
		fputs(".Sh EXAMPLES\n", out);
		mdoc_literal(out, c->examples);
	}
	see_also(out, w, c);
	out_close(out, name);
}

void pages_commands(const struct pages *p, const struct command *root)
{
	struct writing w = { .pages = p, .root = root };

	spec_each(root, write_page, &w);
}
