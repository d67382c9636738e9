/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/limits.h"
#include "test/support/unit.h"

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static struct enode node_of(uint32_t n)
{
	struct enode e = { .tcp = 30303 };

	memcpy(e.id.b, &n, sizeof(n));
	return e;
}

static struct dial_node *find(struct dial *d, uint32_t n)
{
	struct enode e = node_of(n);

	return dial_find(d, &e.id);
}

/* The node's own numbers but for chance, so that waits are exact. */
static const struct dial_limits exact = {
	.first_ms = 500,
	.most_ms = 35000,
	.good_ms = 30000,
};

static const struct secret32 seed = { { 1 } };

static void open_dial(struct dial *d, uint32_t nodes)
{
	dial_init(d, &exact, &seed);
	for (uint32_t i = 0; i < nodes; i++) {
		struct enode e = node_of(i);

		cr_assert_eq(dial_add(d, &e, at(0)), ERR_NONE);
	}
}

Test(dial, takes_a_new_node_at_once)
{
	struct enode e = node_of(0);
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 1);
	cr_assert_eq(dial_add(&d, &e, at(0)), ERR_EXISTS);
	cr_assert_eq(dial_due(&d).ns, at(0).ns);
	n = dial_take(&d, 1, at(0));
	cr_assert_not_null(n);
	cr_assert_eq(n, dial_find(&d, &e.id));
	cr_assert_eq(n->tries, 1);
	cr_assert_null(dial_take(&d, 9, at(100000)));
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_clear(&d);
}

Test(dial, waits_half_a_second_doubling_to_thirty_five)
{
	static const uint64_t waits[] = { 500,	 1000,	2000,  4000, 8000,
					  16000, 32000, 35000, 35000 };
	uint64_t now = 0;
	struct dial d;

	open_dial(&d, 1);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct dial_node *n = dial_take(&d, 1, at(now));

		cr_assert_not_null(n, "attempt %zu", i);
		now += 100; /* the dial itself */
		dial_done(&d, n, at(now));
		now += waits[i];
		cr_assert_eq(dial_due(&d).ns, at(now).ns, "attempt %zu", i);
		cr_assert_null(dial_take(&d, 1, at(now - 1)));
	}
	dial_clear(&d);
}

/* The waits of a node that never answers. */
static void note_waits(uint64_t waits[], size_t count, uint8_t first)
{
	const struct secret32 own = { { first } };
	struct enode e = node_of(0);
	struct mono now = at(0);
	struct dial_node *n;
	struct dial d;

	dial_init(&d, &server_limits_default.dial, &own);
	cr_assert_eq(dial_add(&d, &e, now), ERR_NONE);
	for (size_t i = 0; i < count; i++) {
		n = dial_take(&d, 1, now);
		cr_assert_not_null(n);
		dial_done(&d, n, now);
		waits[i] = mono_since_ms(dial_due(&d), now);
		now = dial_due(&d);
	}
	dial_clear(&d);
}

Test(dial, lets_chance_take_a_quarter_off_each_wait)
{
	enum {
		WAITS = 400
	};
	uint64_t waits[WAITS], again[WAITS], other[WAITS];
	uint64_t least = UINT64_MAX, most = 0;

	note_waits(waits, WAITS, 1);
	cr_assert(waits[0] >= 375 && waits[0] <= 500);
	cr_assert(waits[1] >= 750 && waits[1] <= 1000);
	for (size_t i = 7; i < WAITS; i++) {
		least = waits[i] < least ? waits[i] : least;
		most = waits[i] > most ? waits[i] : most;
	}
	cr_assert(least >= 26250 && least < 26700, "%lu", least);
	cr_assert(most <= 35000 && most > 34500, "%lu", most);

	note_waits(again, WAITS, 1);
	cr_assert_arr_eq(waits, again, sizeof(waits));
	note_waits(other, WAITS, 2);
	cr_assert_neq(memcmp(waits, other, sizeof(waits)), 0);
}

static uint64_t wait_after_session(uint64_t session_ms)
{
	struct dial_node *n;
	struct mono due;
	struct dial d;

	open_dial(&d, 1);
	for (size_t i = 0; i < 3; i++) {
		n = dial_take(&d, 1, at(10000 * i));
		dial_done(&d, n, at(10000 * i));
	}
	n = dial_take(&d, 1, at(50000));
	dial_up(&d, n, at(50000));
	dial_done(&d, n, at(50000));
	cr_assert_eq(d.dialing, 0);
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_down(&d, n, at(50000 + session_ms));
	due = dial_due(&d);
	dial_clear(&d);
	return (due.ns - at(50000 + session_ms).ns) / 1000000;
}

Test(dial, starts_anew_after_a_session_of_thirty_seconds)
{
	cr_assert_eq(wait_after_session(29999), 4000);
	cr_assert_eq(wait_after_session(30000), 500);
}

Test(dial, leaves_a_node_alone_that_dialed_us)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 2);
	n = find(&d, 0);
	dial_up(&d, n, at(0));
	cr_assert_neq(dial_take(&d, 9, at(0)), n);
	cr_assert_null(dial_take(&d, 9, at(100000)));
	dial_down(&d, n, at(100000));
	cr_assert_eq(dial_due(&d).ns, at(100500).ns);
	dial_clear(&d);
}

Test(dial, ends_a_dial_that_an_inbound_session_overtook)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 1);
	n = dial_take(&d, 1, at(0));
	dial_up(&d, n, at(10));
	dial_done(&d, n, at(20)); /* refused: connected already */
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_down(&d, n, at(40000));
	cr_assert_eq(dial_due(&d).ns, at(40500).ns);

	/* And the other way round: the session ends first. */
	n = dial_take(&d, 1, at(40500));
	dial_up(&d, n, at(40501));
	dial_down(&d, n, at(40502));
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_done(&d, n, at(40503));
	cr_assert_eq(dial_due(&d).ns, at(41503).ns);
	dial_clear(&d);
}

/* As if the dial had not been taken, but for the time. */
Test(dial, skips_a_node_that_is_coming_by_itself)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 1);
	n = dial_take(&d, 1, at(0));
	dial_done(&d, n, at(0));
	n = dial_take(&d, 1, at(500));
	dial_skip(&d, n, at(500));
	cr_assert_eq(d.dialing, (size_t)0);
	cr_assert_eq(dial_due(&d).ns, at(1000).ns);
	cr_assert_eq(dial_take(&d, 1, at(1000)), n);
	cr_assert_eq(n->tries, 2);
	dial_done(&d, n, at(1000));
	cr_assert_eq(dial_due(&d).ns, at(2000).ns, "the second wait");
	dial_clear(&d);
}

Test(dial, keeps_to_its_slots)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 5);
	n = dial_take(&d, 2, at(0));
	cr_assert_not_null(n);
	cr_assert_not_null(dial_take(&d, 2, at(0)));
	cr_assert_null(dial_take(&d, 2, at(0)));
	dial_done(&d, n, at(0));
	cr_assert_not_null(dial_take(&d, 2, at(0)));
	cr_assert_null(dial_take(&d, 2, at(0)));
	cr_assert_null(dial_take(&d, 0, at(0)));
	dial_clear(&d);
}

Test(dial, has_two_slots_for_each_missing_peer)
{
	static const struct {
		size_t max_dialed, dialed, max_pending, slots;
	} rows[] = {
		{ 50, 0, 50, 50 }, { 50, 25, 50, 50 }, { 50, 26, 50, 48 },
		{ 50, 49, 50, 2 }, { 50, 50, 50, 0 },  { 50, 51, 50, 0 },
		{ 0, 0, 50, 0 },   { 5, 0, 0, 0 },     { SIZE_MAX, 0, 50, 50 },
		{ 3, 0, 5, 5 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(dial_slots(rows[i].max_dialed, rows[i].dialed,
					rows[i].max_pending),
			     rows[i].slots, "row %zu", i);
}

static void remove_node(struct dial *d, uint32_t n)
{
	dial_remove(d, find(d, n));
	cr_assert_null(find(d, n));
}

/* A place is kept for a node until two dials in a row have failed, and again
 * once it was there. */
Test(dial, expects_a_node_until_it_failed_twice)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 3);
	cr_assert_eq(dial_expected(&d), (size_t)3);
	remove_node(&d, 1);
	cr_assert_eq(dial_expected(&d), (size_t)2);
	dial_up(&d, find(&d, 2), at(0));
	cr_assert_eq(dial_expected(&d), (size_t)1);
	for (uint64_t i = 0; i < 5; i++) {
		n = dial_take(&d, 1, at(i * 100000));
		cr_assert_eq(n, find(&d, 0));
		cr_assert_eq(dial_expected(&d), (size_t)(i < 2));
		dial_done(&d, n, at(i * 100000));
	}
	cr_assert_eq(dial_expected(&d), (size_t)0);
	dial_up(&d, n, at(600000));
	cr_assert_eq(dial_expected(&d), (size_t)0, "it is there");
	dial_down(&d, n, at(600001));
	cr_assert_eq(dial_expected(&d), (size_t)1);
	remove_node(&d, 0);
	remove_node(&d, 2);
	cr_assert_eq(dial_expected(&d), (size_t)0);
	dial_clear(&d);
}

/* --- removing ------------------------------------------------------------- */

Test(dial, forgets_a_node_that_waits)
{
	struct dial d;

	open_dial(&d, 3);
	remove_node(&d, 1);
	cr_assert_eq(d.waiting, (size_t)2);
	for (size_t i = 0; i < 2; i++) {
		const struct dial_node *n = dial_take(&d, 9, at(0));

		cr_assert(n == find(&d, 0) || n == find(&d, 2));
	}
	cr_assert_null(dial_take(&d, 9, at(100000)));
	dial_clear(&d);
}

/* Its dial holds its slot until it is over, and is not followed by another. */
Test(dial, forgets_a_node_that_is_being_dialed)
{
	struct enode e = node_of(0);
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 1);
	n = dial_take(&d, 1, at(0));
	remove_node(&d, 0);
	cr_assert_eq(d.dialing, (size_t)1);
	/* The same node again is another entry, due at once. */
	cr_assert_eq(dial_add(&d, &e, at(5)), ERR_NONE);
	cr_assert_null(dial_take(&d, 1, at(5)));
	dial_done(&d, n, at(10));
	cr_assert_eq(d.dialing, (size_t)0);
	n = dial_take(&d, 1, at(10));
	cr_assert_eq(n, find(&d, 0));
	cr_assert_eq(n->tries, 1);
	dial_done(&d, n, at(20));
	dial_clear(&d);
}

Test(dial, forgets_a_node_that_is_up)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 2);
	n = dial_take(&d, 1, at(0));
	dial_up(&d, n, at(10));
	dial_done(&d, n, at(10));
	dial_remove(&d, n);
	cr_assert_eq(HASH_COUNT(d.by_id), 1u);
	cr_assert_not_null(dial_take(&d, 1, at(20)));
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_clear(&d);
}

/* An inbound session overtook the dial; both end after the node is gone. */
Test(dial, forgets_a_node_that_is_up_while_being_dialed)
{
	struct dial_node *n;
	struct dial d;

	open_dial(&d, 1);
	n = dial_take(&d, 1, at(0));
	dial_up(&d, n, at(10));
	remove_node(&d, 0);
	dial_done(&d, n, at(20));
	cr_assert_eq(d.dialing, (size_t)0);
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_clear(&d);
}

/* The heap stays one, wherever in it a node was. */
Test(dial, keeps_the_order_of_those_that_stay)
{
	enum {
		NODES = 300
	};
	uint32_t random = 777;
	uint64_t last = 0;
	size_t left = NODES;
	struct dial d;

	open_dial(&d, NODES);
	for (size_t i = 0; i < NODES; i++) {
		struct dial_node *n = dial_take(&d, SIZE_MAX, at(0));

		random = random * 1103515245 + 12345;
		dial_done(&d, n, at(1 + (random >> 8) % 100000));
	}
	for (uint32_t i = 0; i < NODES; i += 2, left--)
		remove_node(&d, i);
	while (left-- > 0) {
		struct mono due = dial_due(&d);
		const struct dial_node *n = dial_take(&d, SIZE_MAX, due);

		cr_assert(due.ns >= last);
		last = due.ns;
		cr_assert_not_null(n);
		cr_assert_eq(n->due.ns, due.ns);
	}
	cr_assert_eq(d.waiting, (size_t)0);
	dial_clear(&d);
}

/* No dial in between, which would put the heap in order. */
Test(dial, keeps_the_order_of_those_that_fail_in_a_row)
{
	enum {
		NODES = 20
	};
	struct dial_node *taken[NODES];
	struct dial d;

	open_dial(&d, NODES);
	for (size_t i = 0; i < NODES; i++)
		taken[i] = dial_take(&d, NODES, at(0));
	for (size_t i = 0; i < NODES; i++)
		dial_done(&d, taken[i], at(1000 * (NODES - i)));
	for (size_t i = NODES; i-- > 0;) {
		cr_assert_eq(dial_due(&d).ns, at(1000 * (NODES - i) + 500).ns);
		cr_assert_eq(dial_take(&d, NODES, dial_due(&d)), taken[i]);
	}
	dial_clear(&d);
}

/* Every node comes up, in the order of due times, whatever is done to the
 * heap in between. */
Test(dial, takes_thousands_in_their_order)
{
	enum {
		NODES = 2000
	};
	uint32_t random = 12345;
	uint64_t last = 0;
	struct dial d;

	open_dial(&d, NODES);
	for (size_t i = 0; i < NODES; i++) {
		struct dial_node *n = dial_take(&d, SIZE_MAX, at(0));

		cr_assert_not_null(n);
		random = random * 1103515245 + 12345;
		dial_done(&d, n, at(1 + random % 1000000));
	}
	/* Every third has dialed us meanwhile. */
	for (uint32_t i = 0; i < NODES; i += 3)
		dial_up(&d, find(&d, i), at(0));
	for (size_t i = 0; i < NODES - (NODES + 2) / 3; i++) {
		uint64_t due = dial_due(&d).ns;

		cr_assert(due >= last, "node %zu", i);
		last = due;
		cr_assert_null(
			dial_take(&d, SIZE_MAX, (struct mono){ due - 1 }));
		cr_assert_not_null(
			dial_take(&d, SIZE_MAX, (struct mono){ due }));
	}
	cr_assert_eq(dial_due(&d).ns, MONO_NEVER.ns);
	dial_clear(&d);
}
