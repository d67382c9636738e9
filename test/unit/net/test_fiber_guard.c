/* SPDX-License-Identifier: Apache-2.0 */
/* What ends the process, each in a child of its own. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "p2p/net/fiber.h"
#include "p2p/net/fiber_guard.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"
#include "test/unit/net/child.h"

enum {
	EXIT_OVERFLOW = 134,
	EXIT_MINE = 77
};

static struct fiber *start(struct fiber_pool *pool, size_t stack_kib,
			   void (*fn)(void *arg), void *arg, const char *label)
{
	struct fiber *f;

	if (fiber_new(&f, pool, stack_kib, fn, arg, label))
		abort();
	return f;
}

/* --- ways to overflow ----------------------------------------------------- */

static volatile int depth_wanted = 1 << 30;

__attribute__((noinline)) static int descend(int depth)
{
	volatile char frame[200];

	frame[0] = (char)depth;
	if (depth >= depth_wanted)
		return 0;
	return descend(depth + 1) + frame[0];
}

static void overflow_slowly(void *arg)
{
	(void)arg;
	descend(0);
}

static volatile size_t far_end; /* 0; or the array would be optimised away */

/* One frame larger than the guard and the stack together, of which only the
 * far end is written. */
__attribute__((noinline)) static int leap(void)
{
	volatile char frame[600 * 1024];

	frame[far_end] = 1;
	return frame[far_end];
}

static void overflow_at_once(void *arg)
{
	(void)arg;
	leap();
}

/* A frame that ends inside the guard. */
__attribute__((noinline)) static int hop(void)
{
	volatile char frame[90 * 1024];

	frame[far_end] = 1;
	return frame[far_end];
}

static void overflow_into_the_middle(void *arg)
{
	(void)arg;
	hop();
}

static void wait_once(void *arg)
{
	(void)arg;
	fiber_suspend();
}

/* Between two others, which lie parked above and below. */
static void run_overflow(void (*fn)(void *arg), size_t stack_kib,
			 const char *label)
{
	struct fiber_pool *pool = fiber_pool_open(0);

	fiber_resume(start(pool, stack_kib, wait_once, NULL, "other"));
	for (int i = 0; i < 2; i++) {
		struct fiber *f = start(pool, stack_kib, i ? wait_once : fn,
					NULL, i ? "other" : label);

		fiber_resume(f);
	}
}

static void expect_overflow(const struct child *c, const char *text)
{
	cr_assert_eq(c->exit_code, EXIT_OVERFLOW, "%d, signal %d: %s",
		     c->exit_code, c->signal, c->err);
	cr_assert_str_eq(c->err, text);
}

static void gossip_overflows(void *arg)
{
	(void)arg;
	run_overflow(overflow_slowly, 64, "gossip gossip/1");
}

Test(fiber_guard, overflow_names_the_label_and_the_stack_size)
{
	struct child c;

	child_run(&c, gossip_overflows, NULL);
	expect_overflow(&c, "weft: stack overflow in gossip gossip/1: its "
			    "stack of 64 KiB is too small; raise stack_kib or "
			    "use less of it\n");
}

static void others_leap(void *arg)
{
	(void)arg;
	run_overflow(overflow_at_once, 256, "x");
}

static void others_hop(void *arg)
{
	(void)arg;
	run_overflow(overflow_into_the_middle, 64, "x");
}

Test(fiber_guard, large_frames_do_not_jump_over_it)
{
	struct child c;

	child_run(&c, others_leap, NULL);
	expect_overflow(&c, "weft: stack overflow in x: its stack of 256 KiB "
			    "is too small; raise stack_kib or use less of "
			    "it\n");
	child_run(&c, others_hop, NULL);
	expect_overflow(&c, "weft: stack overflow in x: its stack of 64 KiB "
			    "is too small; raise stack_kib or use less of "
			    "it\n");
}

static void overflow_with_split_guards(void *arg)
{
	(void)arg;
	fiber_guard_split_always();
	run_overflow(overflow_slowly, 128, "old kernel");
}

Test(fiber_guard, works_on_kernels_without_light_guards)
{
	struct child c;

	child_run(&c, overflow_with_split_guards, NULL);
	expect_overflow(&c, "weft: stack overflow in old kernel: its stack of "
			    "128 KiB is too small; raise stack_kib or use less "
			    "of it\n");
}

static void *overflow_thread(void *arg)
{
	run_overflow(overflow_slowly, 64, arg);
	return NULL;
}

static void overflow_elsewhere(void *arg)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct fiber *f = start(pool, 64, wait_once, NULL, "first");
	pthread_t thread;

	fiber_resume(f);
	if (pthread_create(&thread, NULL, overflow_thread, arg))
		abort();
	pthread_join(thread, NULL);
}

Test(fiber_guard, every_thread_has_a_stack_for_the_handler)
{
	static char name[] = "second thread";
	struct child c;

	child_run(&c, overflow_elsewhere, name);
	expect_overflow(&c, "weft: stack overflow in second thread: its stack "
			    "of 64 KiB is too small; raise stack_kib or use "
			    "less of it\n");
}

/* The stack for the handler goes with the last pool and comes with the next. */
static void overflow_in_third_pool(void *arg)
{
	struct fiber_pool *a = fiber_pool_open(0);
	struct fiber_pool *b = fiber_pool_open(0);
	stack_t before, after;

	(void)arg;
	fiber_pool_close(a);
	if (sigaltstack(NULL, &before) || before.ss_flags & SS_DISABLE)
		abort();
	fiber_pool_close(b);
	if (sigaltstack(NULL, &after))
		abort();
#ifndef TEST_INSTRUMENTED
	if (!(after.ss_flags & SS_DISABLE))
		abort();
#endif
	run_overflow(overflow_slowly, 64, "third");
}

Test(fiber_guard, lasts_as_long_as_there_is_a_pool)
{
	struct child c;

	child_run(&c, overflow_in_third_pool, NULL);
	cr_assert_eq(c.exit_code, EXIT_OVERFLOW, "%s", c.err);
}

static void fill_label(void *arg)
{
	char label[FIBER_LABEL_MAX];

	(void)arg;
	memset(label, 'y', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	run_overflow(overflow_slowly, 8192, label);
}

Test(fiber_guard, prints_the_longest_label_whole)
{
	struct child c;

	child_run(&c, fill_label, NULL);
	cr_assert_eq(c.exit_code, EXIT_OVERFLOW, "%s", c.err);
	cr_assert_eq(strlen(c.err),
		     strlen("weft: stack overflow in : its stack of 8192 KiB "
			    "is too small; raise stack_kib or use less of "
			    "it\n") +
			     FIBER_LABEL_MAX - 1);
}

/* --- faults that are none of ours ----------------------------------------- */

/* By address, so that no compiler and no sanitizer sees it coming. */
__attribute__((noinline)) static void poke(uintptr_t at)
{
	*(volatile char *)at = 1;
}

static void poke_page_zero(void *arg)
{
	(void)arg;
	poke(4000);
}

static void fault_in_fiber(void *arg)
{
	(void)arg;
	run_overflow(poke_page_zero, 64, "x");
}

static void fault_outside(void *arg)
{
	struct fiber_pool *pool = fiber_pool_open(0);

	(void)arg;
	fiber_resume(start(pool, 64, wait_once, NULL, "x"));
	poke_page_zero(NULL);
}

static uintptr_t own_guard; /* of the fiber that ran last */

static void find_guard(void *arg)
{
	(void)arg;
	own_guard = (uintptr_t)__builtin_frame_address(0) - 70 * 1024;
	fiber_suspend();
}

/* The guard of a fiber that does not run: someone's wild pointer. */
static void fault_in_parked_guard(void *arg)
{
	struct fiber_pool *pool = fiber_pool_open(0);

	(void)arg;
	fiber_resume(start(pool, 64, find_guard, NULL, "x"));
	poke(own_guard);
}

Test(fiber_guard, other_faults_crash_as_ever)
{
	static void (*const faults[])(void *arg) = {
		fault_in_fiber,
		fault_outside,
		fault_in_parked_guard,
	};
	struct child c;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		child_run(&c, faults[i], NULL);
		cr_assert(child_crashed(&c, SIGSEGV), "%zu: %d, signal %d: %s",
			  i, c.exit_code, c.signal, c.err);
		cr_assert_null(strstr(c.err, "stack overflow in"));
	}
}

static void send_to_itself(void *arg)
{
	static struct fiber_pool *pool;

	pool = fiber_pool_open(0);
	(void)pool;
	kill(getpid(), *(int *)arg);
}

Test(fiber_guard, signals_that_were_sent_are_not_swallowed)
{
	static int signals[] = { SIGSEGV, SIGBUS };
	struct child c;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		child_run(&c, send_to_itself, &signals[i]);
		cr_assert(child_crashed(&c, signals[i]), "%d, signal %d: %s",
			  c.exit_code, c.signal, c.err);
	}
}

static void on_mine(int signum)
{
	static const char mine[] = "my own handler";
	ssize_t n = write(STDERR_FILENO, mine, sizeof(mine) - 1);

	(void)n;
	_exit(signum);
}

static void fault_with_handler(void *arg)
{
	(void)arg;
	signal(SIGSEGV, on_mine);
	run_overflow(poke_page_zero, 64, "x");
}

static void overflow_with_handler(void *arg)
{
	(void)arg;
	signal(SIGSEGV, on_mine);
	run_overflow(overflow_slowly, 64, "x");
}

Test(fiber_guard, a_handler_from_before_gets_all_but_overflows)
{
	struct child c;

	child_run(&c, fault_with_handler, NULL);
	cr_assert_not_null(strstr(c.err, "my own handler"), "%s", c.err);
	child_run(&c, overflow_with_handler, NULL);
	cr_assert_eq(c.exit_code, EXIT_OVERFLOW, "%d: %s", c.exit_code, c.err);
}
