/* SPDX-License-Identifier: Apache-2.0 */
/* save.h - a file that is there whole, or as it was before. */
#ifndef NODE_MESH_SAVE_H
#define NODE_MESH_SAVE_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* save_check - could a file be written there? Leaves no trace. ERR_NOT_FOUND,
 * ERR_DENIED, ERR_FORMAT: that is a folder. */
MUST_USE enum err save_check(const char *path, struct why *why);

/* save_file - replace the file by these bytes; what is no regular file is
 * written to as it is. ERR_SYSTEM: it is as it was, and nothing else was left
 * behind. SIGXFSZ is ignored from now on. */
MUST_USE enum err save_file(const char *path, struct span bytes,
			    struct why *why);

#endif
