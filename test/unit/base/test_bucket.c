/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/bucket.h"

#include "test/support/unit.h"

static unsigned take_all(struct bucket *b, struct mono now)
{
	unsigned n = 0;

	while (n < 1000 && bucket_take(b, now))
		n++;
	return n;
}

Test(bucket, gives_a_burst_and_then_one_at_a_time)
{
	const struct mono start = { 5 };
	struct mono now = start;
	struct bucket b;

	bucket_init(&b, 20, 10, start);
	cr_assert_eq(take_all(&b, now), 20);
	now = mono_add_ms(start, 99);
	cr_assert_not(bucket_take(&b, now));
	now = mono_add_ms(start, 100);
	cr_assert(bucket_take(&b, now));
	cr_assert_not(bucket_take(&b, now));
	now = mono_add_ms(start, 600);
	cr_assert_eq(take_all(&b, now), 5);
}

Test(bucket, never_holds_more_than_the_burst)
{
	struct bucket b;

	bucket_init(&b, 3, 1000, (struct mono){ 0 });
	cr_assert(bucket_take(&b, (struct mono){ 0 }));
	cr_assert_eq(take_all(&b, (struct mono){ UINT64_MAX }), 3);
}

Test(bucket, gives_as_much_however_often_it_is_asked)
{
	struct mono now = { 0 };
	struct bucket b;
	unsigned n = 0;

	bucket_init(&b, 1, 10, now);
	for (int ms = 0; ms < 10000; ms++)
		n += bucket_take(&b, mono_add_ms(now, (uint64_t)ms));
	cr_assert_eq(n, 100);
}

Test(bucket, takes_time_that_goes_back_as_none)
{
	struct bucket b;

	bucket_init(&b, 1, 1, (struct mono){ 1000 });
	cr_assert(bucket_take(&b, (struct mono){ 1000 }));
	cr_assert_not(bucket_take(&b, (struct mono){ 0 }));
	cr_assert_not(bucket_take(&b, (struct mono){ 1000000999 }));
	cr_assert(bucket_take(&b, (struct mono){ 1000001000 }));
}

Test(bucket, says_when_there_is_one_again)
{
	struct mono now = { 500 };
	struct bucket b;

	bucket_init(&b, 2, 1000, now);
	cr_assert_eq(bucket_next(&b, now).ns, 500);
	cr_assert_eq(take_all(&b, now), 2);
	cr_assert_eq(bucket_next(&b, now).ns, 1000500);
	now.ns = 400500;
	cr_assert_eq(bucket_next(&b, now).ns, 1000500);
	cr_assert_not(bucket_take(&b, (struct mono){ 1000499 }));
	cr_assert(bucket_take(&b, (struct mono){ 1000500 }));
	now.ns = UINT64_MAX - 1;
	cr_assert_eq(bucket_next(&b, now).ns, now.ns);
}
