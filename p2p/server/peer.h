/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - one connection, from the dial or the accept to its end: a stream, an
 * rlpx core, its clocks and the channels on top. Internal to p2p/server.
 *
 *     RESOLVING -> CONNECTING -> HANDSHAKE -> HELLO -> UP -> DRAINING
 *       (dialed with a name)     (accepted)                  LINGERING
 *                                                            CLOSING
 *
 * Every end goes through peer_end, once: the first cause stands. From the next
 * turn of the loop on the peer is over: protocols and the server's owner were
 * told, its id and its place are free. What is left of it, a Disconnect on
 * its way or a job on the pool, is nobody's business: another connection with
 * the same node, dialed or accepted, may become a session meanwhile.
 *
 * A peer is freed (peer_settle) when its stream is closed and its handshake
 * job is back, never sooner, and only from a callback of the loop; so a
 * pointer to one stays good through any callback of a protocol. What protocols
 * call never calls back: it changes the state and sets the timer. */
#ifndef P2P_SERVER_PEER_H
#define P2P_SERVER_PEER_H

#include "p2p/crypto/hashtable.h"
#include "p2p/net/stream.h"
#include "p2p/net/work.h"
#include "p2p/rlpx/rlpx.h"
#include "p2p/server/admit.h"
#include "p2p/server/dial.h"
#include "p2p/server/offer.h"
#include "p2p/server/pace.h"
#include "p2p/server/protocol.h"
#include "p2p/server/room.h"

struct server;
struct server_candidate;
struct peer_work;

enum peer_state {
	PEER_RESOLVING,
	PEER_CONNECTING,
	PEER_HANDSHAKE,
	PEER_HELLO, /* the keys are there, ours is sent */
	PEER_UP,
	PEER_DRAINING,	/* Disconnect is on its way; input is discarded. As many
			 * connections at most as may be peers or pending */
	PEER_LINGERING, /* a failed handshake: see linger.h */
	PEER_CLOSING,
};

/* What a connection in HELLO waits for, while it is open whether it or another
 * with the same node becomes the session: see cross.h. */
enum peer_hold {
	PEER_HOLD_NONE,
	PEER_HOLD_HELLO,   /* ours is not sent, theirs not read */
	PEER_HOLD_SESSION, /* both are there */
};

enum {
	PEER_PONGS = 16, /* unsent at once (CVE-2023-40591) */
	PEER_CAUSE = 192,
};

struct channel {
	struct peer *peer;
	const struct protocol *protocol; /* of `offer` */
	struct offer *offer;		 /* may be newer than that of Hello */
	void *user;
	uint32_t match; /* as rlpx counts them */
	bool open;	/* opened was called, closed was not */
	bool paused;
	size_t kept; /* bytes of messages that the protocol keeps */
};

struct peer {
	struct server *server;
	struct peer *prev, *next; /* of all peers of the server */
	enum peer_state state;
	enum peer_hold hold;
	bool inbound;
	bool in_set;		  /* in the server's set of peers, by id */
	bool over;		  /* it left everything, all were told */
	struct dial_node *dialed; /* while this is a dial under way */
	struct server_candidate *candidate; /* that was dialed; owned */
	bool is_candidate_dial;		    /* while that is under way */
	struct admit_slot slot; /* while inbound and not yet a peer */
	struct peer_facts facts;
	UT_hash_handle hh;

	struct net_stream *stream; /* NULL: none yet, or closed */
	struct net_timer *timer;
	struct net_resolve *resolve;
	struct rlpx *rlpx;
	struct offer *offer;	/* what we said in this session's Hello */
	struct peer_work *work; /* a job that is out */

	struct pace pace;
	struct mono deadline;		/* of states without a pace */
	uint64_t pong_ends[PEER_PONGS]; /* where unsent ones end, in all sent */
	size_t pongs; /* with so many no further Ping is read */

	struct channel *channels;
	size_t channel_count;
	struct room room; /* of the outbound budget; by match */
	size_t pauses;	  /* channels that want no more for now */
	size_t kept;	  /* bytes that protocols keep, all of them */
	size_t held;	  /* bytes in all, when it was last weighed */

	uint8_t reason; /* how it ended */
	char cause[PEER_CAUSE];
};

/* --- peer.c: life -------------------------------------------------------- */

/* peer_accept - an inbound connection; takes the stream and the slot. */
void peer_accept(struct server *s, struct net_stream *stream,
		 const struct admit_slot *slot);

/* peer_dial - a dial that dial_take began. */
void peer_dial(struct server *s, struct dial_node *node);

/* peer_dial_candidate - the same to a candidate that has an address; it is
 * copied. */
void peer_dial_candidate(struct server *s,
			 const struct server_candidate *candidate);

/* peer_target - whom this connection was dialed to reach; not for inbound ones
 * and not for sessions. */
const struct enode *peer_target(const struct peer *p);

/* peer_arm - set the timer to what is due next. */
void peer_arm(struct peer *p);

/* peer_settle - free the peer if nothing of it is left outside. From
 * callbacks of the loop only, and last. */
void peer_settle(struct peer *p);

static inline bool peer_is_live(const struct peer *p)
{
	return p->state == PEER_HANDSHAKE || p->state == PEER_HELLO ||
	       p->state == PEER_UP;
}

/* --- peer_wire.c: what comes in ------------------------------------------ */

/* peer_secure - the TCP connection stands: begin the handshake. */
void peer_secure(struct peer *p);

/* peer_feed - bytes arrived. */
void peer_feed(struct peer *p, const uint8_t *data, size_t len);

/* peer_go_on - take up what waited behind a pause or a job. */
void peer_go_on(struct peer *p);

/* peer_pause - read no more, for this reason, until peer_resume. Neither calls
 * back: the timer takes up what waits. */
void peer_pause(struct peer *p, enum pace_pause why);
void peer_resume(struct peer *p, enum pace_pause why);

/* --- peer_out.c: what goes out ------------------------------------------- */

enum peer_word {
	PEER_TELL, /* send the reason, if the peer can still hear it */
	PEER_FAIL, /* nothing is said; a failed handshake lingers */
	PEER_GONE, /* the other end is gone, or it does not matter */
};

/* peer_end - end the connection. Only the first call does anything. Calls
 * nobody back; protocols hear of it from the timer. `cause` is copied. */
void peer_end(struct peer *p, uint8_t reason, enum peer_word word,
	      const char *cause);

/* peer_cut - close a connection that drains or lingers now; `closed` comes
 * later. */
void peer_cut(struct peer *p);

void peer_say_hello(struct peer *p);
void peer_ping(struct peer *p);
void peer_pong(struct peer *p);

/* peer_drained - the stream has sent some of what waited, if not all. Calls
 * protocols. */
void peer_drained(struct peer *p);

/* --- weight.c: memory ---------------------------------------------------- */

/* peer_weigh - what p holds changed. */
void peer_weigh(struct peer *p);

/* peer_weigh_all - the same where it may have grown: when that is too much, it
 * ends peers, maybe p. Calls nobody back. */
void peer_weigh_all(struct peer *p);

/* --- channel.c ----------------------------------------------------------- */

/* channels_open - the session is up: a channel for each shared capability, with
 * the protocols of `offer`, which has them all. Calls protocols. */
void channels_open(struct peer *p, struct offer *offer);

/* channels_message - takes msg. Calls a protocol. */
void channels_message(struct peer *p, uint32_t match, struct msg *msg);

/* channels_writable - there is room again: who was told ERR_BUSY may go on.
 * Calls protocols. */
void channels_writable(struct peer *p);

/* channels_rebind - the server offers something else, but what is shared stays:
 * a channel whose protocol changed is closed and opened anew. Calls
 * protocols. */
void channels_rebind(struct peer *p, struct offer *offer);

/* channels_close - the last call to each open one; again does nothing. */
void channels_close(struct peer *p);

void channels_free(struct peer *p);

#endif
