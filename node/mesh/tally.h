/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h - what is known of a mesh's nodes and links while it forms and runs,
 * and what it comes to. Pure: it is told, and asked. */
#ifndef NODE_MESH_TALLY_H
#define NODE_MESH_TALLY_H

#include <stdbool.h>

#include "node/mesh/topology.h"
#include "p2p/enode/enode.h"

enum {
	TALLY_WHY_MAX = 256, /* bytes of a reason, with terminator */
	TALLY_NAME_MAX = 16, /* "n5000", likewise */
};

/* What foobar tells of a session, from one end. */
struct tally_talk {
	uint64_t foo_in, foo_out;
	uint64_t bar_in, bar_out;
	uint64_t round_trip_ns; /* of the last foo that was answered; 0: none */
};

/* A link as one of its nodes sees it. */
struct tally_end {
	bool up;
	bool was_up, was_done; /* ever */
	struct tally_talk talk;
};

struct tally_link {
	struct mesh_link link;
	struct tally_end ends[2]; /* the dialer's, the listener's */
	size_t losses;		  /* times that it was up at both and ended */
	char why[TALLY_WHY_MAX];  /* it last failed; "" */
};

struct tally_node {
	struct enode self; /* zeroed before it listens */
	bool listens;
	bool stopped; /* and nothing was wrong with that */
	size_t degree;
	size_t peers;		 /* sessions, planned or not */
	uint64_t messages_in;	 /* after it stopped */
	uint64_t messages_out;	 /* likewise */
	uint64_t bytes_in;	 /* likewise */
	uint64_t bytes_out;	 /* likewise */
	char why[TALLY_WHY_MAX]; /* it failed; "" */
	size_t first_link;	 /* of the node's in by_node */
};

/* A node by its id. */
struct tally_id {
	struct node_id id;
	size_t node;
};

/* Not to be copied. */
struct tally {
	struct topology topology;
	size_t nodes;
	struct tally_node *node;
	size_t links;
	struct tally_link *link;
	size_t *by_node;      /* links of the first node, of the second ... */
	struct tally_id *ids; /* sorted */
	bool wants_talk;      /* a link is good once it carried foo and bar */
	size_t strangers;     /* ends of sessions that no link is for */
	size_t up, done;      /* links now */
	size_t steps;	      /* see tally_progress */
};

/* tally_init - the ids are those of the nodes, in order; all is copied. */
void tally_init(struct tally *t, const struct topology *topology, size_t nodes,
		const struct node_id *ids, const struct mesh_link *links,
		size_t link_count, bool wants_talk);
void tally_clear(struct tally *t);

/* tally_name - "n1" for node 0. Returns out. */
const char *tally_name(char out[TALLY_NAME_MAX], size_t node);

/* tally_listens - the node is there. */
void tally_listens(struct tally *t, size_t node, const struct enode *self);

/* tally_node_failed - the first reason stands. */
void tally_node_failed(struct tally *t, size_t node, const char *why);

/* tally_node_gone - it has no sessions any more, whatever its peers believe. */
void tally_node_gone(struct tally *t, size_t node);

/* The node has a session with a peer, or has it no longer. */
void tally_up(struct tally *t, size_t node, const struct node_id *peer);
void tally_down(struct tally *t, size_t node, const struct node_id *peer,
		const char *why);

/* tally_dial_failed - a dial of the node's was in vain. */
void tally_dial_failed(struct tally *t, size_t node, const struct node_id *peer,
		       const char *why);

/* tally_talk - what foobar says of the session now. */
void tally_talk(struct tally *t, size_t node, const struct node_id *peer,
		const struct tally_talk *talk);

/* tally_find - the link of a node with a peer, and which end of it the node is;
 * NULL: there is none. */
struct tally_link *tally_find(const struct tally *t, size_t node,
			      const struct node_id *peer, size_t *end);

/* tally_is_done - up, and everything carried that is to be. */
bool tally_is_done(const struct tally *t, const struct tally_link *link);

/* tally_node_asks - has it a session that is up and may have talked since it
 * was asked last? */
bool tally_node_asks(const struct tally *t, size_t node);

/* tally_all_done - of all links, and there is no session besides. */
bool tally_all_done(const struct tally *t);

/* tally_progress - a number that grows with each first step toward that. */
size_t tally_progress(const struct tally *t);

/* What it comes to. */
struct tally_sums {
	size_t nodes_failed;
	size_t links_failed;
	uint64_t messages_in, messages_out;
	uint64_t bytes_in, bytes_out;
	size_t round_trips; /* ends of links that measured one */
	uint64_t least_ns, median_ns, p90_ns, p99_ns, most_ns;
};
void tally_sum(struct tally_sums *out, const struct tally *t);

/* tally_link_why - why it is not done: a reason, or what is missing. Returns
 * out. */
const char *tally_link_why(char out[TALLY_WHY_MAX], const struct tally *t,
			   const struct tally_link *link);

#endif
