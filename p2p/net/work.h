/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - things that would block the loop: curve work and name lookups.
 *
 * A curve job takes some tenths of a millisecond. To hand it to a thread and to
 * hear of its end takes a quarter of that again, so when there are few of them
 * the loop does them itself, one a turn and only when it would go to sleep
 * instead: what arrives meanwhile waits for one job at most. When many wait, or
 * the loop has had other things to do for some turns, all go to the pool, and
 * the loop does none as long as one waits for a thread.
 *
 * Curve jobs have a queue of their own in front of libuv's thread pool, and at
 * most as many as there are cores are in it; so have jobs that may take long, a
 * plugin's. Together they leave a thread of the pool (when it has three), so
 * neither waits behind the other, and names and files behind none. */
#ifndef P2P_NET_WORK_H
#define P2P_NET_WORK_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/net/loop.h"

/* net_work - run(arg) on a pool thread or, later, on the loop, for a job that
 * only computes, and not for long; then done(arg) on the loop. Both are called
 * exactly once, in order, also when the loop is being closed. */
void net_work(struct net_loop *loop, void (*run)(void *arg),
	      void (*done)(void *arg), void *arg);

/* net_work_long - the same for a job of which nobody knows how long it takes:
 * always on the pool. */
void net_work_long(struct net_loop *loop, void (*run)(void *arg),
		   void (*done)(void *arg), void *arg);

/* net_work_apart - the same on a thread of its own, for a job that waits for
 * others, for seconds, and computes nothing: no other job waits behind it, and
 * it behind none. One at a time for each owner, since nothing limits them. */
void net_work_apart(struct net_loop *loop, void (*run)(void *arg),
		    void (*done)(void *arg), void *arg);

/* net_work_waiting - jobs of both kinds that are queued or running. */
size_t net_work_waiting(const struct net_loop *loop);

/* A lookup under way. */
struct net_resolve;

/* net_resolve_open - the addresses of a name, in the system's order, at most
 * 8. `found` is called once, later: ERR_NONE with count >= 1, or
 * ERR_NOT_FOUND with the system's words. Close frees it, before or after. */
struct net_resolve *net_resolve_open(struct net_loop *loop, const char *name,
				     void (*found)(void *ctx, enum err rc,
						   const struct ip *ips,
						   size_t count,
						   const struct why *why),
				     void *ctx);
void net_resolve_close(struct net_resolve *r);

#endif
