/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/limits.h"

#include "p2p/server/replay.h"

const struct server_limits server_limits_default = {
	.resolve_ms = 5000,
	.connect_ms = 15000,
	.drain_ms = 2000,
	.outbound = 1024 * 1024,
	.replays = REPLAY_MAX,
	.pace = {
		.handshake_ms = 8000,
		.idle_ms = 45000,
		.header_ms = 10000,
		.body_ms = 10000,
		.body_rate = 8192,
		.ping_ms = 15000,
		.write_ms = 20000,
		.write_min = 80 * 1024,
		.pause_ms = 15000,
	},
	.admit = {
		.throttle_ms = 30000,
		.throttle_max = 8192,
		.reserve = 4,
		.known_max = 4096,
	},
	.linger = {
		.max = 64,
		.min_ms = 50,
		.max_ms = 500,
	},
	.dial = {
		.first_ms = 500,
		.most_ms = 35000,
		.good_ms = 30000,
		.spread = 25,
	},
	.candidates = {
		.history_ms = 35000,
		.history_max = 8192,
	},
};
