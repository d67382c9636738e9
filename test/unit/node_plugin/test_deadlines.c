/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/deadlines.h"
#include "test/support/unit.h"

static struct mono at(uint64_t ns)
{
	return (struct mono){ ns };
}

Test(deadlines, are_due_at_their_time_and_not_before)
{
	struct deadlines all = { 0 };
	struct deadline d = { 0 };

	cr_assert_eq(deadlines_next(&all).ns, MONO_NEVER.ns);
	cr_assert_null(deadlines_take(&all, at(UINT64_MAX)));
	deadlines_set(&all, &d, at(100));
	cr_assert_eq(deadlines_next(&all).ns, 100);
	cr_assert_null(deadlines_take(&all, at(99)));
	cr_assert_eq(deadlines_take(&all, at(100)), &d);
	cr_assert_null(deadlines_take(&all, at(100)));
	cr_assert_eq(deadlines_next(&all).ns, MONO_NEVER.ns);
	deadlines_clear(&all);
}

Test(deadlines, that_are_equal_come_in_the_order_they_were_set)
{
	struct deadlines all = { 0 };
	struct deadline d[200] = { { 0 } };

	for (size_t i = 0; i < ARRAY_LEN(d); i++)
		deadlines_set(&all, &d[i], at(7));
	deadlines_set(&all, &d[0], at(7)); /* set again: the last */
	for (size_t i = 1; i < ARRAY_LEN(d); i++)
		cr_assert_eq(deadlines_take(&all, at(7)), &d[i], "%zu", i);
	cr_assert_eq(deadlines_take(&all, at(7)), &d[0]);
	deadlines_clear(&all);
}

Test(deadlines, set_to_never_are_taken_out)
{
	struct deadlines all = { 0 };
	struct deadline a = { 0 }, b = { 0 };

	deadlines_set(&all, &a, MONO_NEVER);
	cr_assert_eq(a.place, 0);
	deadlines_set(&all, &a, at(1));
	deadlines_set(&all, &b, at(2));
	deadlines_set(&all, &a, MONO_NEVER);
	cr_assert_eq(a.place, 0);
	cr_assert_eq(deadlines_take(&all, at(3)), &b);
	cr_assert_null(deadlines_take(&all, at(3)));
	deadlines_clear(&all);
}

/* The next of an array without order, by looking at all. */
static struct deadline *first_of(struct deadline *d, size_t count)
{
	struct deadline *first = NULL;

	for (size_t i = 0; i < count; i++)
		if (d[i].place &&
		    (!first || d[i].at.ns < first->at.ns ||
		     (d[i].at.ns == first->at.ns && d[i].turn < first->turn)))
			first = &d[i];
	return first;
}

Test(deadlines, are_right_after_any_changes)
{
	struct deadlines all = { 0 };
	struct deadline d[300] = { { 0 } };
	uint32_t seed = 1;
	size_t taken = 0;

	for (int step = 0; step < 20000; step++) {
		size_t i;

		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % ARRAY_LEN(d);
		if (seed >> 30 == 0) {
			deadlines_set(&all, &d[i], MONO_NEVER);
		} else if (seed >> 30 == 1) {
			struct deadline *first = first_of(d, ARRAY_LEN(d));
			struct deadline *got = deadlines_take(&all, at(500));

			if (first && first->at.ns > 500)
				first = NULL;
			cr_assert_eq(got, first, "step %d", step);
			taken += got != NULL;
		} else {
			deadlines_set(&all, &d[i], at((seed >> 16) % 1000));
		}
	}
	cr_assert_gt(taken, 1000);
	deadlines_clear(&all);
}
