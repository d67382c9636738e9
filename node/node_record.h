/* SPDX-License-Identifier: Apache-2.0 */
/* node_record.h - what a node's plugins put into its record, and the records of
 * others that they ask for. Thread: the loop's. */
#ifndef NODE_NODE_RECORD_H
#define NODE_NODE_RECORD_H

#include "node/finder/finder.h"
#include "node/plugin/manager.h"
#include "p2p/server/server.h"

/* node_record_tell - the plugins' entries are others now. finder: NULL or not
 * started, and nobody asks. */
void node_record_tell(struct finder *finder, const struct manager *plugins);

/* node_record_newest - of a node: the one that is given, or a newer one of the
 * finder's tables; either may be NULL. NULL: none is known. Borrowed as the one
 * that is given, and until the loop's turn ends. */
const struct enr *node_record_newest(const struct finder *finder,
				     const struct enr *record,
				     const struct node_id *id);

/* node_record_find - the newest of a peer, or of another node that the finder
 * knows; either may be NULL. ERR_NOT_FOUND. */
MUST_USE enum err node_record_find(struct enr *out, const struct finder *finder,
				   const struct server *server,
				   const struct node_id *id);

#endif
