/* SPDX-License-Identifier: Apache-2.0 */
/* canary.c - one test that is wrong in the way CANARY_... says, between two
 * that are right. canary.cmake expects the program to fail, to name the kind
 * of wrong, and to blame the one test only: a build that lets a canary live
 * would let the same mistake pass in a real test. */
#include "test/support/unit.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* What the optimiser may not see through. */
static UNUSED void *volatile kept;
static UNUSED volatile int sink;
static volatile size_t four = 4;

Test(canary, first_is_right)
{
	cr_assert(four == 4);
}

#if defined(CANARY_ASSERT)
Test(canary, wrong)
{
	cr_assert(four % 2 == 1, "four is %zu", four);
}
#elif defined(CANARY_HANG)
Test(canary, wrong, .timeout = 0.5)
{
	while (four == 4)
		pause();
}
#elif defined(CANARY_CRASH)
Test(canary, wrong)
{
	abort();
}
#elif defined(CANARY_LEAK)
__attribute__((noinline)) static void leak(void)
{
	kept = malloc(100);
	kept = NULL;
}

/* Overwrite what leak() left of the pointer in dead stack and registers. */
__attribute__((noinline)) static void scrub(void)
{
	volatile uint8_t stack[4096];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
}

Test(canary, wrong)
{
	leak();
	scrub();
}
#elif defined(CANARY_OVERFLOW)
Test(canary, wrong)
{
	uint8_t *p = calloc(four, 1);

	kept = p;
	sink = p[four];
	free(p);
}
#elif defined(CANARY_USE_AFTER_FREE)
Test(canary, wrong)
{
	uint8_t *p = calloc(four, 1);

	kept = p;
	free(kept);
	sink = p[1];
}
#elif defined(CANARY_UNDEFINED)
Test(canary, wrong)
{
	int big = INT32_MAX - 3;

	sink = big + (int)four;
}
#elif defined(CANARY_UNINITIALISED)
Test(canary, wrong)
{
	int *p;

	kept = malloc(four * sizeof(*p));
	p = kept;
	if (p[1])
		sink = 1;
	free(p);
}
#elif defined(CANARY_RACE)
static int shared;

static void *add(void *arg)
{
	for (size_t i = 0; i < 1000 * four; i++)
		shared++;
	return arg;
}

Test(canary, wrong)
{
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, add, NULL), 0);
	add(NULL);
	cr_assert_eq(pthread_join(t, NULL), 0);
}
#else
#error "which canary?"
#endif

Test(canary, last_is_right)
{
	cr_assert(four == 4);
}
