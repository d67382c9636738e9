/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_file.h - the file a plugin is in: found, believed and copied to where
 * nobody can change it. Internal to node/plugin; see loader.h. */
#ifndef NODE_PLUGIN_PLUGIN_FILE_H
#define NODE_PLUGIN_PLUGIN_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "p2p/base/err.h"

/* plugin_file_find - the absolute path for a name, sought in `folder`, or a
 * path. ERR_FORMAT: neither; ERR_LIMIT: too long. */
MUST_USE enum err plugin_file_find(char out[PATH_MAX], const char *folder,
				   const char *what, struct why *why);

/* plugin_file_open - the file of that path, which was found for `what`; errors
 * as of trusted_open. */
MUST_USE enum err plugin_file_open(int *out, const char *path, const char *what,
				   uid_t us, struct why *why);

/* plugin_file_copy - a sealed copy of it in memory, as a descriptor. ERR_BUSY:
 * it changed meanwhile; ERR_LIMIT: over LOADER_FILE_MAX. */
MUST_USE enum err plugin_file_copy(int *out, size_t *len, int file,
				   const char *path, struct why *why);

#endif
