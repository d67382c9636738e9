/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - one client of the admin interface: its bytes, its calls, its
 * watches, and the clocks that keep a slow or silent one from holding anything
 * for long. Internal to node/admin. Thread: the loop's. */
#ifndef NODE_ADMIN_SESSION_H
#define NODE_ADMIN_SESSION_H

#include "node/admin/admin.h"
#include "p2p/net/stream.h"

struct session;

/* What sessions share; borrowed, and outlives them. */
struct session_host {
	struct net_loop *loop;
	const struct admin_node *node;
	const struct admin_limits *limits;
	const struct log *log;

	/* The session is gone; the last call. */
	void (*gone)(void *ctx, struct session *s);
	/* node_stop was called and its answer is on its way. */
	void (*stop)(void *ctx);
	void *ctx;
};

/* session_open - serve this client; takes the stream. */
struct session *session_open(const struct session_host *host,
			     struct net_stream *stream);

/* session_refuse - serve nothing: say why in an error, then finish. */
void session_refuse(struct session *s, const char *why);

/* session_finish - no more calls: let what was appended go out, for at most
 * this long, then close. Again does nothing. */
void session_finish(struct session *s, uint64_t linger_ms);

/* session_is_served - is it neither refused nor finished? */
bool session_is_served(const struct session *s);

/* session_is_watching - does it want peer events? */
bool session_is_watching(const struct session *s);

/* session_event - tell each of its watches; borrows the event. A client that
 * does not read is dropped. */
void session_event(struct session *s, json_t *event);

/* session_next - whoever holds sessions links them with this. */
struct session **session_next(struct session *s);

#endif
