/* SPDX-License-Identifier: Apache-2.0 */
/* topology.h - which nodes of a mesh have a link, and who dials whom. Pure: the
 * same nodes and seed give the same links.
 *
 *     line      each to the next
 *     ring      and the last to the first
 *     star      all to the first, which dials nobody
 *     full      each to every other
 *     random:K  connected, with K links for each node; one has K - 1 when
 *               there would be half a link else */
#ifndef NODE_MESH_TOPOLOGY_H
#define NODE_MESH_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/base/err.h"

enum {
	MESH_NODES_MAX = 5000,
	TOPOLOGY_TEXT_MAX = 24, /* "random:4999", with terminator */
};

enum topology_kind {
	TOPOLOGY_LINE,
	TOPOLOGY_RING,
	TOPOLOGY_STAR,
	TOPOLOGY_FULL,
	TOPOLOGY_RANDOM,
};

struct topology {
	enum topology_kind kind;
	size_t degree; /* K of random */
};

/* Nodes are counted from 0. */
struct mesh_link {
	size_t dialer;
	size_t listener;
};

/* topology_parse - "ring", "random:4". ERR_FORMAT; *out is set on success. */
MUST_USE enum err topology_parse(struct topology *out, const char *text,
				 struct why *why);

/* topology_text - the reverse. Returns out. */
const char *topology_text(char out[TOPOLOGY_TEXT_MAX],
			  const struct topology *t);

/* topology_check - can so many nodes form it? ERR_LIMIT: no, and why says how
 * many it takes. */
MUST_USE enum err topology_check(const struct topology *t, size_t nodes,
				 struct why *why);

/* What the links of a mesh amount to, without making them: of random the most
 * there can be. */
struct topology_size {
	size_t links;
	size_t degree; /* most links of one node */
};
void topology_size(struct topology_size *out, const struct topology *t,
		   size_t nodes);

/* topology_links_new - the links, each once; the caller frees the array. What
 * topology_check refuses stops the process. */
struct mesh_link *topology_links_new(size_t *count, const struct topology *t,
				     size_t nodes, uint64_t seed);

#endif
