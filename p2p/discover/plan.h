/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - when a table is refreshed, and when the network is walked (specs:
 * discovery.md, "Node table"). A pure core, of v4 and v5, one for each.
 *
 * A refresh asks the owner for seeds, puts in the bootnodes, and then looks up
 * our own id and three other targets, one after the other; of these the last is
 * our own id again, from the bootnodes on, if there are any. The first refresh
 * begins at once, the next 15 to 30 minutes after the last was over; sooner
 * while nobody answers or no bootnode does, or when it began with nobody live.
 * The walk is lookups of random targets, a second apart at least, once the
 * first refresh is over.
 *
 * It says what to do; whoever does it says how that began and when it ended. */
#ifndef P2P_DISCOVER_PLAN_H
#define P2P_DISCOVER_PLAN_H

#include "p2p/discover/table.h"

enum plan_stage {
	PLAN_REST,  /* until `due` */
	PLAN_SEEDS, /* the owner was asked for some */
	PLAN_LOOKUPS,
};

struct plan {
	enum plan_stage stage;
	unsigned left; /* lookups, the one under way included */
	struct mono due, began;
	bool is_cold;  /* it began with nobody live, or nobody answered */
	bool is_cut;   /* set by whoever knows: no bootnode is live */
	bool is_ready; /* the first is over */
	bool walks;    /* the owner wants it to */
	bool walking;  /* a lookup of the walk is under way */
	struct mono walk_due;
};

/* plan_init - the first refresh is due now. */
void plan_init(struct plan *p, struct mono now);

/* plan_due - when there is something to do; MONO_NEVER. */
struct mono plan_due(const struct plan *p, const struct table *t,
		     size_t bootnodes, struct mono now);

/* --- refresh ----------------------------------------------------------------
 */

enum plan_step {
	PLAN_NOTHING,
	PLAN_ASK_SEEDS,
	PLAN_BOOTNODES, /* "always, not only when empty"; then as PLAN_LOOK */
	PLAN_LOOK, /* for ourselves if plan_is_first or _last, else anywhere */
};

enum plan_step plan_refresh(struct plan *p, const struct table *t,
			    size_t bootnodes, struct mono now);
bool plan_is_first(const struct plan *p);
bool plan_is_last(const struct plan *p);

/* plan_looked - the lookup has begun, or there was no room for it. */
void plan_looked(struct plan *p, bool begun, struct mono now);

/* plan_look_over - it has ended; did anybody answer? True, once: the table is
 * ready. */
bool plan_look_over(struct plan *p, bool answered, struct drbg *rng,
		    struct mono now);

/* --- walk -------------------------------------------------------------------
 */

bool plan_walk_is_due(const struct plan *p, struct mono now);
void plan_walked(struct plan *p, bool begun, struct mono now);
void plan_walk_over(struct plan *p);

#endif
