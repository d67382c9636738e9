/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/mdoc.h"

#include <ctype.h>
#include <string.h>

char *mdoc_page_name(char out[MDOC_NAME_MAX], const char *name)
{
	snprintf(out, MDOC_NAME_MAX, "%s", name);
	for (char *c = out; *c; c++)
		if (*c == ' ')
			*c = '-';
	return out;
}

void mdoc_text(FILE *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((c == text || c[-1] == '\n') && strchr(".'", *c))
			fputs("\\&", out);
		if (*c == '\\')
			fputs("\\e", out);
		else if (*c == '-')
			fputs("\\-", out);
		else
			putc(*c, out);
	}
}

void mdoc_sentence(FILE *out, const char *text)
{
	char first[] = { (char)toupper((unsigned char)*text), '\0' };

	if (!*text)
		return;
	mdoc_text(out, first);
	mdoc_text(out, text + 1);
	fputs(".\n", out);
}

void mdoc_literal(FILE *out, const char *lines)
{
	size_t margin = strspn(lines, " ");

	fputs(".Bd -literal -offset indent\n", out);
	for (const char *at = lines; *at;) {
		size_t len = strcspn(at, "\n");
		size_t skip = strspn(at, " ");
		char line[512];

		if (skip > margin)
			skip = margin;
		if (skip > len)
			skip = len;
		snprintf(line, sizeof(line), "%.*s", (int)(len - skip),
			 at + skip);
		mdoc_text(out, line);
		putc('\n', out);
		at += len + (at[len] != '\0');
	}
	fputs(".Ed\n", out);
}

void mdoc_begin(FILE *out, const struct pages *p, const char *name, int section,
		const char *summary)
{
	char page[MDOC_NAME_MAX];

	mdoc_page_name(page, name);
	fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
	      ".\\\" Made by weft's build from its own tables.\n",
	      out);
	fprintf(out, ".Dd %s\n.Dt ", p->date);
	for (const char *c = page; *c; c++)
		putc(toupper((unsigned char)*c), out);
	fprintf(out, " %d\n.Os\n.Sh NAME\n.Nm %s\n.Nd ", section, page);
	mdoc_text(out, summary);
	putc('\n', out);
}
