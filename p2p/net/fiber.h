/* SPDX-License-Identifier: Apache-2.0 */
/* fiber.h - functions with stacks of their own, switched by hand. The only user
 * of Boost.Context.
 *
 * A fiber runs when somebody resumes it and stops where it suspends itself. It
 * belongs to one thread for life. Resuming is done from the thread's own stack
 * only, never from a fiber, so control always returns to one place.
 *
 * A stack is address space: 256 KiB of it costs 4 KiB of memory until more is
 * touched. Below each lies a guard of 64 KiB; a stack that overflows into it
 * ends the process with a line that names the fiber's label and stack size. A
 * function that reaches beyond the guard in one step, past 64 KiB of locals it
 * does not touch, is stopped only when it was built with
 * -fstack-clash-protection, as all of ours are. Stacks are pooled.
 *
 * Never longjmp out of a fiber, nor let a C++ exception leave it.
 *
 * Cost: 25 ns for a resume and suspend; as much for a pooled start.
 * Thread: one; a pool belongs to the thread that opened it. */
#ifndef P2P_NET_FIBER_H
#define P2P_NET_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "p2p/base/err.h"

enum {
	FIBER_STACK_KIB = 256, /* the default */
	FIBER_STACK_KIB_MIN = 64,
	FIBER_STACK_KIB_MAX = 8192,
	FIBER_GUARD_KIB = 64,
	FIBER_LABEL_MAX = 96, /* with terminator */
	FIBER_MOST = 1000000, /* of one pool, at once */
	FIBER_IDLE_KEPT = 64, /* stacks of each size that a trim leaves alone */
	FIBER_TRIM_MOST = 256, /* stacks of each size that one trim looks at */
};

struct fiber;
struct fiber_pool;

/* fiber_pool_open - at most `most` fibers at once, abandoned ones included;
 * 0 means FIBER_MOST. Kernels before 6.13 stop earlier: there a stack takes two
 * of the mappings that vm.max_map_count allows the whole process, which makes
 * 30,717 stacks with its default. */
struct fiber_pool *fiber_pool_open(size_t most);

/* fiber_pool_close - unmap everything. Every fiber has ended, or was abandoned:
 * the stacks of the latter are left mapped, since someone may point there. */
void fiber_pool_close(struct fiber_pool *pool);

/* fiber_pool_trim - for a quiet moment, about once a second: give the touched
 * memory of idle stacks back to the system, but for their uppermost 8 KiB, and
 * unmap the stacks that were idle all the time since the trim before, but for
 * FIBER_IDLE_KEPT of each size. At most FIBER_TRIM_MOST stacks of each size at
 * a time, which takes a few milliseconds. Returns whether another trim may give
 * back more. */
bool fiber_pool_trim(struct fiber_pool *pool);

/* fiber_new - fn(arg), to be started by the first fiber_resume. The stack has
 * at least stack_kib, which is rounded up to a power of two. The label is
 * copied, cut to fit, and appears in the overflow message.
 *
 *   out         untouched on an error
 *   stack_kib   FIBER_STACK_KIB_MIN to FIBER_STACK_KIB_MAX
 *
 * ERR_LIMIT   as many fibers as the pool or the system's limit on mappings
 *             allows, or stack_kib out of range
 * ERR_SYSTEM  no memory could be mapped */
MUST_USE enum err fiber_new(struct fiber **out, struct fiber_pool *pool,
			    size_t stack_kib, void (*fn)(void *arg), void *arg,
			    const char *label);

enum fiber_end {
	FIBER_SUSPENDED,
	FIBER_ENDED, /* the struct fiber is gone */
};

/* fiber_resume - run f until it suspends or its function returns. Not from
 * inside a fiber. */
enum fiber_end fiber_resume(struct fiber *f);

/* fiber_suspend - back to whoever resumed. Only inside a fiber. */
void fiber_suspend(void);

/* fiber_current - the fiber this is called in, or NULL. */
struct fiber *fiber_current(void);

const char *fiber_label(const struct fiber *f);

/* fiber_abandon - a suspended fiber that will never be resumed. Its stack stays
 * as it is for ever and no longer counts as live. */
void fiber_abandon(struct fiber *f);

struct fiber_counts {
	size_t live;   /* started or about to be */
	size_t pooled; /* stacks without a fiber */
	size_t abandoned;
	size_t most;
};
void fiber_count(const struct fiber_pool *pool, struct fiber_counts *out);

#endif
