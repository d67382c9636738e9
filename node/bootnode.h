/* SPDX-License-Identifier: Apache-2.0 */
/* bootnode.h - where discovery begins: nodes as they were configured, and how
 * they are asked. */
#ifndef NODE_BOOTNODE_H
#define NODE_BOOTNODE_H

#include "p2p/discover/contact.h"
#include "p2p/net/loop.h"

enum {
	BOOTNODE_SEARCH_MS = 5000,
};

/* By URL, or by a record. */
struct bootnode {
	struct enode node;
	struct enr record; /* verified; len 0: it was a URL */
};

/* bootnode_contact - false: it has no address, or a name for one. */
bool bootnode_contact(struct contact *out, const struct bootnode *b,
		      const struct reach *reach);

/* bootnode_named - the same of one that has a name, which has these addresses.
 * False: none is of use. */
bool bootnode_named(struct contact *out, const struct bootnode *b,
		    const struct ip *ips, size_t count,
		    const struct reach *reach);

/* Names of bootnodes that are looked up. */
struct bootnode_search;

/* bootnode_search_open - fill in out, `count` of them. NULL: that is done,
 * since all have addresses. Else `done` is called once, later: ERR_NOT_FOUND
 * for a name without an address, ERR_TIMEOUT after BOOTNODE_SEARCH_MS. All but
 * the list and out is the search's own, until it is closed. reach: as of
 * finder_reach; copied. */
struct bootnode_search *bootnode_search_open(
	struct net_loop *loop, struct contact *out, const struct bootnode *list,
	size_t count, const struct reach *reach,
	void (*done)(void *ctx, enum err rc, const struct why *why), void *ctx);

/* bootnode_search_close - `done` is not called any more; also from inside of
 * it. NULL is ignored. */
void bootnode_search_close(struct bootnode_search *s);

#endif
