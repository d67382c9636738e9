/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h - may what lies in this file or folder be believed, and has it been
 * ours alone? Pure: judges what fstat or stat found. */
#ifndef NODE_TRUST_H
#define NODE_TRUST_H

#include <sys/stat.h>
#include <sys/types.h>

#include "p2p/base/err.h"

/* trust_secret - a regular file, of user `us` or root, that nobody else can
 * read or write. ERR_FORMAT: no regular file. ERR_DENIED: the rest; why says
 * what to do. `path` is for that only. */
MUST_USE enum err trust_secret(const struct stat *st, uid_t us,
			       const char *path, struct why *why);

/* trust_folder - a folder, of user `us` or root, that nobody else can write
 * to. Errors likewise. */
MUST_USE enum err trust_folder(const struct stat *st, uid_t us,
			       const char *path, struct why *why);

#endif
