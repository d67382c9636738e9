/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - every number of the server that is not a setting, in one place.
 * A node uses the defaults; tests run servers with tiny ones. */
#ifndef P2P_SERVER_LIMITS_H
#define P2P_SERVER_LIMITS_H

#include "p2p/server/admit.h"
#include "p2p/server/candidates.h"
#include "p2p/server/dial.h"
#include "p2p/server/linger.h"
#include "p2p/server/pace.h"

struct server_limits {
	uint32_t resolve_ms; /* a name of a node to dial */
	uint32_t connect_ms; /* TCP */
	uint32_t drain_ms;   /* a Disconnect's way out */
	uint32_t outbound;   /* bytes queued to a peer, plus one message */
	uint32_t replays;    /* auth packets remembered */
	struct pace_limits pace;
	struct admit_limits admit;
	struct linger_limits linger;
	struct dial_limits dial;
	struct candidate_limits candidates;
};

extern const struct server_limits server_limits_default;

#endif
