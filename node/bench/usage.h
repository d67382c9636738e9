/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - what a process has cost so far, ours or another of this user's. */
#ifndef NODE_BENCH_USAGE_H
#define NODE_BENCH_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
	double cpu_s; /* of all its threads, user and system */

	/* Bytes in memory; the second is what nobody shares, the program's
	 * files and untouched libraries left out. */
	uint64_t resident;
	uint64_t private_dirty;
};

/* usage_cpu - the time alone, which is cheap. pid 0: us. False, and *cpu_s is
 * 0: there is no such process. */
bool usage_cpu(double *cpu_s, pid_t pid);

/* usage_read - all of it. False: there is no such process, or its memory is
 * not for us to see. */
bool usage_read(struct usage *out, pid_t pid);

#endif
