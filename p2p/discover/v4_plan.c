/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

static void random_target(struct v4 *v, struct ecc_pub *target)
{
	drbg_bytes(&v->rng, target->b, sizeof(target->b));
}

static void insert_bootnodes(struct v4 *v)
{
	for (size_t i = 0; i < v->bootnode_count; i++)
		v4_offer_found(v, &v->bootnodes[i]);
}

static void look(struct v4 *v)
{
	struct ecc_pub target = v->key.pub;

	if (!plan_is_first(&v->plan))
		random_target(v, &target);
	plan_looked(&v->plan, v4_searches_new(v, V4_SEARCH_REFRESH, &target),
		    v->now);
}

static void walk(struct v4 *v)
{
	struct ecc_pub target;

	random_target(v, &target);
	plan_walked(&v->plan, v4_searches_new(v, V4_SEARCH_WALK, &target),
		    v->now);
}

void v4_plan_found(struct v4 *v, enum v4_search_for whom)
{
	if (whom == V4_SEARCH_WALK)
		plan_walk_over(&v->plan);
	if (whom != V4_SEARCH_REFRESH ||
	    !plan_look_over(&v->plan, &v->rng, v->now))
		return;
	table_ready(v->table);
	v4_tell(v, DISCOVER_READY, 0, NULL, 0);
}

struct mono v4_plan_due(const struct v4 *v)
{
	return plan_due(&v->plan, v->table, v->bootnode_count, v->now);
}

void v4_plan_tick(struct v4 *v)
{
	switch (plan_refresh(&v->plan, v->table, v->bootnode_count, v->now)) {
	case PLAN_NOTHING:
		break;
	case PLAN_ASK_SEEDS:
		v4_tell(v, DISCOVER_SEEDS, 0, NULL, 0);
		break;
	case PLAN_BOOTNODES:
		insert_bootnodes(v);
		look(v);
		break;
	case PLAN_LOOK:
		look(v);
		break;
	}
	if (plan_walk_is_due(&v->plan, v->now))
		walk(v);
}
