/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/out.h"
#include "packaging/pages/pages.h"
#include "packaging/pages/spec.h"

/* The kinds as arguments of _weft_complete, in completion.bash. */
static void kinds(FILE *out, const char *value)
{
	struct spec_kind list[SPEC_KINDS_MAX];
	size_t count = spec_kinds(list, value);

	fputs("kinds=(", out);
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc(' ', out);
		if (list[i].kind == SPEC_WORD || list[i].kind == SPEC_PREFIX)
			fprintf(out, "'+%s'", list[i].text);
		else
			fputs(list[i].text, out);
	}
	fputs(") ;;\n", out);
}

static void words_of(void *ctx, const struct command *c)
{
	FILE *out = ctx;

	fprintf(out, "\t'%s')\n\t\tbelow='", c->name);
	for (size_t i = 0; c->below && c->below[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", options_word(c->below[i]));
	fputs("'\n\t\toptions='", out);
	for (const struct option_row *row = c->options; row && row->name; row++)
		fprintf(out, "--%s ", row->name);
	fputs("--help'\n\t\t;;\n", out);
}

static void values_of(void *ctx, const struct command *c)
{
	FILE *out = ctx;

	for (const struct option_row *row = c->options; row && row->name;
	     row++) {
		if (!row->value)
			continue;
		fprintf(out, "\t'%s --%s') ", c->name, row->name);
		kinds(out, row->value);
	}
}

static void operands_of(void *ctx, const struct command *c)
{
	struct spec_operand list[SPEC_OPERANDS_MAX];
	size_t count = c->below ? 0 : spec_operands(list, c->operands);
	FILE *out = ctx;

	for (size_t i = 0; i < count; i++) {
		if (list[i].repeats)
			fprintf(out, "\t'%s '*) ", c->name);
		else
			fprintf(out, "\t'%s %zu') ", c->name, i + 1);
		kinds(out, list[i].value);
	}
}

void pages_bash(const struct pages *p, const struct command *root)
{
	FILE *out = out_open(p->out, "weft.bash");

	fputs("# bash completion for weft -*- shell-script -*-\n"
	      "# SPDX-License-Identifier: Apache-2.0\n"
	      "# Made by weft's build from its own tables.\n\n"
	      "_weft_words()\n{\n\tcase $1 in\n",
	      out);
	spec_each(root, words_of, out);
	fputs("\tesac\n}\n\n_weft_value()\n{\n\tcase $1 in\n", out);
	spec_each(root, values_of, out);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n"
	      "_weft_operand()\n{\n\tcase $1 in\n",
	      out);
	spec_each(root, operands_of, out);
	fprintf(out,
		"\t*) return 1 ;;\n\tesac\n}\n\n"
		"_weft_plugin_subdir='%s'\n\n",
		p->plugin_subdir);
	out_copy(out, p->source, "completion.bash");
	out_close(out, "weft.bash");
}
