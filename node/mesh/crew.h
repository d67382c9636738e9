/* SPDX-License-Identifier: Apache-2.0 */
/* crew.h - the nodes of a mesh as whoever runs it sees them, be they in this
 * process (crew_here) or in processes of their own (crew_apart).
 *
 *     crew_open    -> started, for each          (or failed)
 *     dial, ask    -> up, down, told ...
 *     stop         -> stopped, for each (or failed), then ended: all is gone
 *
 * Thread: the loop's. No callback comes from inside of a call but `ask`. */
#ifndef NODE_MESH_CREW_H
#define NODE_MESH_CREW_H

#include <jansson.h>

#include "node/plugin/wanted.h"
#include "p2p/base/log.h"
#include "p2p/net/loop.h"
#include "p2p/server/server.h"

/* What a node did in all. */
struct crew_sums {
	uint64_t messages_in, messages_out;
	uint64_t bytes_in, bytes_out;
};

struct crew_events {
	/* It listens, there. */
	void (*started)(void *ctx, size_t node, const struct enode *self);

	/* It could not start, or is gone before it was told to stop, or did not
	 * stop as it should. */
	void (*failed)(void *ctx, size_t node, const char *why);

	void (*up)(void *ctx, size_t node, const struct node_id *peer);
	void (*down)(void *ctx, size_t node, const struct node_id *peer,
		     const char *why);
	void (*dial_failed)(void *ctx, size_t node, const struct node_id *peer,
			    const char *why);

	/* What a protocol tells of a session. Borrowed. */
	void (*told)(void *ctx, size_t node, const struct node_id *peer,
		     const char *protocol, const json_t *info);

	/* An `ask` is answered. */
	void (*answered)(void *ctx, size_t node);

	/* It ended as it should. */
	void (*stopped)(void *ctx, size_t node, const struct crew_sums *sums);

	/* why: something was left behind; NULL: nothing. */
	void (*ended)(void *ctx, const char *why);
};

/* All pointers are borrowed until `ended`. */
struct crew_config {
	struct net_loop *loop;
	size_t nodes;
	uint64_t seed;	       /* of their identities */
	const size_t *degrees; /* links of each */
	const struct wanted *plugins;
	size_t plugin_count;
	const struct log *log; /* may be NULL */
	struct crew_events events;
	void *ctx;
};

/* The places a node has for so many links, whoever dials: a server keeps one at
 * least for peers that it dials itself, and some slots for those it knows. */
struct crew_places {
	size_t max_peers;
	size_t max_pending;
	size_t dial_ratio;
};
static inline struct crew_places crew_places(size_t degree)
{
	return (struct crew_places){
		.max_peers = degree + 1,
		.max_pending = 2 * degree + 16,
		.dial_ratio = degree + 2, /* so it is only that one */
	};
}

struct crew;

struct crew_kind {
	/* An error is one of all: nothing was started, and nothing is called.
	 */
	enum err (*open)(struct crew **out, const struct crew_config *config,
			 struct why *why);

	/* dial - keep a session with this node. An error is told. */
	void (*dial)(struct crew *c, size_t node, const struct enode *to);

	/* ask - what do the protocols tell of this node's sessions? */
	void (*ask)(struct crew *c, size_t node);

	/* stop - idempotent; the crew is gone with `ended`. */
	void (*stop)(struct crew *c);
};

extern const struct crew_kind crew_here;
extern const struct crew_kind crew_apart;

#endif
