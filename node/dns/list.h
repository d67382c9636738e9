/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - a DNS node list as its publisher keeps it: a folder with two files
 * in the shape of go-ethereum's devp2p (specs: discovery.md, "Command-line
 * surface").
 *
 *     nodes.json          the records: see nodeset.h
 *     enrtree-info.json   {"url", "seq", "signature", "links", "lastModified"}
 *
 * Blocks on files; else pure. */
#ifndef NODE_DNS_LIST_H
#define NODE_DNS_LIST_H

#include "node/nodeset.h"
#include "p2p/dnsdisc/tree.h"

enum {
	DNSLIST_LINKS_MAX = 10000,
	DNSLIST_INFO_MAX = 8 * 1024 * 1024, /* bytes of enrtree-info.json */
};

/* Zero is an empty list; not to be copied. */
struct dnslist {
	bool has_url;
	struct dns_link url; /* where it is, and of whom */
	uint64_t seq;
	bool is_signed;
	struct ecc_sig sig; /* of the root with this seq and what is below */
	struct dns_link *links;
	size_t link_count;
	uint64_t modified; /* seconds since 1970 */
	struct nodeset nodes;
};

void dnslist_clear(struct dnslist *list);

/* dnslist_add_link - ERR_LIMIT: there are DNSLIST_LINKS_MAX. */
MUST_USE enum err dnslist_add_link(struct dnslist *list,
				   const struct dns_link *link);

/* --- files ---------------------------------------------------------------- */

/* dnslist_read_info - all but the nodes, from enrtree-info.json, into a list
 * that has none of it. ERR_FORMAT, ERR_LIMIT, with why.
 * dnslist_write_info - appended to out, without a line feed at the end. */
MUST_USE enum err dnslist_read_info(struct dnslist *list, struct span json,
				    struct why *why);
void dnslist_write_info(struct buf *out, const struct dnslist *list);

/* dnslist_load_info - from the folder. ERR_NOT_FOUND: it has no such file.
 * dnslist_load - with the nodes, which have to be there; without info there are
 * none of it. On an error the list is empty. */
MUST_USE enum err dnslist_load_info(struct dnslist *list, const char *folder,
				    struct why *why);
MUST_USE enum err dnslist_load(struct dnslist *list, const char *folder,
			       struct why *why);

/* dnslist_save_info - dnslist_save: with the nodes, and makes the folder if
 * there is none. */
MUST_USE enum err dnslist_save_info(const struct dnslist *list,
				    const char *folder, struct why *why);
MUST_USE enum err dnslist_save(struct dnslist *list, const char *folder,
			       struct why *why);

/* --- signing -------------------------------------------------------------- */

/* dnslist_check_domain - may a list be there? ERR_FORMAT, ERR_LIMIT. */
MUST_USE enum err dnslist_check_domain(const char *domain, struct why *why);

/* dnslist_tree - the tree of the list's nodes and links; its root has no seq
 * and no signature. Clear it. Errors of dns_tree_make. */
MUST_USE enum err dnslist_tree(struct dns_tree *out, struct dnslist *list,
			       struct why *why);

/* dnslist_sign - for this domain, with list->seq. Sets the URL and the
 * signature. Errors of the two above. */
MUST_USE enum err dnslist_sign(struct dnslist *list, const char *domain,
			       const struct ecc_keypair *key, struct why *why);

/* dnslist_signed_tree - the tree with its whole root, of which `text` is the
 * text. ERR_AUTH: not signed, or not as it is now. */
MUST_USE enum err dnslist_signed_tree(struct dns_tree *out,
				      char text[DNS_ROOT_TEXT],
				      struct dnslist *list, struct why *why);

#endif
