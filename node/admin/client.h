/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a connection to the admin interface of a running node. Thread:
 * the loop's. */
#ifndef NODE_ADMIN_CLIENT_H
#define NODE_ADMIN_CLIENT_H

#include "node/admin/replies.h"
#include "p2p/net/loop.h"

struct admin_client;

struct admin_client_events {
	/* An answer or a notification; borrowed for the call. */
	void (*replied)(void *ctx, const struct reply *reply);

	/* No more will come, and why: only closing is left. */
	void (*ended)(void *ctx, const struct why *why);
};

/* admin_client_open - connect to a socket. On an error *out is NULL, and why
 * says what to do.
 *
 * ERR_NOT_FOUND  there is no such socket: no node runs there
 * ERR_CLOSED     there is, but the node that made it is gone
 * ERR_DENIED     it is not ours to talk to
 * ERR_BUSY, ERR_SYSTEM */
MUST_USE enum err admin_client_open(struct admin_client **out,
				    struct net_loop *loop, const char *path,
				    const struct admin_client_events *events,
				    void *ctx, struct why *why);

/* admin_client_call - ask; `id`, not 0, comes back with the answer. Borrows
 * params, an array. ERR_LIMIT: larger than a node takes. */
MUST_USE enum err admin_client_call(struct admin_client *c, json_int_t id,
				    const char *method, json_t *params);

/* admin_client_close - nothing is called any more. */
void admin_client_close(struct admin_client *c);

#endif
