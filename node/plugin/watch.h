/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - who tells of a fiber that computes, while it computes. Nothing can
 * interrupt it, and its loop stands still, so that a thread must look.
 *
 * There is one such thread per process, made with the first watch and ended
 * with the last. It sleeps while no watched loop is in a turn. A resume costs
 * the loop a few plain stores.
 *
 * Internal to node/plugin. */
#ifndef NODE_PLUGIN_WATCH_H
#define NODE_PLUGIN_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "p2p/base/log.h"
#include "p2p/base/mono.h"

enum {
	WATCH_SILENT_MS = 1000, /* from one line of a loop to the next */
};

/* One per loop that is watched; zeroed is not. Texts that are given to it stay
 * as they are until watch_close. */
struct watch {
	/* Written by the loop's thread, read by the watcher's. */
	_Atomic(const char *) label; /* of what runs; NULL: nothing does */
	_Atomic(const char *) call;
	_Atomic uint64_t since; /* by watch_clock */
	atomic_bool in_turn;

	/* The watcher's. */
	struct watch *prev, *next;
	const struct log *log;
	uint64_t slow_ms;
	uint64_t told; /* `since` of what was told last */
	struct mono silent_until;
};

/* watch_open - tell log, from another thread, of what runs for slow_ms. */
void watch_open(struct watch *w, const struct log *log, uint64_t slow_ms);

/* watch_close - its log is not used any more once this has returned. Nothing
 * for one that is not open. */
void watch_close(struct watch *w);

/* watch_clock - the last tick of the system's clock, a few milliseconds old: it
 * is read with every resume, and the exact one costs more than the switch. */
struct mono watch_clock(void);

/* watch_wake - the loop is in a turn, and the watcher sleeps. */
void watch_wake(void);

extern atomic_bool watch_sleeps;

/* A turn begins or ends. */
static inline void watch_turn(struct watch *w, bool in_turn)
{
	/* In one order with the watcher's look at it and its falling asleep:
	 * one of the two sees what the other did. */
	atomic_store(&w->in_turn, in_turn);
	if (in_turn && atomic_load(&watch_sleeps))
		watch_wake();
}

/* A task is resumed, `since` the last thing of the turn was over. Who sees the
 * label sees what stands before it. */
static inline void watch_runs(struct watch *w, const char *label,
			      const char *call, struct mono since)
{
	atomic_store_explicit(&w->since, since.ns, memory_order_release);
	atomic_store_explicit(&w->call, call, memory_order_release);
	atomic_store_explicit(&w->label, label, memory_order_release);
}

static inline void watch_rests(struct watch *w)
{
	atomic_store_explicit(&w->label, NULL, memory_order_release);
}

/* What runs has made this call, and goes on. */
static inline void watch_called(struct watch *w, const char *call)
{
	atomic_store_explicit(&w->call, call, memory_order_release);
}

#endif
