/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/bucket.h"

void bucket_init(struct bucket *b, unsigned burst, unsigned per_second,
		 struct mono now)
{
	uint64_t token_ns = 1000000000 / per_second;

	*b = (struct bucket){
		.token_ns = token_ns,
		.full_ns = token_ns * burst,
		.held_ns = token_ns * burst,
		.at = now,
	};
}

bool bucket_take(struct bucket *b, struct mono now)
{
	uint64_t passed = mono_since_ns(now, b->at);

	if (mono_before(b->at, now))
		b->at = now;
	/* What is missing is compared, since held + passed might overflow. */
	if (passed >= b->full_ns - b->held_ns)
		b->held_ns = b->full_ns;
	else
		b->held_ns += passed;
	if (b->held_ns < b->token_ns)
		return false;
	b->held_ns -= b->token_ns;
	return true;
}

struct mono bucket_next(const struct bucket *b, struct mono now)
{
	uint64_t held = b->held_ns + mono_since_ns(now, b->at);

	/* More than fits: a long time has passed. */
	if (held >= b->token_ns || held < b->held_ns)
		return now;
	return (struct mono){ now.ns + b->token_ns - held };
}
