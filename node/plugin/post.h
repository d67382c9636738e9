/* SPDX-License-Identifier: Apache-2.0 */
/* post.h - calls that other threads want made on the loop: the one door of an
 * instance that is open to them. Internal to node/plugin. */
#ifndef NODE_PLUGIN_POST_H
#define NODE_PLUGIN_POST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "p2p/net/async.h"

enum {
	POSTS_MAX = 65536, /* waiting at once */
};

struct weft_host;

struct post {
	struct post *next;
	struct weft_host *host; /* for whoever takes it */
	void (*fn)(void *arg);
	void *arg;
};

struct posts {
	pthread_mutex_t lock; /* over all that follows */
	struct post *first, *last;
	size_t count;
	bool closed;
	struct net_async *async; /* used only while not closed */
};

/* posts_open - `fire` is called on the loop when there is something to take. */
void posts_open(struct posts *p, struct net_loop *loop, void (*fire)(void *ctx),
		void *ctx);

/* posts_add - from any thread: 0, WEFT_ECLOSED after posts_close, WEFT_ELIMIT
 * when POSTS_MAX wait. */
int posts_add(struct posts *p, void (*fn)(void *arg), void *arg);

/* posts_take - the oldest, to be freed by the caller; NULL when none waits.
 * posts_return puts it back as the oldest. */
struct post *posts_take(struct posts *p);
void posts_return(struct posts *p, struct post *post);

bool posts_is_empty(struct posts *p);

/* posts_close - none is added from now on. Again does nothing. */
void posts_close(struct posts *p);

/* posts_clear - after posts_close, when no other thread can be inside. */
void posts_clear(struct posts *p);

#endif
