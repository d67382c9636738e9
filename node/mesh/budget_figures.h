/* SPDX-License-Identifier: Apache-2.0 */
/* budget_figures.h - what each part of a mesh takes at most. Bytes, unless it
 * says otherwise. */
#ifndef NODE_MESH_BUDGET_FIGURES_H
#define NODE_MESH_BUDGET_FIGURES_H

#include <stdint.h>

enum {
	BUDGET_DESCRIPTORS = 64, /* of a process before it has any session: the
				  * standard ones, the loop's, files at work */
	BUDGET_CHILD_ENDS = 4,	 /* of ours for each process: two outputs, the
				  * admin socket, the process itself */
	BUDGET_TASKS = 16,	 /* threads of one process */
	BUDGET_MAPPINGS = 2048,	 /* of a process without stacks */
};

#define BUDGET_KIB ((uint64_t)1024)
#define BUDGET_PROCESS (16 * BUDGET_KIB * BUDGET_KIB)
#define BUDGET_NODE (512 * BUDGET_KIB)
#define BUDGET_SESSION (48 * BUDGET_KIB)
#define BUDGET_STACK (12 * BUDGET_KIB)	      /* of it in use */
#define BUDGET_STACK_SPACE (320 * BUDGET_KIB) /* with its guard */
#define BUDGET_SPACE (1024 * BUDGET_KIB * BUDGET_KIB)

#endif
