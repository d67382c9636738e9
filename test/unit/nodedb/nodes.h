/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.h - nodes to be known, numbered from 0; the same in every run. */
#ifndef TEST_UNIT_NODEDB_NODES_H
#define TEST_UNIT_NODEDB_NODES_H

#include "p2p/nodedb/known.h"

/* node_at - number n at 20.<net>.<host>, without a record. */
struct known_contact node_at(unsigned n, unsigned net, unsigned host);

/* node_signed - the same, with a record of that seq that says so. */
struct known_contact node_signed(unsigned n, unsigned net, unsigned host,
				 uint64_t seq);

/* node_entry - what could be on disk of it, and its key. */
struct entry_node node_entry(const struct known_contact *c, uint32_t pong);

/* known_text - everything in k, sorted by id and URL: to compare. The caller
 * frees it. */
char *known_text(struct known *k);

#endif
