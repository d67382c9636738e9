/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

enum {
	MINUTE_MS = 60 * 1000,
	REFRESH_MIN_MS = 15 * MINUTE_MS,
	REFRESH_SPREAD_MS = 15 * MINUTE_MS,
	COLD_MS = 10 * 1000, /* after one that began with nobody live */
	LOOKUPS = 4,	     /* ourselves, and 3 at random */
	WALK_MS = 1000,
	BUSY_MS = 100, /* when all lookups are taken */
};

static void random_target(struct v4 *v, struct ecc_pub *target)
{
	drbg_bytes(&v->rng, target->b, sizeof(target->b));
}

/* --- refresh ----------------------------------------------------------------
 */

/* "Always, not only when empty." */
static void insert_bootnodes(struct v4 *v)
{
	for (size_t i = 0; i < v->bootnode_count; i++)
		v4_offer_found(v, &v->bootnodes[i]);
}

static void refresh_over(struct v4 *v)
{
	v->refresh = V4_REFRESH_REST;
	v->refresh_due = mono_add_ms(
		v->now,
		REFRESH_MIN_MS + drbg_below(&v->rng, REFRESH_SPREAD_MS + 1));
	if (v->is_ready)
		return;
	v->is_ready = true;
	table_ready(v->table);
	v4_tell(v, V4_EVENT_READY, 0, NULL, 0);
}

static void refresh_lookup(struct v4 *v)
{
	struct ecc_pub target = v->key.pub;

	if (v->refresh_left < LOOKUPS)
		random_target(v, &target);
	if (!v4_searches_new(v, V4_SEARCH_REFRESH, &target))
		v->refresh_due = mono_add_ms(v->now, BUSY_MS);
	else
		v->refresh_due = MONO_NEVER;
}

/* One that began with nobody live found little: those who joined with us could
 * not be told of yet. And while nobody answers, somebody may soon. */
static struct mono next_refresh(const struct v4 *v)
{
	bool has_any = v->bootnode_count || table_count(v->table);

	if (has_any && (v->refresh_is_cold || !table_live(v->table)))
		return mono_min(v->refresh_due,
				mono_add_ms(v->refresh_began, COLD_MS));
	return v->refresh_due;
}

static void step_refresh(struct v4 *v)
{
	switch (v->refresh) {
	case V4_REFRESH_REST:
		if (mono_before(v->now, next_refresh(v)))
			return;
		v->refresh_began = v->now;
		v->refresh_is_cold = !table_live(v->table);
		v->refresh = V4_REFRESH_SEEDS;
		v4_tell(v, V4_EVENT_SEEDS, 0, NULL, 0);
		break;
	case V4_REFRESH_SEEDS:
		insert_bootnodes(v);
		v->refresh = V4_REFRESH_LOOKUPS;
		v->refresh_left = LOOKUPS;
		refresh_lookup(v);
		break;
	case V4_REFRESH_LOOKUPS:
		if (!mono_before(v->now, v->refresh_due))
			refresh_lookup(v);
		break;
	}
}

/* --- walk -------------------------------------------------------------------
 */

static void step_walk(struct v4 *v)
{
	struct ecc_pub target;

	if (v->walk == V4_REST || v->walking || !v->is_ready ||
	    mono_before(v->now, v->walk_due))
		return;
	random_target(v, &target);
	v->walking = v4_searches_new(v, V4_SEARCH_WALK, &target) != NULL;
	v->walk_due = mono_add_ms(v->now, WALK_MS);
}

/* --- both -------------------------------------------------------------------
 */

void v4_plan_found(struct v4 *v, enum v4_search_for whom)
{
	if (whom == V4_SEARCH_WALK)
		v->walking = false;
	if (whom != V4_SEARCH_REFRESH)
		return;
	v->refresh_left--;
	if (!v->refresh_left)
		refresh_over(v);
	else
		v->refresh_due = v->now;
}

struct mono v4_plan_due(const struct v4 *v)
{
	struct mono due = v->refresh_due;

	if (v->refresh == V4_REFRESH_SEEDS)
		due = v->now;
	else if (v->refresh == V4_REFRESH_REST)
		due = next_refresh(v);
	if (v->walk == V4_WALK && !v->walking && v->is_ready)
		due = mono_min(due, v->walk_due);
	return due;
}

void v4_plan_tick(struct v4 *v)
{
	step_refresh(v);
	step_walk(v);
}
