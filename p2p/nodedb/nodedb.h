/* SPDX-License-Identifier: Apache-2.0 */
/* nodedb.h - the node database on disk: what is in known.h, and the highest
 * sequence number that the node's own record may have been told with. An LMDB
 * database in a folder of its own, mode 0700.
 *
 *     nodedb_open      read all of it; then the owner works on the known
 *     known_collect    every few seconds, on the owner's thread
 *     nodedb_write     on any
 *     known_written    on the owner's
 *
 * A write is one transaction, on disk as a whole when nodedb_write returns, or
 * not at all: neither a kill nor a power cut leaves half of it. The database is
 * open only while it is read or written, so that nothing of it stays in memory.
 *
 * A file that is damaged, of another version or of something else is moved
 * aside, and an empty database takes its place. That is found out before LMDB
 * sees the file (pages.h), since LMDB would not survive some of them.
 *
 * Whoever opens it holds the folder's lock (node/datadir.h). Everything here
 * waits for the disk. Thread: any, one at a time. */
#ifndef P2P_NODEDB_NODEDB_H
#define P2P_NODEDB_NODEDB_H

#include <limits.h>

#include "p2p/nodedb/known.h"

struct nodedb;

/* What a person should hear about an opened database. */
struct nodedb_news {
	char moved_to[PATH_MAX]; /* where the former one is now; "": none */
	struct why moved_why;
	size_t left_out; /* entries that were not valid */
};

/* nodedb_open - in the folder, which is made if its parent is there; everything
 * in it is loaded into k, which is new.
 *
 *   self  whose record the sequence number is of
 *   news  set on success
 *
 * ERR_DENIED, ERR_SYSTEM, ERR_LIMIT (the path): there is no database, and *out
 * is NULL; k may hold a part of what it would have been. */
MUST_USE enum err nodedb_open(struct nodedb **out, struct known *k,
			      struct nodedb_news *news, const char *folder,
			      const struct node_id *self, struct why *why);
void nodedb_close(struct nodedb *db);

/* nodedb_seq - of batches, the highest seq that was written; 0: none was. */
uint64_t nodedb_seq(const struct nodedb *db);

/* nodedb_write - a batch, and its seq unless that is 0. ERR_DENIED, ERR_SYSTEM;
 * ERR_LIMIT: the database is full. Nothing was written then. It may
 * empty the batch's values, so that their memory is given back at once. */
MUST_USE enum err nodedb_write(struct nodedb *db, struct known_batch *batch,
			       struct why *why);

/* nodedb_write_seq - it alone. */
MUST_USE enum err nodedb_write_seq(struct nodedb *db, uint64_t seq,
				   struct why *why);

#endif
