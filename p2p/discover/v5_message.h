/* SPDX-License-Identifier: Apache-2.0 */
/* v5_message.h - the messages of Discovery v5.1, as they stand decrypted in a
 * packet (specs: discovery.md, "Messages"). Pure; nothing to free.
 *
 *     plaintext = type || [request-id, ...]
 *
 * Unlike those of v4 they are exact: no more elements than known, nothing
 * behind the list. */
#ifndef P2P_DISCOVER_V5_MESSAGE_H
#define P2P_DISCOVER_V5_MESSAGE_H

#include "p2p/base/buf.h"
#include "p2p/enode/enode.h"

enum {
	V5_REQUEST_ID_MAX = 8,	/* bytes */
	V5_DISTANCES_MAX = 257, /* 0..256, each once */
	V5_RECORDS_MAX = 16,	/* in one NODES */
	V5_LOOKUP_DISTANCES = 3,
	V5_NEAR_DISTANCES = 16,
};

enum v5_type {
	V5_PING = 1,
	V5_PONG,
	V5_FINDNODE,
	V5_NODES,
	V5_TALKREQ,
	V5_TALKRESP,
};

/* Chosen by who asks, and echoed: leading zeros count. */
struct v5_request_id {
	uint8_t len;
	uint8_t b[V5_REQUEST_ID_MAX];
};

struct v5_message {
	enum v5_type type;
	struct v5_request_id id;
	union {
		struct {
			uint64_t enr_seq;
		} ping;
		struct {
			uint64_t enr_seq;
			struct addr recipient; /* mapped IPv4 is IPv4 */
		} pong;
		struct {
			size_t count; /* as asked, each once; those over 256,
				       * which are nobody's, left out */
			uint16_t distances[V5_DISTANCES_MAX];
		} findnode;
		struct {
			uint64_t total; /* messages that answer together */
			size_t count;
			struct span records[V5_RECORDS_MAX]; /* raw items */
		} nodes;
		struct {
			struct span protocol, request;
		} talkreq;
		struct {
			struct span response;
		} talkresp;
	};
};

/* v5_message_decode - *out is set on success only, and its spans borrow from
 * plaintext. ERR_UNSUPPORTED: a type we do not know. ERR_LIMIT: a request id or
 * a list of records that is too long. ERR_FORMAT: malformed. */
MUST_USE enum err v5_message_decode(struct v5_message *out,
				    struct span plaintext);

/* v5_message_encode - append it. ERR_LIMIT: out cannot take it. */
MUST_USE enum err v5_message_encode(struct buf *out,
				    const struct v5_message *m);

bool v5_request_id_equal(const struct v5_request_id *a,
			 const struct v5_request_id *b);

/* v5_lookup_distances - what to ask a node for that is at `distance` from the
 * target: that distance and the ones next to it, within 1..256. */
void v5_lookup_distances(uint16_t out[V5_LOOKUP_DISTANCES], unsigned distance);

/* v5_near_distances - the same of a node so near the target that those nearer
 * are few: `reach` and what is below it, as they lie from the target, so that
 * an answer with room for 16 has the closest. */
void v5_near_distances(uint16_t out[V5_NEAR_DISTANCES],
		       const struct node_id *target, const struct node_id *peer,
		       unsigned reach);

#endif
