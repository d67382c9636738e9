/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/fiber_guard.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef WEFT_MEMCHECK
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

enum {
	ADVICE_GUARD_INSTALL = 102, /* MADV_GUARD_INSTALL; not in glibc 2.36 */
	MAPPINGS_DEFAULT = 65530,   /* vm.max_map_count as the kernel has it */
	MAPPINGS_SPARE = 4096,	    /* for the rest of the process */
	MAPPINGS_PER_SPLIT = 2,	    /* the guard and the stack */
	ALTERNATE_SIZE = 64 * 1024,
	ALTERNATE_MIN = 16 * 1024, /* a signal's frame alone may take 12 KiB */
	EXIT_OVERFLOW = 134,	   /* what a shell shows after an abort */
};

static bool split_always;
static atomic_size_t splits; /* of all threads */
static size_t splits_max;

static struct sigaction before_segv, before_bus;

static __thread const struct fiber_guard *watched;

/* What fiber_guard_enter did for this thread. */
static __thread struct {
	size_t entered;
	void *stack; /* NULL: the thread had one already */
	stack_t before;
} alternate;

/* --- the guard ------------------------------------------------------------ */

static size_t read_splits_max(void)
{
	size_t mappings = MAPPINGS_DEFAULT;
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");

	if (f) {
		if (fscanf(f, "%zu", &mappings) != 1)
			mappings = MAPPINGS_DEFAULT;
		fclose(f);
	}
	if (mappings < 2 * MAPPINGS_SPARE)
		return mappings / 2 / MAPPINGS_PER_SPLIT;
	return (mappings - MAPPINGS_SPARE) / MAPPINGS_PER_SPLIT;
}

enum err fiber_guard_protect(struct fiber_guard *g)
{
	g->split = false;
	/* Also refused for locked memory (mlockall), on any kernel. */
	if (!split_always && !madvise(g->base, g->size, ADVICE_GUARD_INSTALL))
		return ERR_NONE;
	if (atomic_fetch_add(&splits, 1) >= splits_max) {
		atomic_fetch_sub(&splits, 1);
		return ERR_LIMIT;
	}
	if (mprotect(g->base, g->size, PROT_NONE)) {
		atomic_fetch_sub(&splits, 1);
		return ERR_SYSTEM;
	}
	g->split = true;
	return ERR_NONE;
}

void fiber_guard_gone(struct fiber_guard *g)
{
	if (g->split)
		atomic_fetch_sub(&splits, 1);
	g->split = false;
}

void fiber_guard_split_always(void)
{
	split_always = true;
}

/* --- the message ---------------------------------------------------------- */

/* Made by hand: printf is not safe in a signal handler. */
struct line {
	char text[256];
	size_t len;
};

static void add_text(struct line *l, const char *text)
{
	while (*text && l->len < sizeof(l->text))
		l->text[l->len++] = *text++;
}

static void add_number(struct line *l, size_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	add_text(l, digits + at);
}

_Noreturn static void end_process(const struct fiber_guard *g)
{
	struct line l = { .len = 0 };
	ssize_t n;

	add_text(&l, "weft: stack overflow in ");
	add_text(&l, g->label);
	add_text(&l, ": its stack of ");
	add_number(&l, g->stack / 1024);
	add_text(&l, " KiB is too small; raise stack_kib or use less of it\n");
	n = write(STDERR_FILENO, l.text, l.len);
	(void)n;
	_exit(EXIT_OVERFLOW);
}

/* --- the handler ---------------------------------------------------------- */

static void on_fault(int signum, siginfo_t *info, void *context)
{
	const uint8_t *at = info->si_addr;
	const struct fiber_guard *g = watched;

	(void)context;
	/* Codes above 0 are the kernel's own: then si_addr means something. */
	if (g && info->si_code > 0 && at >= g->base && at < g->base + g->size)
		end_process(g);
	/* Not ours: let the fault happen again where it happened, so that a
	 * core file shows the true place. What was sent by kill(2) does not
	 * happen again by itself. */
	sigaction(signum, signum == SIGSEGV ? &before_segv : &before_bus, NULL);
	if (info->si_code <= 0)
		raise(signum);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	splits_max = read_splits_max();
	/* Valgrind does not know light guards, and would walk into them. */
	if (RUNNING_ON_VALGRIND)
		split_always = true;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before_segv);
	sigaction(SIGBUS, &action, &before_bus);
}

/* A stack that is there already is left alone: the sanitizers' runtimes set one
 * up for every thread, and unmap whatever they find when it ends. */
static void give_alternate(void)
{
	stack_t ours = { .ss_size = ALTERNATE_SIZE };

	alternate.stack = NULL;
	if (!sigaltstack(NULL, &alternate.before) &&
	    !(alternate.before.ss_flags & SS_DISABLE) &&
	    alternate.before.ss_size >= ALTERNATE_MIN)
		return;
	/* Mapped, since a leak checker would not find it in the heap. */
	ours.ss_sp = mmap(NULL, ALTERNATE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ours.ss_sp == MAP_FAILED || sigaltstack(&ours, NULL))
		abort();
	alternate.stack = ours.ss_sp;
}

void fiber_guard_enter(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	if (alternate.entered++ == 0)
		give_alternate();
}

void fiber_guard_leave(void)
{
	assert(alternate.entered > 0);
	if (--alternate.entered > 0 || !alternate.stack)
		return;
	sigaltstack(&alternate.before, NULL);
	munmap(alternate.stack, ALTERNATE_SIZE);
}

void fiber_guard_watch(const struct fiber_guard *g)
{
	watched = g;
}
