/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - be the end that others measure against. */
#ifndef NODE_BENCH_SERVE_H
#define NODE_BENCH_SERVE_H

#include "p2p/enode/enode.h"

struct bench_serve_config {
	const char *name;   /* in Hello */
	const char *plugin; /* NAME or path */
	struct addr listen;

	/* It accepts connections. */
	void (*started)(void *ctx, const char *url);
	void *ctx;
};

/* bench_serve - until SIGINT or SIGTERM. Errors of the plugin's load and of
 * server_open. */
MUST_USE enum err bench_serve(const struct bench_serve_config *config,
			      struct why *why);

#endif
