/* SPDX-License-Identifier: Apache-2.0 */
/* task.h - a fiber with an owner, deadlines and a defined end: what plugin code
 * runs in (docs/plugin-guide.md, "Fibers" and "Ends").
 *
 * A task waits by task_wait and by nothing else; every call of the plugin
 * interface that suspends is a loop around it. Started and woken tasks run from
 * a queue at the end of the loop's turn, first come, first served, and never
 * inside the call that woke them, so no call runs plugin code before it
 * returns. A turn gives them TASK_TURN_RESUMES resumes or TASK_TURN_MS; then it
 * is the turn of I/O, and what is left in the queue goes on after it.
 *
 * Owners form a tree: a node's plugin owns its tasks and its channels, a
 * channel owns its own. Closing an owner makes every wait of its tasks, and of
 * its children's, return WEFT_ECLOSED, now and ever after. A task that does not
 * end:
 *
 *     5 s after the close   logged with its label and its last call
 *     30 s after, or after 1,000 calls on closed handles: parked for ever. Its
 *                           stack stays, its owner never becomes empty.
 *     100 ms of computing without a wait: logged while it does (watch.h) and
 *                           once it waits or ends, each at most once a second;
 *                           it cannot be interrupted.
 *
 * Thread: the loop's. */
#ifndef NODE_PLUGIN_TASK_H
#define NODE_PLUGIN_TASK_H

#include "node/plugin/deadlines.h"
#include "p2p/base/log.h"
#include "p2p/base/mono.h"
#include "p2p/net/loop.h"

enum {
	TASK_LATE_MS = 5000,
	TASK_PARK_MS = 30000,
	TASK_PARK_CALLS = 1000,
	TASK_SLOW_MS = 100,
	TASK_LABEL_MAX = 96,
	TASK_TURN_RESUMES = 1024,
	TASK_TURN_MS = 10,
	TASK_TRIM_MS = 1000, /* from work to giving idle stacks back */
};

struct task;
struct task_loop;

/* Limits that tests set otherwise. Zeroed members take the defaults above. */
struct task_limits {
	uint64_t late_ms, park_ms, slow_ms, turn_ms, trim_ms;
	unsigned park_calls;
	size_t tasks; /* at once; 0: as many as the system's limits allow */
};

/* One per net_loop, shared by all nodes on it. limits may be NULL. Like all
 * that is opened on a loop it keeps net_loop_run going until it is closed. */
struct task_loop *task_loop_open(struct net_loop *loop,
				 const struct task_limits *limits);

/* task_loop_watch - tell `log` of tasks that compute too long while they still
 * do, from a thread of our own. Nothing when it is NULL or has not any_thread.
 * It is borrowed until task_loop_close. Once. */
void task_loop_watch(struct task_loop *t, const struct log *log);

/* task_loop_close - after every owner has become empty, or has nothing left but
 * parked tasks; such an owner is not used any more after this.
 *
 * A parked task is never freed, nor is its argument, which stays its own: what
 * lies on its stack, or runs for it on another thread, may point there. */
void task_loop_close(struct task_loop *t);

/* What tasks belong to. Embedded in whatever it stands for; not to be copied.
 * The members from `due` on are internal. */
struct task_owner {
	struct task_loop *loop;
	struct task_owner *parent;
	struct task_owner *children, *next_sibling, *prev_sibling;
	struct task *tasks; /* the newest first */
	size_t live;	    /* tasks of its own that have not ended */
	size_t parked;	    /* of those, parked for ever */
	bool closed;
	struct mono closed_at;
	const struct log *log;
	const char *label; /* "gossip", "gossip gossip/1"; the loop's */

	/* Once closed and without tasks or children: called once, from the
	 * queue, a child's before its parent's. The owner may be freed in it.
	 */
	void (*empty)(void *ctx);
	void *ctx;

	struct deadline due; /* for late tasks */
	bool late;	     /* they were logged */
	struct task_owner *next_empty;
};

/* task_owner_init - label is copied, cut to fit; log is borrowed and may be
 * NULL, parent and empty too. Below a closed parent it is born closed, as if
 * the parent were closed right after: `empty` will be called. */
void task_owner_init(struct task_owner *o, struct task_loop *loop,
		     struct task_owner *parent, const struct log *log,
		     const char *label, void (*empty)(void *ctx), void *ctx);

/* task_owner_close - begin to end everything below it. Idempotent. `empty` is
 * called later, also when there was nothing to end. */
void task_owner_close(struct task_owner *o);

/* task_start - run fn(arg) in a new task, soon; also when the owner is closed
 * before that. `done` (may be NULL) is called from the queue, outside the
 * fiber, with what fn returned; never if the task is parked.
 *
 * ERR_CLOSED  the owner is closed
 * ERR_LIMIT   too many fibers, or stack_kib out of range (0: 256)
 * ERR_SYSTEM  no memory for a stack */
MUST_USE enum err task_start(struct task_owner *o, size_t stack_kib,
			     int (*fn)(void *arg), void *arg,
			     void (*done)(void *arg, int rc));

/* A queue of tasks that wait for the same thing. Zeroed is empty.
 *
 * It has no memory: a wake that finds nobody waiting is lost, so whoever wakes
 * changes what is waited for first, and whoever waits looks at it before. What
 * was woken has left the queue. Before the queue's memory goes away, wake
 * all. */
struct task_waiters {
	struct task *first, *last;
};

/* task_wait - suspend the current task until woken through `on` (NULL: only
 * the deadline), the deadline, or its owner's close. 0, WEFT_ETIMEDOUT or
 * WEFT_ECLOSED; when several hold, in the order ECLOSED, 0, ETIMEDOUT. `call`
 * is the name of the interface call, for the log, and lives for ever. Outside a
 * task: WEFT_EINVAL.
 *
 * A deadline that has passed still lets the others run first, so polling does
 * not hold up the loop. With a closed owner it returns at once and counts as a
 * task_closed_call. */
int task_wait(struct task_waiters *on, struct mono deadline, const char *call);

/* task_wait_uncut - the same without deadline and not cut short by a close. Not
 * outside a task. */
void task_wait_uncut(struct task_waiters *on, const char *call);

/* Wake the one that has waited longest, or all in that order. O(1) for each. A
 * task woken by wake_one whose owner closes before it runs takes that wake with
 * it, and the next one stays where it is: where tasks of several owners wait,
 * wake all. */
void task_wake_one(struct task_waiters *on);
void task_wake_all(struct task_waiters *on);

/* task_current - the task this is called in, or NULL. */
struct task *task_current(void);
struct task_owner *task_owner_of(const struct task *t);

/* task_called - the current task has made this call, which may wait. Nothing
 * outside a task. */
void task_called(const char *call);

/* task_closed_call - a call on a closed handle was made by the current task:
 * counts, once its owner is closed, toward parking it (which happens inside:
 * the call does not return). Nothing outside a task. */
void task_closed_call(const char *call);

/* task_describe - "gossip gossip/1, waiting in weft_read": for refusals to
 * unload. Writes the first live task below o; false when there is none. */
bool task_describe(const struct task_owner *o, char *out, size_t room);

struct task_counts {
	size_t live, parked; /* live: not parked */
	size_t stacks;	     /* mapped, in use or not */
	uint64_t slow;	     /* times a task computed too long */
};
void task_count(const struct task_loop *t, struct task_counts *out);

#endif
