/* SPDX-License-Identifier: Apache-2.0 */
/* patience.h - how long a blocking call waits: until a point in time, or until
 * somebody else's call to stop. Thread: any. */
#ifndef P2P_NAT_PATIENCE_H
#define P2P_NAT_PATIENCE_H

#include <poll.h>
#include <stddef.h>

#include "p2p/base/err.h"
#include "p2p/base/mono.h"

enum {
	PATIENCE_STOPS = 2,
	PATIENCE_POLLS_MAX = 16,
};

/* A value; a narrower one is a copy with another `until`. */
struct patience {
	struct mono until;
	int stops[PATIENCE_STOPS]; /* eventfds, or -1: written to, it is over */
};

/* patience_for - the same, but at most ms from now. */
struct patience patience_for(const struct patience *p, uint64_t ms);

/* patience_poll - wait for one of at most PATIENCE_POLLS_MAX descriptors; their
 * revents are set. ERR_TIMEOUT; ERR_CLOSED: it was stopped. */
MUST_USE enum err patience_poll(const struct patience *p, struct pollfd *fds,
				size_t count);

/* patience_sleep - until then, if that is before the end. Errors likewise. */
MUST_USE enum err patience_sleep(const struct patience *p, struct mono then);

/* A stop: an eventfd. -1 when the system gives none; then nothing stops. */
int patience_stop_open(void);
void patience_stop(int stop);

#endif
