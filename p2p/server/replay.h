/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h - the last few thousand `auth` packets, by the ephemeral point of
 * their ECIES (specs: devp2p 11.4, points 4 and 11). A pure core.
 *
 * A replayed auth would make us do four key agreements for nothing, since its
 * sender cannot finish the handshake. Only the point's X counts: ECIES
 * derives its keys from X alone and its tag does not cover the point, so a
 * replay with the other Y would open just as well. */
#ifndef P2P_SERVER_REPLAY_H
#define P2P_SERVER_REPLAY_H

#include <stdbool.h>

#include "p2p/crypto/ecc.h"

enum {
	REPLAY_MAX = 4096
}; /* default; 400 KB once all are used */

struct replay_entry;

/* A hash table inside: not to be copied. */
struct replay {
	struct replay_entry *ring;
	struct replay_entry *by_x;
	size_t max;
	size_t next; /* the entry to be written next */
	size_t used;
};

void replay_init(struct replay *r, size_t max);
void replay_clear(struct replay *r);

/* replay_seen - is the point among the last `max`? If not, it is now. */
bool replay_seen(struct replay *r, const struct ecc_pub *point);

#endif
