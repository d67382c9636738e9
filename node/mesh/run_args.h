/* SPDX-License-Identifier: Apache-2.0 */
/* run_args.h - the command line and environment of one node of a mesh as a
 * process: `weft run` with all that the plan says. */
#ifndef NODE_MESH_RUN_ARGS_H
#define NODE_MESH_RUN_ARGS_H

#include "node/mesh/crew.h"

struct run_args {
	char **argv; /* NULL at the end, as env */
	size_t argc;
	char **env;
};

struct run_args_config {
	const char *program; /* our own file */
	const char *datadir;
	const char *name;
	struct crew_places places;
	enum log_level level;
	const struct wanted *plugins;
	size_t plugin_count;
};

/* run_args_init - of our environment all is handed on but what would be a
 * setting: WEFT_*. */
void run_args_init(struct run_args *out, const struct run_args_config *config);
void run_args_clear(struct run_args *a);

#endif
