/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/eager.h"

#include "test/support/unit.h"

enum {
	SOON = 50000,  /* ns */
	LATE = 900000, /* ns */
};

/* A loop that sends, and gets its answer after some time. */
struct talk {
	struct eager eager;
	struct mono now;
};

static void start(struct talk *t)
{
	eager_init(&t->eager);
	t->now = (struct mono){ 1000000000 };
}

/* Send, and say whether the poll behind it is one without sleep. */
static bool ask(struct talk *t)
{
	return eager_poll(&t->eager, t->now, true, false);
}

static void answer_after(struct talk *t, uint64_t ns)
{
	t->now.ns += ns;
	cr_assert_not(eager_poll(&t->eager, t->now, false, true));
}

/* How many answers it takes until one is polled for; gives up at `most`. */
static unsigned soon_answers_until_eager(struct talk *t, unsigned most)
{
	for (unsigned n = 0; n < most; n++) {
		if (ask(t))
			return n;
		answer_after(t, SOON);
	}
	return most;
}

Test(eager, sleeps_until_answers_have_come_soon_a_few_times)
{
	struct talk t;

	start(&t);
	cr_assert_eq(soon_answers_until_eager(&t, 100), EAGER_NEEDED);
}

Test(eager, goes_on_as_long_as_answers_come)
{
	struct talk t;

	start(&t);
	soon_answers_until_eager(&t, 100);
	answer_after(&t, SOON);
	for (int i = 0; i < 1000; i++) {
		cr_assert(ask(&t));
		answer_after(&t, EAGER_NS - 1);
	}
}

Test(eager, sleeps_once_it_has_polled_for_long_enough)
{
	struct talk t;

	start(&t);
	soon_answers_until_eager(&t, 100);
	t.now.ns += EAGER_NS - 1;
	cr_assert(eager_poll(&t.eager, t.now, false, false));
	t.now.ns += 1;
	cr_assert_not(eager_poll(&t.eager, t.now, false, false));
	/* And from then on nobody need look at the time. */
	cr_assert_not(eager_wants_time(&t.eager, false, false));
}

Test(eager, takes_twice_as_long_to_try_again_each_time_in_vain)
{
	struct talk t;

	start(&t);
	for (unsigned needed = EAGER_NEEDED; needed <= EAGER_NEEDED_MAX;
	     needed *= 2) {
		cr_assert_eq(soon_answers_until_eager(&t, 100000), needed);
		t.now.ns += EAGER_NS;
		cr_assert_not(eager_poll(&t.eager, t.now, false, false));
		answer_after(&t, LATE);
	}
	/* There is an end to that, */
	cr_assert_eq(soon_answers_until_eager(&t, 100000), EAGER_NEEDED_MAX);
	/* and to all of it when it was right once. */
	answer_after(&t, SOON);
	cr_assert(ask(&t));
	cr_assert_eq(t.eager.needed, EAGER_NEEDED);
}

Test(eager, a_late_answer_begins_the_count_anew)
{
	struct talk t;

	start(&t);
	for (int i = 0; i < 1000; i++) {
		cr_assert_not(ask(&t));
		answer_after(&t, i % EAGER_NEEDED == 0 ? LATE : SOON);
	}
}

Test(eager, who_only_gets_or_only_sends_sleeps)
{
	struct talk t;

	start(&t);
	for (int i = 0; i < 1000; i++) {
		t.now.ns += SOON;
		cr_assert_not(eager_wants_time(&t.eager, false, true));
	}
	for (int i = 0; i < 1000; i++) {
		t.now.ns += SOON;
		cr_assert_not(ask(&t));
	}
}
