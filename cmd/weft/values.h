/* SPDX-License-Identifier: Apache-2.0 */
/* values.h - how the text of an option becomes a value; the `read` functions
 * of option tables. Each says what is wrong and what would be right. */
#ifndef CMD_WEFT_VALUES_H
#define CMD_WEFT_VALUES_H

#include <stdbool.h>

#include "cmd/weft/options.h"
#include "node/plugin/wanted.h"
#include "p2p/enode/enode.h"

struct value_addr {
	struct addr addr;
	bool given;
};

/* Nodes in the order given, none twice. Free with value_enodes_clear. */
struct value_enodes {
	struct enode *list;
	size_t count;
};

/* value_flag: bool. value_text: const char *, borrowed from argv, not empty.
 * value_name: the same, for Hello: printable ASCII of 1..row->max bytes.
 * value_count: uint64_t in row->min..max. value_seconds: uint64_t of
 * milliseconds in min..max, from a decimal fraction. value_addr: struct
 * value_addr. value_level: enum log_level. value_enodes: struct value_enodes,
 * one more. */
enum err value_flag(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_text(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_name(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_count(void *field, const char *text,
		     const struct option_row *row, struct why *why);
enum err value_seconds(void *field, const char *text,
		       const struct option_row *row, struct why *why);
enum err value_addr(void *field, const char *text, const struct option_row *row,
		    struct why *why);
enum err value_level(void *field, const char *text,
		     const struct option_row *row, struct why *why);
enum err value_enodes(void *field, const char *text,
		      const struct option_row *row, struct why *why);

/* value_dialable - an enode URL that can be dialed: with an address or name
 * and a TCP port. */
enum err value_dialable(struct enode *out, const char *text, struct why *why);

void value_enodes_clear(struct value_enodes *nodes);

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

#endif
