/* SPDX-License-Identifier: Apache-2.0 */
/* values.h - how the text of an option becomes a value; the `read` functions
 * of option tables. Each says what is wrong and what would be right, as
 * node/parse.h does for all that is set anywhere. */
#ifndef CMD_WEFT_VALUES_H
#define CMD_WEFT_VALUES_H

#include <stdbool.h>

#include "cmd/weft/options.h"
#include "node/nodekey.h"
#include "node/plugin/wanted.h"
#include "p2p/base/addr.h"

struct value_addr {
	struct addr addr;
	bool given;
};

/* value_flag: bool. value_text: const char *, borrowed from argv, not empty.
 * value_count: uint64_t in row->min..max. value_duration: uint64_t of
 * milliseconds in min..max, from a duration ("250ms") or decimal seconds.
 * value_addr: struct value_addr. value_level: enum log_level. value_networks:
 * struct netlist, to which it adds. */
enum err value_flag(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_text(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_count(void *field, const char *text,
		     const struct option_row *row, struct why *why);
enum err value_duration(void *field, const char *text,
			const struct option_row *row, struct why *why);
enum err value_addr(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_level(void *field, const char *text,
		     const struct option_row *row, struct why *why);
enum err value_networks(void *field, const char *text,
			const struct option_row *row, struct why *why);

/* The row beside one that names a key file, of a field of value_text. */
#define VALUE_ROW_PASSPHRASE(offset)                                        \
	{                                                                   \
		.name = "passphrase-file", .value = "FILE",                 \
		.help = "the passphrase of a sealed key; without it, the\n" \
			"terminal is asked",                                \
		.field = (offset), .read = value_text                       \
	}

/* value_key_load - the key of both options; passphrase_file may be NULL. */
enum err value_key_load(struct ecc_keypair *out, const char *file,
			const char *passphrase_file, struct why *why);

/* Plugins in the order given. Free with value_plugins_clear. */
struct value_plugins {
	struct wanted *list;
	size_t count;
};

/* value_plugins - "NAME", "./some/file.so" or either with ",option=value"
 * behind it: struct value_plugins, one more. */
enum err value_plugins(void *field, const char *text,
		       const struct option_row *row, struct why *why);
void value_plugins_clear(struct value_plugins *plugins);

/* value_plugins_check - as of node_plugins_check; an error is told, before
 * there is anything of a node. Returns the exit status: EXIT_FAILED for a
 * plugin that cannot be loaded, EXIT_USAGE for options that it does not have.
 */
int value_plugins_check(const struct command *c, const struct wanted *list,
			size_t count, const char *folder);

#endif
