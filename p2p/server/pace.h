/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h - the clocks of one connection: how long a stranger may take
 * (specs: plugin-abi "Flow control, in numbers"; devp2p 11.4, points 4 and 7).
 * A pure core; no allocation.
 *
 *     pace_init     the TCP connection stands: one deadline for handshake and
 *                   Hello together, which nothing stops
 *     pace_up       Hello came: from here on idle, header, body, Ping
 *     pace_bytes    what arrived, and where the stream stands now
 *     pace_pause    reading stops, for one reason or more, and pace_resume
 *     pace_out      what waits to leave
 *     pace_tick     what is due, and when to look again
 *
 * While reading is paused the peer cannot show life, so its clocks stand
 * still and go on where they were; Pings and the write deadline run on.
 *
 * The write deadline is one of 20 s, not of a rate over 10 s as for what comes
 * in: a peer of our own kind may itself stop reading for 15 s. By its end the
 * kernel must have taken all that waited at its beginning, or 80 KiB of it;
 * then the next one begins. So who takes a byte now and then holds no queue of
 * ours. */
#ifndef P2P_SERVER_PACE_H
#define P2P_SERVER_PACE_H

#include "p2p/base/attr.h"
#include "p2p/base/mono.h"
#include "p2p/rlpx/rlpx.h"

struct pace_limits {
	uint32_t handshake_ms; /* TCP connection to Hello, all of it */
	uint32_t idle_ms;      /* without a byte */
	uint32_t header_ms;    /* a started header completes */
	uint32_t body_ms;      /* over any such time a body moves at ... */
	uint32_t body_rate;    /* ... so many bytes a second */
	uint32_t ping_ms;
	uint32_t write_ms; /* in which of the queued bytes all go out, or ... */
	uint32_t write_min; /* ... so many */
	uint32_t pause_ms;  /* reading paused for a channel that is full */
};

/* Why reading is paused. */
enum pace_pause {
	PACE_FOR_CHANNEL = 1, /* one is full: for so long only */
	PACE_FOR_PONGS = 2,   /* they wait: the write deadline bounds it */
};

enum pace_due {
	PACE_NOTHING,
	PACE_PING, /* send one; tick again */

	/* Deadlines that passed. */
	PACE_HANDSHAKE,
	PACE_IDLE,
	PACE_HEADER,
	PACE_BODY,
	PACE_WRITE,
	PACE_PAUSE,
};

enum {
	PACE_SLOTS = 10
}; /* body_ms is watched in so many parts */

/* Copy with care: limits is borrowed. Nothing to free. */
struct pace {
	const struct pace_limits *limits;
	bool up;
	unsigned paused; /* enum pace_pause, all that apply */
	struct mono opened_at;
	struct mono paused_at;
	struct mono full_at; /* since when PACE_FOR_CHANNEL */
	struct mono byte_at; /* the last byte came */
	struct mono ping_at; /* the next is due */

	enum rlpx_progress progress;
	struct mono part_at; /* the header under way was first seen */

	/* The body under way: bytes of the last PACE_SLOTS slots. */
	uint64_t slots[PACE_SLOTS];
	uint32_t slot;	     /* the one being filled */
	uint32_t slots_past; /* whole slots since the body began */
	struct mono slot_at; /* when `slot` began */
	bool slow;	     /* a whole window was below the rate */

	bool writing;
	struct mono write_at; /* the deadline's beginning */
	uint64_t write_goal;  /* bytes taken in all that meet it */
};

void pace_init(struct pace *p, const struct pace_limits *limits,
	       struct mono now);
void pace_up(struct pace *p, struct mono now);

/* pace_bytes - `n` bytes came (0 when events were pulled that had waited),
 * `frames` frames were completed by them, and the stream stands at
 * `progress`. */
void pace_bytes(struct pace *p, struct mono now, size_t n, size_t frames,
		enum rlpx_progress progress);

/* Reading stops for this reason; it starts again when none is left. Repeated
 * calls do nothing. */
void pace_pause(struct pace *p, struct mono now, enum pace_pause why);
void pace_resume(struct pace *p, struct mono now, enum pace_pause why);

/* pace_out - bytes that wait for the kernel, and how many it took so far. To
 * be called before each tick and when something is queued. */
void pace_out(struct pace *p, struct mono now, size_t queued, uint64_t taken);

/* pace_tick - what is due at `now`. With PACE_NOTHING, *next is when to tick
 * again at the latest. Deadlines are due at their very nanosecond. */
MUST_USE enum pace_due pace_tick(struct pace *p, struct mono now,
				 struct mono *next);

#endif
