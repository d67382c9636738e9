/* SPDX-License-Identifier: Apache-2.0 */
/* mono.h - a point on a monotonic clock. Cores take one as an argument and
 * never read a clock themselves, so tests run on a clock of their own. */
#ifndef P2P_BASE_MONO_H
#define P2P_BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t ns; /* since an arbitrary start */
};

/* Later than every other point: "no deadline". */
#define MONO_NEVER ((struct mono){ UINT64_MAX })

/* mono_now - the system's monotonic clock. For the edges, not for cores. */
struct mono mono_now(void);

static inline struct mono mono_add_ms(struct mono t, uint64_t ms)
{
	uint64_t ns = ms * 1000000;

	if (ms > UINT64_MAX / 1000000 || ns > UINT64_MAX - t.ns)
		return MONO_NEVER;
	return (struct mono){ t.ns + ns };
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

/* mono_since_ns - nanoseconds from `then` to `now`; 0 if then is later. */
static inline uint64_t mono_since_ns(struct mono now, struct mono then)
{
	return now.ns > then.ns ? now.ns - then.ns : 0;
}

static inline uint64_t mono_since_ms(struct mono now, struct mono then)
{
	return mono_since_ns(now, then) / 1000000;
}

#endif
