/* SPDX-License-Identifier: Apache-2.0 */
/* dial.h - whom to dial next, and when: the static nodes (specs: devp2p 6.4).
 * A pure core. Nodes wait in a heap by due time, so thousands cost nothing
 * while nothing is due.
 *
 * A node is dialed at once when it is added, and whenever a dial failed or its
 * session ended: after 0.5 s, doubling each time to 35 s, from the start again
 * after a session of 30 s. Chance takes up to a quarter off each wait, or two
 * nodes that dial each other could go on meeting. A node that we have a session
 * with is not dialed, whoever opened that session.
 *
 * The nodes that others tell us of are candidates.h's. */
#ifndef P2P_SERVER_DIAL_H
#define P2P_SERVER_DIAL_H

#include "p2p/base/mono.h"
#include "p2p/crypto/drbg.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/enode/enode.h"

enum {
	DIAL_EXPECTED = 2 /* see dial_expected */
};

struct dial_limits {
	uint32_t first_ms; /* wait after the first failure */
	uint32_t most_ms;
	uint32_t good_ms; /* a session this long starts the waits anew */
	uint32_t spread;  /* per cent of a wait that chance may take off */
};

struct dial_node {
	struct enode node;
	uint32_t tries; /* dials so far, this one included; may wrap */

	/* Private to dial.c. */
	bool dialing;
	bool up;
	bool removed;	  /* to be freed when its dial is over */
	bool expected;	  /* counted in dial.expected */
	uint8_t failures; /* since it was added or up, to DIAL_EXPECTED */
	uint32_t wait_ms; /* after the next failure */
	struct mono due;  /* while in the heap */
	struct mono up_at;
	size_t at; /* place in the heap */
	UT_hash_handle hh;
};

/* Owns its nodes; not to be copied. */
struct dial {
	const struct dial_limits *limits;
	struct dial_node *by_id;
	struct dial_node **heap; /* neither dialing nor up */
	size_t waiting;
	size_t room;
	size_t dialing;
	size_t expected;
	struct drbg chance;
};

/* dial_init - the same seed gives the same waits. */
void dial_init(struct dial *d, const struct dial_limits *limits,
	       const struct secret32 *seed);
void dial_clear(struct dial *d);

/* dial_add - a new node, due at once; ERR_EXISTS. */
MUST_USE enum err dial_add(struct dial *d, const struct enode *node,
			   struct mono now);

/* dial_remove - forget the node. One whose dial is under way lives until
 * dial_done, but is found no more. */
void dial_remove(struct dial *d, struct dial_node *n);

/* dial_find - NULL when the node is not one of ours. */
struct dial_node *dial_find(const struct dial *d, const struct node_id *id);

/* dial_expected - nodes without a session whose dial has not failed twice in a
 * row: the places that they will need are not for others. One that is dead
 * keeps none. */
size_t dial_expected(const struct dial *d);

/* dial_slots - how many dials may be under way: "min((maxDialed - current
 * dialed peers) * 2, MaxPendingPeers)", twice the need because many fail. */
size_t dial_slots(size_t max_dialed, size_t dialed_peers, size_t max_pending);

/* dial_take - the next node that is due, its dial now under way and to be
 * ended by dial_done; NULL when none is due or `slots` dials run already. */
struct dial_node *dial_take(struct dial *d, size_t slots, struct mono now);

/* dial_skip - undo dial_take: the node is about to be up without a dial. It is
 * due again after the first wait. */
void dial_skip(struct dial *d, struct dial_node *n, struct mono now);

/* dial_due - when the next node is due; MONO_NEVER. */
struct mono dial_due(const struct dial *d);

/* dial_done - the dial is over. If it became a session, dial_up was called
 * before. A node removed meanwhile is freed. */
void dial_done(struct dial *d, struct dial_node *n, struct mono now);

/* A session with the node began, ended. */
void dial_up(struct dial *d, struct dial_node *n, struct mono now);
void dial_down(struct dial *d, struct dial_node *n, struct mono now);

#endif
