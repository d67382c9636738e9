/* SPDX-License-Identifier: Apache-2.0 */
/* eager.h - is it worth while to poll again and again, rather than to sleep,
 * for the answer to what was sent? A pure core.
 *
 * To put a thread to sleep and to wake it takes longer, most of all on a
 * virtual machine, than a near peer takes to answer. So when answers have come
 * soon a few times in a row, the next one is polled for without sleep, for
 * EAGER_NS at most. If that was in vain, it takes twice as many soon answers
 * before it is tried again. */
#ifndef P2P_NET_EAGER_H
#define P2P_NET_EAGER_H

#include <stdbool.h>

#include "p2p/base/mono.h"

enum {
	EAGER_NS = 100000,	/* polled for without sleep */
	EAGER_SOON_NS = 250000, /* what a soon answer takes, sleep included */
	EAGER_NEEDED = 4,	/* soon answers in a row */
	EAGER_NEEDED_MAX = 4096,
};

struct eager {
	bool waits; /* for an answer, since: */
	struct mono since;
	bool eagerly;
	unsigned soon;	 /* answers in a row */
	unsigned needed; /* of them */
};

void eager_init(struct eager *e);

/* eager_poll - before each poll: have bytes been sent since the last time, and
 * have some come? True: poll without sleep. */
bool eager_poll(struct eager *e, struct mono now, bool sent, bool got);

/* eager_wants_time - whether eager_poll would look at the time: only then is it
 * worth to ask for it. */
bool eager_wants_time(const struct eager *e, bool sent, bool got);

#endif
