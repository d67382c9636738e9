/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - the nodes that this one remembers (specs: discovery.md, "Node
 * database"): who they are, where they were, when they answered. A pure core,
 * and the memory copy of what nodedb.h keeps on disk:
 *
 *     known_answered, ...      what happened
 *     known_seeds              nodes to begin with
 *     known_collect            what changed, as a batch for nodedb_write
 *     known_written            it is on disk, or not
 *
 * Strangers decide what is in here, so its size is fixed. A node that is new
 * takes the place of one that never answered, else of the one that has been
 * silent the longest; one that never answered does not take that of one that
 * did. Of a /24 (IPv6: /48), LANs excepted, there is a share of nodes at most,
 * which make room for each other by the same rule; one that moved there is as
 * good as one that was heard of.
 *
 * Times are unix seconds, since they outlive the process. Thread: one at a
 * time. */
#ifndef P2P_NODEDB_KNOWN_H
#define P2P_NODEDB_KNOWN_H

#include "p2p/crypto/drbg.h"
#include "p2p/nodedb/entry.h"

enum {
	KNOWN_NODES = 10000,
	KNOWN_SHARE = 64,  /* of a network */
	KNOWN_SEEDS = 30,  /* at a time */
	KNOWN_LISTS = 256, /* DNS node lists */
	KNOWN_BATCH = 1024,
	KNOWN_SEED_S = 5 * 24 * 3600, /* no seed has been silent for longer */
	KNOWN_LIFE_S = 24 * 3600,     /* nor any node that is kept */
	KNOWN_EXPIRE_S = 3600,	      /* how often known_expire is called */
};

struct known;

struct known_limits {
	size_t nodes, share;
};

/* A node, as the owner met it. */
struct known_contact {
	struct ecc_pub pub;
	struct node_id id; /* of pub */
	struct addr udp;   /* with an IP address */
	uint16_t tcp;
	struct enr record; /* verified; len 0: none is known */
};

/* known_new - empty. NULL: the limits above. */
struct known *known_new(const struct known_limits *limits);
void known_free(struct known *k);

/* --- what happened -----------------------------------------------------------
 * A record that is older than the one that is there is ignored. */

/* known_answered - a question of ours, from c->udp. */
void known_answered(struct known *k, const struct known_contact *c,
		    uint64_t unix_s);

/* known_pinged - it sent us a PING, and is known to be at c->udp. */
void known_pinged(struct known *k, const struct known_contact *c,
		  uint64_t unix_s);

/* known_learned - its record is a new one, or it is a node that is new. */
void known_learned(struct known *k, const struct known_contact *c);

/* known_failed - it left questions unanswered, there. */
void known_failed(struct known *k, const struct node_id *id,
		  const struct ip *ip);

/* known_expire - forget the nodes that were silent for KNOWN_LIFE_S, and the
 * addresses where they were. To be called every KNOWN_EXPIRE_S: it does nothing
 * unless a node answered since the call before, so that seeds outlive a long
 * time without power or network. Costs 1 ms. */
void known_expire(struct known *k, uint64_t unix_s);

/* --- what is known ---------------------------------------------------------
 */

struct known_node {
	struct known_contact contact;
	/* At contact.udp. */
	uint64_t ping, pong;
	uint32_t failures;
};

/* known_get - false: it is not known, or its record's signature is wrong, and
 * then it is not known any more. Costs 40 us. */
bool known_get(struct known *k, struct known_node *out,
	       const struct node_id *id);

/* known_pong - when it answered from there last; 0: never. */
uint64_t known_pong(const struct known *k, const struct node_id *id,
		    const struct ip *ip);

enum known_seed {
	KNOWN_ANY,
	KNOWN_RECORD, /* with a record */
};

/* known_seeds - up to KNOWN_SEEDS different nodes, drawn of all that answered
 * within KNOWN_SEED_S from where they are now; those first that did not fail
 * since. Returns how many. Costs 2 ms. */
size_t known_seeds(struct known *k, struct known_node out[KNOWN_SEEDS],
		   enum known_seed kind, struct drbg *random, uint64_t unix_s);

size_t known_count(const struct known *k);

/* known_list_seq - of the newest root seen of a DNS node list; 0: none. */
uint64_t known_list_seq(struct known *k, const char *url, uint64_t unix_s);

/* known_set_list_seq - only if it is higher. The URL is shorter than
 * ENTRY_URL_MAX. Of KNOWN_LISTS the one that nobody asked for the longest
 * makes room. */
void known_set_list_seq(struct known *k, const char *url, uint64_t seq,
			uint64_t unix_s);

/* --- from and to disk ------------------------------------------------------
 */

/* known_load - an entry of the database, before anything else happens.
 * ERR_FORMAT: it is not valid, and not taken; a later batch deletes it, if its
 * key is one of ours. */
MUST_USE enum err known_load(struct known *k, struct span key,
			     struct span value);

/* known_loaded - that were all. */
void known_loaded(struct known *k);

/* A change: the entry's value, or len 0: it is deleted. */
struct known_change {
	struct entry_key key;
	size_t at, len; /* in the batch's values */
};

/* Changes to be written together, on any thread. */
struct known_batch {
	struct buf values;
	size_t count;
	struct known_change changes[KNOWN_BATCH];
	uint64_t seq; /* of our own record (nodedb.h); 0: none */
};

/* known_collect - up to KNOWN_BATCH changes, and seq. NULL: nothing changed,
 * and seq is 0. The owner gives the batch back by known_written before it
 * collects another. */
struct known_batch *known_collect(struct known *k, uint64_t seq);

/* known_written - takes a batch, which was written as a whole or not at all.
 * If it was not, its changes are collected again. */
void known_written(struct known *k, struct known_batch *batch, enum err rc);

/* known_has_changes - is there something to collect? */
bool known_has_changes(const struct known *k);

#endif
