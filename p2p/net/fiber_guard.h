/* SPDX-License-Identifier: Apache-2.0 */
/* fiber_guard.h - what lies below a fiber's stack, and what happens when the
 * stack runs into it. Internal to fiber.c. */
#ifndef P2P_NET_FIBER_GUARD_H
#define P2P_NET_FIBER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/base/err.h"

/* The pages below one stack, in that stack's mapping. */
struct fiber_guard {
	uint8_t *base;
	size_t size;
	size_t stack;	   /* bytes of the stack above; for the message */
	const char *label; /* borrowed; for the message */
	bool split;	   /* it is a mapping of its own; internal */
};

/* fiber_guard_protect - make the pages at base fault. Linux 6.13 and later do
 * it inside one mapping; before, the guard splits its mapping in two, and those
 * are counted: every mapping of the process comes out of vm.max_map_count.
 *
 * ERR_LIMIT   no room for another split
 * ERR_SYSTEM  the system refused */
MUST_USE enum err fiber_guard_protect(struct fiber_guard *g);

/* fiber_guard_gone - the stack was unmapped, with its guard. */
void fiber_guard_gone(struct fiber_guard *g);

/* fiber_guard_split_always - for tests, before the first stack: as if the
 * kernel were older than 6.13. */
void fiber_guard_split_always(void);

/* fiber_guard_enter - this thread will run fibers: from now on SIGSEGV and
 * SIGBUS inside the watched guard print what overflowed and end the process
 * with status 134; any other goes to whoever handled them before. That
 * handler is set once per process; what each thread needs of its own is a
 * stack to run it on, which leave takes away again. The two are counted. */
void fiber_guard_enter(void);
void fiber_guard_leave(void);

/* fiber_guard_watch - the guard of the fiber this thread is about to run, NULL
 * when it is back on its own stack. */
void fiber_guard_watch(const struct fiber_guard *g);

#endif
