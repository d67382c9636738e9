/* SPDX-License-Identifier: Apache-2.0 */
/* linger.h - sockets of failed handshakes (specs: devp2p 11.4, point 11):
 * "nothing is sent, the pending slot is released at once, further input is
 * discarded, and the socket is closed after 50..500 ms at random, from a list
 * of at most 64 such sockets". So a stranger learns from neither words nor
 * time which check failed. A pure core: here are the count and the time; the
 * sockets belong to their peers. */
#ifndef P2P_SERVER_LINGER_H
#define P2P_SERVER_LINGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/base/mono.h"

struct linger_limits {
	uint32_t max;
	uint32_t min_ms;
	uint32_t max_ms;
};

struct linger {
	const struct linger_limits *limits;
	size_t held;
};

static inline void linger_init(struct linger *l,
			       const struct linger_limits *limits)
{
	*l = (struct linger){ .limits = limits };
}

/* linger_take - false: too many linger, close at once. Otherwise *until is
 * when to close, picked by `random`; linger_release then. */
static inline bool linger_take(struct linger *l, struct mono *until,
			       struct mono now, uint32_t random)
{
	uint32_t span = l->limits->max_ms - l->limits->min_ms + 1;

	if (l->held >= l->limits->max)
		return false;
	l->held++;
	*until = mono_add_ms(now, l->limits->min_ms + random % span);
	return true;
}

static inline void linger_release(struct linger *l)
{
	l->held--;
}

#endif
