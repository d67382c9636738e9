/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - what a finder remembers: the nodes that answered, in memory
 * (p2p/nodedb/known.h) and in a database, to which it writes what changed every
 * few seconds, on another thread.
 *
 *     memory_open
 *     memory_number   before there is a discovery
 *     memory_start
 *     memory_heed     each event; seeds are answered in it
 *     memory_look     after a tick
 *     memory_close
 *     -> closed       once, the last: everything is on disk
 *
 * A database that cannot be opened or written is told of in the log, once until
 * that changes, and the node goes on without.
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_FINDER_MEMORY_H
#define NODE_FINDER_MEMORY_H

#include "p2p/base/log.h"
#include "p2p/discover/discovery.h"
#include "p2p/net/loop.h"

enum {
	MEMORY_WRITE_MS = 5000, /* a kill costs at most what came since then */
};

struct memory;

struct memory_config {
	struct net_loop *loop;
	const char *folder; /* of the database; NULL: in memory only */
	const struct node_id *self;
	unsigned write_ms;     /* 0: MEMORY_WRITE_MS */
	const struct log *log; /* may be NULL; as long as the memory */
};

/* memory_open - reads the database: 100 ms for ten thousand nodes. */
struct memory *memory_open(const struct memory_config *config);

/* memory_number - where our own record's sequence number begins: sets seq,
 * unix_ms and stored. Waits for the disk. */
void memory_number(struct memory *m, struct local_config *out,
		   uint64_t unix_ms);

/* memory_start - borrowed until memory_close. */
void memory_start(struct memory *m, struct discovery *discovery);

void memory_heed(struct memory *m, const struct discover_event *ev,
		 uint64_t unix_ms);

/* memory_look - is there something to write? */
void memory_look(struct memory *m);

void memory_close(struct memory *m, void (*closed)(void *ctx), void *ctx);

/* memory_count - nodes that are known. */
size_t memory_count(const struct memory *m);

/* memory_list_seq, memory_set_list_seq - of the newest root seen of a DNS node
 * list, as of known.h. */
uint64_t memory_list_seq(struct memory *m, const char *url, uint64_t unix_ms);
void memory_set_list_seq(struct memory *m, const char *url, uint64_t seq,
			 uint64_t unix_ms);

#endif
