/* SPDX-License-Identifier: Apache-2.0 */
/* datadir.h - the folder a node keeps its things in, held by one node at a
 * time. Mode 0700; one that others may write to is refused, since they could
 * put a key of theirs there. Blocks on the file system. */
#ifndef NODE_DATADIR_H
#define NODE_DATADIR_H

#include <limits.h>

#include "p2p/base/err.h"

struct datadir {
	char path[PATH_MAX];
	int lock; /* descriptor of path/lock; the lock lives as long as it */
};

/* datadir_default - $XDG_DATA_HOME/weft, else ~/.local/share/weft.
 * ERR_NOT_FOUND: neither variable says where. */
MUST_USE enum err datadir_default(char out[PATH_MAX], struct why *why);

/* datadir_open - make the folder (with its parents) if need be, and lock it.
 *
 * ERR_BUSY    another node holds it; why names its process
 * ERR_DENIED  others may write to it, or it is neither ours nor root's
 * ERR_FORMAT  there is something else of that name
 * ERR_SYSTEM  it cannot be made or opened
 *
 * *out is set on success only. */
MUST_USE enum err datadir_open(struct datadir *out, const char *path,
			       struct why *why);

/* datadir_file - the path of a file in it. ERR_LIMIT: too long. */
MUST_USE enum err datadir_file(char out[PATH_MAX], const struct datadir *d,
			       const char *name, struct why *why);

/* datadir_close - give the lock back. The lock file stays: removing it would
 * let two nodes lock two files of one name. */
void datadir_close(struct datadir *d);

#endif
