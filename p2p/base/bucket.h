/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.h - how often something may be done: so many times at once, and so
 * many a second in the long run. A token bucket. Pure. */
#ifndef P2P_BASE_BUCKET_H
#define P2P_BASE_BUCKET_H

#include "p2p/base/mono.h"

/* Start from bucket_init; copy freely, nothing to free. */
struct bucket {
	uint64_t token_ns; /* in which one comes back */
	uint64_t full_ns;  /* in which all do */
	uint64_t held_ns;  /* the tokens that are in it, as time */
	struct mono at;	   /* when that was so */
};

/* bucket_init - full; `burst` and `per_second` are 1..1000000. */
void bucket_init(struct bucket *b, unsigned burst, unsigned per_second,
		 struct mono now);

/* bucket_take - may it be done now? If so it counts as done. Time that goes
 * back counts as none. */
bool bucket_take(struct bucket *b, struct mono now);

/* bucket_next - when bucket_take may be done again; now, if it may be. */
struct mono bucket_next(const struct bucket *b, struct mono now);

#endif
