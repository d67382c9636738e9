/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - one shape, once, against a node that runs already. */
#ifndef NODE_BENCH_MEASURE_H
#define NODE_BENCH_MEASURE_H

#include "node/bench/shape.h"
#include "node/bench/usage.h"
#include "p2p/enode/enode.h"

struct measure_config {
	struct shape shape;
	const struct enode *node; /* with an address and a TCP port */
	pid_t pid;	    /* of that node, or 0: it is not ours to see */
	const char *name;   /* in Hello */
	const char *plugin; /* NAME or path */
	uint64_t ms;	    /* write, talk, ping: for so long */
	uint64_t count;	    /* connect: so many in all */
	uint64_t hold_ms;   /* idle: watch the peers' CPU time for so long */
};

struct measure {
	uint64_t count; /* messages, round trips, connections; sessions held */
	uint64_t bytes; /* of payload; write only */
	double seconds;

	/* CPU time of both ends meanwhile, in seconds. */
	double own_cpu;
	double peer_cpu; /* with a pid */

	/* ping: of one round trip. */
	double p50_ms, p99_ms;

	/* idle, with a pid: the node before and after, the latter with all
	 * sessions up for a second. What counts is the difference. own_cpu,
	 * peer_cpu and seconds are those of hold_ms. */
	struct usage empty, full;
};

/* measure_run - takes the thread until it is done. ERR_UNSUPPORTED: the node
 * has no bench plugin, and the shape needs it. Other errors: it is not
 * reached, or what happened on the way; why says what. */
MUST_USE enum err measure_run(struct measure *out,
			      const struct measure_config *config,
			      struct why *why);

#endif
