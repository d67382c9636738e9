/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - the nodes that we know and keep checking (specs: discovery.md,
 * "Node table"). A pure core, shared in its design by v4 and v5, one for each.
 *
 * Nodes lie in 17 buckets by their distance from us, 16 in each, with up to 10
 * replacements waiting. A node is live once it answered a check; only live ones
 * are told to others. Old nodes are preferred: a new one comes in when an old
 * one is gone, and an old one survives several lost checks.
 *
 * Against nodes by the thousand on a few hosts: of one /24 (IPv6: /48), LAN
 * excepted, at most 2 are in a bucket and 10 in the table, replacements
 * included, and at most 2 that are not live are checked at a time. Nodes that
 * come by themselves are taken only after the table was filled by us first. */
#ifndef P2P_DISCOVER_TABLE_H
#define P2P_DISCOVER_TABLE_H

#include "p2p/base/mono.h"
#include "p2p/crypto/drbg.h"
#include "p2p/discover/contact.h"

enum {
	TABLE_BUCKETS = 17, /* 0: logdist 0..240; i: 240 + i */
	TABLE_BUCKET = 16,
	TABLE_REPLACEMENTS = 10,
	TABLE_MAX = TABLE_BUCKETS * TABLE_BUCKET,
	TABLE_CLOSEST = 16,
	TABLE_SUBNET_BUCKET = 2,
	TABLE_SUBNET_ALL = 10,
	TABLE_CHECKS = 16, /* under way at a time */
};

struct table;

enum table_origin {
	TABLE_FOUND,   /* somebody told us of it */
	TABLE_INBOUND, /* it came itself, and proved its endpoint */
};

/* rng is borrowed and decides on times and on who comes first. */
struct table *table_new(const struct node_id *self, struct drbg *rng);
void table_free(struct table *t);

/* table_add - a node was seen. ERR_NONE: it is in its bucket, and is going to
 * be checked within seconds. ERR_EXISTS: it was there; what is newer of it was
 * taken. ERR_BUSY: its bucket is full, it waits as a replacement. ERR_DENIED:
 * it is ourselves, has no usable endpoint, its network has its share, or it is
 * inbound before table_ready. */
MUST_USE enum err table_add(struct table *t, const struct contact *c,
			    enum table_origin origin, struct mono now);

/* table_ready - the first refresh is over: inbound nodes are welcome. */
void table_ready(struct table *t);

/* --- who is there ----------------------------------------------------------
 * What is returned is borrowed until the next call that changes the table. */

size_t table_count(const struct table *t);
size_t table_live(const struct table *t);

/* table_find - a node in a bucket; NULL. */
const struct contact *table_find(const struct table *t,
				 const struct node_id *id);
bool table_is_live(const struct table *t, const struct node_id *id);

enum table_pick {
	TABLE_ANY,
	TABLE_ASKABLE, /* not inbound, or checked once, or there for a second:
			* one that has just come gets its answers before our
			* questions */
	TABLE_LIVE,
};

/* table_closest - the closest to the target, closest first. Returns the
 * count. */
size_t table_closest(const struct table *t,
		     const struct contact *out[TABLE_CLOSEST],
		     const struct node_id *target, enum table_pick pick,
		     struct mono now);

/* table_at - live nodes at exactly that logdist, 1..256, in any order; at most
 * TABLE_BUCKET. */
size_t table_at(struct table *t, const struct contact *out[TABLE_BUCKET],
		unsigned distance);

/* table_reach - how far from us all nodes there are have room in the table:
 * the logdist below that of the nearest full bucket, 240..256. */
unsigned table_reach(const struct table *t);

/* A node in a bucket. */
struct table_row {
	const struct contact *contact;
	unsigned bucket; /* below TABLE_BUCKETS */
	struct mono added;
	unsigned checks; /* answered, the lost ones counted against them */
	bool live;
};

/* table_visit - every node, by buckets, oldest first in each. */
void table_visit(const struct table *t,
		 void (*visit)(void *ctx, const struct table_row *row),
		 void *ctx);

/* --- checks -----------------------------------------------------------------
 */

/* table_due - when there may be a node to check; MONO_NEVER. Looks through the
 * table once after each change that matters to it, else costs nothing. */
struct mono table_due(struct table *t);

/* table_take_check - a node to PING now, to be ended by one of the next two.
 * False: none. */
bool table_take_check(struct table *t, struct contact *out, struct mono now);

/* table_alive - the check was answered. Returns how many have been so far, the
 * losses counted against them; 0: the node is gone meanwhile. */
unsigned table_alive(struct table *t, const struct node_id *id,
		     struct mono now);

/* table_dead - the check was not answered: "checks = checks / 3. If 0, delete
 * and promote a random replacement". True: the node was removed. */
bool table_dead(struct table *t, const struct node_id *id, struct mono now);

/* table_hurry - check this node soon: it says that it changed. */
void table_hurry(struct table *t, const struct node_id *id, struct mono now);

/* table_asked - a lookup asked the node, and it told of somebody, or not. "5
 * consecutive [failures], and only if the bucket has at least 4 entries": it is
 * removed, and true returned. */
bool table_asked(struct table *t, const struct node_id *id, bool answered,
		 struct mono now);

#endif
