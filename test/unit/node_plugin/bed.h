/* SPDX-License-Identifier: Apache-2.0 */
/* bed.h - a loop with tasks on it, one owner, and a log that is kept. */
#ifndef TEST_UNIT_NODE_PLUGIN_BED_H
#define TEST_UNIT_NODE_PLUGIN_BED_H

#include "node/plugin/task.h"
#include "test/support/unit.h"

enum {
	BED_LINES = 32
};

struct bed {
	struct net_loop *loop;
	struct task_loop *tasks;
	struct net_timer *tick;
	struct mono started;
	struct task_owner owner; /* "bed" */
	unsigned empty;		 /* calls of the owner's */

	struct log log;
	char lines[BED_LINES][256]; /* "message key=value ...", texts only */
	uint64_t closed_for_ns[BED_LINES]; /* of those that say so */
	unsigned line_count;
};

/* bed_open - limits may be NULL. Without a turn_ms in them a turn takes as long
 * as it does, so that on a slow machine no test sees half a turn; and without a
 * slow_ms no line tells of a task that was stalled. */
void bed_open(struct bed *b, const struct task_limits *limits);

/* bed_close - close the owner, wait until it is empty, and close the rest. */
void bed_close(struct bed *b);

/* bed_abandon - the same for an owner with parked tasks, closed before. */
void bed_abandon(struct bed *b);

/* bed_turn - let the loop turn once, without waiting; bed_turns, n times. */
void bed_turn(struct bed *b);
void bed_turns(struct bed *b, unsigned n);

/* Turn until the condition holds; fails when it never does. */
#define BED_UNTIL(b, cond)                      \
	do {                                    \
		while (!(cond))                 \
			bed_patience(b, #cond); \
	} while (0)

/* bed_patience - turn once, at most a millisecond long. */
void bed_patience(struct bed *b, const char *for_what);

/* bed_start - a task of the owner's, which must start. */
void bed_start(struct bed *b, int (*fn)(void *arg), void *arg);

/* Works as on another thread: nothing cuts its first wait short. bed_work is a
 * task's function. */
struct bed_worker {
	struct task_waiters on;
	int later; /* what the wait after it returned */
	bool woken;
};
int bed_work(void *worker);

/* bed_in_ms - a point in time from now. */
struct mono bed_in_ms(struct bed *b, uint64_t ms);

#endif
