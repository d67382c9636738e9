/* SPDX-License-Identifier: Apache-2.0 */
/* known_inside.h - what the sources of known.h share. */
#ifndef P2P_NODEDB_KNOWN_INSIDE_H
#define P2P_NODEDB_KNOWN_INSIDE_H

#include "p2p/crypto/hashtable.h"
#include "p2p/nodedb/known.h"

/* Of an entry, against what is on disk. */
struct known_state {
	bool is_stored; /* some value of it is there */
	bool is_dirty;	/* another one than here */
};

struct known_net {
	uint8_t b[1 + 6]; /* family, and the bits of a /24 or /48 */
};

struct known_item {
	struct node_id id;
	struct ecc_pub pub;
	struct addr udp;
	uint16_t tcp;
	uint16_t record_len;
	uint8_t count; /* of at */
	bool is_proven;
	bool is_lan;
	struct known_state state;
	struct known_net net; /* of udp */
	uint64_t seq;
	uint8_t *record;
	struct entry_address *at;
	UT_hash_handle hh;
};

struct known_share {
	struct known_net net;
	size_t count; /* never 0 */
	UT_hash_handle hh;
};

struct known_list {
	struct entry_key key;
	struct known_state state;
	struct entry_list list;
	UT_hash_handle hh;
};

/* Something that is on disk, and nowhere else. */
struct known_gone {
	struct entry_key key;
	UT_hash_handle hh;
};

struct known {
	struct known_limits limits;
	/* Those that answered once, longest silent first; and the others, in
	 * the order in which they were heard of. */
	struct known_item *proven, *unproven;
	struct known_share *shares;
	struct known_list *lists;
	struct known_gone *gone;
	size_t dirty;	   /* nodes and lists */
	bool has_answered; /* a node, since known_expire was called */
	bool is_in_use;	   /* one had, between the two calls before */
};

/* --- known.c -------------------------------------------------------------- */

struct known_item *known_find(const struct known *k, const struct node_id *id);

/* known_insert - an item as the one heard of last, among those where it
 * belongs. Limits are left to known_trim. */
void known_insert(struct known *k, struct known_item *item);
void known_remove(struct known *k, struct known_item *item);

/* known_trim - back to the limits, as far as the network of item goes: item
 * itself may be removed. */
void known_trim(struct known *k, const struct known_item *item);
void known_trim_all(struct known *k);

/* known_place - where an item is asked, and what follows of it; before
 * known_insert. */
void known_place(struct known_item *item, const struct addr *udp);

struct entry_address *known_address(const struct known_item *item,
				    const struct ip *ip);

/* known_fill - true unless the record is not signed by its node. */
bool known_fill(struct known_node *out, const struct known_item *item);

/* --- known_disk.c --------------------------------------------------------- */

void known_changed(struct known *k, struct known_state *s);

/* The entry of that key is there now, or is not there any more. */
void known_came(struct known *k, struct known_state *s,
		const struct entry_key *key);
void known_went(struct known *k, const struct known_state *s,
		const struct entry_key *key);

/* --- known_lists.c -------------------------------------------------------- */

struct known_list *known_list_find(const struct known *k,
				   const struct entry_key *key);
struct known_list *known_list_insert(struct known *k,
				     const struct entry_list *list);
void known_lists_trim(struct known *k);
void known_lists_clear(struct known *k);

static inline void *known_made(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* A clock that was wrong may have left times that are still to come. */
static inline uint64_t known_age(uint64_t unix_s, uint64_t then)
{
	return unix_s > then ? unix_s - then : 0;
}

#endif
