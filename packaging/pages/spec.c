/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "node/admin/methods.h"

/* How much of the word is to be typed as it stands. */
static size_t literal_len(const char *word, size_t len)
{
	size_t n = 0;

	while (n < len && !isupper((unsigned char)word[n]))
		n++;
	return n;
}

static bool ends_with(const char *word, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(word + len - n, end, n);
}

static size_t methods(struct spec_kind out[SPEC_KINDS_MAX], size_t count)
{
	const char *name;

	for (size_t i = 0; (name = methods_name(i)) && count < SPEC_KINDS_MAX;
	     i++, count++) {
		out[count].kind = SPEC_WORD;
		snprintf(out[count].text, sizeof(out[count].text), "%s", name);
	}
	return count;
}

/* With the kinds of one alternative behind those that are there: how many. */
static size_t add_kinds(struct spec_kind out[SPEC_KINDS_MAX], size_t count,
			const char *word, size_t len)
{
	size_t literal = literal_len(word, len);
	struct spec_kind *kind = &out[count];

	*kind = (struct spec_kind){ 0 };
	if (literal) {
		kind->kind = literal < len ? SPEC_PREFIX : SPEC_WORD;
		snprintf(kind->text, sizeof(kind->text), "%.*s", (int)literal,
			 word);
		return count + 1;
	}
	if (ends_with(word, len, "METHOD"))
		return methods(out, count);
	if (ends_with(word, len, "FILE") || ends_with(word, len, "PATH"))
		*kind = (struct spec_kind){ SPEC_FILE, "file" };
	else if (ends_with(word, len, "DIR") || ends_with(word, len, "FOLDER"))
		*kind = (struct spec_kind){ SPEC_FOLDER, "folder" };
	else if (ends_with(word, len, "PLUGIN"))
		*kind = (struct spec_kind){ SPEC_PLUGIN, "plugin" };
	else
		return count; /* nobody can guess it */
	return count + 1;
}

size_t spec_kinds(struct spec_kind out[SPEC_KINDS_MAX], const char *value)
{
	size_t count = 0;

	for (const char *at = value; *at && count < SPEC_KINDS_MAX;) {
		size_t len = strcspn(at, "|");

		count = add_kinds(out, count, at, len);
		at += len + (at[len] != '\0');
	}
	return count;
}

size_t spec_operands(struct spec_operand out[SPEC_OPERANDS_MAX],
		     const char *operands)
{
	const char *at = operands;
	size_t count = 0;

	while (*at && count < SPEC_OPERANDS_MAX) {
		struct spec_operand *o = &out[count];
		size_t len;

		at += strspn(at, " [");
		len = strcspn(at, " ]");
		/* From here on options and alternatives are told. */
		if (!len || !strncmp(at, "--", 2) || *at == '|' ||
		    !strncmp(at, "options", len))
			break;
		o->repeats =
			strstr(at, "...") && strstr(at, "...") <= at + len + 1;
		if (ends_with(at, len, "..."))
			snprintf(o->value, sizeof(o->value), "%.*s",
				 (int)len - 3, at);
		else
			snprintf(o->value, sizeof(o->value), "%.*s", (int)len,
				 at);
		count++;
		at += len;
		at += strspn(at, "].");
	}
	return count;
}

void spec_each(const struct command *c,
	       void (*call)(void *ctx, const struct command *c), void *ctx)
{
	call(ctx, c);
	for (size_t i = 0; c->below && c->below[i]; i++)
		spec_each(c->below[i], call, ctx);
}

bool spec_has_option(const struct command *c, const char *name)
{
	for (const struct option_row *row = c->options; row && row->name; row++)
		if (!strcmp(row->name, name))
			return true;
	return false;
}

static void find_reader(void *ctx, const struct command *c)
{
	const struct command **found = ctx;

	if (!*found && spec_has_option(c, "config"))
		*found = c;
}

const struct command *spec_reader(const struct command *root)
{
	const struct command *found = NULL;

	spec_each(root, find_reader, &found);
	return found;
}
