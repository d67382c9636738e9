/* SPDX-License-Identifier: Apache-2.0 */
/* modules.h - the shared objects of test/plugins, copied to where a test may do
 * with them what it likes, and what was logged of it. */
#ifndef TEST_UNIT_NODE_PLUGIN_MODULES_H
#define TEST_UNIT_NODE_PLUGIN_MODULES_H

#include "node/plugin/loader.h"
#include "test/unit/node/scratch.h"

/* A folder for plugins, and a loader that seeks there. */
struct modules {
	struct scratch scratch;
	struct log log;
	char warned[256]; /* the last line at level warn */
	struct loader *loader;
};

void modules_open(struct modules *m);
void modules_close(struct modules *m);

/* modules_copy - put test/plugins' `from`.so there as `to`.so; over what is
 * there, in place, when that exists. */
void modules_copy(struct modules *m, const char *from, const char *to);

/* modules_path - of `name`.so there. Returns out. */
const char *modules_path(char out[PATH_MAX], const struct modules *m,
			 const char *name);

/* modules_read - a whole file; free() the span's data. */
struct span modules_read(const char *path);

/* modules_maps - how often the text stands in /proc/self/maps. */
size_t modules_maps(const char *text);

#endif
