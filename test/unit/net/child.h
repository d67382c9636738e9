/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - run something that ends its process, and see how. */
#ifndef TEST_UNIT_NET_CHILD_H
#define TEST_UNIT_NET_CHILD_H

#include <stdbool.h>

struct child {
	int exit_code;	 /* -1: ended by a signal */
	int signal;	 /* 0: none */
	char err[16384]; /* what it wrote to stderr, cut */
};

/* child_run - fn(arg) in a forked process, which exits with 0 if fn returns. */
void child_run(struct child *c, void (*fn)(void *arg), void *arg);

/* child_crashed - did it end as a program does by a fault of that kind? The
 * sanitizers make a report of it and exit with a code of their own. */
bool child_crashed(const struct child *c, int signum);

#endif
