/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/usage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/support/unit.h"

enum {
	MUCH = 64 * 1024 * 1024,
};

/* Pages that are written to are ours, whatever else goes on. */
Test(usage, sees_memory_that_was_taken)
{
	struct usage before, after;
	char *bytes;

	cr_assert(usage_read(&before, getpid()));
	bytes = malloc(MUCH);
	cr_assert_not_null(bytes);
	memset(bytes, 1, MUCH);
	__asm__ volatile("" : : "r"(bytes) : "memory");
	cr_assert(usage_read(&after, getpid()));
	cr_assert(after.resident - before.resident > MUCH / 2);
	cr_assert(after.private_dirty - before.private_dirty > MUCH / 2);
	free(bytes);
}

/* Work until the clock has moved: if it never did, the test would not end. */
Test(usage, cpu_time_grows_with_work)
{
	double began, now;

	cr_assert(usage_cpu(&began, 0));
	do
		cr_assert(usage_cpu(&now, getpid()));
	while (now <= began);
	cr_assert(now > began);
}

Test(usage, of_a_process_that_is_not_there_is_nothing)
{
	struct usage u;
	double cpu;

	cr_assert_not(usage_read(&u, 0x7ffffff0));
	cr_assert_eq(u.resident, 0);
	cr_assert_not(usage_cpu(&cpu, 0x7ffffff0));
}
