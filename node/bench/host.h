/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - a node with the bench plugin alone, and a key made for the purpose.
 *
 *     bench_host_open   load the plugin, open the server
 *     -> ready          it serves, or why not
 *     bench_host_close  sessions end, then the plugin
 *     -> closed
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_BENCH_HOST_H
#define NODE_BENCH_HOST_H

#include "node/node.h"

struct bench_host_config {
	struct net_loop *loop;
	const char *name;   /* in Hello; borrowed */
	const char *plugin; /* NAME or path */
	bool drives;	    /* the option of that name; does not listen */
	struct addr listen;

	/* Once; after an error the host can only be closed. */
	void (*ready)(void *ctx, enum err rc, const struct why *why);

	/* From `ready` on; may be NULL. */
	void (*event)(void *ctx, const struct server_event *ev);
	void (*closed)(void *ctx); /* the last call */
	void *ctx;
};

/* Not to be moved while open. */
struct bench_host {
	struct bench_host_config config;
	struct node_shared shared;
	struct node *node;
	struct wanted wanted;
};

/* bench_host_open - errors of wanted_set; nothing is called then. */
MUST_USE enum err bench_host_open(struct bench_host *h,
				  const struct bench_host_config *config,
				  struct why *why);
void bench_host_close(struct bench_host *h);

/* bench_host_call - an admin method of the plugin, from `ready` on. `done` gets
 * JSON text, borrowed, or a negative WEFT_E and NULL. ERR_NOT_FOUND: it has no
 * such method. */
MUST_USE enum err bench_host_call(
	struct bench_host *h, const char *method, const char *params,
	void (*done)(void *ctx, int rc, const char *json), void *ctx);

#endif
