/* SPDX-License-Identifier: Apache-2.0 */
/* known_inside.h - what the sources of known.h share. */
#ifndef P2P_NODEDB_KNOWN_INSIDE_H
#define P2P_NODEDB_KNOWN_INSIDE_H

#include <utlist.h>

#include "p2p/crypto/hashtable.h"
#include "p2p/nodedb/known.h"

enum {
	KNOWN_BUCKETS = 4096,
};

/* Of an entry, against what is on disk. */
struct known_state {
	bool is_stored : 1; /* some value of it is there */
	bool is_dirty : 1;  /* another one than here */
};

/* Of an entry_address all but the address. */
struct known_times {
	uint32_t ping, pong, failures;
};

/* A node, in one block of memory: what follows the struct are times; the IP
 * addresses they belong to, each of 4 bytes, or of 16 if one is IPv6; the one
 * where it is asked, unless that is one of them; and its record, or its public
 * key if none is known. To change more than times is to make another. */
struct known_item {
	struct known_item *prev, *next;	   /* in the list where it belongs */
	struct known_item *by_id, *by_net; /* next one of its buckets */
	struct node_id id;
	uint16_t udp, tcp; /* ports */
	uint16_t record_len;
	uint8_t count : 3; /* of times */
	uint8_t here : 3;  /* which are those of where it is asked; or count */
	bool has_ip6 : 1;
	bool is_proven : 1;
	struct known_state state;
	struct known_times times[];
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
	/* All of them, found by id; and, but for LANs, by network: those of
	 * one that were heard of or moved there last are the first. */
	struct known_item *by_id[KNOWN_BUCKETS], *by_net[KNOWN_BUCKETS];
	size_t count;
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

/* known_replace - an item by another of what is remembered now, in the same
 * place of the order, and changed. What the node borrows may be the old one's.
 * Returns the new one. */
struct known_item *known_replace(struct known *k, struct known_item *old,
				 const struct entry_node *node);

/* known_trim - back to the limits, as far as the network of item goes: item
 * itself may be removed. */
void known_trim(struct known *k, const struct known_item *item);

/* known_regroup - the order is another one: that of networks again, and
 * back to the limits. */
void known_regroup(struct known *k);

/* known_fill - true unless the record is not signed by its node. */
bool known_fill(struct known_node *out, const struct known_item *item);

/* --- known_item.c --------------------------------------------------------- */

/* known_item_new - in no list yet, and as if it never answered. */
struct known_item *known_item_new(const struct node_id *id,
				  const struct entry_node *node);

/* known_item_read - its record is borrowed from the item. */
struct entry_node known_item_read(const struct known_item *item);

/* Parts of that: where it is asked, and its record. */
struct addr known_where(const struct known_item *item);
struct span known_record(const struct known_item *item);

/* known_at - which times are those of an address; item->count: none are. */
size_t known_at(const struct known_item *item, const struct ip *ip);

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

/* As it is remembered, in 32 bits: right until the year 2106. */
static inline uint32_t known_time(uint64_t unix_s)
{
	return unix_s < UINT32_MAX ? (uint32_t)unix_s : UINT32_MAX;
}

/* A clock that was wrong may have left times that are still to come. */
static inline uint64_t known_age(uint64_t unix_s, uint64_t then)
{
	return unix_s > then ? unix_s - then : 0;
}

#endif
