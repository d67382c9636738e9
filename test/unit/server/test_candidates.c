/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/candidates.h"

#include "p2p/server/limits.h"
#include "test/support/unit.h"

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static struct node_id id_of(uint32_t n)
{
	struct node_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static void open_candidates(struct candidates *c)
{
	candidates_init(c, &server_limits_default.candidates);
}

/* A good one. */
static struct candidate_view view_of(const struct node_id *id)
{
	return (struct candidate_view){
		.id = id,
		.is_reachable = true,
		.is_allowed = true,
	};
}

Test(candidates, are_skipped_in_the_order_of_the_specification)
{
	struct node_id id = id_of(1);
	struct candidate_view v = { .id = &id,
				    .is_self = true,
				    .is_static = true,
				    .is_here = true,
				    .of_network = 9 };
	struct candidates c;

	open_candidates(&c);
	candidates_begin(&c, &id, at(0));
	candidates_end(&c);
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_SELF);
	v.is_self = false;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_UNREACHABLE);
	v.is_reachable = true;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_STATIC);
	v.is_static = false;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_HERE);
	v.is_here = false;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_OUTSIDE);
	v.is_allowed = true;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(1)), CANDIDATE_LATELY);
	cr_assert_eq(candidates_judge(&c, &v, 8, at(35000)), CANDIDATE_SHARE);
	v.of_network = 0;
	cr_assert_eq(candidates_judge(&c, &v, 8, at(35000)), CANDIDATE_DIAL);
	candidates_clear(&c);
}

Test(candidates, are_not_dialed_again_within_35_s)
{
	struct node_id id = id_of(1), other = id_of(2);
	struct candidate_view v = view_of(&id), w = view_of(&other);
	struct candidates c;

	open_candidates(&c);
	cr_assert_eq(candidates_judge(&c, &v, 5, at(1000)), CANDIDATE_DIAL);
	candidates_begin(&c, &id, at(1000));
	cr_assert_eq(c.dialing, (size_t)1);
	candidates_end(&c);
	cr_assert_eq(c.dialing, (size_t)0);
	cr_assert_eq(candidates_judge(&c, &v, 5, at(35999)), CANDIDATE_LATELY);
	cr_assert_eq(candidates_judge(&c, &w, 5, at(35999)), CANDIDATE_DIAL);
	cr_assert_eq(candidates_judge(&c, &v, 5, at(36000)), CANDIDATE_DIAL);
	/* And once more, from that dial on. */
	candidates_begin(&c, &id, at(36000));
	cr_assert_eq(candidates_judge(&c, &v, 5, at(70999)), CANDIDATE_LATELY);
	cr_assert_eq(candidates_judge(&c, &v, 5, at(71000)), CANDIDATE_DIAL);
	candidates_clear(&c);
}

Test(candidates, may_be_dialed_again_when_others_came_before)
{
	struct node_id id = id_of(1), other = id_of(2);
	struct candidate_view v = view_of(&id);
	struct candidates c;

	open_candidates(&c);
	candidates_begin(&c, &other, at(0));
	candidates_begin(&c, &id, at(0));
	candidates_spare(&c, &id);
	candidates_end(&c);
	cr_assert_eq(candidates_judge(&c, &v, 5, at(1)), CANDIDATE_DIAL);
	candidates_spare(&c, &id); /* it is forgotten already */
	v.id = &other;
	cr_assert_eq(candidates_judge(&c, &v, 5, at(1)), CANDIDATE_LATELY);
	candidates_clear(&c);
}

Test(candidates, history_has_a_size_and_the_oldest_makes_room)
{
	const struct candidate_limits limits = { .history_ms = 35000,
						 .history_max = 100 };
	struct candidates c;
	size_t lately = 0;

	candidates_init(&c, &limits);
	for (uint32_t i = 0; i < 1000; i++) {
		struct node_id id = id_of(i);

		candidates_begin(&c, &id, at(i));
		candidates_end(&c);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		struct node_id id = id_of(i);
		struct candidate_view v = view_of(&id);
		bool is_late = candidates_judge(&c, &v, 5, at(1000)) ==
			       CANDIDATE_LATELY;

		cr_assert_eq(is_late, i >= 900, "%u", i);
		lately += is_late;
	}
	cr_assert_eq(lately, (size_t)100);
	candidates_clear(&c);
}

Test(candidates, of_one_network_get_a_quarter_of_the_places)
{
	static const struct {
		size_t max_dialed, held;
		enum candidate_verdict verdict;
	} rows[] = {
		{ 16, 3, CANDIDATE_DIAL }, { 16, 4, CANDIDATE_SHARE },
		{ 5, 1, CANDIDATE_DIAL },  { 5, 2, CANDIDATE_SHARE },
		{ 1, 1, CANDIDATE_DIAL },  { 1, 2, CANDIDATE_SHARE },
	};
	struct node_id id = id_of(1);
	struct candidate_view v = view_of(&id);
	struct candidates c;

	open_candidates(&c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		v.of_network = rows[i].held;
		v.is_any_number = false;
		cr_assert_eq(
			candidates_judge(&c, &v, rows[i].max_dialed, at(0)),
			rows[i].verdict, "row %zu", i);
		v.is_any_number = true; /* LAN, or networks that we were told */
		cr_assert_eq(
			candidates_judge(&c, &v, rows[i].max_dialed, at(0)),
			CANDIDATE_DIAL, "row %zu", i);
	}
	candidates_clear(&c);
}

/* --- how many --------------------------------------------------------------
 */

Test(candidates, get_what_static_nodes_leave_over)
{
	static const struct {
		struct candidate_places p;
		size_t missing, slots;
	} rows[] = {
		/* "Twice as many dials as missing peers" */
		{ { .max_peers = 15, .max_dialed = 5, .max_pending = 50 },
		  5,
		  10 },
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .peers = 9,
		    .dialed_peers = 3 },
		  2,
		  4 },
		/* The share is full; no place is free; nobody is wanted. */
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .peers = 5,
		    .dialed_peers = 5 },
		  0,
		  0 },
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .peers = 15,
		    .dialed_peers = 2 },
		  0,
		  0 },
		{ { .max_pending = 50 }, 0, 0 },
		/* Trusted nodes above the limit. */
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .peers = 20,
		    .dialed_peers = 9 },
		  0,
		  0 },
		/* Places of static nodes that are to come. */
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .expected = 2 },
		  3,
		  6 },
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .expected = 7 },
		  0,
		  0 },
		{ { .max_peers = 15,
		    .max_dialed = 5,
		    .max_pending = 50,
		    .peers = 12,
		    .dialed_peers = 2,
		    .expected = 2 },
		  1,
		  2 },
		/* Half of what may be pending, less what static dials use. */
		{ { .max_peers = 90, .max_dialed = 90, .max_pending = 50 },
		  90,
		  25 },
		{ { .max_peers = 90,
		    .max_dialed = 90,
		    .max_pending = 50,
		    .static_dials = 40 },
		  90,
		  10 },
		{ { .max_peers = 90,
		    .max_dialed = 90,
		    .max_pending = 50,
		    .static_dials = 50 },
		  90,
		  0 },
		{ { .max_peers = 90, .max_dialed = 90, .max_pending = 1 },
		  90,
		  1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_eq(candidates_missing(&rows[i].p), rows[i].missing,
			     "row %zu", i);
		cr_assert_eq(candidates_slots(&rows[i].p), rows[i].slots,
			     "row %zu", i);
	}
}

static uint32_t draw(uint32_t *random, uint32_t bound)
{
	*random = *random * 1103515245 + 12345;
	return (*random >> 8) % bound;
}

static void begin_some(struct candidates *c, size_t count, uint32_t *next)
{
	while (count-- > 0) {
		struct node_id id = id_of((*next)++);

		candidates_begin(c, &id, at(0));
	}
}

/* Whatever comes and goes: together no more than may be pending, and half of
 * it stays within reach of static nodes. */
Test(candidates, and_static_nodes_share_what_may_be_pending)
{
	uint32_t random = 4711, next = 0;
	struct candidates c;

	open_candidates(&c);
	for (size_t i = 0; i < 20000; i++) {
		struct candidate_places p = {
			.max_peers = 1000,
			.max_dialed = 1 + draw(&random, 100),
			.max_pending = 2 + draw(&random, 60),
		};
		size_t turns = 30, most, slots;

		while (turns-- > 0) {
			slots = candidates_slots(&p);
			if (c.dialing < slots)
				begin_some(&c, slots - c.dialing, &next);
			most = candidates_static_slots(&c, &p);
			cr_assert_geq(most, p.max_pending / 2);
			if (draw(&random, 2) && p.static_dials < most)
				p.static_dials +=
					1 +
					draw(&random,
					     (uint32_t)(most - p.static_dials));
			cr_assert_leq(c.dialing + p.static_dials,
				      p.max_pending);
			if (c.dialing && draw(&random, 3) == 0)
				candidates_end(&c);
			if (p.static_dials && draw(&random, 3) == 0)
				p.static_dials--;
		}
		while (c.dialing)
			candidates_end(&c);
	}
	candidates_clear(&c);
}
