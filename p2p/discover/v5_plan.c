/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

static void random_target(struct v5 *v, struct node_id *target)
{
	drbg_bytes(&v->rng, target->b, sizeof(target->b));
}

static void insert_bootnodes(struct v5 *v)
{
	for (size_t i = 0; i < v->bootnode_count; i++)
		v5_offer(v, &v->bootnodes[i], TABLE_FOUND);
}

static void look(struct v5 *v)
{
	struct node_id target = v->self;

	if (!plan_is_first(&v->plan))
		random_target(v, &target);
	plan_looked(&v->plan, v5_searches_new(v, V5_SEARCH_REFRESH, &target),
		    v->now);
}

static void walk(struct v5 *v)
{
	struct node_id target;

	random_target(v, &target);
	plan_walked(&v->plan, v5_searches_new(v, V5_SEARCH_WALK, &target),
		    v->now);
}

void v5_plan_found(struct v5 *v, enum v5_search_for whom)
{
	if (whom == V5_SEARCH_WALK)
		plan_walk_over(&v->plan);
	if (whom != V5_SEARCH_REFRESH ||
	    !plan_look_over(&v->plan, &v->rng, v->now))
		return;
	table_ready(v->table);
	v5_tell(v, DISCOVER_READY, 0, NULL, 0);
}

struct mono v5_plan_due(const struct v5 *v)
{
	return plan_due(&v->plan, v->table, v->bootnode_count, v->now);
}

void v5_plan_tick(struct v5 *v)
{
	switch (plan_refresh(&v->plan, v->table, v->bootnode_count, v->now)) {
	case PLAN_NOTHING:
		break;
	case PLAN_ASK_SEEDS:
		v5_tell(v, DISCOVER_SEEDS, 0, NULL, 0);
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
