/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - what a DNS node list is made of (EIP-1459; specs: discovery.md,
 * "DNS node lists"), each the value of one TXT record:
 *
 *     branch  "enrtree-branch:" [ hash *( "," hash ) ]
 *     leaf    "enr:..."
 *     link    "enrtree://" key "@" domain       also the URL of a list
 *
 * An entry stands at the name hash.domain, where hash is of its text. Pure;
 * nothing to free. */
#ifndef P2P_DNSDISC_ENTRY_H
#define P2P_DNSDISC_ENTRY_H

#include "p2p/enode/enr.h"

enum {
	DNS_HASH_MIN = 12, /* bytes of a hash in somebody's entry */
	DNS_HASH_MAX = 32,
	DNS_HASH_OURS = 16,
	DNS_HASH_TEXT = 53, /* of the longest, with terminator */
	DNS_TEXT_MAX = 65535,
	DNS_DOMAIN_MAX = 254,		     /* with terminator */
	DNS_LINK_TEXT = 65 + DNS_DOMAIN_MAX, /* "enrtree://<key>@<domain>" */
};

/* --- hashes --------------------------------------------------------------- */

struct dns_hash {
	uint8_t len; /* bytes */
	uint8_t b[DNS_HASH_MAX];
};

/* dns_hash_of - as we name an entry of this text. */
struct dns_hash dns_hash_of(struct span text);

/* dns_hash_matches - does the entry's text begin to hash like this? */
bool dns_hash_matches(const struct dns_hash *hash, struct span text);

const char *dns_hash_text(char out[DNS_HASH_TEXT], const struct dns_hash *hash);

/* dns_hash_parse - ERR_FORMAT: no base32, or not 12 to 32 bytes. */
MUST_USE enum err dns_hash_parse(struct dns_hash *out, struct span text);

/* --- entries -------------------------------------------------------------- */

struct dns_link {
	struct ecc_pub pub;	     /* who signs the list */
	char domain[DNS_DOMAIN_MAX]; /* where it is, as written */
};

/* dns_link_parse - ERR_FORMAT, with why. A domain is any printable ASCII but
 * blanks, since names are looked up elsewhere. */
MUST_USE enum err dns_link_parse(struct dns_link *out, struct span text,
				 struct why *why);
const char *dns_link_text(char out[DNS_LINK_TEXT], const struct dns_link *link);

struct dns_entry {
	enum {
		DNS_BRANCH,
		DNS_LEAF,
		DNS_LINK,
	} kind;
	struct span children; /* of a branch, for dns_branch_next; borrowed */
	struct enr record;    /* of a leaf, verified */
	struct dns_link link;
};

/* dns_entry_parse - ERR_UNSUPPORTED: of no known kind. ERR_FORMAT, ERR_AUTH and
 * others: of a known kind, but its hashes, record or link will not do. */
MUST_USE enum err dns_entry_parse(struct dns_entry *out, struct span text,
				  struct why *why);

/* dns_branch_next - take the next child off the list. False: there is none. */
bool dns_branch_next(struct dns_hash *out, struct span *children);

/* dns_branch_count - of a branch that was parsed. */
size_t dns_branch_count(struct span children);

/* dns_entry_find - the entry named `hash` among the TXT values of its name:
 * "skip TXT values of unknown kind, take the first known one, check its hash,
 * then its content". ERR_NOT_FOUND: none is of a known kind. ERR_AUTH: its hash
 * is another. Others as of dns_entry_parse. */
MUST_USE enum err dns_entry_find(struct dns_entry *out,
				 const struct span *values, size_t count,
				 const struct dns_hash *hash, struct why *why);

#endif
