/* SPDX-License-Identifier: Apache-2.0 */
/* embed.h - what the files behind <weft/server.h> share. Internal.
 *
 *     open.c    the configuration, and the calls of other threads
 *     serve.c   the life of the server, on its own thread
 *     tell.c    its log lines and events, for the program */
#ifndef NODE_EMBED_EMBED_H
#define NODE_EMBED_EMBED_H

#include <pthread.h>
#include <stdatomic.h>
#include <weft/server.h>

#include "node/plugin/instance.h"
#include "p2p/net/async.h"
#include "p2p/server/server.h"

enum {
	EMBED_NAME_MAX = 128, /* in Hello, with terminator */
	EMBED_WISHES_MAX = 4096,
};

/* In this order. */
enum embed_stage {
	EMBED_NEW,
	EMBED_OPEN, /* the thread waits to be told on */
	EMBED_STARTING,
	EMBED_SERVING,
	EMBED_DONE, /* the thread is about to end */
};

enum embed_wish_kind {
	EMBED_ADD,
	EMBED_REMOVE,
};

/* What another thread wants of the server. */
struct embed_wish {
	struct embed_wish *next;
	enum embed_wish_kind kind;
	struct enode node;
};

struct weft_server {
	/* Written before the thread is there. */
	const struct weft_api **table;
	char name[EMBED_NAME_MAX];
	struct addr listen;
	enum server_listen listening;
	struct ecc_keypair key;
	size_t max_peers, max_pending, memory;
	struct enode *static_nodes;
	size_t static_count;
	void (*on_log)(void *ctx, int level, const char *line);
	void (*on_event)(void *ctx, const struct weft_server_event *event);
	void *ctx;
	struct log log;
	pthread_t thread;

	/* Written by the thread before EMBED_OPEN, and by nobody later. */
	struct node_id id;
	char enode[ENODE_URL_MAX];

	/* Of all threads, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t moved; /* the stage, or what is asked for */
	enum embed_stage stage;
	bool run_asked, stop_asked;
	struct embed_wish *wishes; /* a list, the oldest first */
	size_t wish_count;
	struct net_async *async; /* NULL: the loop does not listen any more */
	enum err rc;		 /* of the start */
	struct why why;
	atomic_size_t peers;

	/* Of the server's thread. */
	struct net_loop *loop;
	struct task_loop *tasks;
	struct instance_node node;
	struct weft_plugin descriptor;
	struct weft_host *host; /* the owner's too, until the start */
	struct server *server;
	struct net_timer *patience; /* for fibers that do not end */
	bool stopping;
};

/* How long fibers are waited for at the end: until those that are left have
 * been parked. Tests make it short. */
extern uint64_t embed_stop_ms;

/* --- tell.c ----------------------------------------------------------------
 */

void embed_log(void *server, const struct log_line *line);
void embed_event(struct weft_server *s, const struct server_event *ev);
void embed_tell_started(struct weft_server *s);

/* --- serve.c ---------------------------------------------------------------
 */

void *embed_thread(void *server);

#endif
