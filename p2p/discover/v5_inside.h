/* SPDX-License-Identifier: Apache-2.0 */
/* v5_inside.h - what the files of the v5 core share. For them alone.
 *
 *     v5.c            made, fed, ticked, asked
 *     v5_handle.c     what comes, and the answers
 *     v5_handshake.c  WHOAREYOU and its answer, from both sides
 *     v5_nodes.c      NODES, from both sides
 *     v5_talk.c       TALK requests that wait for their answer
 *     v5_calls.c      requests to one node, one at a time
 *
 * Calls end within v5_feed and v5_tick, and what follows from an end begins in
 * v5_tick alone: so no function here meets its own caller again. */
#ifndef P2P_DISCOVER_V5_INSIDE_H
#define P2P_DISCOVER_V5_INSIDE_H

#include <utlist.h>

#include "p2p/crypto/drbg.h"
#include "p2p/discover/seeker.h"
#include "p2p/discover/v5.h"
#include "p2p/discover/v5_challenge.h"
#include "p2p/discover/v5_session.h"

enum {
	V5_ANSWER_MS = 700, /* "response timeout", of each message */
	V5_TRIES = 2,
	V5_LOOKUP_TRIES = 4, /* with one silent node, of V5_TRIES each */
	V5_RANDOM = 20,	     /* bytes that nobody can decrypt */
	V5_PORT_MIN = 1025,  /* of nodes that are told of */
	V5_FETCHES = 16,     /* of newer records, under way */
};

/* Who sent a packet, as it says, and where from. */
struct v5_sender {
	struct node_id id;
	struct addr at;
	struct v5_peer peer;
};

/* --- v5_calls.c ----------------------------------------------------------- */

enum v5_call_kind {
	V5_CALL_PING,
	V5_CALL_NODES,
	V5_CALL_TALK,
};

enum v5_call_for {
	V5_FOR_CHECK,  /* PING, of the table */
	V5_FOR_UPDATE, /* NODES [0], since its record is newer than ours */
	V5_FOR_SEARCH, /* NODES of a lookup */
	V5_FOR_KNOWN,  /* NODES [0] of a search that resolves */
	V5_FOR_OWNER,
	V5_FOR_OWNER_RECORD, /* NODES [0] */
};

enum v5_call_state {
	V5_CALL_NEW,   /* "one active call per node" */
	V5_CALL_ASKED, /* until `due` */
	V5_CALL_OVER,  /* what follows comes with the next tick */
};

struct v5_call {
	enum v5_call_kind kind;
	enum v5_call_for whom;
	enum v5_call_state state;
	struct contact to;
	struct v5_peer peer;
	struct mono due, sent;
	uint32_t request;      /* of the owner, or 0 */
	struct search *search; /* borrowed; it outlives its calls */
	struct v5_request_id id;
	struct buf plain; /* the message */
	unsigned asked;	  /* times */
	/* Of its packets: a WHOAREYOU has it, too; that of the first for a
	 * second, whatever comes meanwhile. */
	uint8_t nonces[V5_TRIES][V5_NONCE];
	bool shook;	 /* "one handshake per call", each time */
	bool challenged; /* ever: so somebody is there */

	/* What came. */
	enum err err;
	uint64_t rtt_ns, enr_seq;
	struct buf response; /* of TALK */
	size_t distance_count;
	uint16_t distances[V5_ASK_DISTANCES];
	size_t total, messages; /* of NODES */
	size_t tries;		/* records looked at */
	enum err refused;	/* why the last that was not taken was not */
	size_t count;
	struct contact *found; /* room for V5_RESULTS */
	struct v5_call *prev, *next;
};

struct v5_call *v5_calls_ping(struct v5 *v, const struct contact *to,
			      enum v5_call_for whom);
struct v5_call *v5_calls_find(struct v5 *v, const struct contact *to,
			      enum v5_call_for whom, const uint16_t *distances,
			      size_t count);

/* A question of a search. */
void v5_calls_search(struct v5 *v, const struct question *q);

/* NULL: too long. */
struct v5_call *v5_calls_talk(struct v5 *v, const struct contact *to,
			      struct span protocol, struct span request);

/* The call that waits for that answer; NULL. */
struct v5_call *v5_calls_answered(struct v5 *v, const struct v5_sender *by,
				  const struct v5_message *m);

/* The call whose packet a WHOAREYOU from there means; NULL. */
struct v5_call *v5_calls_challenged(struct v5 *v, const uint8_t nonce[V5_NONCE],
				    const struct addr *from);

void v5_calls_over(struct v5 *v, struct v5_call *c, enum err err);
struct mono v5_calls_due(const struct v5 *v);

/* Those that are over, and what follows of each. */
void v5_calls_end(struct v5 *v);

/* Those whose turn it is. */
void v5_calls_begin(struct v5 *v);
void v5_calls_clear(struct v5 *v);

/* --- v5_nodes.c ----------------------------------------------------------- */

void v5_nodes_answer(struct v5 *v, const struct v5_sender *to,
		     const struct v5_message *findnode);
void v5_nodes_take(struct v5 *v, struct v5_call *c,
		   const struct v5_message *nodes);

/* --- v5_talk.c ------------------------------------------------------------ */

struct v5_talk_wait {
	uint64_t token;
	struct v5_sender from;
	struct v5_request_id id;
	struct mono due;
	struct v5_talk_wait *prev, *next; /* longest waiting first */
};

void v5_talk_asked(struct v5 *v, const struct v5_sender *from,
		   const struct v5_message *talkreq);
void v5_talk_expire(struct v5 *v);
void v5_talk_clear(struct v5 *v);

/* --- v5_handshake.c ------------------------------------------------------- */

/* B: a packet came that does not decrypt. */
void v5_challenge(struct v5 *v, const struct v5_sender *from,
		  const struct v5_packet *p);

/* A: the answer to ours was a WHOAREYOU. */
void v5_challenged(struct v5 *v, const struct addr *from,
		   const struct v5_packet *p);

/* B: the WHOAREYOU was answered. False: dropped. Otherwise the session stands
 * and *m is the message inside, which borrows from plain. */
bool v5_shake(struct v5 *v, struct v5_message *m, uint8_t plain[V5_PACKET_MAX],
	      const struct v5_sender *from, const struct v5_packet *p);

/* Into the table with the sender, as it came and as its record says. */
void v5_offer_sender(struct v5 *v, const struct v5_sender *from,
		     const struct enr *record);

/* --- v5_handle.c ---------------------------------------------------------- */

void v5_handle(struct v5 *v, const struct addr *from, struct span packet);

/* Answer within the session; without one nothing is sent. */
void v5_reply(struct v5 *v, const struct v5_sender *to,
	      const struct v5_message *m);

/* --- v5.c ----------------------------------------------------------------- */

/* May a node at `by` tell us of that endpoint? */
bool v5_is_told_fine(const struct v5 *v, const struct ip *by,
		     const struct addr *at);

void v5_send(struct v5 *v, const struct addr *to, const uint8_t *bytes,
	     size_t len);

/* ------------------------------------------------------------------------ */

struct v5 {
	struct ecc_keypair key;
	struct drbg rng;
	struct enr record;
	struct mono now;
	struct v5_stats stats;

	struct seeker seeker;
	struct v5_sessions sessions;
	struct v5_challenges challenges;
	struct guard guard;

	struct outbox outbox;
	struct event_queue events;

	/* At most those of owner, lookups, checks and fetches: few enough to be
	 * walked for every packet. */
	struct v5_call *calls;
	struct search *searches;
	size_t search_count;

	bool takes_talks;
	struct v5_talk_wait *talks;
	size_t talk_count;
	uint64_t last_token;
};

static inline void v5_dropped(struct v5 *v, enum v5_drop why)
{
	v->stats.dropped[why]++;
}

#endif
