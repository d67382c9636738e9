/* SPDX-License-Identifier: Apache-2.0 */
/* settings_inside.h - what the files behind settings.h share. */
#ifndef NODE_SETTINGS_INSIDE_H
#define NODE_SETTINGS_INSIDE_H

#include <limits.h>

#include "node/config.h"
#include "node/settings.h"

enum {
	SETTINGS_WHERE_MAX = PATH_MAX + 48,		  /* "FILE:3:12" */
	SETTINGS_WORD_MAX = OPTIONS_VALUE_MAX + PATH_MAX, /* an item's text */
	SETTINGS_VARIABLE_MAX = 64, /* "WEFT_MAX_PEERS", with terminator */
};

/* Who is speaking. */
struct settings_speaker {
	struct settings *s;
	enum settings_place place;
	const char *file; /* SETTINGS_FILE: its name in complaints */
};

/* --- settings_table.c ----------------------------------------------------- */

/* settings_find_key - the row of a key; NULL when there is none. */
const struct setting_row *settings_find_key(const char *key);

/* settings_keys - every key, for suggestions. Returns how many. */
size_t settings_keys(const char *out[SETTINGS_KEYS_MAX]);

/* --- settings_place.c: one setting from one place ---------------------------
 */

void *settings_field(struct settings *s, const struct setting_row *row);

/* settings_set - a value as text; of a list one item, which the first of a
 * place begins anew; a plugin as "NAME,option=value,...". */
enum err settings_set(const struct settings_speaker *sp,
		      const struct setting_row *row, const char *text,
		      const char *where, struct why *why);

/* settings_empty - an empty list, which items of this place add to. */
void settings_empty(const struct settings_speaker *sp,
		    const struct setting_row *row, const char *where);

/* settings_note - that row was set there. */
void settings_note(const struct settings_speaker *sp,
		   const struct setting_row *row, const char *where);

struct wanted *settings_find_plugin(struct settings *s, const char *what);

/* settings_want - the plugin of that name or path, new or known. ERR_FORMAT: it
 * is neither. ERR_LIMIT: over SETTINGS_PLUGINS_MAX. */
enum err settings_want(const struct settings_speaker *sp, struct wanted **out,
		       const char *what, const char *where, struct why *why);

/* --- the places ----------------------------------------------------------- */

enum err settings_hear_file(struct settings *s, const struct config_node *tree,
			    const char *name, struct why *why);
enum err settings_hear_environment(struct settings *s, char *const *environment,
				   struct why *why);
enum err settings_hear_flags(struct settings *s,
			     const struct settings_flags *flags,
			     struct why *why);

/* settings_hear_plugin_variables - what is left of WEFT_*, once it is known
 * which plugins there are. */
enum err settings_hear_plugin_variables(struct settings *s,
					const struct settings_sources *sources,
					struct why *why);

/* settings_variable - the variable that sets it. Returns out. */
const char *settings_variable(char out[SETTINGS_VARIABLE_MAX],
			      const struct setting_row *row);

/* settings_config_file - what WEFT_CONFIG says; NULL when nothing. */
const char *settings_config_file(char *const *environment);

#endif
