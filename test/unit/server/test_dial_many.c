/* SPDX-License-Identifier: Apache-2.0 */
/* Two thousand static nodes, on a clock of the test's own. Some
 * are good, some refuse, some never answer, some leave soon after they came. */
#include "p2p/server/limits.h"
#include "test/support/unit.h"

enum {
	NODES = 2000,
	MAX_PEERS = 1200, /* more than ever come */
	MAX_PENDING = 50,
	RUN_MS = 20 * 60 * 1000,
	DEAD_MS = 15000,
	SHORT_MS = 5000,
	/* Fifty slots, and 125 dead nodes that each hold one for 15 s: all of
	 * them take 38 s, so that the slots do for waits of 35 s. Only in the
	 * first round they are in each other's way. */
	TURN_MS = 38000 + 35000,
};

enum kind {
	GOOD,
	REFUSES,
	DEAD,
	LEAVES,
	KINDS,
};

struct host {
	struct dial_node *dial; /* while a dial is under way */
	bool up;
	uint64_t next_ms; /* the end of the dial, or of the session */
	uint64_t idle_ms; /* since when neither is */
	uint32_t wait_ms; /* that the node is due after, at most */
	size_t dials;
	uint64_t longest_ms; /* between two dials */
};

struct world {
	struct dial d;
	struct host hosts[NODES];
	size_t peers;
	uint64_t now_ms;
	uint64_t trace; /* of who was dialed, in their order */
};

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static enum kind kind_of(uint32_t i)
{
	static const enum kind kinds[16] = {
		GOOD, REFUSES, DEAD, LEAVES,  GOOD, REFUSES, GOOD, LEAVES,
		GOOD, REFUSES, GOOD, REFUSES, GOOD, REFUSES, GOOD, LEAVES,
	};

	return kinds[i % ARRAY_LEN(kinds)];
}

static uint32_t number_of(const struct dial_node *n)
{
	uint32_t i;

	memcpy(&i, n->node.id.b, sizeof(i));
	return i;
}

static void open_world(struct world *w, uint8_t seed)
{
	const struct secret32 key = { { seed } };

	memset(w, 0, sizeof(*w));
	dial_init(&w->d, &server_limits_default.dial, &key);
	for (uint32_t i = 0; i < NODES; i++) {
		struct enode e = { .tcp = 30303 };

		memcpy(e.id.b, &i, sizeof(i));
		cr_assert_eq(dial_add(&w->d, &e, at(0)), ERR_NONE);
		w->hosts[i].next_ms = UINT64_MAX;
	}
}

static void begin_dial(struct world *w, struct dial_node *n)
{
	static const uint32_t takes_ms[KINDS] = { 50, 1, DEAD_MS, 50 };
	uint32_t i = number_of(n);
	struct host *h = &w->hosts[i];
	uint64_t idle_ms = w->now_ms - h->idle_ms;

	cr_assert_null(h->dial);
	cr_assert_not(h->up);
	/* "0.5 s doubling to 35 s", of which chance takes a quarter at most. */
	cr_assert_geq(idle_ms, (uint64_t)(h->wait_ms - h->wait_ms / 4));
	if (idle_ms > h->longest_ms)
		h->longest_ms = idle_ms;
	h->wait_ms = h->wait_ms ? h->wait_ms * 2 : 500;
	if (h->wait_ms > 35000)
		h->wait_ms = 35000;
	h->dials++;
	h->dial = n;
	h->next_ms = w->now_ms + takes_ms[kind_of(i)];
	w->trace = w->trace * 1000003 + i;
}

static void dial_due_ones(struct world *w)
{
	size_t slots = dial_slots(MAX_PEERS, w->peers, MAX_PENDING);
	struct dial_node *n;

	while ((n = dial_take(&w->d, slots, at(w->now_ms))))
		begin_dial(w, n);
	cr_assert_leq(w->d.dialing, slots);
}

static void come_up(struct world *w, struct host *h, enum kind kind)
{
	dial_up(&w->d, h->dial, at(w->now_ms));
	dial_done(&w->d, h->dial, at(w->now_ms));
	h->dial = NULL;
	h->up = true;
	h->next_ms = kind == GOOD ? UINT64_MAX : w->now_ms + SHORT_MS;
	w->peers++;
}

static void go_down(struct world *w, uint32_t i)
{
	struct host *h = &w->hosts[i];
	const struct node_id id = { { (uint8_t)i, (uint8_t)(i >> 8) } };

	dial_down(&w->d, dial_find(&w->d, &id), at(w->now_ms));
	h->up = false;
	w->peers--;
}

static void end_what_is_due(struct world *w, uint32_t i)
{
	struct host *h = &w->hosts[i];

	if (h->next_ms > w->now_ms)
		return;
	h->next_ms = UINT64_MAX;
	if (h->dial && (kind_of(i) == GOOD || kind_of(i) == LEAVES)) {
		come_up(w, h, kind_of(i));
		return;
	}
	if (h->up)
		go_down(w, i);
	else
		dial_done(&w->d, h->dial, at(w->now_ms));
	h->dial = NULL;
	h->idle_ms = w->now_ms;
}

/* To the next thing that happens; false when that is too late. */
static bool step(struct world *w, uint64_t end_ms)
{
	uint64_t next = UINT64_MAX;
	struct mono due = dial_due(&w->d);

	if (w->d.dialing < dial_slots(MAX_PEERS, w->peers, MAX_PENDING) &&
	    due.ns != MONO_NEVER.ns)
		next = (mono_since_ms(due, at(0)));
	for (uint32_t i = 0; i < NODES; i++)
		if (w->hosts[i].next_ms < next)
			next = w->hosts[i].next_ms;
	if (next > end_ms)
		return false;
	w->now_ms = next > w->now_ms ? next : w->now_ms;
	for (uint32_t i = 0; i < NODES; i++)
		end_what_is_due(w, i);
	dial_due_ones(w);
	return true;
}

static void run_world(struct world *w, uint8_t seed, uint64_t end_ms)
{
	open_world(w, seed);
	dial_due_ones(w);
	while (step(w, end_ms))
		;
}

static void close_world(struct world *w)
{
	dial_clear(&w->d);
}

static struct world world;

Test(dial_many, gives_each_of_two_thousand_its_turn)
{
	run_world(&world, 1, RUN_MS);
	for (uint32_t i = 0; i < NODES; i++) {
		const struct host *h = &world.hosts[i];

		if (kind_of(i) == GOOD) {
			cr_assert(h->up && h->dials == 1, "node %u", i);
			continue;
		}
		cr_assert_leq(h->longest_ms, (uint64_t)TURN_MS, "node %u", i);
		cr_assert_geq(h->dials, (size_t)(RUN_MS / (TURN_MS + DEAD_MS)),
			      "node %u", i);
	}
	close_world(&world);
}

Test(dial_many, goes_as_its_seed_says)
{
	uint64_t trace;

	run_world(&world, 1, RUN_MS / 10);
	trace = world.trace;
	close_world(&world);
	run_world(&world, 1, RUN_MS / 10);
	cr_assert_eq(world.trace, trace);
	close_world(&world);
	run_world(&world, 2, RUN_MS / 10);
	cr_assert_neq(world.trace, trace);
	close_world(&world);
}
