/* SPDX-License-Identifier: Apache-2.0 */
/* secret_file.h - small files that nobody else may read: keys, passphrases.
 *
 * A file that others can read or write is refused, and none is overwritten.
 * What was read is the caller's to wipe, on errors too. why does not name the
 * file. All of it blocks. Thread: any. */
#ifndef NODE_SECRET_FILE_H
#define NODE_SECRET_FILE_H

#include <stddef.h>

#include "p2p/base/err.h"

/* secret_file_read - all of a descriptor, such as standard input: at most room
 * bytes. ERR_LIMIT: there is more. ERR_SYSTEM: it cannot be read. */
MUST_USE enum err secret_file_read(char *out, size_t room, size_t *len, int fd,
				   struct why *why);

/* secret_file_load - all of a file.
 *
 * ERR_NOT_FOUND  there is no such file
 * ERR_DENIED     group or world may read or write it, or it belongs to
 *                neither us nor root
 * ERR_FORMAT     no regular file
 * ERR_LIMIT, ERR_SYSTEM  as of secret_file_read */
MUST_USE enum err secret_file_load(char *out, size_t room, size_t *len,
				   const char *path, struct why *why);

/* secret_file_save - write a new file, mode 0600, and have the disk take it
 * before returning. ERR_EXISTS: there is one, and it is as it was. ERR_SYSTEM:
 * it cannot be made or written; nothing is left behind. */
MUST_USE enum err secret_file_save(const char *path, const char *text,
				   size_t len, struct why *why);

#endif
