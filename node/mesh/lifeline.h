/* SPDX-License-Identifier: Apache-2.0 */
/* lifeline.h - a temporary folder that is gone when we are, and when the
 * processes are that we gave its descriptor to, however they end.
 *
 * A process of its own sees to that: it holds one end of a connection whose
 * other end we and they have. When the last of us is gone it removes the folder
 * with all that is in it, and ends. It is in a session of its own, where no
 * terminal's signals come. */
#ifndef NODE_MESH_LIFELINE_H
#define NODE_MESH_LIFELINE_H

#include <limits.h>

#include "p2p/base/err.h"

struct lifeline {
	char folder[PATH_MAX]; /* mode 0700; empty */
	int fd;		       /* to be kept open by those who need the folder;
				* closed by exec unless somebody sees to it */
	int pid;
};

/* lifeline_open - below $TMPDIR, or /tmp. Call it while this process has one
 * thread: it forks. ERR_SYSTEM. */
MUST_USE enum err lifeline_open(struct lifeline *out, struct why *why);

/* lifeline_close - let go, and wait until the folder is gone. Everybody else
 * has let go of it, or will soon. ERR_SYSTEM: something is still there. */
MUST_USE enum err lifeline_close(struct lifeline *l, struct why *why);

#endif
