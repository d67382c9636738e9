/* SPDX-License-Identifier: Apache-2.0 */
/* task_internal.h - what the files behind task.h share: task.c (one task's
 * life), task_loop.c (the queue and the clock), task_owner.c (the tree). */
#ifndef NODE_PLUGIN_TASK_INTERNAL_H
#define NODE_PLUGIN_TASK_INTERNAL_H

#include "node/plugin/task.h"
#include "node/plugin/watch.h"
#include "p2p/net/fiber.h"
#include "p2p/net/later.h"

enum task_state {
	TASK_READY,   /* in the queue */
	TASK_RUNNING, /* the current one */
	TASK_WAITING,
	TASK_PARKED, /* for ever */
};

struct task {
	struct task_owner *owner;
	struct task *next_owned, *prev_owned;
	struct fiber *fiber;
	enum task_state state;
	int (*fn)(void *arg);
	void *arg;
	void (*done)(void *arg, int rc);
	int rc; /* of fn */

	/* The wait. A task whose deadline passed is in the queue, and yet
	 * among the waiters until it runs: a wake still counts. */
	struct task_waiters *on; /* NULL: among none */
	struct task *next_waiter, *prev_waiter;
	struct deadline deadline;
	bool woken;
	bool uncut;

	struct task *next_ready;
	struct task *next_parked;
	const char *call; /* the last that may wait; NULL: none yet */
	unsigned closed_calls;
};

struct task_loop {
	struct net_loop *loop;
	struct fiber_pool *fibers;
	struct task_limits limits;
	struct task_counts counts; /* without stacks */

	/* The queue. */
	struct net_later *turn;
	struct task *first_ready, *last_ready;
	struct task_owner *first_empty, *last_empty;
	bool running;
	struct mono clock; /* watch_clock; when what runs now began */
	struct watch watch;

	/* The clock. */
	struct net_timer *timer;
	struct mono timer_at; /* what it is set to */
	struct deadlines deadlines;
	struct deadline trim; /* of the pool of fibers */

	struct mono slow_silent_until;
	uint64_t slow_unsaid;

	struct task *parked;
	struct task_label *labels; /* of all owners there ever were */
};

/* task_loop_label - the same text, to be had until the loop is closed. There
 * are as many as plugins and protocols, and each is kept once. */
const char *task_loop_label(struct task_loop *l, const char *text);

/* task_loop_ready - put a task that is not there into the queue. */
void task_loop_ready(struct task *t);

/* task_loop_empty - call o's `empty` from the queue. */
void task_loop_empty(struct task_owner *o);

/* task_loop_deadline - set d, and the timer with it. */
void task_loop_deadline(struct task_loop *l, struct deadline *d,
			struct mono at);

/* task_loop_ran - t has just been running; say so if that took long. */
void task_loop_ran(const struct task *t);

/* task_run - resume it; free it, and call its `done`, if that was its end. */
void task_run(struct task *t);

/* task_interrupt - its owner was closed: end its wait, unless uncut. */
void task_interrupt(struct task *t);

/* task_park - never run it again. Not the current one. */
void task_park(struct task *t);

/* task_owner_settle - if o is closed and has nothing left, it is empty. */
void task_owner_settle(struct task_owner *o);

/* task_owner_emptied - take o out of the tree and call its `empty`, unless it
 * got a child meanwhile. */
void task_owner_emptied(struct task_owner *o);

const char *task_call(const struct task *t);

#endif
