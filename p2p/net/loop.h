/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - the event loop: one thread, timers, signals, end-of-turn work.
 * Together with the rest of p2p/net the only user of libuv; no other folder
 * sees a libuv type. SIGPIPE is ignored from net_loop_open on, unless the
 * program has a handler of its own.
 *
 * Rules of all of p2p/net: everything runs on the loop's thread; a call that
 * returns an error never calls back; close is idempotent and silent, the
 * object's memory is p2p/net's own and freed once libuv is done with it; a
 * callback comes never from inside the call that asked for it. */
#ifndef P2P_NET_LOOP_H
#define P2P_NET_LOOP_H

#include "p2p/base/err.h"
#include "p2p/base/mono.h"

struct net_loop;

MUST_USE enum err net_loop_open(struct net_loop **out, struct why *why);

/* net_loop_run - turn until nothing is open any more or net_loop_stop. What
 * was opened counts until it is closed, be it a timer that is not set or a
 * stream that does not read. */
void net_loop_run(struct net_loop *loop);

/* net_loop_stop - net_loop_run returns at the end of this turn, with all
 * written that was appended in it; called outside of a run, the next one
 * returns at once. */
void net_loop_stop(struct net_loop *loop);

/* net_loop_close - free; everything opened on it was closed before. Turns the
 * loop until the last handle is gone and the last job is done. */
void net_loop_close(struct net_loop *loop);

/* net_loop_now - the clock as of this turn: cheap, and the same for all that
 * happens within one. */
struct mono net_loop_now(struct net_loop *loop);

/* A one-shot timer, set again as often as liked. It never fires early by
 * net_loop_now, and at most about a millisecond late. */
struct net_timer;
struct net_timer *net_timer_open(struct net_loop *loop, void (*fire)(void *ctx),
				 void *ctx);

/* net_timer_set - fire once at `at` (without waiting, but not from in here,
 * when that is past); MONO_NEVER switches it off. Replaces what was set. */
void net_timer_set(struct net_timer *t, struct mono at);
void net_timer_close(struct net_timer *t);

/* A signal such as SIGINT, delivered on the loop. */
struct net_signal;
MUST_USE enum err net_signal_open(struct net_signal **out,
				  struct net_loop *loop, int signum,
				  void (*fire)(void *ctx, int signum),
				  void *ctx, struct why *why);
void net_signal_close(struct net_signal *s);

#endif
