/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - a DNS node list made of records and links, for its publisher (specs:
 * discovery.md, "Making a tree"). The root is signed with root.h. Pure. */
#ifndef P2P_DNSDISC_TREE_H
#define P2P_DNSDISC_TREE_H

#include "p2p/dnsdisc/root.h"

enum {
	DNS_BRANCH_CHILDREN = 13, /* "27 bytes per child within 370" */
	DNS_TREE_MAX = 100000,	  /* entries, of both trees */
};

struct dns_tree_entry {
	struct dns_hash hash; /* its name below the domain */
	char *text;	      /* its TXT value */
};

struct dns_tree {
	struct dns_root root; /* without seq, sig and digest */
	struct dns_tree_entry *entries;
	size_t count;
};

/* dns_tree_make - the entries, in no order that matters; each name once. Lists
 * of the same records are the same, whatever their order; links stay in theirs.
 * ERR_LIMIT: over DNS_TREE_MAX. ERR_EXISTS: a node or link twice. ERR_FORMAT: a
 * record with a port that is none. Errors of enr_verify. why names the record
 * or link by its place, from 1 on; *out is set on success only, to be cleared.
 */
MUST_USE enum err dns_tree_make(struct dns_tree *out, const struct enr *records,
				size_t record_count,
				const struct dns_link *links, size_t link_count,
				struct why *why);

void dns_tree_clear(struct dns_tree *tree);

#endif
