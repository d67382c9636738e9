/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h - may what lies in this file or folder be believed, and has it been
 * ours alone? Whose it is and who may change or read it decides.
 *
 * The judges are pure: they look at what fstat or stat found, for user `us`.
 * What belongs to neither us nor root is refused by each. Whatever is refused,
 * why says what to do; `path` is for that only, and the caller's to put in
 * front. */
#ifndef NODE_TRUST_TRUST_H
#define NODE_TRUST_TRUST_H

#include <sys/stat.h>
#include <sys/types.h>

#include "p2p/base/err.h"

/* trust_secret - a regular file that nobody else can read or write. ERR_FORMAT:
 * no regular file. ERR_DENIED: the rest. */
MUST_USE enum err trust_secret(const struct stat *st, uid_t us,
			       const char *path, struct why *why);

/* trust_folder - a folder that nobody else can write to. trust_own_folder - nor
 * list or enter. Errors likewise. */
MUST_USE enum err trust_folder(const struct stat *st, uid_t us,
			       const char *path, struct why *why);
MUST_USE enum err trust_own_folder(const struct stat *st, uid_t us,
				   const char *path, struct why *why);

/* trust_code - a file that will run with all that we may do, or a folder or
 * link on the way to it: nobody else can write to it. A folder to which others
 * may write will do when it is sticky, since then they cannot touch what is not
 * theirs, and what they add is not ours. ERR_DENIED otherwise. */
MUST_USE enum err trust_code(const struct stat *st, uid_t us, const char *path,
			     struct why *why);

/* trust_open - open the file at an absolute path for reading, if trust_code has
 * nothing against it and what is above it. The path is walked folder by folder
 * from the root, each opened below the one before and judged by its descriptor,
 * so that nothing can be exchanged between the look and the use. Links are
 * followed, as far as they too are to be believed. Blocks on the file system.
 *
 * ERR_NOT_FOUND  it is not there; why names the first part that is missing
 * ERR_DENIED     as of trust_code, for the file or something above it
 * ERR_FORMAT     not a regular file
 * ERR_LIMIT      the path is too long, or the links in it are too many
 * ERR_SYSTEM     it cannot be opened
 *
 * *fd is set on success only, and the caller's to close. */
MUST_USE enum err trust_open(int *fd, const char *path, uid_t us,
			     struct why *why);

#endif
