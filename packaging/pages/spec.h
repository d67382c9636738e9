/* SPDX-License-Identifier: Apache-2.0 */
/* spec.h - what the words of the command tables mean to someone who completes
 * them. The tables say "--datadir DIR" and "FILE|PLUGIN [--json]" for people;
 * the placeholders are the types:
 *
 *     FILE, PATH, and what ends so    a file: HEXFILE
 *     DIR, FOLDER                     a folder
 *     PLUGIN                          a plugin's name, or its file
 *     METHOD                          one of the admin interface
 *     in small letters                that very word: error|warn|info|debug
 *     small letters, then large       a word goes on: random:K
 *     any other                       something that cannot be guessed
 *
 * Pure. */
#ifndef PACKAGING_PAGES_SPEC_H
#define PACKAGING_PAGES_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/weft/options.h"

enum {
	SPEC_KINDS_MAX = 64, /* alternatives of one value */
	SPEC_WORD_MAX = 64,
	SPEC_OPERANDS_MAX = 8,
};

struct spec_kind {
	enum {
		SPEC_FILE,   /* text is "file", */
		SPEC_FOLDER, /* "folder" */
		SPEC_PLUGIN, /* or "plugin", as the scripts call them */
		SPEC_WORD,   /* text is the word */
		SPEC_PREFIX, /* text is how it begins */
	} kind;
	char text[SPEC_WORD_MAX];
};

/* spec_kinds - what "A|B" may be, without what cannot be guessed. Returns how
 * many that are. */
size_t spec_kinds(struct spec_kind out[SPEC_KINDS_MAX], const char *value);

struct spec_operand {
	char value[SPEC_WORD_MAX]; /* "FILE|PLUGIN" */
	bool repeats;		   /* it and all that follow are of the kind */
};

/* spec_operands - those of a usage line: "FILE HEXFILE|- [--json]" has two. */
size_t spec_operands(struct spec_operand out[SPEC_OPERANDS_MAX],
		     const char *operands);

/* spec_each - call for c and all commands below it, c first. */
void spec_each(const struct command *c,
	       void (*call)(void *ctx, const struct command *c), void *ctx);

/* spec_has_option - whether --name is in its table. */
bool spec_has_option(const struct command *c, const char *name);

/* spec_reader - the command that reads a file of settings, with --config; NULL
 * when there is none. */
const struct command *spec_reader(const struct command *root);

#endif
