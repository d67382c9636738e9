/* SPDX-License-Identifier: Apache-2.0 */
/* wanted.h - a plugin that somebody wants loaded, and what they set of its
 * options, before anything is known of it. Pure. */
#ifndef NODE_PLUGIN_WANTED_H
#define NODE_PLUGIN_WANTED_H

#include "node/plugin/options.h"

/* One option as somebody set it. */
struct wanted_option {
	char *name;
	char *value;
	char *where;   /* leads error messages: "--plugin: foobar",
			* "weft.yaml:7:17: plugins[0].options.greeting" */
	unsigned rank; /* of that place: what a higher one says stands */
};

/* Start from wanted_init; owns all it points to. */
struct wanted {
	char *what; /* a NAME, or a path */
	char *where;
	struct wanted_option *options;
	size_t option_count; /* at most OPTIONS_MAX */
};

void wanted_init(struct wanted *w, const char *what, const char *where);
void wanted_copy(struct wanted *w, const struct wanted *from);
void wanted_clear(struct wanted *w);

/* wanted_set - set an option, unless a place of higher rank has. ERR_LIMIT:
 * over OPTIONS_MAX of them, or longer than options.h allows. */
MUST_USE enum err wanted_set(struct wanted *w, const char *name,
			     const char *value, const char *where,
			     unsigned rank, struct why *why);

/* wanted_set_list - the same for "greeting=hi,interval=5s". Errors too of
 * options_split; ERR_EXISTS: a name stands there twice. */
MUST_USE enum err wanted_set_list(struct wanted *w, const char *list,
				  const char *where, unsigned rank,
				  struct why *why);

/* wanted_name - the plugin's own name, if its file is called by it: "hello"
 * for hello and for ./some/hello.so. Cut to room. Returns out. */
const char *wanted_name(char *out, size_t room, const struct wanted *w);

/* wanted_options - what a plugin that declares these is to be given. Errors of
 * options_new and options_set; why begins with where the option was set. */
MUST_USE enum err wanted_options(struct options **out, const struct wanted *w,
				 const struct weft_option *const *declared,
				 struct why *why);

#endif
