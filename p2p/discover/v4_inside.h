/* SPDX-License-Identifier: Apache-2.0 */
/* v4_inside.h - what the files of the v4 core share. For them alone.
 *
 *     v4.c           made, fed, ticked, asked
 *     v4_handle.c    what comes, and the answers
 *     v4_pings.c     PINGs that wait for their PONG
 *     v4_calls.c     questions to one node, with the bond they need
 *     v4_clock.c     is our clock wrong?
 *
 * Calls end within v4_feed and v4_tick, and what follows from an end begins in
 * v4_tick alone: so no function here meets its own caller again. */
#ifndef P2P_DISCOVER_V4_INSIDE_H
#define P2P_DISCOVER_V4_INSIDE_H

#include <utlist.h>

#include "p2p/crypto/drbg.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/discover/seeker.h"
#include "p2p/discover/v4.h"
#include "p2p/discover/v4_bonds.h"

enum {
	V4_ANSWER_MS = 500, /* "response timeout" */
	V4_TRIES = 6,	    /* of a lookup, with one silent node */
	V4_CHECK_SENDS = 2, /* of a PING, while there is no PONG */
	V4_EXPIRES = 20,    /* seconds */
	V4_QUIET_MS = 1000,
	V4_CLOCK_SOURCES = 16,
};

/* --- v4_pings.c ----------------------------------------------------------- */

/* One that waits for its PONG. There is one at most for an ID and IP. */
struct v4_pong_wait {
	uint8_t peer[NODE_ID_LEN + 17];
	uint8_t hash[V4_HASH];
	struct contact to;
	struct mono sent;
	unsigned sent_times;
	bool check;   /* of the table */
	bool inbound; /* to be offered to the table */
	bool quiet;   /* and then to be asked nothing for V4_QUIET_MS */
	unsigned tries;
	UT_hash_handle by_peer, by_hash;
	struct v4_pong_wait *prev, *next; /* longest waiting first */
};

struct v4_pong_wait *v4_pings_under_way(const struct v4 *v,
					const struct contact *to);

/* The PING under way to that ID and IP, or a new one. NULL: no room. Strangers
 * have less of it. */
enum v4_ping_for {
	V4_PING_OURS,
	V4_PING_STRANGER
};
struct v4_pong_wait *v4_pings_send(struct v4 *v, const struct contact *to,
				   enum v4_ping_for whom);

/* The PING that a PONG from there answers; NULL. */
struct v4_pong_wait *v4_pings_find(struct v4 *v, const uint8_t hash[V4_HASH],
				   const struct ip *from);

void v4_pings_answered(struct v4 *v, struct v4_pong_wait *w, uint64_t enr_seq);
struct mono v4_pings_due(const struct v4 *v);
void v4_pings_tick(struct v4 *v);
void v4_pings_clear(struct v4 *v);

/* --- v4_calls.c ----------------------------------------------------------- */

enum v4_call_kind {
	V4_CALL_PING,
	V4_CALL_NODES,
	V4_CALL_RECORD,
};

enum v4_call_state {
	V4_CALL_NEW,	  /* begins at `due` */
	V4_CALL_PROVING,  /* a PING is under way */
	V4_CALL_SETTLING, /* until `due`, for its PING and our PONG to pass */
	V4_CALL_WAITING,  /* for an earlier question of this kind */
	V4_CALL_ASKED,	  /* the answer comes until `due` */
};

struct v4_call {
	enum v4_call_kind kind;
	enum v4_call_state state;
	struct contact to;
	struct v4_peer peer;
	struct mono due, sent;
	uint32_t request;      /* of the owner, and no search; or 0 */
	struct search *search; /* borrowed; it outlives its calls */
	struct ecc_pub target; /* of NODES */
	uint8_t hash[V4_HASH]; /* of the RECORD that was asked for */
	unsigned tries;
	bool doubts;   /* that it trusts us */
	bool is_there; /* its PONG came */
	bool heard;    /* it answered */
	size_t told;   /* nodes, valid or not */
	struct v4_call *prev, *next;
};

struct v4_call *v4_calls_new(struct v4 *v, enum v4_call_kind kind,
			     const struct contact *to);

/* Its PING was answered, or (ERR_TIMEOUT) was not. */
void v4_calls_pinged(struct v4 *v, const struct v4_peer *p, enum err err,
		     uint64_t rtt_ns);

/* Its own PING came, and was answered. */
void v4_calls_trusted(struct v4 *v, const struct v4_peer *p);

/* The call that an answer from there is for; NULL. With id NULL, whose it is
 * is not known yet. */
struct v4_call *v4_calls_nodes(struct v4 *v, const struct ip *from,
			       const struct node_id *id);
struct v4_call *v4_calls_record(struct v4 *v, const struct ip *from,
				const uint8_t hash[V4_HASH],
				const struct node_id *id);

void v4_calls_told(struct v4 *v, struct v4_call *c,
		   const struct v4_packet *neighbors);
void v4_calls_got(struct v4 *v, struct v4_call *c, struct span record);

struct mono v4_calls_due(const struct v4 *v);
void v4_calls_tick(struct v4 *v);
void v4_calls_clear(struct v4 *v);

/* --- v4_clock.c ----------------------------------------------------------- */

/* What a network's packets say of our clock. */
struct v4_voice {
	struct ip network;
	struct v4_peer peer; /* who spoke last */
	int64_t off;	     /* seconds */
	struct mono since;   /* it says about that */
};

struct v4_voices {
	size_t count, next;
	struct v4_voice list[V4_CLOCK_SOURCES];
};

struct v4_clock {
	struct v4_voices late;	/* that ours is ahead */
	struct v4_voices early; /* that ours is behind */
	struct mono silent;	/* no other warning before that */
};

/* v4_clock_expired - a packet that expired. v4_clock_early - any that did not,
 * of a known sender. */
void v4_clock_expired(struct v4 *v, const struct ip *from, uint64_t expiration);
void v4_clock_early(struct v4 *v, const struct v4_peer *from,
		    uint64_t expiration);

/* --- v4.c ----------------------------------------------------------------- */

/* --- v4_handle.c ---------------------------------------------------------- */

void v4_handle(struct v4 *v, const struct addr *from, struct span packet);

/* Sign and queue a packet; sets its hash. Expires V4_EXPIRES from now. */
void v4_send(struct v4 *v, const struct addr *to, struct v4_packet *p);

/* ------------------------------------------------------------------------ */

struct v4 {
	struct ecc_keypair key;
	unsigned ping_version;
	struct drbg rng;
	struct enr record;
	struct v4_endpoint endpoint;
	struct mono now;
	uint64_t unix_seconds;
	struct v4_stats stats;

	struct seeker seeker;
	struct v4_bonds bonds;
	struct guard guard;
	struct v4_clock clock;

	struct outbox outbox;
	struct event_queue events;

	struct v4_pong_wait *pings, *pings_by_peer, *pings_by_hash;
	struct v4_call *calls;
	struct search *searches;
	size_t search_count;
};

static inline void v4_dropped(struct v4 *v, enum v4_drop why)
{
	v->stats.dropped[why]++;
}

#endif
