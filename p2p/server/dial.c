/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/dial.h"

#include <assert.h>

/* --- the heap: the earliest on top --------------------------------------- */

static bool is_earlier(const struct dial_node *a, const struct dial_node *b)
{
	return mono_before(a->due, b->due);
}

static void heap_put(struct dial *d, size_t at, struct dial_node *n)
{
	d->heap[at] = n;
	n->at = at;
}

static void heap_up(struct dial *d, struct dial_node *n)
{
	size_t at = n->at;

	while (at > 0 && is_earlier(n, d->heap[(at - 1) / 2])) {
		heap_put(d, at, d->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(d, at, n);
}

static void heap_down(struct dial *d, struct dial_node *n)
{
	size_t at = n->at, child;

	while ((child = 2 * at + 1) < d->waiting) {
		if (child + 1 < d->waiting &&
		    is_earlier(d->heap[child + 1], d->heap[child]))
			child++;
		if (!is_earlier(d->heap[child], n))
			break;
		heap_put(d, at, d->heap[child]);
		at = child;
	}
	heap_put(d, at, n);
}

static void heap_add(struct dial *d, struct dial_node *n, struct mono due)
{
	n->due = due;
	heap_put(d, d->waiting++, n);
	heap_up(d, n);
}

static void heap_remove(struct dial *d, struct dial_node *n)
{
	struct dial_node *last = d->heap[--d->waiting];

	if (last == n)
		return;
	heap_put(d, n->at, last);
	heap_up(d, last);
	heap_down(d, last);
}

/* --- nodes --------------------------------------------------------------- */

void dial_init(struct dial *d, const struct dial_limits *limits,
	       const struct secret32 *seed)
{
	hashtable_init();
	*d = (struct dial){ .limits = limits };
	drbg_init(&d->chance, seed);
}

void dial_clear(struct dial *d)
{
	struct dial_node *n, *next;

	HASH_ITER (hh, d->by_id, n, next) {
		HASH_DEL(d->by_id, n);
		free(n);
	}
	free(d->heap);
	d->heap = NULL;
	secret_wipe(&d->chance, sizeof(d->chance));
}

struct dial_node *dial_find(const struct dial *d, const struct node_id *id)
{
	struct dial_node *n;

	HASH_FIND(hh, d->by_id, id, sizeof(*id), n);
	return n;
}

/* The heap has room for every node, so that heap_add cannot fail. */
static void make_room(struct dial *d, size_t nodes)
{
	if (nodes <= d->room)
		return;
	d->room = nodes * 2;
	d->heap = realloc(d->heap, d->room * sizeof(*d->heap));
	if (!d->heap)
		abort();
}

/* After each change of what it depends on. */
static void recount(struct dial *d, struct dial_node *n)
{
	d->expected -= n->expected;
	n->expected = !n->up && !n->removed && n->failures < DIAL_EXPECTED;
	d->expected += n->expected;
}

size_t dial_expected(const struct dial *d)
{
	return d->expected;
}

enum err dial_add(struct dial *d, const struct enode *node, struct mono now)
{
	struct dial_node *n;

	if (dial_find(d, &node->id))
		return ERR_EXISTS;
	n = calloc(1, sizeof(*n));
	if (!n)
		abort();
	n->node = *node;
	n->wait_ms = d->limits->first_ms;
	HASH_ADD(hh, d->by_id, node.id, sizeof(n->node.id), n);
	make_room(d, HASH_COUNT(d->by_id));
	heap_add(d, n, now);
	recount(d, n);
	return ERR_NONE;
}

void dial_remove(struct dial *d, struct dial_node *n)
{
	HASH_DEL(d->by_id, n);
	if (!n->dialing && !n->up)
		heap_remove(d, n);
	n->removed = true;
	recount(d, n);
	if (!n->dialing)
		free(n);
}

size_t dial_slots(size_t max_dialed, size_t dialed_peers, size_t max_pending)
{
	size_t missing =
		max_dialed > dialed_peers ? max_dialed - dialed_peers : 0;

	if (missing >= max_pending)
		return max_pending;
	return missing * 2 < max_pending ? missing * 2 : max_pending;
}

struct mono dial_due(const struct dial *d)
{
	return d->waiting ? d->heap[0]->due : MONO_NEVER;
}

struct dial_node *dial_take(struct dial *d, size_t slots, struct mono now)
{
	struct dial_node *n;

	if (d->dialing >= slots || d->waiting == 0 ||
	    mono_before(now, d->heap[0]->due))
		return NULL;
	n = d->heap[0];
	heap_remove(d, n);
	n->dialing = true;
	n->tries++;
	d->dialing++;
	return n;
}

void dial_skip(struct dial *d, struct dial_node *n, struct mono now)
{
	n->dialing = false;
	n->tries--;
	d->dialing--;
	heap_add(d, n, mono_add_ms(now, d->limits->first_ms));
}

static uint32_t spread_out(struct dial *d, uint32_t wait_ms)
{
	uint32_t most = (uint32_t)((uint64_t)wait_ms * d->limits->spread / 100);

	return wait_ms - drbg_below(&d->chance, most + 1);
}

/* Back into the heap, unless something is still under way. */
static void wait_again(struct dial *d, struct dial_node *n, struct mono now)
{
	if (n->dialing || n->up)
		return;
	heap_add(d, n, mono_add_ms(now, spread_out(d, n->wait_ms)));
	n->wait_ms = n->wait_ms > d->limits->most_ms / 2 ? d->limits->most_ms
							 : n->wait_ms * 2;
}

void dial_done(struct dial *d, struct dial_node *n, struct mono now)
{
	assert(n->dialing);
	n->dialing = false;
	d->dialing--;
	if (n->removed) {
		free(n);
		return;
	}
	if (!n->up && n->failures < DIAL_EXPECTED)
		n->failures++;
	recount(d, n);
	wait_again(d, n, now);
}

void dial_up(struct dial *d, struct dial_node *n, struct mono now)
{
	assert(!n->up);
	if (!n->dialing)
		heap_remove(d, n);
	n->up = true;
	n->up_at = now;
	n->failures = 0;
	recount(d, n);
}

void dial_down(struct dial *d, struct dial_node *n, struct mono now)
{
	assert(n->up);
	n->up = false;
	recount(d, n);
	if (mono_since_ms(now, n->up_at) >= d->limits->good_ms)
		n->wait_ms = d->limits->first_ms;
	wait_again(d, n, now);
}
