/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/candidates.h"

#include <assert.h>

#include "p2p/crypto/hashtable.h"
#include "p2p/server/dial.h"

enum {
	NETWORK_LEAST = 2, /* peers of one network */
	NETWORK_SHARE = 4, /* one in so many of the dialed ones */
};

struct candidate_dialed {
	struct node_id id;
	struct mono until;
	UT_hash_handle hh;
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t less(size_t a, size_t b)
{
	return a > b ? a - b : 0;
}

/* --- how many --------------------------------------------------------------
 */

size_t candidates_missing(const struct candidate_places *p)
{
	size_t share = less(p->max_dialed, p->dialed_peers);
	size_t places = less(p->max_peers, p->peers);

	return less(smaller(share, places), p->expected);
}

static size_t most_of(size_t max_pending)
{
	return max_pending < 2 ? 1 : max_pending / 2;
}

size_t candidates_slots(const struct candidate_places *p)
{
	size_t slots =
		dial_slots(candidates_missing(p), 0, most_of(p->max_pending));

	return smaller(slots, less(p->max_pending, p->static_dials));
}

size_t candidates_static_slots(const struct candidates *c,
			       const struct candidate_places *p)
{
	size_t pending = less(p->max_pending, c->dialing);

	return dial_slots(p->max_peers, p->peers, pending ? pending : 1);
}

/* --- the history -----------------------------------------------------------
 */

void candidates_init(struct candidates *c,
		     const struct candidate_limits *limits)
{
	hashtable_init();
	*c = (struct candidates){ .limits = limits };
}

void candidates_clear(struct candidates *c)
{
	struct candidate_dialed *d, *next;

	HASH_ITER (hh, c->dialed, d, next) {
		HASH_DEL(c->dialed, d);
		free(d);
	}
}

/* Entries stand in the order they were made and all live equally long, so the
 * first is the oldest. */
static void forget(struct candidates *c, size_t most, struct mono now)
{
	struct candidate_dialed *d = c->dialed;

	while (d &&
	       (!mono_before(now, d->until) || HASH_COUNT(c->dialed) > most)) {
		HASH_DEL(c->dialed, d);
		free(d);
		d = c->dialed;
	}
}

static bool was_dialed(const struct candidates *c, const struct node_id *id,
		       struct mono now)
{
	struct candidate_dialed *d;

	HASH_FIND(hh, c->dialed, id, sizeof(*id), d);
	return d && mono_before(now, d->until);
}

void candidates_begin(struct candidates *c, const struct node_id *id,
		      struct mono now)
{
	struct candidate_dialed *d;

	assert(!was_dialed(c, id, now));
	forget(c, c->limits->history_max - 1, now);
	d = calloc(1, sizeof(*d));
	if (!d)
		abort();
	d->id = *id;
	d->until = mono_add_ms(now, c->limits->history_ms);
	HASH_ADD(hh, c->dialed, id, sizeof(d->id), d);
	c->dialing++;
}

void candidates_end(struct candidates *c)
{
	assert(c->dialing > 0);
	c->dialing--;
}

void candidates_spare(struct candidates *c, const struct node_id *id)
{
	struct candidate_dialed *d;

	HASH_FIND(hh, c->dialed, id, sizeof(*id), d);
	if (!d)
		return;
	HASH_DEL(c->dialed, d);
	free(d);
}

/* --- which -----------------------------------------------------------------
 */

static bool network_is_used(const struct candidate_view *v, size_t max_dialed)
{
	size_t share = max_dialed / NETWORK_SHARE;

	return !v->is_any_number &&
	       v->of_network >= (share < NETWORK_LEAST ? NETWORK_LEAST : share);
}

/* "A candidate is skipped, in this order: own ID; has an IP but no TCP port;
 * being dialed; connected; pending inbound; outside NetRestrict; dialed within
 * 35 s." */
enum candidate_verdict candidates_judge(struct candidates *c,
					const struct candidate_view *v,
					size_t max_dialed, struct mono now)
{
	if (v->is_self)
		return CANDIDATE_SELF;
	if (!v->is_reachable)
		return CANDIDATE_UNREACHABLE;
	if (v->is_static)
		return CANDIDATE_STATIC;
	if (v->is_here)
		return CANDIDATE_HERE;
	if (!v->is_allowed)
		return CANDIDATE_OUTSIDE;
	if (was_dialed(c, v->id, now))
		return CANDIDATE_LATELY;
	if (network_is_used(v, max_dialed))
		return CANDIDATE_SHARE;
	return CANDIDATE_DIAL;
}
