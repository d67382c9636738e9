/* SPDX-License-Identifier: Apache-2.0 */
/* mesh_report.h - what a mesh tells: for people a table, a picture and what
 * failed; for programs JSON lines (docs/mesh.md). */
#ifndef NODE_MESH_MESH_REPORT_H
#define NODE_MESH_MESH_REPORT_H

#include "node/mesh/budget.h"
#include "node/mesh/drawing.h"
#include "node/mesh/mesh.h"
#include "node/mesh/tally.h"

/* How long each part took; 0: it never came. */
struct mesh_times {
	uint64_t forming_ns; /* from the start until all was well */
	uint64_t running_ns;
	uint64_t stopping_ns;
};

/* mesh_report_plan - JSON only. */
void mesh_report_plan(const struct mesh_config *config, size_t links,
		      const struct budget_need *need);

/* mesh_report_formed - JSON only. */
void mesh_report_formed(const struct mesh_config *config,
			const struct mesh_times *times);

/* mesh_report_end - the table or its lines, `ok` as the last word. */
void mesh_report_end(const struct mesh_config *config, const struct tally *t,
		     const struct mesh_times *times, bool ok);

/* A drawing of how it ended; mesh_drawing_clear frees what it owns. */
struct mesh_drawing {
	struct drawing drawing;
	char title[128];
	struct mesh_link *links;
	bool *node_failed, *link_failed;
};
void mesh_drawing_init(struct mesh_drawing *d, const struct mesh_config *config,
		       const struct tally *t);
void mesh_drawing_clear(struct mesh_drawing *d);

#endif
