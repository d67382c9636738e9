/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/replay.h"

#include "p2p/crypto/hashtable.h"

struct replay_entry {
	uint8_t x[32];
	UT_hash_handle hh;
};

void replay_init(struct replay *r, size_t max)
{
	hashtable_init();
	*r = (struct replay){ .max = max };
	/* Pages that no entry was written to cost no memory. */
	r->ring = calloc(max, sizeof(*r->ring));
	if (!r->ring)
		abort();
}

void replay_clear(struct replay *r)
{
	HASH_CLEAR(hh, r->by_x);
	free(r->ring);
	r->ring = NULL;
}

bool replay_seen(struct replay *r, const struct ecc_pub *point)
{
	struct replay_entry *e;

	HASH_FIND(hh, r->by_x, point->b, sizeof(e->x), e);
	if (e)
		return true;

	e = &r->ring[r->next];
	if (r->used == r->max)
		HASH_DEL(r->by_x, e);
	else
		r->used++;
	memcpy(e->x, point->b, sizeof(e->x));
	HASH_ADD(hh, r->by_x, x, sizeof(e->x), e);
	r->next = (r->next + 1) % r->max;
	return false;
}
