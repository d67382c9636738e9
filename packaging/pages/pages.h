/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - what a shell and man know of weft, written from the tables behind
 * --help and from those of the settings, so that they cannot say anything
 * else. Each of these writes into files of the folder `out`. */
#ifndef PACKAGING_PAGES_PAGES_H
#define PACKAGING_PAGES_PAGES_H

#include "cmd/weft/options.h"

struct pages {
	const char *out;    /* the folder to write to */
	const char *source; /* holds the parts that are always the same */
	const char *date;   /* "January 2, 2026" */
	const char *plugin_subdir; /* of the prefix, where plugins are sought */
};

/* weft.1, weft-run.1 and so on. */
void pages_commands(const struct pages *p, const struct command *root);

/* weft.yaml.5, and weft.yaml: an example in which everything is a comment. Only
 * when there is a command that reads such a file. */
void pages_settings(const struct pages *p, const struct command *root);

/* weft.bash and _weft, for bash and zsh. */
void pages_bash(const struct pages *p, const struct command *root);
void pages_zsh(const struct pages *p, const struct command *root);

#endif
