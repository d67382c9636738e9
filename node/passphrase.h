/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase.h - a passphrase out of a file or from whoever sits at the
 * terminal; never out of an argument or the environment, which others can
 * read. Whoever holds one wipes it.
 *
 * Thread: one at a time; both block. */
#ifndef NODE_PASSPHRASE_H
#define NODE_PASSPHRASE_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	PASSPHRASE_MAX = 1024
}; /* bytes */

struct passphrase {
	char text[PASSPHRASE_MAX];
	size_t len; /* 1 at least, once there is one */
};

static inline struct span passphrase_span(const struct passphrase *p)
{
	return span_of(p->text, p->len);
}

/* passphrase_read - the first line of a file, or of standard input with a path
 * of "-". The file has to be as a key's. On an error *out is all zero.
 *
 * ERR_NOT_FOUND, ERR_DENIED, ERR_SYSTEM  as of nodekey_load
 * ERR_FORMAT  no regular file, or the line is empty
 * ERR_LIMIT   the line is longer than PASSPHRASE_MAX */
MUST_USE enum err passphrase_read(struct passphrase *out, const char *path,
				  struct why *why);

/* passphrase_ask - at the terminal of this process, whatever its standard input
 * and output are; what is typed is not shown. On an error *out is all zero.
 *
 * ERR_NOT_FOUND  there is no terminal
 * ERR_CLOSED     Ctrl-C, Ctrl-D, or the terminal went away
 * ERR_FORMAT     nothing was typed
 * ERR_LIMIT      more than PASSPHRASE_MAX */
MUST_USE enum err passphrase_ask(struct passphrase *out, const char *prompt,
				 struct why *why);

#endif
