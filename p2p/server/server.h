/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - a devp2p node: listener, dialer, peers and their protocols
 * (specs: devp2p "Server behaviour"). Many may share one loop.
 * Thread: the loop's. */
#ifndef P2P_SERVER_SERVER_H
#define P2P_SERVER_SERVER_H

#include "p2p/base/log.h"
#include "p2p/base/netlist.h"
#include "p2p/enode/enr.h"
#include "p2p/net/loop.h"
#include "p2p/rlpx/rlpx.h"
#include "p2p/server/protocol.h"

enum {
	SERVER_MAX_PEERS = 50, /* defaults */
	SERVER_MAX_PENDING = 50,
	SERVER_MEMORY = 512 * 1024 * 1024,
};

enum server_listen {
	SERVER_LISTEN,
	SERVER_NO_LISTEN,
};

struct server;
struct server_limits;

enum server_event_kind {
	SERVER_PEER_ADDED,
	SERVER_PEER_DROPPED, /* the session is over, its id and place free */
	SERVER_DIAL_FAILED,  /* one attempt at a node of server_dial; it is
			      * tried again */
	SERVER_CLOSED,	     /* the last event: everything is gone */
};

struct server_event {
	enum server_event_kind kind;
	const struct peer_facts *peer;		/* ADDED, DROPPED */
	const struct hello *hello;		/* ADDED */
	const struct capability *const *shared; /* ADDED */
	size_t shared_count;
	const struct enode *dialed; /* DIAL_FAILED */
	const char *cause;	    /* DROPPED, DIAL_FAILED: a phrase */
	uint8_t reason;		    /* DROPPED: as sent or received */
	size_t peers;		    /* ADDED, DROPPED: how many now */
};

/* A node that somebody told of. */
struct server_candidate {
	struct enode node;
	struct enr record; /* len 0: not known */
	char source[PEER_SOURCE_MAX];
};

/* Where candidates come from. Both are called on the loop, never from inside a
 * call here. */
struct server_source {
	/* The next one; false: none now, and it is asked again after
	 * server_candidates. Asked only while there is a dial to begin. */
	bool (*next)(void *ctx, struct server_candidate *out);

	/* From now on candidates are wanted, because places of the dialed share
	 * are free, or no longer. At first they are not; of a server that
	 * closes nothing is told. May be NULL. */
	void (*wanted)(void *ctx, bool wanted);
	void *ctx;
};

struct server_config {
	const struct ecc_keypair *key;	  /* copied */
	const char *name;		  /* in Hello; copied */
	const struct protocol *protocols; /* copied; any order */
	size_t protocol_count;
	enum server_listen listening;
	struct addr listen;    /* port 0: the system picks */
	enum rlpx_plain plain; /* answer handshakes from before EIP-8 */
	size_t max_peers;      /* 0: nobody */
	size_t max_pending;    /* 0: SERVER_MAX_PENDING */
	size_t dial_ratio;     /* one in so many peers is dialed; 0: three */
	struct server_source source; /* next NULL: candidates are not dialed */
	size_t memory;		     /* bytes that peers may hold together; 0:
				      * SERVER_MEMORY. Over it the peer that holds
				      * most is ended */
	struct netlist restrict_to;  /* dialed and accepted; empty: all */
	const struct log *log;	     /* borrowed; may be NULL */

	/* Called on the loop, never from inside a call here. May be NULL. */
	void (*event)(void *ctx, const struct server_event *ev);
	void *ctx;

	/* NULL: server_limits_default (limits.h). Borrowed. */
	const struct server_limits *limits;
};

/* What happened so far; never goes down. */
struct server_counters {
	uint64_t accepted;   /* inbound TCP connections */
	uint64_t dialed;     /* outbound attempts */
	uint64_t candidates; /* of those, at candidates */
	uint64_t candidates_failed;
	uint64_t candidates_skipped; /* not dialed, for what they are or
				      * because they were lately */
	uint64_t sessions;	     /* that got past Hello */
	uint64_t throttled;  /* inbound closed at once: their address came too
			      * often or has its share, or no slot was free */
	uint64_t restricted; /* inbound closed at once: outside restrict_to */
	uint64_t replays;    /* auth packets seen before */
	uint64_t faults[RLPX_FAULT_COUNT];
	uint64_t timeouts_handshake;
	uint64_t timeouts_idle;
	uint64_t timeouts_slow;	  /* a message below its pace, or too little of
				   * ours taken for too long */
	uint64_t timeouts_paused; /* a protocol left its messages waiting */
	uint64_t overruns;	  /* more at once than can wait */
	uint64_t memory_ends;	  /* sessions ended for what they held */
	uint64_t memory_most;	  /* bytes that peers held at one time */
	uint64_t disconnects_sent;
	uint64_t disconnects_received;
	uint64_t messages_in, messages_out;
	uint64_t bytes_in, bytes_out; /* TCP payload, ended and live streams */
};

/* server_open - listen (if asked to) and be ready to dial. Errors as of
 * net_listener_open; ERR_FORMAT, ERR_EXISTS or ERR_LIMIT for protocols that
 * capability_check refuses; ERR_LIMIT when name and protocols do not fit into
 * a Hello. Nothing is left behind then. */
MUST_USE enum err server_open(struct server **out, struct net_loop *loop,
			      const struct server_config *config,
			      struct why *why);

/* server_close - stop listening and dialing, Disconnect 0x08 to every peer,
 * let the bytes drain for at most 2 s, then SERVER_CLOSED, after which the
 * server is freed. Calling it again does nothing. */
void server_close(struct server *s);

/* server_dial - keep a session with this node: dial it, and again whenever the
 * session is lost or the dial failed (0.5 s, doubling to 35 s, up to a quarter
 * less by chance; from the start again after a session of 30 s). If the node
 * dials us at the same time, one of the two connections becomes the session
 * (cross.h), and that the other failed is not told. ERR_EXISTS: known already.
 * ERR_DENIED: it is ourselves. ERR_UNSUPPORTED: it has no address or TCP port.
 * ERR_FORMAT: its key is no point of the curve. ERR_CLOSED: the server is
 * closing. */
MUST_USE enum err server_dial(struct server *s, const struct enode *node,
			      struct why *why);

/* server_undial - no longer keep that session. One that stands goes on; a dial
 * under way ends, and nothing is told of it. ERR_NOT_FOUND: it is not a node of
 * server_dial. */
MUST_USE enum err server_undial(struct server *s, const struct node_id *id);

/* server_candidates - the source has some again. They are dialed for the places
 * of the dialed share (dial_ratio) that the nodes of server_dial leave over, by
 * the rules of candidates.h: once, and not again when the dial failed or the
 * session is over, unless the source says so. A failed one is not told. */
void server_candidates(struct server *s);

/* server_disconnect - end the session with a peer, soon. Its last bytes drain
 * for up to 2 s more, at the side of whatever begins with the same node
 * meanwhile. ERR_NOT_FOUND: no peer has that id. */
MUST_USE enum err server_disconnect(struct server *s, const struct node_id *id,
				    uint8_t reason);

/* server_trust - this node may always be a peer, whatever the limits; takes
 * effect on a live peer as well. Its address, if it has one, is among those
 * that slots are kept for. ERR_LIMIT: SERVER_MAX_TRUSTED are.
 * server_distrust does not end a session. */
enum {
	SERVER_MAX_TRUSTED = 10000
};
MUST_USE enum err server_trust(struct server *s, const struct enode *node);
void server_distrust(struct server *s, const struct node_id *id);

/* server_offer - offer these protocols from now on. Peers with whom that
 * changes what is shared are disconnected (0x00), static ones to be dialed
 * again; the others go on, and each of their channels whose protocol is another
 * now is closed with the old and opened with the new. Another max_message or
 * number of codes changes what is shared. Peers with whom nothing ever was
 * shared are disconnected (0x03) once anything is offered.
 *
 * All of that happens later, from the loop, but no session begins with an older
 * offer any more: one that was negotiated with it is either good with this
 * one, or refused (0x00). Errors as of server_open; nothing has changed then.
 */
MUST_USE enum err server_offer(struct server *s,
			       const struct protocol *protocols, size_t count,
			       struct why *why);

/* One peer, for a list of them. Borrowed for the call. */
struct server_peer {
	const struct peer_facts *facts;
	const struct hello *hello;
	const struct enr *record; /* NULL: it was no candidate that had one */
	struct channel *const *channels; /* in the order of their codes */
	size_t channel_count;
};

/* server_each_peer - visit must not call anything that ends or adds peers. */
void server_each_peer(const struct server *s,
		      void (*visit)(void *ctx, const struct server_peer *peer),
		      void *ctx);

/* server_offered - what our Hello offers now, sorted; borrowed until the next
 * server_offer. Returns the count. */
size_t server_offered(const struct server *s, const struct capability **out);

/* server_self - our identity and where we listen. */
void server_self(const struct server *s, struct enode *out);

size_t server_peers(const struct server *s);

/* server_memory - bytes that peers hold now: what came from them and is not yet
 * dealt with, and what is on its way to them. */
size_t server_memory(const struct server *s);
void server_read_counters(const struct server *s, struct server_counters *out);

#endif
