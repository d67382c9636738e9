/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - another process of this program, that serves. */
#ifndef NODE_BENCH_CHILD_H
#define NODE_BENCH_CHILD_H

#include <sys/types.h>

#include "p2p/enode/enode.h"

struct child {
	pid_t pid; /* 0: none */
	struct enode node;
};

/* child_start - run this program with those arguments (NULL-terminated, its
 * name first) and wait for the first line that it prints, which holds its enode
 * URL, in JSON or not. It ends when we do, however that happens. ERR_SYSTEM: it
 * cannot be started; ERR_CLOSED: it ended before it said anything. */
MUST_USE enum err child_start(struct child *out, const char *const *argv,
			      struct why *why);

/* child_stop - end it and wait for that. ERR_CLOSED: it did not end well. */
MUST_USE enum err child_stop(struct child *c, struct why *why);

#endif
