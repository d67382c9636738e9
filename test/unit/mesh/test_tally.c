/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/tally.h"

#include <string.h>

#include "test/support/unit.h"

/* Three in a line: n1 dials n2, n2 dials n3. */
struct line {
	struct tally t;
	struct node_id ids[3];
};

static void line_init(struct line *l, bool wants_talk)
{
	static const struct mesh_link links[] = { { 0, 1 }, { 1, 2 } };
	const struct topology line = { .kind = TOPOLOGY_LINE };

	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < 3; i++)
		l->ids[i].b[0] = (uint8_t)(0xf0 - i); /* not in order */
	tally_init(&l->t, &line, 3, l->ids, links, 2, wants_talk);
}

static void up(struct line *l, size_t a, size_t b)
{
	tally_up(&l->t, a, &l->ids[b]);
	tally_up(&l->t, b, &l->ids[a]);
}

static void talk(struct line *l, size_t a, size_t b, uint64_t ns)
{
	const struct tally_talk said = { 1, 1, 1, 1, ns };

	tally_talk(&l->t, a, &l->ids[b], &said);
}

Test(tally, knows_each_link_from_both_ends)
{
	struct line l;
	size_t end;

	line_init(&l, false);
	cr_assert_eq(tally_find(&l.t, 0, &l.ids[1], &end), &l.t.link[0]);
	cr_assert_eq(end, 0);
	cr_assert_eq(tally_find(&l.t, 1, &l.ids[0], &end), &l.t.link[0]);
	cr_assert_eq(end, 1);
	cr_assert_eq(tally_find(&l.t, 2, &l.ids[1], &end), &l.t.link[1]);
	cr_assert_null(tally_find(&l.t, 0, &l.ids[2], &end));
	cr_assert_null(tally_find(&l.t, 0, &(struct node_id){ { 9 } }, &end));
	cr_assert_eq(l.t.node[1].degree, 2);
	tally_clear(&l.t);
}

Test(tally, is_done_when_both_ends_of_all_links_are_up)
{
	struct line l;

	line_init(&l, false);
	up(&l, 0, 1);
	tally_up(&l.t, 1, &l.ids[2]);
	cr_assert_eq(l.t.up, 1);
	cr_assert_not(tally_all_done(&l.t));
	tally_up(&l.t, 2, &l.ids[1]);
	cr_assert(tally_all_done(&l.t));
	tally_clear(&l.t);
}

Test(tally, waits_for_foo_and_bar_at_both_ends)
{
	static const struct tally_talk parts[] = {
		{ 0, 1, 1, 1, 0 },
		{ 1, 0, 1, 1, 0 },
		{ 1, 1, 0, 1, 0 },
		{ 1, 1, 1, 0, 0 },
	};
	char why[TALLY_WHY_MAX];
	struct line l;

	line_init(&l, true);
	up(&l, 0, 1);
	up(&l, 1, 2);
	talk(&l, 0, 1, 0);
	talk(&l, 1, 2, 0);
	talk(&l, 2, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		tally_talk(&l.t, 1, &l.ids[0], &parts[i]);
		cr_assert_not(tally_all_done(&l.t));
		cr_assert(tally_node_asks(&l.t, 1));
		tally_link_why(why, &l.t, &l.t.link[0]);
		cr_assert_not_null(strstr(why, "up, but n2 "), "%s", why);
	}
	cr_assert_not(tally_node_asks(&l.t, 0));
	talk(&l, 1, 0, 0);
	cr_assert(tally_all_done(&l.t));
	cr_assert_not(tally_node_asks(&l.t, 1));
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[0]), "");
	tally_clear(&l.t);
}

Test(tally, forgets_what_a_lost_session_carried)
{
	char why[TALLY_WHY_MAX];
	struct line l;

	line_init(&l, true);
	up(&l, 0, 1);
	talk(&l, 0, 1, 5);
	talk(&l, 1, 0, 6);
	cr_assert_eq(l.t.done, 1);
	tally_down(&l.t, 0, &l.ids[1], "idle");
	tally_down(&l.t, 1, &l.ids[0], "gone");
	cr_assert_eq(l.t.done, 0);
	cr_assert_eq(l.t.up, 0);
	cr_assert_eq(l.t.link[0].losses, 1);
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[0]), "gone");
	up(&l, 0, 1);
	cr_assert_eq(l.t.up, 1);
	cr_assert_eq(l.t.done, 0);
	cr_assert(tally_node_asks(&l.t, 0));
	tally_clear(&l.t);
}

Test(tally, ignores_talk_of_a_session_that_is_not_up)
{
	struct line l;

	line_init(&l, true);
	talk(&l, 0, 1, 5);
	talk(&l, 1, 0, 5);
	up(&l, 0, 1);
	cr_assert_eq(l.t.done, 0);
	tally_clear(&l.t);
}

Test(tally, minds_sessions_that_no_link_is_for)
{
	struct line l;

	line_init(&l, false);
	up(&l, 0, 1);
	up(&l, 1, 2);
	tally_up(&l.t, 0, &l.ids[2]);
	cr_assert_eq(l.t.strangers, 1);
	cr_assert_not(tally_all_done(&l.t));
	tally_down(&l.t, 0, &l.ids[2], "not here");
	cr_assert(tally_all_done(&l.t));
	tally_clear(&l.t);
}

Test(tally, counts_each_step_once)
{
	const struct enode self = { .tcp = 1 };
	struct line l;
	size_t before;

	line_init(&l, false);
	cr_assert_eq(tally_progress(&l.t), 0);
	tally_listens(&l.t, 0, &self);
	tally_listens(&l.t, 0, &self);
	cr_assert_eq(tally_progress(&l.t), 1);
	up(&l, 0, 1);
	before = tally_progress(&l.t);
	cr_assert_eq(before, 3);
	tally_down(&l.t, 0, &l.ids[1], "");
	tally_up(&l.t, 0, &l.ids[1]);
	cr_assert_eq(tally_progress(&l.t), before, "it flaps");
	tally_clear(&l.t);
}

Test(tally, names_the_first_reason_of_a_node_and_the_last_of_a_link)
{
	char why[TALLY_WHY_MAX];
	struct line l;

	line_init(&l, false);
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[1]),
			 "was not dialed");
	tally_dial_failed(&l.t, 1, &l.ids[2], "refused");
	tally_dial_failed(&l.t, 1, &l.ids[2], "timed out");
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[1]), "timed out");
	tally_node_failed(&l.t, 2, "killed");
	tally_node_failed(&l.t, 2, "and gone");
	cr_assert_str_eq(l.t.node[2].why, "killed");
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[1]), "n3 failed");
	tally_clear(&l.t);
}

Test(tally, counts_no_link_of_a_node_that_is_gone)
{
	char why[TALLY_WHY_MAX];
	struct line l;

	line_init(&l, false);
	up(&l, 0, 1);
	up(&l, 1, 2);
	tally_node_failed(&l.t, 2, "killed");
	tally_node_gone(&l.t, 2);
	cr_assert_eq(l.t.up, 1);
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[0]), "");
	cr_assert_str_eq(tally_link_why(why, &l.t, &l.t.link[1]), "n3 failed");
	/* Its peer may see it later. */
	tally_down(&l.t, 1, &l.ids[2], "reset");
	cr_assert_eq(l.t.link[1].losses, 1);
	tally_clear(&l.t);
}

Test(tally, sums_what_failed)
{
	struct tally_sums s;
	struct line l;

	line_init(&l, false);
	up(&l, 0, 1);
	tally_node_failed(&l.t, 2, "killed");
	l.t.node[0].messages_in = 3;
	l.t.node[1].messages_in = 4;
	l.t.node[1].bytes_out = 5;
	tally_sum(&s, &l.t);
	cr_assert_eq(s.nodes_failed, 1);
	cr_assert_eq(s.links_failed, 1);
	cr_assert_eq(s.messages_in, 7);
	cr_assert_eq(s.bytes_out, 5);
	cr_assert_eq(s.round_trips, 0);
	tally_clear(&l.t);
}

Test(tally, takes_percentiles_of_what_both_ends_measured)
{
	struct tally_sums s;
	struct line l;

	line_init(&l, true);
	up(&l, 0, 1);
	up(&l, 1, 2);
	talk(&l, 0, 1, 40);
	talk(&l, 1, 0, 10);
	talk(&l, 1, 2, 30);
	tally_sum(&s, &l.t);
	cr_assert_eq(s.round_trips, 3);
	cr_assert_eq(s.least_ns, 10);
	cr_assert_eq(s.median_ns, 30);
	cr_assert_eq(s.p90_ns, 40);
	cr_assert_eq(s.most_ns, 40);
	talk(&l, 2, 1, 20);
	tally_sum(&s, &l.t);
	cr_assert_eq(s.median_ns, 20);
	tally_clear(&l.t);
}
