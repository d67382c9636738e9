/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

enum {
	MINUTE_MS = 60 * 1000,
	REFRESH_MIN_MS = 15 * MINUTE_MS,
	REFRESH_SPREAD_MS = 15 * MINUTE_MS,
	COLD_MS = 10 * 1000, /* after one that began with nobody live */
	LOOKUPS = 4,	     /* ourselves, and 3 at random */
	WALK_MS = 1000,
	BUSY_MS = 100, /* when all lookups are taken */
};

static void random_target(struct v5 *v, struct node_id *target)
{
	drbg_bytes(&v->rng, target->b, sizeof(target->b));
}

/* --- refresh ----------------------------------------------------------------
 */

/* "Always, not only when empty." */
static void insert_bootnodes(struct v5 *v)
{
	for (size_t i = 0; i < v->bootnode_count; i++)
		v5_offer(v, &v->bootnodes[i], TABLE_FOUND);
}

static void refresh_over(struct v5 *v)
{
	v->refresh = V5_REFRESH_REST;
	v->refresh_due = mono_add_ms(
		v->now,
		REFRESH_MIN_MS + drbg_below(&v->rng, REFRESH_SPREAD_MS + 1));
	if (v->is_ready)
		return;
	v->is_ready = true;
	table_ready(v->table);
	v5_tell(v, V5_EVENT_READY, 0, NULL, 0);
}

static void refresh_lookup(struct v5 *v)
{
	struct node_id target = v->self;

	if (v->refresh_left < LOOKUPS)
		random_target(v, &target);
	if (!v5_searches_new(v, V5_SEARCH_REFRESH, &target))
		v->refresh_due = mono_add_ms(v->now, BUSY_MS);
	else
		v->refresh_due = MONO_NEVER;
}

/* One that began with nobody live found little: those who joined with us could
 * not be told of yet. And while nobody answers, somebody may soon. */
static struct mono next_refresh(const struct v5 *v)
{
	bool has_any = v->bootnode_count || table_count(v->table);

	if (has_any && (v->refresh_is_cold || !table_live(v->table)))
		return mono_min(v->refresh_due,
				mono_add_ms(v->refresh_began, COLD_MS));
	return v->refresh_due;
}

static void step_refresh(struct v5 *v)
{
	switch (v->refresh) {
	case V5_REFRESH_REST:
		if (mono_before(v->now, next_refresh(v)))
			return;
		v->refresh_began = v->now;
		v->refresh_is_cold = !table_live(v->table);
		v->refresh = V5_REFRESH_SEEDS;
		v5_tell(v, V5_EVENT_SEEDS, 0, NULL, 0);
		break;
	case V5_REFRESH_SEEDS:
		insert_bootnodes(v);
		v->refresh = V5_REFRESH_LOOKUPS;
		v->refresh_left = LOOKUPS;
		refresh_lookup(v);
		break;
	case V5_REFRESH_LOOKUPS:
		if (!mono_before(v->now, v->refresh_due))
			refresh_lookup(v);
		break;
	}
}

/* --- walk -------------------------------------------------------------------
 */

static void step_walk(struct v5 *v)
{
	struct node_id target;

	if (v->walk == V5_REST || v->walking || !v->is_ready ||
	    mono_before(v->now, v->walk_due))
		return;
	random_target(v, &target);
	v->walking = v5_searches_new(v, V5_SEARCH_WALK, &target) != NULL;
	v->walk_due = mono_add_ms(v->now, WALK_MS);
}

/* --- both -------------------------------------------------------------------
 */

void v5_plan_found(struct v5 *v, enum v5_search_for whom)
{
	if (whom == V5_SEARCH_WALK)
		v->walking = false;
	if (whom != V5_SEARCH_REFRESH)
		return;
	v->refresh_left--;
	if (!v->refresh_left)
		refresh_over(v);
	else
		v->refresh_due = v->now;
}

struct mono v5_plan_due(const struct v5 *v)
{
	struct mono due = v->refresh_due;

	if (v->refresh == V5_REFRESH_SEEDS)
		due = v->now;
	else if (v->refresh == V5_REFRESH_REST)
		due = next_refresh(v);
	if (v->walk == V5_WALK && !v->walking && v->is_ready)
		due = mono_min(due, v->walk_due);
	return due;
}

void v5_plan_tick(struct v5 *v)
{
	step_refresh(v);
	step_walk(v);
}
