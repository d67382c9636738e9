/* SPDX-License-Identifier: Apache-2.0 */
/* zone.h - a DNS node list as TXT records: names and values, as a zone file
 * (RFC 1035, section 5) for a name server, or as the JSON object of
 * go-ethereum's `devp2p dns to-txt` (name -> value). Pure. */
#ifndef NODE_DNS_ZONE_H
#define NODE_DNS_ZONE_H

#include "p2p/base/buf.h"
#include "p2p/dnsdisc/tree.h"

enum {
	DNSZONE_ROWS_MAX = 2 * DNS_TREE_MAX,
	DNSZONE_TEXT_MAX = 128 * 1024 * 1024, /* bytes of a file */
	DNSZONE_ROOT_TTL = 1800,	      /* seconds */
	DNSZONE_ENTRY_TTL = 4 * 7 * 24 * 3600,
};

struct dnszone_row {
	char *name; /* without a dot at the end */
	char *value;
	size_t len; /* of the value, which may hold any byte */
};

/* Zero is an empty one; not to be copied. */
struct dnszone {
	struct dnszone_row *rows;
	size_t count;
	bool is_sorted;
};

void dnszone_clear(struct dnszone *z);

/* dnszone_add - one more TXT record. ERR_LIMIT: there are DNSZONE_ROWS_MAX. */
MUST_USE enum err dnszone_add(struct dnszone *z, struct span name,
			      struct span value);

/* dnszone_of_tree - the names of a tree at this domain; `root` is the text of
 * its root. */
void dnszone_of_tree(struct dnszone *z, const struct dns_tree *tree,
		     const char *domain, const char *root);

/* dnszone_find - up to `room` values of a name, in either case; borrowed.
 * Returns how many there are. Sorts the rows. */
size_t dnszone_find(struct dnszone *z, struct span *values, size_t room,
		    const char *name);

/* dnszone_write_json - as devp2p does: sorted by name, four blanks a level, no
 * line feed at the end.
 * dnszone_write - as lines of a zone file, to be included in that of the domain
 * or one above it: names in lower case and complete, the root's first; values
 * of over 253 bytes in several strings. */
void dnszone_write_json(struct buf *out, struct dnszone *z);
void dnszone_write(struct buf *out, struct dnszone *z, const char *domain,
		   const char *url, uint64_t seq);

/* dnszone_read - from either form: JSON if it begins with '{'. Of a zone file
 * records other than TXT are ignored; $ORIGIN and $TTL are known. ERR_FORMAT,
 * ERR_UNSUPPORTED (another directive), ERR_LIMIT: why names the line. The zone
 * is empty then. */
MUST_USE enum err dnszone_read(struct dnszone *z, struct span text,
			       struct why *why);

#endif
