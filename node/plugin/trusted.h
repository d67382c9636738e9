/* SPDX-License-Identifier: Apache-2.0 */
/* trusted.h - open a file that only we and root can have put there, since what
 * it holds will run with all that we may do.
 *
 * The path is walked folder by folder from the root, each opened below the one
 * before and judged by its descriptor, so that nothing can be exchanged
 * between the look and the use. Blocks on the file system. */
#ifndef NODE_PLUGIN_TRUSTED_H
#define NODE_PLUGIN_TRUSTED_H

#include <sys/stat.h>

#include "p2p/base/err.h"

/* trusted_judge - may what fstat found be believed, for user `us`? It belongs
 * to us or root, and nobody else may write to it; a folder that others may
 * write to will do when it is sticky, since then they cannot touch what is not
 * theirs, and what they add is not ours. Pure. ERR_DENIED otherwise; why says
 * what to do with `path`. */
MUST_USE enum err trusted_judge(const struct stat *st, uid_t us,
				const char *path, struct why *why);

/* trusted_open - open an absolute path for reading.
 *
 * Links are followed, as far as they too are to be believed.
 *
 * ERR_NOT_FOUND  it is not there; why names the first part that is missing
 * ERR_DENIED     as of trusted_judge, for the file or a folder above it
 * ERR_FORMAT     not a regular file
 * ERR_LIMIT      the path, or the links in it, are too many
 * ERR_SYSTEM     it cannot be opened
 *
 * *fd is set on success only, and the caller's to close. */
MUST_USE enum err trusted_open(int *fd, const char *path, uid_t us,
			       struct why *why);

#endif
