/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/plan.h"

enum {
	MINUTE_MS = 60 * 1000,
	REFRESH_MIN_MS = 15 * MINUTE_MS,
	REFRESH_SPREAD_MS = 15 * MINUTE_MS,
	COLD_MS = 10 * 1000,	/* after one that began with nobody live */
	CUT_MS = 4 * MINUTE_MS, /* while no bootnode is live */
	LOOKUPS = 4,		/* ourselves, and 3 at random */
	WALK_MS = 1000,
	BUSY_MS = 100, /* when all lookups are taken */
};

void plan_init(struct plan *p, struct mono now)
{
	*p = (struct plan){ .due = now };
}

/* One that began with nobody live found little: those who joined with us could
 * not be told of yet; nor did one whose look for ourselves found no answer. And
 * while nobody answers, somebody may soon. */
static struct mono next_refresh(const struct plan *p, const struct table *t,
				size_t bootnodes)
{
	bool has_any = bootnodes || table_count(t);

	if (has_any && (p->is_cold || !table_live(t)))
		return mono_min(p->due, mono_add_ms(p->began, COLD_MS));
	if (p->is_cut)
		return mono_min(p->due, mono_add_ms(p->began, CUT_MS));
	return p->due;
}

struct mono plan_due(const struct plan *p, const struct table *t,
		     size_t bootnodes, struct mono now)
{
	struct mono due = p->due;

	if (p->stage == PLAN_SEEDS)
		due = now;
	else if (p->stage == PLAN_REST)
		due = next_refresh(p, t, bootnodes);
	if (p->walks && !p->walking && p->is_ready)
		due = mono_min(due, p->walk_due);
	return due;
}

/* --- refresh ----------------------------------------------------------------
 */

enum plan_step plan_refresh(struct plan *p, const struct table *t,
			    size_t bootnodes, struct mono now)
{
	switch (p->stage) {
	case PLAN_REST:
		if (mono_before(now, next_refresh(p, t, bootnodes)))
			return PLAN_NOTHING;
		p->began = now;
		p->is_cold = !table_live(t);
		p->stage = PLAN_SEEDS;
		return PLAN_ASK_SEEDS;
	case PLAN_SEEDS:
		p->stage = PLAN_LOOKUPS;
		p->left = LOOKUPS;
		return PLAN_BOOTNODES;
	case PLAN_LOOKUPS:
		return mono_before(now, p->due) ? PLAN_NOTHING : PLAN_LOOK;
	}
	return PLAN_NOTHING;
}

bool plan_is_first(const struct plan *p)
{
	return p->left == LOOKUPS;
}

bool plan_is_last(const struct plan *p)
{
	return p->left == 1;
}

void plan_looked(struct plan *p, bool begun, struct mono now)
{
	p->due = begun ? MONO_NEVER : mono_add_ms(now, BUSY_MS);
}

bool plan_look_over(struct plan *p, bool answered, struct drbg *rng,
		    struct mono now)
{
	bool was_ready = p->is_ready;

	p->is_cold |= plan_is_first(p) && !answered;
	p->left--;
	if (p->left) {
		p->due = now;
		return false;
	}
	p->stage = PLAN_REST;
	p->due = mono_add_ms(
		now, REFRESH_MIN_MS + drbg_below(rng, REFRESH_SPREAD_MS + 1));
	p->is_ready = true;
	return !was_ready;
}

/* --- walk -------------------------------------------------------------------
 */

bool plan_walk_is_due(const struct plan *p, struct mono now)
{
	return p->walks && !p->walking && p->is_ready &&
	       !mono_before(now, p->walk_due);
}

void plan_walked(struct plan *p, bool begun, struct mono now)
{
	p->walking = begun;
	p->walk_due = mono_add_ms(now, WALK_MS);
}

void plan_walk_over(struct plan *p)
{
	p->walking = false;
}
