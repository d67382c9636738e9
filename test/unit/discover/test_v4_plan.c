/* SPDX-License-Identifier: Apache-2.0 */
/* What the core does by itself: seeds and bootnodes, refresh and walk. */
#include "test/unit/discover/v4_lab.h"

static const char there[] = "20.0.0.1:30303";

Test(v4_plan, without_a_bootnode_nothing_is_sent, LAB)
{
	struct discover_event ev;

	cr_assert(v4_next_event(lab.v4, &ev));
	cr_assert_eq(ev.type, DISCOVER_SEEDS);
	cr_assert(v4_next_event(lab.v4, &ev));
	cr_assert_eq(ev.type, DISCOVER_READY);
	v4_set_walk(lab.v4, DISCOVER_WALK);
	cr_assert(lab_is_silent(3600 * 1000));
}

Test(v4_plan, a_refresh_comes_every_quarter_to_half_an_hour, LAB)
{
	struct mono last = lab.now;
	struct discover_event ev;

	cr_assert(lab_event(&ev, DISCOVER_SEEDS));
	for (unsigned i = 0; i < 20; i++) {
		uint64_t ms;

		while (!lab_event(&ev, DISCOVER_SEEDS)) {
			if (mono_before(lab.now, lab.due))
				lab.now = lab.due;
			lab_tick();
		}
		ms = mono_since_ms(lab.now, last);
		cr_assert_geq(ms, 15 * 60 * 1000);
		cr_assert_leq(ms, 30 * 60 * 1000);
		last = lab.now;
		lab_wait(0);
	}
}

/* And then for ourselves as if we knew the bootnodes alone. */
Test(v4_plan, a_refresh_looks_for_ourselves_two_others_and_ourselves, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p;

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	lab_wait(10 * 1000);
	tester_expects_ping(&t);
	tester_expects(&t, &p, V4_FINDNODE, 500);
	cr_assert(!memcmp(&p.findnode.target, &lab.key.pub, 64));
	p = neighbors_of(NULL, 0);
	tester_send(&t, &p);
	p = ping_of(&t);
	tester_send(&t, &p);
	tester_expects(&t, &p, V4_PONG, 0);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(tester_next_question(&t, &p, 500), V4_FINDNODE);
		cr_assert_eq(memcmp(&p.findnode.target, &lab.key.pub, 64) == 0,
			     i == 2);
	}
}

Test(v4_plan, while_nobody_is_there_bootnodes_are_tried_every_ten_seconds, LAB)
{
	struct tester t = tester_at(1, there);
	size_t before;

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	lab_wait(30 * 1000);
	before = v4_stats(lab.v4)->sent[V4_PING];
	cr_assert_geq(before, 3);
	lab_drain();
	lab_wait(100 * 1000);
	cr_assert_geq(v4_stats(lab.v4)->sent[V4_PING] - before, 9);
	cr_assert_leq(v4_stats(lab.v4)->sent[V4_PING] - before, 90);
}

Test(v4_plan, a_seed_that_proved_itself_lately_is_answered, LAB)
{
	struct tester fresh = tester_at(1, there);
	struct tester old = tester_at(2, "20.0.1.1:30303");
	struct v4_packet p = findnode_of(9);

	lab_wait(48 * 3600 * 1000); /* so that there was such a time */
	v4_seed(lab.v4, &fresh.contact, 23 * 3600 * 1000, lab.now);
	v4_seed(lab.v4, &old.contact, 25 * 3600 * 1000, lab.now);
	lab_drain();
	p.expiration = lab_unix() + 20;
	tester_send(&old, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 1);
	tester_send(&fresh, &p);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_NEIGHBORS], 1);
}

/* As the only node there is, tell of itself. */
static void live_with(const struct tester *t, uint64_t ms)
{
	struct v4_packet p;

	for (uint64_t i = 0; i < ms / 100; i++) {
		lab_wait(100);
		while (tester_reads(t, &p, 0)) {
			struct v4_packet out = pong_to(&p);

			if (p.type == V4_FINDNODE)
				out = neighbors_of(t, 1);
			tester_send(t, &out);
		}
	}
}

static size_t findnodes(void)
{
	return v4_stats(lab.v4)->sent[V4_FINDNODE];
}

/* A lookup asks the only node once. */
Test(v4_plan, a_walk_begins_a_lookup_once_a_second, LAB)
{
	struct tester t = tester_at(1, there);
	size_t before;

	tester_bonds(&t);
	live_with(&t, 20000);
	before = findnodes();
	v4_set_walk(lab.v4, DISCOVER_WALK);
	live_with(&t, 30000);
	cr_assert_geq(findnodes() - before, 29);
	cr_assert_leq(findnodes() - before, 31);
	v4_set_walk(lab.v4, DISCOVER_REST);
	live_with(&t, 1000);
	before = findnodes();
	live_with(&t, 10000);
	cr_assert_eq(findnodes(), before);
}

/* Those who joined with us could not be told of yet. */
Test(v4_plan, a_refresh_that_began_with_nobody_is_soon_repeated, LAB)
{
	struct tester t = tester_at(1, there);

	tester_bonds(&t);
	live_with(&t, 8900);
	cr_assert_eq(findnodes(), 0);
	live_with(&t, 5000);
	cr_assert_eq(findnodes(), 4);
	live_with(&t, 14 * 60 * 1000);
	cr_assert_eq(findnodes(), 4);
}

Test(v4_plan, after_the_last_node_died_bootnodes_are_tried_again, LAB)
{
	struct tester t = tester_at(1, there);

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	live_with(&t, 60 * 1000);
	cr_assert_eq(table_live(v4_table(lab.v4)), 1);
	/* Of the checks that it answered, all are lost in a few minutes. */
	while (table_live(v4_table(lab.v4))) {
		lab_wait(1000);
		lab_drain();
	}
	lab_wait(500);
	lab_drain();
	live_with(&t, 15 * 1000);
	cr_assert_eq(table_live(v4_table(lab.v4)), 1);
}

Test(v4_plan, bootnodes_are_counted, LAB)
{
	for (unsigned i = 0; i <= DISCOVER_BOOTNODES; i++) {
		struct tester t = tester_of_network(i);

		cr_assert_eq(v4_bootnode(lab.v4, &t.contact),
			     i < DISCOVER_BOOTNODES ? ERR_NONE : ERR_LIMIT);
	}
}
