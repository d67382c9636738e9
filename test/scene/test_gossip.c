/* SPDX-License-Identifier: Apache-2.0 */
/* Fifty nodes gossip in one process, each with a server and options of its own:
 * what they count comes out exactly. */
#include "test/plugins/gossip/gossip.h"
#include "test/scene/nodes.h"

WEFT_EXPORT extern const struct weft_plugin weft_plugin;

enum {
	NODES = 50,
	CHORD = 7,
	DEGREE = 4, /* a ring, and a chord to the seventh in each direction */
	EDGES = NODES * DEGREE / 2,

	MAKERS = NODES / 5,
	RUMOURS = 3, /* of each of them */
	MADE = MAKERS * RUMOURS,

	ASKERS = NODES / 10,
	ASKS = 2, /* of each of their peers, one of which is silent */
	DEADLINE_MS = 2000,
};

static bool is_maker(size_t i)
{
	return i % 5 == 0;
}

static bool is_asker(size_t i)
{
	return i % 10 == 8;
}

static bool is_silent(size_t i)
{
	return i % 10 == 9;
}

static const char *options(size_t i)
{
	if (is_maker(i))
		return "rumour_every=20ms,rumours=3";
	if (is_asker(i))
		return "ask_every=1ms,asks=2,ask_deadline=2s";
	return is_silent(i) ? "silent=true" : "";
}

static struct gossip_sums sum(const struct nodes *all)
{
	struct gossip_sums out = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		const struct gossip *g = nodes_state(all, i);

		out.opened += g->sums.opened;
		out.closed += g->sums.closed;
		out.rumours_made += g->sums.rumours_made;
		out.rumours_heard += g->sums.rumours_heard;
		out.rumours_again += g->sums.rumours_again;
		out.rumours_posted += g->sums.rumours_posted;
		out.rumours_skipped += g->sums.rumours_skipped;
		out.asked += g->sums.asked;
		out.answered += g->sums.answered;
		out.late += g->sums.late;
		out.cut += g->sums.cut;
		out.strays += g->sums.strays;
		out.replied += g->sums.replied;
		out.ignored += g->sums.ignored;
	}
	return out;
}

static bool all_are_connected(const struct nodes *all)
{
	return sum(all).opened >= 2 * EDGES;
}

static void connect(struct nodes *all)
{
	for (size_t i = 0; i < NODES; i++) {
		nodes_dial(all, i, (i + 1) % NODES);
		nodes_dial(all, i, (i + CHORD) % NODES);
	}
	nodes_until(all, all_are_connected);
	for (size_t i = 0; i < NODES; i++)
		cr_assert_eq(all->node[i].added, (size_t)DEGREE);
}

static bool all_is_heard(const struct nodes *all)
{
	struct gossip_sums s = sum(all);

	return s.rumours_posted &&
	       s.rumours_posted == s.rumours_heard + s.rumours_again &&
	       s.rumours_heard >= MADE * (NODES - 1);
}

/* Whoever makes one tells all, whoever hears one tells all but one. */
static void rumours_reach_each_node_once(struct nodes *all)
{
	struct gossip_sums s;

	for (size_t i = 0; i < NODES; i++)
		if (is_maker(i))
			nodes_call(all, i, "gossip_begin");
	nodes_until(all, all_is_heard);
	s = sum(all);
	cr_assert_eq(s.rumours_made, MADE);
	cr_assert_eq(s.rumours_heard, MADE * (NODES - 1));
	cr_assert_eq(s.rumours_posted, MADE * (2 * EDGES - (NODES - 1)));
	cr_assert_eq(s.rumours_again, MADE * (2 * EDGES - 2 * (NODES - 1)));
	cr_assert_eq(s.rumours_skipped, 0);
	for (size_t i = 0; i < NODES; i++) {
		const struct gossip *g = nodes_state(all, i);
		int64_t made = is_maker(i) ? RUMOURS : 0;

		cr_assert_eq(g->sums.rumours_made, made);
		cr_assert_eq(g->sums.rumours_heard, MADE - made);
		cr_assert_eq(g->sums.rumours_posted,
			     made * DEGREE + (MADE - made) * (DEGREE - 1));
	}
}

static bool all_is_asked(const struct nodes *all)
{
	struct gossip_sums s = sum(all);

	return s.answered + s.late >= ASKERS * DEGREE * ASKS;
}

static void questions_time_out_where_nobody_answers(struct nodes *all)
{
	struct mono begun = mono_now();
	struct gossip_sums s;

	for (size_t i = 0; i < NODES; i++)
		if (is_asker(i))
			nodes_call(all, i, "gossip_begin");
	nodes_until(all, all_is_asked);
	cr_assert_geq(mono_since_ms(mono_now(), begun),
		      (uint64_t)ASKS * DEADLINE_MS);
	s = sum(all);
	cr_assert_eq(s.asked, ASKERS * DEGREE * ASKS);
	cr_assert_eq(s.late, ASKERS * ASKS);
	cr_assert_eq(s.ignored, ASKERS * ASKS);
	cr_assert_eq(s.answered, ASKERS * (DEGREE - 1) * ASKS);
	cr_assert_eq(s.replied, ASKERS * (DEGREE - 1) * ASKS);
	cr_assert_eq(s.strays, 0);
	cr_assert_eq(s.cut, 0);
	for (size_t i = 0; i < NODES; i++) {
		const struct gossip *g = nodes_state(all, i);

		/* Each peer answered all or, when it is silent, nothing. */
		for (const struct friend *f = g->friends; f; f = f->next) {
			cr_assert_eq(f->asked, is_asker(i) ? ASKS : 0u);
			cr_assert(!f->answered || !f->late);
		}
		cr_assert_eq(g->sums.late, is_asker(i) ? ASKS : 0);
		cr_assert_eq(g->sums.ignored, is_silent(i) ? ASKS : 0);
	}
}

Test(scene_gossip, fifty_nodes_in_one_process_count_exactly)
{
	struct gossip_sums s;
	struct nodes all;

	nodes_open(&all, NODES, &weft_plugin, options);
	connect(&all);
	rumours_reach_each_node_once(&all);
	questions_time_out_where_nobody_answers(&all);
	s = sum(&all);
	cr_assert_eq(s.opened, 2 * EDGES);
	cr_assert_eq(s.closed, 0);
	cr_assert_eq(all.rig.warnings, (size_t)0, "%s", all.rig.warning);
	nodes_close(&all);
}
