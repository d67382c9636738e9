/* SPDX-License-Identifier: Apache-2.0 */
/* loop_internal.h - what the files of p2p/net share about the loop.
 *
 * One iteration of libuv's loop, in its order:
 *
 *     timers, idle, prepare | poll for I/O, check, close callbacks
 *
 * Prepare and check are where a turn ends: what streams have gathered is
 * written and the clock is read anew. Having two such points means that bytes
 * leave before the poll may block, whoever appended them, and also when
 * net_loop_stop keeps the next iteration from beginning. Prepare is also where
 * the share of reading of each stream starts again. */
#ifndef P2P_NET_LOOP_INTERNAL_H
#define P2P_NET_LOOP_INTERNAL_H

#include <stdint.h>
#include <uv.h>

#include "p2p/net/eager.h"
#include "p2p/net/link.h"
#include "p2p/net/loop.h"

enum {
	NET_READ_MAX = 64 * 1024, /* bytes of one read */
};

/* Something to be done once, soon. Embedded in its owner, who takes it back
 * with link_leave(&task->link) before going away. */
struct net_task {
	struct link link;
	void (*run)(struct net_task *task);
};

/* Jobs of one kind, in front of the thread pool. */
struct net_jobs {
	struct link queue; /* those that wait */
	size_t waiting;
	size_t running;
	size_t max;	/* running at one time */
	bool on_pool;	/* some wait for the pool: the loop does none */
	unsigned turns; /* that the first has waited for the loop */
};

struct net_loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t idle; /* active: the poll does not block */

	size_t open; /* objects that their owner has not closed yet, and jobs */

	struct mono now; /* valid when now_known */
	bool now_known;
	bool running;

	struct link flush;  /* tasks for the end of this turn */
	struct link resume; /* tasks for prepare: reading goes on */
	struct link soon;   /* tasks for the next idle phase: timers due */

	uint64_t iteration;
	uint64_t writes; /* calls that wrote to a socket */

	/* Since the last poll; see eager.h. */
	bool sent, got;
	bool may_be_eager; /* there is more than one processor */
	struct eager eager;

	struct net_jobs jobs, long_jobs; /* of work.c */

	/* What a read fills; borrowed by `data` for the call, so that an idle
	 * connection holds no buffer. */
	uint8_t scratch[NET_READ_MAX];
};

/* net_work_init - the part of a new loop that is work.c's. */
void net_work_init(struct net_loop *loop);

/* net_work_is_due - a job waits for the loop to do it, which must not sleep.
 * net_work_turn - if so, before the poll: do it if there is nothing else to do,
 * which calls upward. */
bool net_work_is_due(const struct net_loop *loop);
void net_work_turn(struct net_loop *loop);

/* net_new - zeroed memory; the process stops when there is none. */
void *net_new(size_t size);

/* net_loop_hold - an object was opened; net_loop_run goes on until each was
 * let go of by its owner's close. */
void net_loop_hold(struct net_loop *loop);
void net_loop_let_go(struct net_loop *loop);

void net_task_init(struct net_task *task, void (*run)(struct net_task *task));

/* net_loop_at_end - run a task at the end of this turn. One that is already in
 * a list stays where it is. */
void net_loop_at_end(struct net_loop *loop, struct net_task *task);

/* net_loop_resume - run a task, which must not call upward, before the next
 * poll and after every other connection had its share of this one. */
void net_loop_resume(struct net_loop *loop, struct net_task *task);

/* net_loop_soon - run a task in the next idle phase, without waiting. */
void net_loop_soon(struct net_loop *loop, struct net_task *task);

#endif
