/* SPDX-License-Identifier: Apache-2.0 */
/* outlet.h - lines on their way to a descriptor that may not take them: a pipe
 * nobody drains, a terminal that was stopped, a disk that hangs. Who prints
 * into its stream never waits; a thread of the outlet's own does, in write().
 *
 * A thread, because O_NONBLOCK belongs to the open file, which is the shell's
 * and other programs' too; because a pipe that poll() calls writable may be
 * filled by one of these before we write; and because a socket cannot be
 * opened anew through /proc/self/fd.
 *
 * At most OUTLET_MAX bytes wait. Then whole lines are left out until half of
 * that is gone, and in their place stands how many:
 *
 *     ... 1234 lines left out
 *     {"event":"dropped_lines","count":1234}
 *
 * Lines of up to PIPE_BUF bytes are written in one piece. Thread: one at a
 * time, the outlet's own aside. */
#ifndef NODE_OUTLET_H
#define NODE_OUTLET_H

#include "node/show.h"

enum {
	OUTLET_MAX = 256 * 1024,
	OUTLET_LINE_MAX = 64 * 1024, /* a longer one is left out */
	OUTLET_LAST_MAX = 16 * 1024, /* beyond OUTLET_MAX: see outlet_last */
};

struct outlet;

/* outlet_open - in front of a descriptor, which is duplicated. */
struct outlet *outlet_open(int fd, enum show_form form);

/* outlet_stream - print here, and fflush after each line. The outlet's. */
FILE *outlet_stream(struct outlet *o);

/* outlet_watch - call `broke` when what is written no longer gets anywhere,
 * from the outlet's thread or at once, under the outlet's lock: it may wake a
 * loop and nothing more. NULL ends that. */
void outlet_watch(struct outlet *o, void (*broke)(void *ctx), void *ctx);

/* outlet_last - what is printed from now on is the last, and goes out also
 * when lines before it were left out: OUTLET_LAST_MAX bytes are kept for it. */
void outlet_last(struct outlet *o);

/* outlet_drain - wait until all is written, for at most that time; false if it
 * is not. Then the outlet is broken, and no later drain waits. */
bool outlet_drain(struct outlet *o, unsigned ms);

/* outlet_drain_all - the same for all outlets that are open, at most that time
 * together: what fflush(NULL) is to streams. */
void outlet_drain_all(unsigned ms);

/* outlet_is_broken - a write failed, or a drain did. */
bool outlet_is_broken(struct outlet *o);

/* outlet_close - does not wait: drain it first, what was not written by now
 * is lost. NULL is ignored. */
void outlet_close(struct outlet *o);

#endif
