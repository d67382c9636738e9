/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - whole files: read at once, and written so that each is there whole
 * or as it was before. All of it blocks. */
#ifndef NODE_FILE_H
#define NODE_FILE_H

#include "p2p/base/buf.h"
#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* file_load - all of a file, or of standard input with a path of "-", appended
 * to out, of which the limit holds; on an error it may be there in part.
 * ERR_NOT_FOUND: there is none. ERR_LIMIT: over out's limit. ERR_SYSTEM: it
 * cannot be read. why names the file. */
MUST_USE enum err file_load(struct buf *out, const char *path, struct why *why);

/* file_check - could a file be written there? Leaves no trace. ERR_NOT_FOUND,
 * ERR_DENIED, ERR_FORMAT: that is a folder. */
MUST_USE enum err file_check(const char *path, struct why *why);

/* file_write - all of the bytes to a descriptor. Returns 0 or an errno. */
MUST_USE int file_write(int fd, struct span bytes);

/* file_save - replace the file by these bytes, with its mode, or what a link
 * leads to; what is no regular file is written to as it is. They are on the
 * disk then. ERR_SYSTEM: it is as it was, and nothing else was left behind.
 * SIGXFSZ is ignored from now on. */
MUST_USE enum err file_save(const char *path, struct span bytes,
			    struct why *why);

/* file_is_replaced - may file_save be called there again and again, since only
 * the last one counts? False for what is no regular file. */
bool file_is_replaced(const char *path);

#endif
