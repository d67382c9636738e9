/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - things that would block the loop: curve work and name lookups.
 *
 * Curve jobs have a queue of their own in front of libuv's thread pool, and at
 * most as many as there are cores (less one thread of the pool) are in it, so
 * names and files never wait behind handshakes. */
#ifndef P2P_NET_WORK_H
#define P2P_NET_WORK_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/net/loop.h"

/* net_work - run(arg) on a pool thread, then done(arg) on the loop. Both are
 * called exactly once, in order, also when the loop is being closed. */
void net_work(struct net_loop *loop, void (*run)(void *arg),
	      void (*done)(void *arg), void *arg);

/* net_work_waiting - jobs that are queued or running. */
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
