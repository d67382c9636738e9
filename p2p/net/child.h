/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - a program of ours in a process of its own, which does not outlive
 * us: the kernel kills it when the thread that opened it ends, in whatever way.
 * It is in a process group of its own, so that a terminal's Ctrl-C is ours to
 * pass on.
 *
 * Its two outputs come here; its input is /dev/null. Of our other descriptors
 * it gets one at most. */
#ifndef P2P_NET_CHILD_H
#define P2P_NET_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/net/loop.h"

struct net_child;

enum net_child_stream {
	NET_CHILD_OUT,
	NET_CHILD_ERR,
};

/* How it ended: an exit status, or the signal that killed it. */
struct net_child_end {
	int status;
	int signum; /* 0: it exited */
};

struct net_child_events {
	/* It printed; borrowed for the call. */
	void (*printed)(void *ctx, enum net_child_stream stream,
			const uint8_t *data, size_t len);

	/* It ended, and all that it printed was handed over. Once, the last;
	 * closing is what is left. */
	void (*ended)(void *ctx, const struct net_child_end *end);
};

/* net_child_open - start it.
 *
 *   argv    the first is the program's path; NULL at the end
 *   env     NULL at the end
 *   keep    a descriptor of ours to be open there under the same number, or -1
 *   events  copied
 *
 * ERR_DENIED, ERR_SYSTEM: there is no process, and *out is NULL. Blocks until
 * the program runs. */
MUST_USE enum err net_child_open(struct net_child **out, struct net_loop *loop,
				 const char *const *argv,
				 const char *const *env, int keep,
				 const struct net_child_events *events,
				 void *ctx, struct why *why);

/* net_child_pid - for people. */
int net_child_pid(const struct net_child *c);

/* net_child_signal - nothing once it has ended. */
void net_child_signal(struct net_child *c, int signum);

/* net_child_close - kills it, if it still runs, and waits for that; nothing is
 * called any more. NULL is ignored. */
void net_child_close(struct net_child *c);

#endif
