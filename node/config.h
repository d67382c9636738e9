/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - a YAML file as a tree of texts, lists and maps, each with its
 * place, for settings.h to look at. What a value means is decided there; here
 * are the limits: one document, no anchors, aliases and tags, keys that are
 * texts and stand once, so deep and so large and no more.
 *
 * Complaints begin "FILE:LINE:COLUMN: ", and know values by their path:
 * "plugins[0].options.greeting". Safe on any bytes. */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include <stdbool.h>

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	CONFIG_FILE_MAX = 256 * 1024, /* bytes */
	CONFIG_DEPTH_MAX = 8,	      /* lists and maps within each other */
	CONFIG_KEYS_MAX = 256,	      /* of one map */
	CONFIG_PATH_MAX = 256,	      /* of a value; with terminator */
};

enum config_kind {
	CONFIG_TEXT,
	CONFIG_LIST,
	CONFIG_MAP,
};

struct config_node {
	enum config_kind kind;
	size_t line, column; /* where the value begins; from 1 */
	char *path;	     /* "" for the whole file */

	char *key; /* in a map; NULL elsewhere */
	size_t key_line, key_column;

	char *text;  /* CONFIG_TEXT; holds no NUL */
	bool quoted; /* or a block: a text whatever it looks like */

	struct config_node *items; /* CONFIG_LIST, CONFIG_MAP: in order */
	size_t count;
};

/* config_parse - out is a map, empty for an empty file. `name` is what the file
 * is called in complaints. ERR_FORMAT, ERR_LIMIT. *out is set on success only;
 * free it with config_clear. */
MUST_USE enum err config_parse(struct config_node *out, struct span yaml,
			       const char *name, struct why *why);

/* config_read - the same from a file. Also ERR_NOT_FOUND, ERR_SYSTEM. Blocks on
 * the file system. */
MUST_USE enum err config_read(struct config_node *out, const char *path,
			      struct why *why);

void config_clear(struct config_node *node);

/* config_is_null - nothing stands there, or "~" or "null" without quotes. */
bool config_is_null(const struct config_node *node);

/* config_looks_like - how YAML would read a text without quotes if it is not
 * plainly text: "a number", "true or false", "nothing"; NULL for text. */
const char *config_looks_like(const struct config_node *node);

/* config_at - put file, place and path before a why, and return rc. */
enum err config_at(struct why *why, enum err rc, const char *name,
		   const struct config_node *node);

#endif
