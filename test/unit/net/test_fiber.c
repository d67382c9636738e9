/* SPDX-License-Identifier: Apache-2.0 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "p2p/net/fiber.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"

static struct fiber *start(struct fiber_pool *pool, void (*fn)(void *arg),
			   void *arg)
{
	struct fiber *f;

	cr_assert_eq(fiber_new(&f, pool, FIBER_STACK_KIB, fn, arg, "test"),
		     ERR_NONE);
	return f;
}

static struct fiber_counts counts(const struct fiber_pool *pool)
{
	struct fiber_counts c;

	fiber_count(pool, &c);
	return c;
}

/* A fiber that writes down how far it came. */
struct steps {
	int done;
	int times; /* it suspends */
};

static void take_steps(void *arg)
{
	struct steps *s = arg;

	for (int i = 0; i < s->times; i++) {
		s->done++;
		fiber_suspend();
	}
	s->done = -1;
}

Test(fiber, runs_when_resumed_and_stops_where_it_suspends)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct steps s = { .times = 2 };
	struct fiber *f = start(pool, take_steps, &s);

	cr_assert_eq(s.done, 0);
	cr_assert_eq(fiber_resume(f), FIBER_SUSPENDED);
	cr_assert_eq(s.done, 1);
	cr_assert_eq(fiber_resume(f), FIBER_SUSPENDED);
	cr_assert_eq(s.done, 2);
	cr_assert_eq(counts(pool).live, 1);
	cr_assert_eq(fiber_resume(f), FIBER_ENDED);
	cr_assert_eq(s.done, -1);
	cr_assert_eq(counts(pool).live, 0);
	fiber_pool_close(pool);
}

/* Integers, floating point and an array of its own, mixed over many rounds;
 * the result depends on all of them and on nothing else. */
struct sum {
	unsigned seed;
	double result;
};

enum {
	ROUNDS = 20
};

static double mix(unsigned seed, void (*between)(void))
{
	unsigned a = seed, b = seed * 7, c = ~seed;
	double x = seed + 0.25;
	unsigned table[16] = { 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		a = a * 1664525 + 1013904223;
		b ^= a >> 3;
		c += b;
		table[i % 16] += c;
		x = x * 0.75 + (double)(table[(i + 5) % 16] % 1000);
		if (between)
			between();
	}
	return x + (double)((a ^ b) % 1000);
}

static void run_sum(void *arg)
{
	struct sum *s = arg;

	s->result = mix(s->seed, fiber_suspend);
}

Test(fiber, keeps_its_registers_and_locals_while_others_run)
{
	enum {
		COUNT = 100
	};
	struct fiber_pool *pool = fiber_pool_open(0);
	struct sum sums[COUNT];
	struct fiber *f[COUNT];

	for (unsigned i = 0; i < COUNT; i++) {
		sums[i].seed = i;
		f[i] = start(pool, run_sum, &sums[i]);
	}
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < COUNT; i++)
			cr_assert_eq(fiber_resume(f[i]), FIBER_SUSPENDED);
	for (unsigned i = 0; i < COUNT; i++) {
		cr_assert_eq(fiber_resume(f[i]), FIBER_ENDED);
		cr_assert_eq(sums[i].result, mix(i, NULL), "fiber %u", i);
	}
	fiber_pool_close(pool);
}

static void print_float(void *arg)
{
	snprintf(arg, 32, "%.3f %Lg", 2.5, 0.125L);
}

Test(fiber, has_a_stack_aligned_as_the_abi_wants)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	char text[32];

	cr_assert_eq(fiber_resume(start(pool, print_float, text)), FIBER_ENDED);
	cr_assert_str_eq(text, "2.500 0.125");
	fiber_pool_close(pool);
}

static void see_current(void *arg)
{
	struct fiber **seen = arg;

	*seen = fiber_current();
	fiber_suspend();
	*seen = fiber_current();
}

Test(fiber, knows_which_one_runs)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct fiber *seen[2] = { NULL, NULL };
	struct fiber *a = start(pool, see_current, &seen[0]);
	struct fiber *b = start(pool, see_current, &seen[1]);

	cr_assert_null(fiber_current());
	fiber_resume(a);
	cr_assert_null(fiber_current());
	fiber_resume(b);
	cr_assert_eq(seen[0], a);
	cr_assert_eq(seen[1], b);
	seen[0] = NULL;
	fiber_resume(a);
	cr_assert_eq(seen[0], a);
	fiber_resume(b);
	fiber_pool_close(pool);
}

/* --- signals -------------------------------------------------------------- */

static volatile sig_atomic_t signals_heard;

static void hear_signal(int signum)
{
	(void)signum;
	signals_heard++;
}

/* Not raise or kill: the thread sanitizer would see that it is our own. */
static void signal_self(void *arg)
{
	(void)arg;
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	fiber_suspend();
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
}

Test(fiber, signals_that_come_while_one_runs_are_not_lost_with_it)
{
	const struct sigaction action = { .sa_handler = hear_signal };
	struct fiber_pool *pool = fiber_pool_open(0);
	struct fiber *f = start(pool, signal_self, NULL);
	sigset_t before, after;

	cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	cr_assert_eq(fiber_resume(f), FIBER_SUSPENDED);
	cr_assert_eq(signals_heard, 1, "one that suspends");
	cr_assert_eq(fiber_resume(f), FIBER_ENDED);
	cr_assert_eq(signals_heard, 2, "one that ends");
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (int i = 1; i < SIGRTMAX; i++)
		cr_assert_eq(sigismember(&before, i), sigismember(&after, i),
			     "signal %d", i);
	fiber_pool_close(pool);
}

Test(fiber, cuts_a_label_that_is_too_long)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct steps s = { .times = 0 };
	char label[FIBER_LABEL_MAX + 10];
	struct fiber *f;

	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	cr_assert_eq(fiber_new(&f, pool, 64, take_steps, &s, label), ERR_NONE);
	cr_assert_eq(strlen(fiber_label(f)), FIBER_LABEL_MAX - 1);
	fiber_resume(f);
	label[FIBER_LABEL_MAX - 1] = '\0';
	cr_assert_eq(fiber_new(&f, pool, 64, take_steps, &s, label), ERR_NONE);
	cr_assert_str_eq(fiber_label(f), label);
	fiber_resume(f);
	fiber_pool_close(pool);
}

/* --- sizes and limits ----------------------------------------------------- */

/* Writes all but the last few KiB of its stack, and reads them again. */
struct filler {
	size_t bytes;
	const void *top;
	bool good;
};

static void fill_stack(void *arg)
{
	struct filler *f = arg;
	uint8_t *p = alloca(f->bytes);
	volatile uint8_t *v = p;

	f->top = __builtin_frame_address(0);
	for (size_t i = 0; i < f->bytes; i += 512)
		v[i] = (uint8_t)(i / 512);
	fiber_suspend();
	f->good = true;
	for (size_t i = 0; i < f->bytes; i += 512)
		f->good = f->good && v[i] == (uint8_t)(i / 512);
}

Test(fiber, has_at_least_the_stack_it_asked_for)
{
	static const size_t kib[] = { 64, 65, 100, 128, 256, 1000, 8192 };
	struct fiber_pool *pool = fiber_pool_open(0);
	struct filler fill[ARRAY_LEN(kib)];
	struct fiber *f[ARRAY_LEN(kib)];

	for (size_t i = 0; i < ARRAY_LEN(kib); i++) {
		fill[i] = (struct filler){ .bytes = (kib[i] - 8) * 1024 };
		cr_assert_eq(fiber_new(&f[i], pool, kib[i], fill_stack,
				       &fill[i], "fill"),
			     ERR_NONE);
		cr_assert_eq(fiber_resume(f[i]), FIBER_SUSPENDED);
	}
	for (size_t i = 0; i < ARRAY_LEN(kib); i++) {
		cr_assert_eq(fiber_resume(f[i]), FIBER_ENDED);
		cr_assert(fill[i].good, "%zu KiB", kib[i]);
	}
	fiber_pool_close(pool);
}

Test(fiber, refuses_a_stack_out_of_range)
{
	static const size_t kib[] = { 0, 63, 8193, SIZE_MAX };
	struct fiber_pool *pool = fiber_pool_open(0);
	struct fiber *f = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kib); i++)
		cr_assert_eq(fiber_new(&f, pool, kib[i], take_steps, NULL, ""),
			     ERR_LIMIT, "%zu KiB", kib[i]);
	cr_assert_null(f);
	fiber_pool_close(pool);
}

Test(fiber, refuses_more_than_the_pool_allows)
{
	struct fiber_pool *pool = fiber_pool_open(2);
	struct steps s[2] = { { .times = 1 }, { .times = 1 } };
	struct fiber *a = start(pool, take_steps, &s[0]);
	struct fiber *b = start(pool, take_steps, &s[1]);
	struct fiber *c = NULL;

	cr_assert_eq(counts(pool).most, 2);
	cr_assert_eq(fiber_new(&c, pool, 64, take_steps, &s[0], ""), ERR_LIMIT);
	cr_assert_null(c);
	fiber_resume(a);
	fiber_resume(a);
	cr_assert_eq(fiber_new(&c, pool, 64, take_steps, &s[0], ""), ERR_NONE);
	fiber_resume(b);
	fiber_abandon(b);
	cr_assert_eq(counts(pool).live, 1);
	cr_assert_eq(counts(pool).abandoned, 1);
	cr_assert_eq(fiber_new(&a, pool, 64, take_steps, &s[0], ""), ERR_LIMIT);
	fiber_resume(c);
	fiber_resume(c);
	fiber_pool_close(pool);
}

/* --- the pool ------------------------------------------------------------- */

static bool is_resident(const void *at)
{
	uintptr_t page = (uintptr_t)at & ~(uintptr_t)4095;
	unsigned char in;

	cr_assert_eq(mincore((void *)page, 4096, &in), 0);
	return in & 1;
}

static bool is_mapped(const void *at)
{
	uintptr_t page = (uintptr_t)at & ~(uintptr_t)4095;
	unsigned char in;

	return mincore((void *)page, 4096, &in) == 0;
}

static const void *run_filler(struct fiber_pool *pool, size_t bytes)
{
	struct filler fill = { .bytes = bytes };
	struct fiber *f = start(pool, fill_stack, &fill);

	fiber_resume(f);
	fiber_resume(f);
	cr_assert(fill.good);
	return fill.top;
}

Test(fiber, uses_the_stack_of_one_that_ended)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	const void *first = run_filler(pool, 512);

	cr_assert_eq(counts(pool).pooled, 1);
	cr_assert_eq(run_filler(pool, 512), first);
	cr_assert_eq(counts(pool).pooled, 1);
	fiber_pool_close(pool);
}

Test(fiber, leaves_the_stack_of_an_abandoned_one_alone)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct filler fill = { .bytes = 4096 };
	struct fiber *f = start(pool, fill_stack, &fill);

	fiber_resume(f);
	fiber_abandon(f);
	cr_assert_neq(run_filler(pool, 512), fill.top);
	fiber_pool_trim(pool);
	fiber_pool_trim(pool);
	fiber_pool_close(pool);
	cr_assert(is_resident(fill.top));
	cr_assert(is_resident((const uint8_t *)fill.top - 4096));
}

Test(fiber, trim_gives_the_memory_of_idle_stacks_back)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct filler busy = { .bytes = 200 * 1024 };
	struct fiber *f = start(pool, fill_stack, &busy);
	const uint8_t *idle;

	fiber_resume(f);
	idle = run_filler(pool, 200 * 1024);
	cr_assert(is_resident(idle - 100 * 1024));
	cr_assert_not(fiber_pool_trim(pool));
	cr_assert_not(is_resident(idle - 100 * 1024));
	cr_assert_not(is_resident(idle - 12 * 1024));
	cr_assert(is_resident(idle), "the uppermost page is wanted soon");
	cr_assert(is_resident((const uint8_t *)busy.top - 100 * 1024));
	cr_assert_eq(fiber_resume(f), FIBER_ENDED);
	cr_assert(busy.good);

	/* Used again, it is trimmed again. */
	fiber_pool_trim(pool);
	idle = run_filler(pool, 200 * 1024);
	cr_assert(is_resident(idle - 100 * 1024));
	fiber_pool_trim(pool);
	cr_assert_not(is_resident(idle - 100 * 1024));
	fiber_pool_close(pool);
	cr_assert_not(is_mapped(idle));
}

/* Start and end n fibers that are there at the same time. */
static void surge(struct fiber_pool *pool, size_t n)
{
	struct fiber **f = calloc(n, sizeof(*f));
	struct steps s = { .times = 1 };

	for (size_t i = 0; i < n; i++) {
		f[i] = start(pool, take_steps, &s);
		fiber_resume(f[i]);
	}
	for (size_t i = 0; i < n; i++)
		fiber_resume(f[i]);
	free(f);
}

Test(fiber, trim_unmaps_stacks_that_nobody_needed_since_the_last_one)
{
	struct fiber_pool *pool = fiber_pool_open(0);

	surge(pool, 300);
	cr_assert(fiber_pool_trim(pool), "some were in use a moment ago");
	cr_assert_eq(counts(pool).pooled, 300);
	surge(pool, 100);
	cr_assert(fiber_pool_trim(pool));
	cr_assert_eq(counts(pool).pooled, 100 + FIBER_IDLE_KEPT);
	cr_assert_not(fiber_pool_trim(pool));
	cr_assert_eq(counts(pool).pooled, FIBER_IDLE_KEPT);
	cr_assert_not(fiber_pool_trim(pool));
	cr_assert_eq(counts(pool).pooled, FIBER_IDLE_KEPT);
	surge(pool, 300);
	cr_assert_eq(counts(pool).pooled, 300);
	fiber_pool_close(pool);
}

Test(fiber, one_trim_gives_back_a_few_at_a_time)
{
	enum {
		COUNT = FIBER_IDLE_KEPT + 2 * FIBER_TRIM_MOST + 10
	};
	struct fiber_pool *pool = fiber_pool_open(0);
	size_t left = COUNT, trims = 0;

	surge(pool, COUNT);
	fiber_pool_trim(pool);
	cr_assert_eq(counts(pool).pooled, COUNT);
	while (fiber_pool_trim(pool)) {
		cr_assert_leq(left - counts(pool).pooled, FIBER_TRIM_MOST);
		left = counts(pool).pooled;
		trims++;
	}
	cr_assert_eq(trims, 2);
	cr_assert_eq(counts(pool).pooled, FIBER_IDLE_KEPT);
	fiber_pool_close(pool);
}

/* TSan has a fiber of its own for each stack; what a run leaves behind in it
 * would add up. */
Test(fiber, starts_and_ends_any_number_of_times)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct steps s = { .times = 1 };

	for (int i = 0; i < 200000; i++) {
		struct fiber *f = start(pool, take_steps, &s);

		fiber_resume(f);
		fiber_resume(f);
	}
	cr_assert_eq(counts(pool).pooled, 1);
	fiber_pool_close(pool);
}

/* --- threads -------------------------------------------------------------- */

static void *thread_of_fibers(void *arg)
{
	struct fiber_pool *pool = fiber_pool_open(0);

	for (int i = 0; i < 20; i++)
		surge(pool, 20);
	fiber_pool_trim(pool);
	fiber_pool_close(pool);
	return arg;
}

Test(fiber, every_thread_may_have_a_pool)
{
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, thread_of_fibers,
					    NULL),
			     0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
}

/* --- what leak checkers see ----------------------------------------------- */

static struct fiber_pool *kept;

/* Not inlined: so the pointers lie where the compiler keeps what others may
 * change, which with ASan is not on the stack itself. */
__attribute__((noinline)) static void take(char *held[2])
{
	for (int i = 0; i < 2; i++) {
		held[i] = malloc(100);
		held[i][0] = 'x';
	}
}

__attribute__((noinline)) static void release(char *held[2])
{
	for (int i = 0; i < 2; i++)
		free(held[i]);
}

static void hold_memory(void *arg)
{
	char *by_address[2];
	char *by_value = malloc(100);

	(void)arg;
	by_value[0] = 'x';
	take(by_address);
	fiber_suspend();
	release(by_address);
	by_value[1] = by_value[0];
	free(by_value);
}

/* Leaks are looked for after the test has returned. */
Test(fiber, what_a_parked_one_holds_is_no_leak)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	struct fiber *f = start(pool, hold_memory, NULL);

	fiber_resume(f);
	fiber_resume(f);
	f = start(pool, hold_memory, NULL);
	fiber_resume(f);
	fiber_abandon(f);
	fiber_pool_close(pool);

	kept = fiber_pool_open(0);
	for (int i = 0; i < 10; i++)
		fiber_resume(start(kept, hold_memory, NULL));
	cr_assert_eq(counts(kept).live, 10);
}
