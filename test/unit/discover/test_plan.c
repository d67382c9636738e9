/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/plan.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	MINUTE_MS = 60 * 1000,
	LOOKUPS = 4,
};

static struct drbg rng;
static struct table *table;
static struct plan plan;
static struct mono now;

static void open_plan(void)
{
	struct secret32 seed = { { 1 } };
	struct node_id self = { { 0 } };

	crypto_init();
	drbg_init(&rng, &seed);
	table = table_new(&self, &rng);
	now = (struct mono){ 1000000000 };
	plan_init(&plan, now);
}

static void close_plan(void)
{
	table_free(table);
}

static enum plan_step step(size_t bootnodes)
{
	return plan_refresh(&plan, table, bootnodes, now);
}

static void live_neighbor(void)
{
	struct contact c = { .id = { { 1 } }, .udp = { .port = 30303 } };
	struct contact checked;

	c.udp.ip = (struct ip){ .family = IP_V4, .b = { 20, 0, 0, 1 } };
	cr_assert_eq(table_add(table, &c, TABLE_FOUND, now), ERR_NONE);
	now = table_due(table);
	cr_assert(table_take_check(table, &checked, now));
	cr_assert_eq(table_alive(table, &checked.id, now), 1);
}

/* All of a refresh that is due. Returns when the next is. */
static struct mono refresh(size_t bootnodes)
{
	cr_assert_eq(step(bootnodes), PLAN_ASK_SEEDS);
	cr_assert_eq(step(bootnodes), PLAN_BOOTNODES);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		if (i)
			cr_assert_eq(step(bootnodes), PLAN_LOOK);
		plan_looked(&plan, true, now);
		plan_look_over(&plan, true, &rng, now);
	}
	return plan_due(&plan, table, bootnodes, now);
}

Test(plan, refreshes_at_once_ourselves_first, .init = open_plan,
     .fini = close_plan)
{
	cr_assert_eq(plan_due(&plan, table, 1, now).ns, now.ns);
	cr_assert_eq(step(1), PLAN_ASK_SEEDS);
	/* Now, so that the owner looks at the event first. */
	cr_assert_eq(plan_due(&plan, table, 1, now).ns, now.ns);
	cr_assert_eq(step(1), PLAN_BOOTNODES);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		if (i)
			cr_assert_eq(step(1), PLAN_LOOK);
		cr_assert_eq(plan_is_first(&plan), i == 0);
		plan_looked(&plan, true, now);
		/* One after the other. */
		cr_assert_eq(step(1), PLAN_NOTHING);
		cr_assert_eq(plan_due(&plan, table, 1, now).ns, MONO_NEVER.ns);
		cr_assert_eq(plan_look_over(&plan, true, &rng, now),
			     i == LOOKUPS - 1);
	}
	cr_assert_eq(step(1), PLAN_NOTHING);
}

Test(plan, waits_for_a_free_lookup, .init = open_plan, .fini = close_plan)
{
	cr_assert_eq(step(0), PLAN_ASK_SEEDS);
	cr_assert_eq(step(0), PLAN_BOOTNODES);
	plan_looked(&plan, false, now);
	cr_assert_eq(step(0), PLAN_NOTHING);
	now = plan_due(&plan, table, 0, now);
	cr_assert_eq(step(0), PLAN_LOOK);
	cr_assert(plan_is_first(&plan), "it is still to be done");
}

Test(plan, refreshes_again_after_15_to_30_minutes, .init = open_plan,
     .fini = close_plan)
{
	live_neighbor();
	for (unsigned i = 0; i < 20; i++) {
		struct mono next = refresh(1);
		uint64_t ms = mono_since_ms(next, now);

		cr_assert(ms >= 15 * MINUTE_MS && ms <= 30 * MINUTE_MS);
		now.ns = next.ns - 1;
		cr_assert_eq(step(1), PLAN_NOTHING);
		now = next;
	}
}

Test(plan, says_once_that_it_is_ready, .init = open_plan, .fini = close_plan)
{
	live_neighbor();
	now = refresh(1);
	cr_assert_eq(step(1), PLAN_ASK_SEEDS);
	cr_assert_eq(step(1), PLAN_BOOTNODES);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		plan_looked(&plan, true, now);
		cr_assert(!plan_look_over(&plan, true, &rng, now));
	}
}

/* Somebody to ask, and nobody who answers: again, ten seconds after the last
 * began. With nobody to ask there is no hurry. */
Test(plan, hurries_while_nobody_is_live, .init = open_plan, .fini = close_plan)
{
	struct mono began = now, next = refresh(1);

	cr_assert_eq(mono_since_ms(next, began), 10 * 1000);
	cr_assert_geq(mono_since_ms(plan_due(&plan, table, 0, now), began),
		      15 * MINUTE_MS);
	/* It began with nobody: those who joined with us were not told of. */
	live_neighbor();
	cr_assert_eq(plan_due(&plan, table, 1, now).ns, next.ns);
	now = next;
	cr_assert_geq(mono_since_ms(refresh(1), now), 15 * MINUTE_MS);
}

/* The bootnode is there, and what it was asked or what it said was lost. */
Test(plan, hurries_when_nobody_told_of_our_neighbors, .init = open_plan,
     .fini = close_plan)
{
	struct mono began;

	live_neighbor();
	began = now;
	cr_assert_eq(step(1), PLAN_ASK_SEEDS);
	cr_assert_eq(step(1), PLAN_BOOTNODES);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		plan_looked(&plan, true, now);
		plan_look_over(&plan, i > 0, &rng, now);
	}
	cr_assert_eq(mono_since_ms(plan_due(&plan, table, 1, now), began),
		     10 * 1000);
	now = mono_add_ms(began, 10 * 1000);
	cr_assert_geq(mono_since_ms(refresh(1), now), 15 * MINUTE_MS);
}

/* The others that we know may all be on our side of a cut. */
Test(plan, tries_again_in_four_minutes_while_no_bootnode_is_live,
     .init = open_plan, .fini = close_plan)
{
	struct mono began;

	live_neighbor();
	began = now;
	plan.is_cut = true;
	cr_assert_eq(mono_since_ms(refresh(1), began), 4 * MINUTE_MS);
	plan.is_cut = false;
	cr_assert_geq(mono_since_ms(plan_due(&plan, table, 1, now), began),
		      15 * MINUTE_MS);
}

Test(plan, walks_when_told_and_ready_a_second_apart, .init = open_plan,
     .fini = close_plan)
{
	plan.walks = true;
	live_neighbor();
	cr_assert(!plan_walk_is_due(&plan, now));
	refresh(1);
	cr_assert(plan_walk_is_due(&plan, now));
	plan_walked(&plan, true, now);
	now = mono_add_ms(now, 5000);
	cr_assert(!plan_walk_is_due(&plan, now), "one at a time");
	plan_walk_over(&plan);
	cr_assert(plan_walk_is_due(&plan, now));
	plan_walked(&plan, true, now);
	plan_walk_over(&plan);
	cr_assert(!plan_walk_is_due(&plan, now));
	cr_assert_eq(mono_since_ms(plan_due(&plan, table, 1, now), now), 1000);
	plan.walks = false;
	now = mono_add_ms(now, 1000);
	cr_assert(!plan_walk_is_due(&plan, now));
}
