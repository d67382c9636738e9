/* SPDX-License-Identifier: Apache-2.0 */
/* zone.h - names and their TXT values, in place of DNS, and lists to put there.
 */
#ifndef TEST_UNIT_DNSDISC_ZONE_H
#define TEST_UNIT_DNSDISC_ZONE_H

#include "p2p/dnsdisc/event.h"
#include "p2p/dnsdisc/tree.h"

struct zone_row {
	char *name;
	char *text; /* NULL: the server fails */
};

/* Zero is an empty one; zone_clear in the end. */
struct zone {
	struct zone_row *rows;
	size_t count;
};

/* zone_set_up - the .init of a test with lists. */
void zone_set_up(void);

void zone_clear(struct zone *z);

/* zone_set - the value of a name from now on. */
void zone_set(struct zone *z, const char *name, const char *text);
const struct zone_row *zone_find(const struct zone *z, const char *name);
void zone_drop(struct zone *z, const char *name);

/* The n-th key of this test, a list of that key, and a record of that node. */
struct secret32 zone_key(unsigned n);
struct dns_link zone_link(unsigned n, const char *domain);
struct enr zone_record(unsigned n);

/* zone_add_list - records first .. first + count - 1 and these links, signed by
 * the owner of `list`, which is the n-th. */
void zone_add_list(struct zone *z, unsigned n, const char *domain, uint64_t seq,
		   unsigned first, unsigned count, const struct dns_link *links,
		   size_t link_count);

/* zone_add_root - sign these two. */
void zone_add_root(struct zone *z, unsigned n, const char *domain, uint64_t seq,
		   const struct dns_hash *records,
		   const struct dns_hash *links);

/* zone_add_entry - at the name that it has by its text, or that of another hash
 * of it. Returns the hash. */
struct dns_hash zone_add_entry(struct zone *z, const char *domain,
			       const char *text);

/* zone_add_branch - of these children. */
struct dns_hash zone_add_branch(struct zone *z, const char *domain,
				const struct dns_hash *children, size_t count);

/* zone_add_loop - a list with a branch that is named twice, whose hash it
 * returns; a loop, as far as a reader can tell. */
struct dns_hash zone_add_loop(struct zone *z, unsigned n, const char *domain,
			      uint64_t seq);

#endif
