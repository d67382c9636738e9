/* SPDX-License-Identifier: Apache-2.0 */
/* nodeset.h - a set of nodes by their records: what a crawl has met and what a
 * DNS list is made of. As JSON it is the "nodes.json" of go-ethereum's devp2p
 * (specs: discovery.md, "Command-line surface"):
 *
 *     {
 *         "<node id, 64 hex digits>": {
 *             "seq": 7,
 *             "record": "enr:...",
 *             "score": 3,                 left out when 0
 *             "firstResponse": "2026-01-02T03:04:05Z",
 *             "lastResponse": "2026-01-02T03:04:05Z",
 *             "lastCheck": "0001-01-01T00:00:00Z"        never
 *         },
 *         ...
 *
 * Pure, but for the files at the end. Thread: one at a time. */
#ifndef NODE_NODESET_H
#define NODE_NODESET_H

#include "p2p/base/buf.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/enode/enr.h"

enum {
	NODESET_MAX = 100000, /* nodes */
	/* Bytes of JSON: enough for that many, all with the longest record. */
	NODESET_TEXT_MAX = 100 * 1024 * 1024,
};

struct nodeset_node {
	struct enr record; /* verified; its id is the key */
	uint64_t score;
	/* Seconds since 1970, UTC; 0: never. */
	uint64_t first_response, last_response, last_check;
	UT_hash_handle hh; /* the set's own */
};

/* Zero is an empty set; hold it in place, and clear it. hashtable_init comes
 * before the first node. */
struct nodeset {
	struct nodeset_node *table;
};

void nodeset_clear(struct nodeset *set);

size_t nodeset_count(const struct nodeset *set);

/* nodeset_find - borrowed until it is removed; NULL: not there. Anything but
 * the record may be changed in place. */
struct nodeset_node *nodeset_find(const struct nodeset *set,
				  const struct node_id *id);

/* nodeset_put - have a node with this record, which was verified. One that is
 * there keeps all else; a new one begins with zeros. *out, which may be NULL,
 * is the node. ERR_LIMIT: it would be one more than NODESET_MAX, or its seq is
 * beyond 2^63 - 1, where JSON's integers end for many a reader. */
MUST_USE enum err nodeset_put(struct nodeset *set, struct nodeset_node **out,
			      const struct enr *record);

/* nodeset_remove - one of this set's; it is freed. */
void nodeset_remove(struct nodeset *set, struct nodeset_node *node);

/* nodeset_sort - have nodeset_next go by ascending ids from now on. */
void nodeset_sort(struct nodeset *set);

/* nodeset_next - the one behind `node`, or the first with NULL; NULL at the
 * end. In the order they were put, until sorted. */
struct nodeset_node *nodeset_next(const struct nodeset *set,
				  const struct nodeset_node *node);

/* nodeset_read - from JSON. Members that are not known are ignored; those that
 * are missing are 0, and the record must be there. Memory is that of the set
 * and of one node's JSON.
 *
 *   set   empty; empty still on any error
 *   why   names the node
 *
 * ERR_FORMAT   no JSON; not the members above, with values as above; an id
 *              twice; id or seq are not those of the record
 * ERR_LIMIT    more than NODESET_MAX nodes, or bytes than NODESET_TEXT_MAX
 * and the errors of enr_parse and enr_verify. */
MUST_USE enum err nodeset_read(struct nodeset *set, struct span json,
			       struct why *why);

/* nodeset_write - as JSON, byte for byte what devp2p writes for the same nodes:
 * by ascending id, four blanks a level, no line feed at the end. Appended to
 * out, which has room for it (NODESET_TEXT_MAX). Sorts the set. */
void nodeset_write(struct buf *out, struct nodeset *set);

/* nodeset_load - nodeset_read of a file. ERR_NOT_FOUND: there is none.
 * ERR_SYSTEM: it cannot be read. why names the file. Blocks.
 * nodeset_save - replace the file, or write to standard output with a path of
 * "-". ERR_SYSTEM: it is as it was. */
MUST_USE enum err nodeset_load(struct nodeset *set, const char *path,
			       struct why *why);
MUST_USE enum err nodeset_save(const char *path, struct nodeset *set,
			       struct why *why);

#endif
