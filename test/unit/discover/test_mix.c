/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/mix.h"

#include "test/support/unit.h"

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static struct contact node_of(uint32_t n)
{
	struct contact c = { .tcp = 30303 };

	memcpy(c.id.b, &n, sizeof(n));
	return c;
}

static uint32_t number_of(const struct contact *c)
{
	uint32_t n;

	memcpy(&n, c->id.b, sizeof(n));
	return n;
}

static void put(struct mix *m, unsigned source, uint32_t n)
{
	struct contact c = node_of(n);

	mix_put(m, source, &c);
}

/* The next node at that time; it has to be there. */
static uint32_t take(struct mix *m, uint64_t ms)
{
	struct contact c;

	cr_assert(mix_take(m, &c, NULL, at(ms)));
	return number_of(&c);
}

static void expect_none(struct mix *m, uint64_t ms)
{
	struct contact c;

	cr_assert_not(mix_take(m, &c, NULL, at(ms)));
}

static unsigned add(struct mix *m, const char *name)
{
	unsigned source;

	cr_assert_eq(mix_open(m, &source, name), ERR_NONE);
	return source;
}

Test(mix, gives_nodes_in_their_order_with_who_told)
{
	struct mix *m = mix_new();
	unsigned a = add(m, "v4");
	char name[MIX_NAME_MAX];
	struct contact c;

	expect_none(m, 0);
	cr_assert_eq(mix_due(m).ns, MONO_NEVER.ns);
	put(m, a, 1);
	put(m, a, 2);
	cr_assert_eq(mix_due(m).ns, (uint64_t)0);
	cr_assert(mix_take(m, &c, name, at(0)));
	cr_assert_eq(number_of(&c), 1u);
	cr_assert_str_eq(name, "v4");
	cr_assert_eq(take(m, 0), 2u);
	expect_none(m, 0);
	mix_free(m);
}

Test(mix, cuts_a_long_name)
{
	static const char text[] = "plugin-with-a-name-that-is-far-too-long";
	struct mix *m = mix_new();
	char name[MIX_NAME_MAX];
	struct contact c;

	put(m, add(m, text), 1);
	cr_assert(mix_take(m, &c, name, at(0)));
	cr_assert_eq(strlen(name), (size_t)MIX_NAME_MAX - 1);
	cr_assert_eq(memcmp(name, text, MIX_NAME_MAX - 1), 0);
	mix_free(m);
}

Test(mix, drops_the_oldest_of_more_than_32)
{
	struct mix *m = mix_new();
	unsigned a = add(m, "a");

	cr_assert_eq(mix_room(m, a), (size_t)MIX_BUFFER);
	for (uint32_t i = 0; i < MIX_BUFFER + 10; i++)
		put(m, a, i);
	cr_assert_eq(mix_room(m, a), (size_t)0);
	for (uint32_t i = 10; i < MIX_BUFFER + 10; i++)
		cr_assert_eq(take(m, 0), i);
	expect_none(m, 0);
	mix_free(m);
}

/* A node keeps its place, and has the newest of what was told of it. */
Test(mix, has_a_node_once_and_up_to_date)
{
	struct mix *m = mix_new();
	unsigned a = add(m, "a");
	struct contact c = node_of(1);

	put(m, a, 1);
	put(m, a, 2);
	c.tcp = 40000;
	c.record.len = 1;
	c.record.seq = 5;
	mix_put(m, a, &c);
	cr_assert_eq(mix_room(m, a), (size_t)MIX_BUFFER - 2);
	put(m, a, 1); /* without a record: an older word */
	cr_assert(mix_take(m, &c, NULL, at(0)));
	cr_assert_eq(number_of(&c), 1u);
	cr_assert_eq(c.tcp, 40000);
	cr_assert_eq(take(m, 0), 2u);
	/* Once taken it may be told of again, and by another too. */
	put(m, a, 1);
	put(m, add(m, "b"), 1);
	cr_assert_eq(take(m, 200), 1u);
	cr_assert_eq(take(m, 400), 1u);
	mix_free(m);
}

Test(mix, takes_turns)
{
	struct mix *m = mix_new();
	unsigned a = add(m, "a"), b = add(m, "b"), c = add(m, "c");

	for (uint32_t i = 0; i < 4; i++) {
		put(m, a, 10 + i);
		put(m, b, 20 + i);
		put(m, c, 30 + i);
	}
	for (uint32_t i = 0; i < 4; i++) {
		cr_assert_eq(take(m, 0), 10 + i);
		cr_assert_eq(take(m, 0), 20 + i);
		cr_assert_eq(take(m, 0), 30 + i);
	}
	mix_free(m);
}

Test(mix, waits_100_ms_for_the_one_whose_turn_it_is)
{
	struct mix *m = mix_new();
	unsigned a = add(m, "a"), b = add(m, "b");

	put(m, b, 20);
	put(m, b, 21);
	expect_none(m, 1000);
	cr_assert_eq(mix_due(m).ns, at(1100).ns);
	expect_none(m, 1099);
	cr_assert_eq(mix_due(m).ns, at(1100).ns, "the same wait");
	cr_assert_eq(take(m, 1100), 20u);
	/* It came in time. */
	expect_none(m, 1100);
	put(m, a, 10);
	cr_assert_eq(mix_due(m).ns, (uint64_t)0);
	cr_assert_eq(take(m, 1101), 10u);
	cr_assert_eq(take(m, 1101), 21u);
	mix_free(m);
}

Test(mix, waits_half_as_long_for_one_that_never_delivers)
{
	static const uint64_t waits[] = { 100, 50, 25, 12, 6, 3, 1, 0, 0, 0 };
	struct mix *m = mix_new();
	unsigned a = add(m, "a"), b = add(m, "b");
	uint64_t now = 0;

	for (uint32_t i = 0; i < ARRAY_LEN(waits); i++) {
		put(m, b, i);
		if (waits[i] > 0) {
			expect_none(m, now);
			cr_assert_eq(mix_due(m).ns, at(now + waits[i]).ns);
			now += waits[i];
		}
		cr_assert_eq(take(m, now), i);
	}
	/* Once it delivers its patience is whole again. */
	put(m, a, 100);
	cr_assert_eq(take(m, now), 100u);
	put(m, b, 101);
	cr_assert_eq(take(m, now), 101u);
	put(m, b, 102);
	expect_none(m, now);
	cr_assert_eq(mix_due(m).ns, at(now + 100).ns);
	mix_free(m);
}

Test(mix, has_16_sources_and_forgets_those_that_close)
{
	struct mix *m = mix_new();
	unsigned source[MIX_SOURCES], more;

	for (uint32_t i = 0; i < MIX_SOURCES; i++) {
		source[i] = add(m, "x");
		put(m, source[i], i);
	}
	cr_assert_eq(mix_open(m, &more, "y"), ERR_LIMIT);
	mix_close(m, source[0]);
	mix_close(m, source[7]);
	cr_assert_eq(take(m, 0), 1u);
	put(m, add(m, "y"), 100);
	for (uint32_t i = 2; i < MIX_SOURCES; i++)
		if (i != 7)
			cr_assert_eq(take(m, 0), i);
	/* The new one is before those that were served since it came. */
	expect_none(m, 0);
	mix_free(m);
}

/* --- properties ------------------------------------------------------------
 */

enum {
	SOURCES = 5,
	ROUNDS = 3000
};

static uint32_t draw(uint32_t *random, uint32_t bound)
{
	*random = *random * 1103515245 + 12345;
	return (*random >> 8) % bound;
}

/* Those that always have nodes get the same share, whatever others do: two of
 * five come and go at random, and one tells of a thousand for each that is
 * taken. */
Test(mix, gives_all_that_have_nodes_the_same_share)
{
	struct mix *m = mix_new();
	uint32_t random = 99, next = 0;
	size_t served[SOURCES] = { 0 };
	unsigned source[SOURCES];
	char name[MIX_NAME_MAX];
	struct contact c;
	uint64_t now = 0;

	for (uint32_t i = 0; i < SOURCES; i++)
		source[i] = add(m, (char[]){ (char)('0' + i), 0 });
	for (size_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < (round % 50 ? 4 : 1000); i++)
			put(m, source[0], next++);
		put(m, source[1], next++);
		put(m, source[2], next++);
		if (draw(&random, 10) == 0)
			put(m, source[3 + draw(&random, 2)], next++);
		while (!mix_take(m, &c, name, at(now)))
			now = mix_due(m).ns / 1000000;
		served[name[0] - '0']++;
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < 3; j++)
				cr_assert_leq(served[i], served[j] + 1,
					      "round %zu", round);
	}
	cr_assert_gt(served[3] + served[4], (size_t)ROUNDS / 20);
	mix_free(m);
}

/* Each wait is one patience at the most, and what never delivers costs 200 ms
 * altogether. */
Test(mix, never_waits_for_more_than_one)
{
	struct mix *m = mix_new();
	uint64_t now = 0, before;
	unsigned source[SOURCES];
	struct contact c;

	for (uint32_t i = 0; i < SOURCES; i++)
		source[i] = add(m, "x");
	for (uint32_t round = 0; round < ROUNDS; round++) {
		put(m, source[2], round);
		before = now;
		while (!mix_take(m, &c, NULL, at(now)))
			now = mix_due(m).ns / 1000000;
		cr_assert_leq(now - before, (uint64_t)MIX_PATIENCE_MS);
		cr_assert_eq(number_of(&c), round);
	}
	cr_assert_leq(now, (uint64_t)200 * (SOURCES - 1));
	mix_free(m);
}

/* What a buffer should hold: the last 32 told of that were not taken. */
struct model {
	uint32_t list[MIX_BUFFER];
	size_t count;
};

static void model_put(struct model *b, uint32_t n)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->list[i] == n)
			return;
	if (b->count == MIX_BUFFER)
		memmove(b->list, b->list + 1, --b->count * sizeof(b->list[0]));
	b->list[b->count++] = n;
}

static uint32_t model_take(struct model *b)
{
	uint32_t n = b->list[0];

	memmove(b->list, b->list + 1, --b->count * sizeof(b->list[0]));
	return n;
}

Test(mix, holds_what_was_told_last_and_nothing_twice)
{
	static struct model models[SOURCES];
	struct mix *m = mix_new();
	unsigned source[SOURCES];
	char name[MIX_NAME_MAX];
	uint32_t random = 7;
	struct contact c;

	for (uint32_t i = 0; i < SOURCES; i++)
		source[i] = add(m, (char[]){ (char)('0' + i), 0 });
	for (uint64_t step = 0; step < 40000; step++) {
		uint32_t s = draw(&random, SOURCES);
		uint32_t n = draw(&random, 60);

		if (draw(&random, 4)) {
			put(m, source[s], n);
			model_put(&models[s], n);
		} else if (mix_take(m, &c, name, at(step * 10))) {
			cr_assert_eq(number_of(&c),
				     model_take(&models[name[0] - '0']));
		}
		for (uint32_t i = 0; i < SOURCES; i++)
			cr_assert_eq(mix_room(m, source[i]),
				     MIX_BUFFER - models[i].count);
	}
	mix_free(m);
}
