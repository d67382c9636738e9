/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/deadlines.h"

#include <stdbool.h>
#include <stdlib.h>

/* A binary heap whose top is at place 1: the two below place p are at 2p and
 * 2p + 1. */

static bool is_before(const struct deadline *a, const struct deadline *b)
{
	if (a->at.ns != b->at.ns)
		return mono_before(a->at, b->at);
	return a->turn < b->turn;
}

static void put(struct deadlines *all, struct deadline *d, size_t place)
{
	all->heap[place - 1] = d;
	d->place = place;
}

static struct deadline *at(const struct deadlines *all, size_t place)
{
	return all->heap[place - 1];
}

static void rise(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place;

	while (place > 1 && is_before(d, at(all, place / 2))) {
		put(all, at(all, place / 2), place);
		place /= 2;
	}
	put(all, d, place);
}

static void sink(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place;

	for (;;) {
		size_t below = 2 * place;

		if (below < all->count &&
		    is_before(at(all, below + 1), at(all, below)))
			below++;
		if (below > all->count || !is_before(at(all, below), d))
			break;
		put(all, at(all, below), place);
		place = below;
	}
	put(all, d, place);
}

static void take_out(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place;
	struct deadline *last;

	if (!place)
		return;
	last = at(all, all->count);
	d->place = 0;
	all->count--;
	if (last == d)
		return;
	put(all, last, place);
	rise(all, last);
	sink(all, last);
}

static void make_room(struct deadlines *all)
{
	if (all->count < all->room)
		return;
	all->room = all->room ? 2 * all->room : 64;
	all->heap = realloc(all->heap, all->room * sizeof(*all->heap));
	if (!all->heap)
		abort();
}

void deadlines_set(struct deadlines *all, struct deadline *d, struct mono at)
{
	take_out(all, d);
	if (at.ns == MONO_NEVER.ns)
		return;
	make_room(all);
	d->at = at;
	d->turn = all->turn++;
	put(all, d, ++all->count);
	rise(all, d);
}

struct mono deadlines_next(const struct deadlines *all)
{
	return all->count ? at(all, 1)->at : MONO_NEVER;
}

struct deadline *deadlines_take(struct deadlines *all, struct mono now)
{
	struct deadline *d;

	if (!all->count || mono_before(now, at(all, 1)->at))
		return NULL;
	d = at(all, 1);
	take_out(all, d);
	return d;
}

void deadlines_clear(struct deadlines *all)
{
	free(all->heap);
	*all = (struct deadlines){ 0 };
}
