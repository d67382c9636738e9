/* SPDX-License-Identifier: Apache-2.0 */
/* A server's dials on a clock of the test's own: static nodes and a source that
 * tells of ever the same nodes, of which some are good, some refuse, some never
 * answer and some leave. The steps are those of server_dial_due. */
#include "p2p/server/candidates.h"
#include "p2p/server/checkpoint.h"
#include "p2p/server/limits.h"
#include "test/support/unit.h"

enum {
	NODES = 400,
	STATIC = 4, /* the first of them */
	MAX_PEERS = 48,
	MAX_DIALED = 16,
	MAX_PENDING = 50,
	RUN_MS = 10 * 60 * 1000,
	TOLD_MS = 50, /* the source tells of one node so often */
	STEP_MS = 5,
};

enum kind {
	GOOD,
	REFUSES,
	DEAD,
	LEAVES,
};

struct host {
	enum kind kind;
	bool dialing, up;
	uint64_t end_ms; /* of the dial, or of a session that ends */
	uint64_t dialed_ms;
	size_t dials;
};

struct world {
	struct dial d;
	struct candidates c;
	struct host hosts[NODES];
	size_t peers;
	uint64_t now_ms;
	uint32_t random;
	uint64_t full_ms; /* when the share was first full */
};

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static uint32_t draw(struct world *w, uint32_t bound)
{
	w->random = w->random * 1103515245 + 12345;
	return (w->random >> 8) % bound;
}

static struct enode node_of(uint32_t n)
{
	struct enode e = { .tcp = 30303 };

	memcpy(e.id.b, &n, sizeof(n));
	return e;
}

static uint32_t number_of(const struct node_id *id)
{
	uint32_t n;

	memcpy(&n, id->b, sizeof(n));
	return n;
}

static void open_world(struct world *w, uint32_t seed)
{
	static const enum kind kinds[8] = { GOOD, DEAD, REFUSES, DEAD,
					    DEAD, GOOD, LEAVES,	 REFUSES };
	const struct secret32 key = { { (uint8_t)seed } };

	memset(w, 0, sizeof(*w));
	w->random = seed;
	dial_init(&w->d, &server_limits_default.dial, &key);
	candidates_init(&w->c, &server_limits_default.candidates);
	for (uint32_t i = 0; i < NODES; i++)
		w->hosts[i].kind = kinds[i % ARRAY_LEN(kinds)];
	for (uint32_t i = 0; i < STATIC; i++) {
		struct enode e = node_of(i);

		w->hosts[i].kind = GOOD;
		cr_assert_eq(dial_add(&w->d, &e, at(0)), ERR_NONE);
	}
}

static void close_world(struct world *w)
{
	dial_clear(&w->d);
	candidates_clear(&w->c);
}

static struct candidate_places places_of(const struct world *w)
{
	return (struct candidate_places){
		.max_peers = MAX_PEERS,
		.max_dialed = MAX_DIALED,
		.max_pending = MAX_PENDING,
		.peers = w->peers,
		.dialed_peers = w->peers, /* nobody comes by itself */
		.expected = dial_expected(&w->d),
		.static_dials = w->d.dialing,
	};
}

static void begin(struct world *w, struct host *h)
{
	static const uint32_t takes_ms[] = { 60, 20, 15000, 60 };

	cr_assert_not(h->dialing);
	cr_assert_not(h->up);
	h->dialing = true;
	h->dials++;
	h->dialed_ms = w->now_ms;
	h->end_ms = w->now_ms + takes_ms[h->kind];
}

static void dial_static(struct world *w)
{
	struct candidate_places p = places_of(w);
	size_t slots = candidates_static_slots(&w->c, &p);
	struct dial_node *n;

	while ((n = dial_take(&w->d, slots, at(w->now_ms))))
		begin(w, &w->hosts[number_of(&n->node.id)]);
}

static void hear_of(struct world *w, uint32_t i)
{
	struct candidate_places p = places_of(w);
	const struct enode node = node_of(i);
	struct host *h = &w->hosts[i];
	const struct candidate_view v = {
		.id = &node.id,
		.is_reachable = true,
		.is_static = i < STATIC,
		.is_here = h->dialing || h->up,
		.is_allowed = true,
		.is_any_number = true,
	};

	if (w->c.dialing >= candidates_slots(&p) ||
	    candidates_judge(&w->c, &v, MAX_DIALED, at(w->now_ms)) !=
		    CANDIDATE_DIAL)
		return;
	cr_assert(h->dials == 0 || w->now_ms - h->dialed_ms >= 35000);
	candidates_begin(&w->c, &node.id, at(w->now_ms));
	begin(w, h);
}

static bool may_be_peer(const struct world *w, uint32_t i)
{
	const struct checkpoint c = {
		.max_peers = MAX_PEERS,
		.max_inbound = MAX_PEERS - MAX_DIALED,
		.max_dialed = MAX_DIALED,
		.peers = w->peers,
		.candidate = i >= STATIC,
	};

	return checkpoint_peer(&c) == CHECKPOINT_PASS;
}

static void end_dial(struct world *w, uint32_t i)
{
	struct enode node = node_of(i);
	struct dial_node *n = dial_find(&w->d, &node.id);
	struct host *h = &w->hosts[i];

	h->dialing = false;
	h->up = (h->kind == GOOD || h->kind == LEAVES) && may_be_peer(w, i);
	w->peers += h->up;
	h->end_ms = h->kind == LEAVES ? w->now_ms + 20000 : UINT64_MAX;
	if (n && h->up)
		dial_up(&w->d, n, at(w->now_ms));
	if (n)
		dial_done(&w->d, n, at(w->now_ms));
	else
		candidates_end(&w->c);
}

static void end_session(struct world *w, uint32_t i)
{
	struct enode node = node_of(i);
	struct dial_node *n = dial_find(&w->d, &node.id);

	w->hosts[i].up = false;
	w->peers--;
	if (n)
		dial_down(&w->d, n, at(w->now_ms));
}

static size_t candidates_up(const struct world *w)
{
	size_t count = 0;

	for (uint32_t i = STATIC; i < NODES; i++)
		count += w->hosts[i].up;
	return count;
}

static void check(struct world *w)
{
	cr_assert_leq(w->c.dialing + w->d.dialing, (size_t)MAX_PENDING);
	cr_assert_leq(w->c.dialing, (size_t)MAX_PENDING / 2);
	cr_assert_leq(candidates_up(w), (size_t)MAX_DIALED);
	if (!w->full_ms && w->peers >= MAX_DIALED)
		w->full_ms = w->now_ms;
}

static void step(struct world *w)
{
	w->now_ms += STEP_MS;
	for (uint32_t i = 0; i < NODES; i++) {
		struct host *h = &w->hosts[i];

		if (h->dialing && h->end_ms <= w->now_ms)
			end_dial(w, i);
		else if (h->up && h->end_ms <= w->now_ms)
			end_session(w, i);
	}
	dial_static(w);
	if (w->now_ms % TOLD_MS == 0)
		hear_of(w, draw(w, NODES));
	check(w);
}

static struct world world;

Test(candidates_many, fill_the_share_and_keep_it_full)
{
	uint64_t short_ms = 0;

	open_world(&world, 1);
	while (world.now_ms < RUN_MS) {
		step(&world);
		if (world.full_ms && world.peers < MAX_DIALED)
			short_ms += STEP_MS;
	}
	cr_assert_neq(world.full_ms, (uint64_t)0);
	/* At 20 nodes a second, of which one in three is of any use, and with
	 * twice as many dials as places. */
	cr_assert_leq(world.full_ms, (uint64_t)30000);
	cr_assert_leq(short_ms, (uint64_t)RUN_MS / 4);
	for (uint32_t i = 0; i < STATIC; i++)
		cr_assert(world.hosts[i].up && world.hosts[i].dials == 1);
	close_world(&world);
}

/* The share is full of candidates when a static node is lost. Its place is
 * kept: it is back after one wait. */
Test(candidates_many, leave_a_lost_static_node_its_place)
{
	struct host *lost = &world.hosts[2];
	uint64_t lost_ms;

	open_world(&world, 2);
	while (!world.full_ms)
		step(&world);
	lost_ms = world.now_ms;
	end_session(&world, 2);
	while (!lost->up) {
		step(&world);
		cr_assert_leq(world.now_ms - lost_ms, (uint64_t)600);
	}
	cr_assert_eq(lost->dials, (size_t)2);
	close_world(&world);
}

/* A dead one keeps no place for longer than two dials. */
Test(candidates_many, take_the_place_of_a_static_node_that_is_dead)
{
	open_world(&world, 3);
	for (uint32_t i = 0; i < STATIC; i++)
		world.hosts[i].kind = DEAD;
	while (world.now_ms < 31000) {
		step(&world);
		cr_assert_leq(candidates_up(&world),
			      (size_t)(MAX_DIALED - STATIC));
	}
	while (candidates_up(&world) < MAX_DIALED) {
		step(&world);
		cr_assert_leq(world.now_ms, (uint64_t)RUN_MS);
	}
	close_world(&world);
}

/* None of the nodes that are told of exists. A static one is dialed at once,
 * and so is each of twenty more. */
Test(candidates_many, that_are_forged_do_not_delay_static_nodes)
{
	open_world(&world, 4);
	for (uint32_t i = STATIC; i < NODES; i++)
		world.hosts[i].kind = DEAD;
	while (world.c.dialing < MAX_DIALED)
		step(&world);
	for (uint32_t i = 0; i < 20; i++) {
		struct enode e = node_of(NODES - 1 - i);
		const struct dial_node *n;

		if (world.hosts[NODES - 1 - i].dialing)
			continue; /* the server would wait for that dial */
		cr_assert_eq(dial_add(&world.d, &e, at(world.now_ms)),
			     ERR_NONE);
		step(&world);
		n = dial_find(&world.d, &e.id);
		cr_assert_eq(n->tries, (uint32_t)1, "%u", i);
	}
	close_world(&world);
}
