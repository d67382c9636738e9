/* SPDX-License-Identifier: Apache-2.0 */
/* mesh.h - many nodes on this machine, linked as planned: started, dialed,
 * watched and stopped, and what came of it told on standard output.
 *
 * Takes the calling thread, SIGINT and SIGTERM until all of it is gone. With
 * processes it must be called before this process has a second thread. */
#ifndef NODE_MESH_MESH_H
#define NODE_MESH_MESH_H

#include "node/mesh/topology.h"
#include "node/plugin/wanted.h"
#include "node/show.h"
#include "p2p/base/log.h"

/* All pointers are borrowed. */
struct mesh_config {
	struct topology topology;
	size_t nodes;
	const struct wanted *plugins; /* of every node, in this order */
	size_t plugin_count;
	bool processes;	      /* each node is a `weft run` of its own */
	uint64_t seed;	      /* of identities and random links */
	uint64_t duration_ms; /* to go on for, once it has formed */
	uint64_t timeout_ms;  /* without any progress, until it is given up */
	enum show_form form;
	const char *svg; /* a file to draw to; NULL: none */
	const struct log *log;
};

/* mesh_run - ERR_NONE: every link was formed, carried foo and bar each way if
 * foobar is among the plugins, stood at the end, and every node stopped as it
 * should. Otherwise what failed was printed, and why says how much.
 *
 * ERR_LIMIT, with nothing started and nothing printed: it does not fit this
 * machine. */
MUST_USE enum err mesh_run(const struct mesh_config *config, struct why *why);

#endif
