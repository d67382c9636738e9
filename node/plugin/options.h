/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - a plugin's settings: declared in its descriptor, given by the
 * configuration file, the environment or the command line, checked here before
 * the plugin starts. Pure. */
#ifndef NODE_PLUGIN_OPTIONS_H
#define NODE_PLUGIN_OPTIONS_H

#include <stdbool.h>
#include <weft/plugin.h>

#include "p2p/base/err.h"

enum {
	OPTIONS_MAX = 64,	   /* declared by one plugin */
	OPTIONS_NAME_MAX = 64,	   /* with terminator */
	OPTIONS_VALUE_MAX = 4096,  /* likewise */
	OPTIONS_DURATION_MAX = 24, /* "9223372036854ms", likewise */
};

struct options;

/* options_new - every declared option at its default. NULL declares none.
 *
 * ERR_FORMAT  a declaration is malformed; why names the option: name, type,
 *             default, bounds, or the same name twice
 * ERR_LIMIT   over OPTIONS_MAX of them
 *
 * *out is set on success only; it keeps nothing of `declared`. */
MUST_USE enum err options_new(struct options **out,
			      const struct weft_option *const *declared,
			      struct why *why);
void options_free(struct options *o);

/* options_set - one value as text. ERR_NOT_FOUND: not declared, with the
 * nearest declared name; ERR_FORMAT: wrong type; ERR_LIMIT: out of range, or a
 * text too long. why names the option and what it takes: "interval: \"5x\":
 * not a duration (like 250ms, 15s or 2m)". Nothing changes on an error.
 *
 * Numbers are decimal as people write them: no '+', no zeros in front. A
 * boolean is true or false. Text is any. */
MUST_USE enum err options_set(struct options *o, const char *name,
			      const char *value, struct why *why);

/* options_set_list - "greeting=hi,interval=5s", as behind --plugin NAME. A
 * backslash keeps the comma, equals sign or backslash after it; before
 * anything else it is itself. ERR_EXISTS: a name stands there twice. On an
 * error the values before it are set. */
MUST_USE enum err options_set_list(struct options *o, const char *list,
				   struct why *why);

/* options_split - take the first "name=value" off such a list: out[0] and
 * out[1], which have room for OPTIONS_NAME_MAX and OPTIONS_VALUE_MAX bytes,
 * and *list moves behind it, to "" after the last. ERR_FORMAT: no name, or no
 * equals sign. ERR_LIMIT: longer than there is room for. */
MUST_USE enum err options_split(char *name, char *value, const char **list,
				struct why *why);

/* options_text / options_number - a value; false when it is not declared.
 * Every option has a text; a TEXT has no number. *out is set on true only and
 * borrowed until the option is set again. */
bool options_text(const struct options *o, const char *name, const char **out);
bool options_number(const struct options *o, const char *name, int64_t *out);

/* duration_parse - "250ms", "15s", "2m", "1h" or "0" in nanoseconds; false
 * otherwise. *out is set on true only. */
bool duration_parse(int64_t *out, const char *text);

/* duration_text - the shortest text that duration_parse reads as ns, which is
 * a whole number of milliseconds and not negative (else it is rounded down).
 * Returns out. */
const char *duration_text(char out[OPTIONS_DURATION_MAX], int64_t ns);

#endif
