/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of Discovery v4 or v5, the same scenes for both: does everyone find
 * the closest, come what may? Builds with sanitizers run smaller networks,
 * which test the code and not the numbers. */
#include "test/scene/sim.h"
#include "test/support/instrumented.h"

#ifdef TEST_INSTRUMENTED
enum {
	NODES = 60,
	LOOKUPS = 120,
	SPARE = 2, /* of so few, one is nearly a per cent */
	CHURN_MINUTES = 20,
	CUT_MINUTES = 60,
};
#else
enum {
	NODES = 1000,
	LOOKUPS = 2000,
	SPARE = 0,
	CHURN_MINUTES = 25,
	CUT_MINUTES = 30,
};
#endif

enum {
	JOIN_MS = 50, /* one after the other */
	SETTLE_MS = 2 * 60 * 1000,
	LOOKUP_MS = 50,
};

/* The limit only ends a hang. */
#define SCENE .fini = sim_close, .timeout = 1800

/* At least so many per cent exact. */
static void must_find(const char *what, struct sim_tally t, size_t percent)
{
	printf("  %s: %zu of %zu lookups exact, the worst found %zu of 16\n",
	       what, t.exact, t.lookups, t.worst);
	cr_assert_geq(100 * (t.exact + SPARE), percent * t.lookups);
}

/* --- loss ----------------------------------------------------------------- */

Test(discovery, finds_them_with_one_packet_in_five_lost, SCENE)
{
	sim_open();
	sim.loss = 20;
	sim_grow(NODES, JOIN_MS, SETTLE_MS);
	must_find("one in five lost", sim_look_up(LOOKUPS / 2, LOOKUP_MS), 95);
}

/* --- calm, a cut, and churn
 * ---------------------------------------------------------- */

static size_t count_across(void)
{
	size_t n = 0;

	for (size_t i = 0; i < sim.count; i++)
		for (size_t k = 0; k < sim.count; k++)
			n += sim.nodes[i]->side != sim.nodes[k]->side &&
			     table_is_live(sim_table(i),
					   &sim.nodes[k]->contact.id);
	return n;
}

/* In two, for so long that hardly anybody knows anybody of the other half; and
 * ten minutes later it is one again. */
static void cut_and_heal(void)
{
	size_t before;

	for (size_t i = 0; i < sim.count; i++)
		sim.nodes[i]->side = i % 2;
	before = count_across();
	sim.is_cut = true;
	sim_run(CUT_MINUTES * 60 * 1000);
	printf("  after the cut: %zu of %zu live across\n", count_across(),
	       before);
	sim.is_cut = false;
	sim_run(10 * 60 * 1000);
	must_find("healed", sim_look_up(LOOKUPS / 2, LOOKUP_MS), 99);
}

/* Lookups spread over that time. */
static void look_up_within(struct sim_tally *all, size_t lookups, uint64_t ms)
{
	struct mono end = mono_add_ms(sim.now, ms);
	uint64_t apart_ms = ms / (lookups + 2);
	struct sim_tally t;

	sim_run(apart_ms);
	t = sim_look_up(lookups, apart_ms);
	all->lookups += t.lookups;
	all->exact += t.exact;
	if (t.worst < all->worst)
		all->worst = t.worst;
	if (mono_before(sim.now, end))
		sim_run(mono_since_ms(end, sim.now));
}

/* Three in ten leave within an hour without a word, and as many come. */
static void come_and_go(void)
{
	size_t changes = NODES * 3 / 10 * CHURN_MINUTES / 60;
	struct sim_tally all = { .worst = SIM_WIDTH };

	for (size_t i = 0; i < changes; i++) {
		sim_leave(sim_any());
		sim_join(sim_any());
		look_up_within(&all, LOOKUPS / 2 / changes,
			       (uint64_t)CHURN_MINUTES * 60000 / changes);
	}
	must_find("churn", all, 95);
}

/* Most of what a network costs is that it comes up: so one does for all. */
Test(discovery,
     finds_the_closest_in_calm_after_a_cut_and_while_nodes_come_and_go, SCENE)
{
	struct sim_tally t;

	sim_open();
	sim_grow(NODES, JOIN_MS, SETTLE_MS);
	t = sim_look_up(LOOKUPS, LOOKUP_MS);
	must_find("calm", t, 99);
	cr_assert_eq(t.lookups, LOOKUPS);
	cr_assert_geq(t.worst, 14);
	cut_and_heal();
	come_and_go();
}

/* --- those who left ------------------------------------------------------- */

/* The bootnode first. Every table notices by itself, some check at a time, and
 * those who are left still find each other. */
Test(discovery, the_dead_are_forgotten, SCENE)
{
	enum {
		ALL = 24,
		GONE = 8,
	};
	struct sim_tally t;

	sim_open();
	sim_grow(ALL, JOIN_MS, 20 * 1000);
	for (size_t i = 0; i < GONE; i++)
		sim_leave(i);
	sim_run(20 * 60 * 1000);
	for (size_t i = GONE; i < ALL; i++) {
		cr_assert_eq(table_live(sim_table(i)), ALL - GONE - 1);
		for (size_t k = 0; k < GONE; k++)
			cr_assert(!table_is_live(sim_table(i),
						 &sim.nodes[k]->contact.id));
	}
	t = sim_look_up(20, LOOKUP_MS);
	cr_assert_eq(t.exact, 20);
}
