/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - what the node database holds, as bytes. Pure.
 *
 *     key 'n' || node id       value of a node
 *     key 'l' || sha256(URL)   value of a DNS node list
 *     key 's' || node id       value of our own sequence number
 *
 *     value = RLP || checksum of it, ENTRY_CHECK bytes
 *     node  = [public key, record, [ip, udp port], tcp port,
 *              [[ip, ping, pong, failures], ...]]
 *     list  = [URL, seq, used]
 *     seq   = [node id, seq]
 *
 * There is a record or, where none is known, a public key; the other one is
 * empty. An IP address is 4 or 16 bytes; times are unix seconds, in 32 bits.
 * The checksum is against accidents alone, and a record's signature is left to
 * whoever uses the record. All else is checked, so that a value that is decoded
 * is one that was encoded, and for that key. */
#ifndef P2P_NODEDB_ENTRY_H
#define P2P_NODEDB_ENTRY_H

#include "p2p/base/buf.h"
#include "p2p/enode/enr.h"

enum {
	ENTRY_ADDRESSES = 4, /* of a node */
	ENTRY_URL_MAX = 512, /* with terminator */
	ENTRY_KEY = 33,
	ENTRY_CHECK = 8,
	ENTRY_MAX = 1024, /* bytes of a value */
};

struct entry_key {
	uint8_t b[ENTRY_KEY];
};

/* What is remembered of a node at one IP address. */
struct entry_address {
	struct ip ip;
	uint32_t ping; /* it sent one, and its endpoint is proven; 0: never */
	uint32_t pong; /* it answered; 0: never */
	uint32_t failures; /* to answer, in a row */
};

struct entry_node {
	struct ecc_pub pub; /* to encode, only needed without a record */
	struct span record; /* borrowed; well-formed and of pub, or empty */
	struct addr udp;    /* where it is asked */
	uint16_t tcp;	    /* 0: it is not dialed */
	size_t count;
	struct entry_address at[ENTRY_ADDRESSES]; /* no IP address twice */
};

/* The newest root of a DNS node list. */
struct entry_list {
	char url[ENTRY_URL_MAX];
	uint64_t seq;
	uint64_t used; /* when somebody asked for it last */
};

struct entry_key entry_node_key(const struct node_id *id);
struct entry_key entry_list_key(const char *url);
struct entry_key entry_seq_key(const struct node_id *self);

/* entry_*_encode - append a value to a buf, of which the limit has to leave
 * ENTRY_MAX. */
void entry_node_encode(struct buf *out, const struct entry_node *node);
void entry_list_encode(struct buf *out, const struct entry_list *list);
void entry_seq_encode(struct buf *out, const struct node_id *self,
		      uint64_t seq);

/* entry_*_decode - ERR_FORMAT: it is none, or not of that key. *out is set on
 * success only; node->record borrows from the value. */
MUST_USE enum err entry_node_decode(struct entry_node *out, struct span key,
				    struct span value);
MUST_USE enum err entry_list_decode(struct entry_list *out, struct span key,
				    struct span value);
MUST_USE enum err entry_seq_decode(uint64_t *out, struct span key,
				   struct span value);

static inline bool entry_is_node(struct span key)
{
	return key.len == ENTRY_KEY && key.data[0] == 'n';
}

static inline bool entry_is_list(struct span key)
{
	return key.len == ENTRY_KEY && key.data[0] == 'l';
}

#endif
