/* SPDX-License-Identifier: Apache-2.0 */
/* nodefilter.h - the part of a set of nodes that is wanted, as devp2p's
 * `nodeset filter`; and which keys the records of a set have. Pure. */
#ifndef NODE_NODEFILTER_H
#define NODE_NODEFILTER_H

#include "node/nodeset.h"
#include "p2p/base/netlist.h"

enum {
	NODEFILTER_KEYS = 16,
};

/* Zero, but for limit, keeps every node. */
struct nodefilter {
	/* At most that many, those with the highest scores; of the same score
	 * the lower id comes first. */
	uint64_t limit;
	struct netlist ips; /* its address is in one of them; empty: any */
	uint64_t min_age;   /* seconds from its first to its last answer */
	bool dialable;	    /* has a TCP or QUIC port */
	size_t key_count;   /* has all of these keys in its record */
	const char *keys[NODEFILTER_KEYS];
};

/* nodefilter_apply - remove all others. The limit is of what is left then. */
void nodefilter_apply(struct nodeset *set, const struct nodefilter *f);

/* --- keys -------------------------------------------------------------------
 */

/* A key and how many records have it. */
struct nodekeys_row {
	uint8_t key[ENR_MAX];
	size_t len;
	size_t nodes;
};

/* nodekeys_count - all keys, the most frequent first, then by their bytes.
 * Returns how many; free(*out). */
size_t nodekeys_count(struct nodekeys_row **out, const struct nodeset *set);

#endif
