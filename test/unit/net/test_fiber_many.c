/* SPDX-License-Identifier: Apache-2.0 */
/* Tens of thousands of fibers, and where it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "p2p/net/fiber.h"
#include "p2p/net/fiber_guard.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"

/* The limit on mappings is met, and memory can be told, only where the numbers
 * are real. */
#ifdef TEST_INSTRUMENTED
enum {
	MANY = 2000,
	TOO_MANY = 2001,
	ENOUGH = 2001,
	RSS_MAX = 1 << 20,
	MAPPINGS_MAX = 10 * MANY,
};
#else
enum {
	MANY = 30000,
	TOO_MANY = 40000,
	ENOUGH = 30000,
	RSS_MAX = 16384, /* bytes for each that is parked */
	MAPPINGS_MAX = MANY / 100,
};
#endif

static size_t ended;

static void park(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;

	fiber_suspend();
	if (i == (size_t)(uintptr_t)arg)
		ended++;
}

/* Start fibers until it fails or there are `most`; how many there are. */
static size_t park_many(struct fiber **f, struct fiber_pool *pool, size_t most,
			size_t stack_kib, enum err *rc)
{
	*rc = ERR_NONE;
	for (size_t i = 0; i < most; i++) {
		*rc = fiber_new(&f[i], pool, stack_kib, park,
				(void *)(uintptr_t)i, "many");
		if (*rc)
			return i;
		cr_assert_eq(fiber_resume(f[i]), FIBER_SUSPENDED);
	}
	return most;
}

static void end_all(struct fiber **f, size_t count)
{
	ended = 0;
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(fiber_resume(f[i]), FIBER_ENDED);
	cr_assert_eq(ended, count);
}

static size_t resident_bytes(void)
{
	size_t total = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%zu %zu", &total, &resident), 2);
	fclose(file);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t count_mappings(void)
{
	size_t lines = 0;
	FILE *file = fopen("/proc/self/maps", "r");

	cr_assert_not_null(file);
	for (int c; (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static bool has_light_guards(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool yes;

	cr_assert_neq(page, MAP_FAILED);
	yes = !madvise(page, 4096, 102 /* MADV_GUARD_INSTALL */);
	munmap(page, 4096);
	return yes;
}

Test(fiber_many, thirty_thousand_are_cheap)
{
	struct fiber **f = calloc(MANY, sizeof(struct fiber *));
	struct fiber_pool *pool = fiber_pool_open(0);
	size_t before = resident_bytes();
	size_t mappings = count_mappings();
	enum err rc;

	cr_assert_eq(park_many(f, pool, MANY, FIBER_STACK_KIB, &rc), MANY);
	cr_assert_lt((resident_bytes() - before) / MANY, RSS_MAX);
	if (has_light_guards())
		cr_assert_lt(count_mappings(), mappings + MAPPINGS_MAX);
	end_all(f, MANY);
	while (fiber_pool_trim(pool))
		;
	cr_assert_lt(resident_bytes(), before + (size_t)MANY * RSS_MAX / 16);
	fiber_pool_close(pool);
	free(f);
}

Test(fiber_many, split_guards_stop_before_the_system_does)
{
	struct fiber **f = calloc(TOO_MANY, sizeof(struct fiber *));
	struct fiber_pool *pool;
	size_t count;
	enum err rc;

	fiber_guard_split_always();
	pool = fiber_pool_open(0);
	count = park_many(f, pool, TOO_MANY, FIBER_STACK_KIB, &rc);
	cr_assert_geq(count, ENOUGH);
	cr_assert_eq(rc, count < TOO_MANY ? ERR_LIMIT : ERR_NONE);

	/* There is room for what else a process maps. */
	for (int i = 0; i < 1000; i++)
		cr_assert_neq(mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			      MAP_FAILED);
	end_all(f, count);
	fiber_pool_close(pool);

	/* All of them were given back. */
	pool = fiber_pool_open(0);
	cr_assert_eq(park_many(f, pool, count, 64, &rc), count);
	end_all(f, count);

	/* Idle stacks of one size make room for those of another. */
	cr_assert_eq(park_many(f, pool, count, 128, &rc), count);
	end_all(f, count);
	fiber_pool_close(pool);
	free(f);
}

static bool says_no_huge_pages(uintptr_t at)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false, none = false;
	char line[512];

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= at && at < to;
		else if (here && !strncmp(line, "VmFlags:", 8))
			none = strstr(line, " nh") != NULL;
	}
	fclose(file);
	return none;
}

static void look_for_huge_pages(void *arg)
{
	bool *off = arg;

	*off = says_no_huge_pages((uintptr_t)__builtin_frame_address(0));
}

Test(fiber_many, huge_pages_are_off)
{
	struct fiber_pool *pool = fiber_pool_open(0);
	bool off = false;
	struct fiber *f;

	cr_assert_eq(fiber_new(&f, pool, 256, look_for_huge_pages, &off, "x"),
		     ERR_NONE);
	fiber_resume(f);
	cr_assert(off);
	fiber_pool_close(pool);
}

#if !defined(TEST_ASAN) && !defined(TEST_TSAN)
/* The sanitizers themselves need more addresses than any limit. */
Test(fiber_many, no_memory_is_an_error)
{
	struct fiber **f = calloc(1000, sizeof(struct fiber *));
	struct fiber_pool *pool = fiber_pool_open(0);
	struct rlimit limit;
	size_t total = 0, count;
	FILE *file = fopen("/proc/self/statm", "r");
	enum err rc;

	cr_assert_eq(fscanf(file, "%zu", &total), 1);
	fclose(file);
	cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = total * (size_t)sysconf(_SC_PAGESIZE) + (64 << 20);
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	count = park_many(f, pool, 1000, 256, &rc);
	cr_assert_eq(rc, ERR_SYSTEM);
	cr_assert(count > 10 && count < 300, "%zu", count);
	end_all(f, count);
	fiber_pool_close(pool);
	free(f);
}
#endif
