/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - networks of discovery cores in one process, of either version: links
 * with latency and loss, and a virtual clock. Each node is in a public /24 of
 * its own, unless it is put elsewhere. All chance comes from a seed, which is
 * printed; WEFT_SCENE_SEED=N repeats a run. */
#ifndef TEST_SCENE_SIM_H
#define TEST_SCENE_SIM_H

#include "p2p/base/reach.h"
#include "p2p/discover/table.h"
#include "p2p/discover/v4.h"
#include "p2p/discover/v5.h"
#include "test/support/unit.h"

enum {
	SIM_NODES = 4096, /* that there ever were */
	SIM_SEEDS = 30,
	SIM_WIDTH = 16,	 /* of a lookup */
	SIM_BETWEEN = 2, /* the side of a node that no cut keeps from others */
};

struct sim_node {
	struct v4 *v4; /* one of them; both NULL: it is gone */
	struct v5 *v5;
	struct ecc_keypair key;
	struct contact contact;
	struct mono due;
	bool is_hostile; /* of no account for lookups */
	unsigned side;	 /* of a network that is cut */

	/* What its database would remember. */
	size_t seed_count, seed_next;
	struct contact seeds[SIM_SEEDS];

	uint32_t request; /* the lookup that the scene waits for */
	struct node_id target;
};

struct sim {
	enum discover_version version;
	uint64_t seed;
	struct drbg rng;
	struct mono now;
	size_t count;
	struct sim_node *nodes[SIM_NODES];
	unsigned loss; /* per cent */
	bool is_cut;   /* between nodes of different sides */

	/* The rest is the clock's and the links'. */
	struct sim_step *steps; /* a heap */
	size_t step_count, step_room;
	uint64_t step_number;
	struct sim_place *places;

	/* Lookups that have ended since sim_look_up began. */
	size_t over, exact, worst;

	/* Called for each datagram as it leaves; NULL. */
	void (*sent)(const struct sim_node *from, const struct datagram *d);
};

extern struct sim sim;

/* sim_open - of the version that the program was built for: SIM_VERSION. */
void sim_open(void);
void sim_close(void);

struct sim_place_of {
	const struct addr *at;	       /* NULL: its own /24 */
	const struct addr *claims;     /* its record says; NULL: the truth */
	const struct ecc_keypair *key; /* NULL: any */
	const struct reach *reach;     /* NULL: everywhere */
	size_t bootnode;	       /* SIM_NODES: none */
};

/* sim_add - a node that begins now. Returns its number. */
size_t sim_add(const struct sim_place_of *place);

/* sim_join - one in its own /24, of that bootnode. */
size_t sim_join(size_t bootnode);

/* sim_walk - it looks for nodes all the time. */
void sim_walk(size_t i);

/* sim_leave - gone without a word. */
void sim_leave(size_t i);

/* sim_grow - that many nodes, the first of which is the bootnode of all others,
 * so far apart; then the time it takes to settle. */
void sim_grow(size_t count, uint64_t apart_ms, uint64_t settle_ms);

void sim_run(uint64_t ms);
uint64_t sim_unix(void);

/* A node that is there and not hostile. */
size_t sim_any(void);
size_t sim_live(void);

const struct table *sim_table(size_t i);

/* sim_at - the node that has that address; SIM_NODES: none. */
size_t sim_at(const struct addr *at);

/* sim_feed - a packet from anywhere, now. */
void sim_feed(size_t to, const struct addr *from, struct span packet);

/* sim_look_up - that many lookups of random targets by random nodes, so far
 * apart. Counts how many found exactly the closest 16 of those that were there
 * when it was over, and how many of them the worst found. */
struct sim_tally {
	size_t lookups, exact, worst;
};

struct sim_tally sim_look_up(size_t count, uint64_t apart_ms);

#endif
