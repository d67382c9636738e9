/* SPDX-License-Identifier: Apache-2.0 */
/* admin.h - the admin interface of a node: JSON-RPC 2.0 (jsonrpc.h) on a
 * Unix-domain socket, with the methods of methods.h.
 *
 * Only processes of our user and of root are served. Clients are bounded in
 * number, in what they may send and leave unread, and in time; one that goes
 * beyond that is told so where it can be, and closed. Thread: the loop's. */
#ifndef NODE_ADMIN_ADMIN_H
#define NODE_ADMIN_ADMIN_H

#include <sys/types.h>

#include "node/admin/node.h"
#include "p2p/base/log.h"
#include "p2p/net/stream.h"

struct admin;

struct admin_limits {
	size_t clients;	   /* at one time */
	size_t text_max;   /* bytes of one request or batch */
	size_t answer_max; /* bytes of one answer */
	size_t watches;	   /* subscriptions of one client */
	size_t notes_max;  /* bytes of notifications that it has not read */

	uint64_t request_ms; /* from the first byte of a request to its last */
	uint64_t write_ms;   /* in which a client takes at least a byte */
	uint64_t idle_ms;    /* without a request, an answer or a watch */
	uint64_t linger_ms;  /* for an answer whose client said it is done */
};

/* 16 clients, 1 MiB requests, 32 MiB answers, 16 watches, 1 MiB of
 * notifications; 10 s, 20 s, 5 min, 10 s. */
extern const struct admin_limits admin_limits_default;

/* All is borrowed until `closed`. */
struct admin_config {
	const struct admin_node *node;
	const char *folder; /* the data folder, which the caller has locked */
	const struct log *log;		   /* may be NULL */
	const struct admin_limits *limits; /* NULL: admin_limits_default */

	/* Whose process is at the other end; NULL: net_local_uid. */
	enum err (*uid_of)(uid_t *out, const struct net_stream *s);

	/* The last callback, after admin_close; may be NULL. */
	void (*closed)(void *ctx);
	void *ctx;
};

/* admin_open - listen at folder/admin/weft.ipc, mode 0600, in a folder of mode
 * 0700; a socket that a node now gone has left there is replaced.
 *
 * ERR_DENIED, ERR_EXISTS, ERR_LIMIT, ERR_SYSTEM as of admin_socket_prepare and
 * net_local_listen; nothing is left behind then. */
MUST_USE enum err admin_open(struct admin **out, struct net_loop *loop,
			     const struct admin_config *config,
			     struct why *why);

/* admin_close - stop listening, let answers that are on their way go out for a
 * second at most, then `closed`. Calls that are not answered yet stay good.
 * Again does nothing. */
void admin_close(struct admin *a);

/* admin_event - tell all who watch; costs next to nothing when nobody does. Not
 * from inside of a function of struct admin_node. */
void admin_event(struct admin *a, const struct admin_event *event);

/* admin_is_watched - does anybody want events? For those that are dear. */
bool admin_is_watched(const struct admin *a);

#endif
