/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h - what a mesh takes, what this machine has, and the largest mesh
 * that fits. All but budget_machine_read and budget_raise is pure.
 *
 * The figures for a node and a session are upper bounds that were measured, so
 * a mesh that is let through forms; one that is refused might have, just. */
#ifndef NODE_MESH_BUDGET_H
#define NODE_MESH_BUDGET_H

#include <stdbool.h>

#include "node/mesh/topology.h"

struct budget_mesh {
	struct topology topology;
	size_t nodes;
	size_t plugins;
	bool processes; /* one per node */
};

/* What a mesh takes. */
struct budget_need {
	uint64_t sessions;    /* ends of links */
	uint64_t descriptors; /* of the process that has the most */
	uint64_t stacks;      /* of fibers, of the process that has the most */
	uint64_t mappings;    /* likewise, for these stacks and the rest */
	uint64_t space;	      /* address space of that process, bytes */
	uint64_t memory;      /* of all together, bytes */
	uint64_t tasks;	      /* processes and threads, ours included */
};

/* What there is; UINT64_MAX: without limit. */
struct budget_machine {
	uint64_t descriptors; /* up to which the soft limit can be raised */
	uint64_t mappings;
	uint64_t space;
	uint64_t memory;
	uint64_t tasks;
};

void budget_need(struct budget_need *out, const struct budget_mesh *mesh);

/* budget_check - ERR_LIMIT: it does not fit, and why says what is short and the
 * largest number of nodes that would do. */
MUST_USE enum err budget_check(const struct budget_mesh *mesh,
			       const struct budget_machine *machine,
			       struct why *why);

/* budget_largest - the most nodes with which this mesh would fit; 0: none. */
size_t budget_largest(const struct budget_mesh *mesh,
		      const struct budget_machine *machine);

/* budget_machine_read - from the limits of this process, of its control group
 * and of the system. What cannot be found out is without limit. */
void budget_machine_read(struct budget_machine *out);

/* budget_raise - the soft limit on descriptors, for us and for the processes
 * that we start, if it is below that. ERR_SYSTEM. */
MUST_USE enum err budget_raise(uint64_t descriptors, struct why *why);

#endif
