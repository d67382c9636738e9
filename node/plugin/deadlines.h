/* SPDX-License-Identifier: Apache-2.0 */
/* deadlines.h - points in time, the next one first. Pure.
 *
 * Those that are equal come in the order they were set. Setting, replacing and
 * taking one costs O(log n); a look at the next is free. */
#ifndef NODE_PLUGIN_DEADLINES_H
#define NODE_PLUGIN_DEADLINES_H

#include <stddef.h>

#include "p2p/base/mono.h"

/* Embedded in what waits; zeroed but for due. */
struct deadline {
	void (*due)(struct deadline *d); /* for whoever takes it */
	struct mono at;
	uint64_t turn; /* it was set as the n-th */
	size_t place;  /* in the heap, from 1; 0: not set */
};

/* Zeroed is empty. */
struct deadlines {
	struct deadline **heap;
	size_t count, room;
	uint64_t turn;
};

/* deadlines_set - replaces what d was set to; MONO_NEVER takes it out. */
void deadlines_set(struct deadlines *all, struct deadline *d, struct mono at);

/* deadlines_next - when the next one is due; MONO_NEVER when none is set. */
struct mono deadlines_next(const struct deadlines *all);

/* deadlines_take - the next one, taken out, if it is due at `now`: not later
 * than that. NULL otherwise. */
struct deadline *deadlines_take(struct deadlines *all, struct mono now);

/* deadlines_clear - free; those that are still set are forgotten. */
void deadlines_clear(struct deadlines *all);

#endif
