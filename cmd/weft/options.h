/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - one way for every subcommand to say what options it takes, to
 * read them (over getopt_long), to print --help, and to complain.
 *
 * A command declares a table; each row names a field of the command's own
 * struct and how its text is read (values.h). */
#ifndef CMD_WEFT_OPTIONS_H
#define CMD_WEFT_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/base/err.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct option_row {
	const char *name; /* "listen", given as --listen */
	/* "ADDR"; NULL: it takes none. Also what completes it in a shell:
	 * FILE, DIR, PLUGIN, or words: "text|json". See spec.h of the pages. */
	const char *value;
	const char *help; /* lines, the first without indentation */
	size_t field;	  /* offset in the command's struct */

	/* Read the text (NULL without a value) into the field. The message
	 * does not repeat the option's name. */
	enum err (*read)(void *field, const char *text,
			 const struct option_row *row, struct why *why);
	uint64_t min, max; /* of a number, in the units of the field */
};

struct command {
	const char *name;     /* "weft run" */
	const char *operands; /* "FILE", "[options]": the usage line's end */
	const char *summary;  /* a line without a full stop */
	const char *examples; /* lines, each starting with two blanks */
	const struct option_row *options; /* ends with a NULL name */
	int operands_min, operands_max;

	/* Either what it does, given the arguments from its own name on; the
	 * result is the exit status ... */
	int (*run)(const struct command *c, int argc, char **argv);
	/* ... or the commands below it; ends with NULL. */
	const struct command *const *below;
};

/* options_read - fill in `values` (with its defaults in place). Returns the
 * index in argv of the first operand, or a negative number when there is
 * nothing left to do: OPTIONS_STATUS(that) is the exit status (help was
 * printed, or the mistake was). argv is permuted. */
int options_read(const struct command *c, void *values, int argc, char **argv);
#define OPTIONS_STATUS(result) (-(result)-1)

/* options_dispatch - run the command that the arguments name, below c or c
 * itself. Returns the exit status. */
int options_dispatch(const struct command *c, int argc, char **argv);

/* options_word - "run" of "weft run". */
const char *options_word(const struct command *c);

/* options_which - complain that none of the commands below c was named.
 * options_group - `run` of a command that is nothing but those below it, with
 * options_none. Both return an exit status. */
int options_which(const struct command *c);
int options_group(const struct command *c, int argc, char **argv);

extern const struct option_row options_none[];

/* Complain on standard error, one line that begins with the command's name.
 * options_usage adds where help is to be had, and returns EXIT_USAGE;
 * options_failed prints a why and returns EXIT_FAILED. */
int options_usage(const struct command *c, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
int options_failed(const struct command *c, const struct why *why);

#endif
