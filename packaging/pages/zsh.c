/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "packaging/pages/out.h"
#include "packaging/pages/pages.h"
#include "packaging/pages/spec.h"

/* A text inside single quotes, in which `special` letters have a meaning to
 * _arguments or _describe. */
static void text(FILE *out, const char *s, const char *special)
{
	for (; *s; s++) {
		if (*s == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (*s == '\\' || strchr(special, *s))
			putc('\\', out);
		putc(*s == '\n' ? ' ' : *s, out);
	}
}

/* "weft key new" is completed by _weft_key_new. */
static void function(FILE *out, const struct command *c)
{
	putc('_', out);
	for (const char *s = c->name; *s; s++)
		putc(*s == ' ' || *s == '-' ? '_' : *s, out);
}

/* ":FILE:__weft_complete file", the end of a specification for _arguments. */
static void message_and_action(FILE *out, const char *value)
{
	struct spec_kind list[SPEC_KINDS_MAX];
	size_t count = spec_kinds(list, value);

	putc(':', out);
	text(out, value, ":");
	fputs(count ? ":__weft_complete" : ": ", out);
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == SPEC_WORD || list[i].kind == SPEC_PREFIX) {
			fputs(" +", out);
			text(out, list[i].text, ":");
		} else {
			fprintf(out, " %s", list[i].text);
		}
}

static void options(FILE *out, const struct command *c)
{
	for (const struct option_row *row = c->options; row && row->name;
	     row++) {
		/* Which of them may be repeated the program says. */
		fprintf(out, "\t\t'%s--%s%s[", row->value ? "*" : "", row->name,
			row->value ? "=" : "");
		text(out, row->help, "[]:");
		putc(']', out);
		if (row->value)
			message_and_action(out, row->value);
		fputs("' \\\n", out);
	}
	fputs("\t\t'(- *)'{-h,--help}'[show this]'", out);
}

static void operands(FILE *out, const struct command *c)
{
	struct spec_operand list[SPEC_OPERANDS_MAX];
	size_t count = spec_operands(list, c->operands);

	for (size_t i = 0; i < count; i++) {
		if (list[i].repeats)
			fputs(" \\\n\t\t'*", out);
		else
			fprintf(out, " \\\n\t\t'%zu", i + 1);
		message_and_action(out, list[i].value);
		putc('\'', out);
	}
	putc('\n', out);
}

/* The commands below, once that is where the cursor is. _arguments itself could
 * do so, but takes "--" for an option of the command above. */
static void go_below(FILE *out, const struct command *c)
{
	fputs("\tif ((CURRENT > 2)) && [[ $words[2] != -* ]]; then\n"
	      "\t\tshift words\n\t\t((CURRENT--))\n"
	      "\t\tcase $words[1] in\n",
	      out);
	for (size_t i = 0; c->below[i]; i++) {
		fprintf(out, "\t\t%s) ", options_word(c->below[i]));
		function(out, c->below[i]);
		fputs(" ;;\n", out);
	}
	fputs("\t\tesac\n\t\treturn\n\tfi\n\tbelow=(\n", out);
	for (size_t i = 0; c->below[i]; i++) {
		fprintf(out, "\t\t'%s:", options_word(c->below[i]));
		text(out, c->below[i]->summary, ":");
		fputs("'\n", out);
	}
	fputs("\t)\n", out);
}

static void write_function(void *ctx, const struct command *c)
{
	FILE *out = ctx;

	function(out, c);
	fputs("() {\n", out);
	if (c->below) {
		fputs("\tlocal -a below\n", out);
		go_below(out, c);
	}
	fputs("\t_arguments -S \\\n", out);
	options(out, c);
	if (c->below)
		fputs(" \\\n\t\t'1:command:{ _describe command below }'\n",
		      out);
	else
		operands(out, c);
	fputs("}\n\n", out);
}

void pages_zsh(const struct pages *p, const struct command *root)
{
	FILE *out = out_open(p->out, "_weft");

	fprintf(out,
		"#compdef weft\n"
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# Made by weft's build from its own tables.\n\n"
		"__weft_plugin_subdir='%s'\n\n",
		p->plugin_subdir);
	spec_each(root, write_function, out);
	out_copy(out, p->source, "completion.zsh");
	out_close(out, "_weft");
}
