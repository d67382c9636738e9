/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - the server as its own files see it. Internal to p2p/server. */
#ifndef P2P_SERVER_INSIDE_H
#define P2P_SERVER_INSIDE_H

#include "p2p/server/limits.h"
#include "p2p/server/offer.h"
#include "p2p/server/peer.h"
#include "p2p/server/replay.h"
#include "p2p/server/server.h"

struct trusted {
	struct node_id id;
	UT_hash_handle hh;
};

struct server {
	struct net_loop *loop;
	struct server_config config; /* pointers in it: our copies */
	const struct server_limits *limits;
	struct ecc_keypair key;
	struct node_id id;
	char *name;

	struct offer *offer;
	bool offer_is_new; /* peers are to be looked at for it */

	struct net_listener *listener; /* NULL: not listening, or closed */
	struct net_timer *timer;
	bool closing;

	struct peer *all;   /* a list: every connection */
	struct peer *by_id; /* a table: those that are peers */
	size_t inbound_peers;
	size_t draining;
	struct admit admit;
	struct replay replay;
	struct linger linger;
	struct dial dial;
	struct candidates candidates;
	bool has_candidates;	 /* the source may have one */
	bool wants_candidates;	 /* as it was told */
	struct trusted *trusted; /* a table */

	size_t memory; /* bytes that all peers hold, as last weighed */
	struct server_counters counters; /* bytes: of ended streams */
};

/* server_wake - look at dials and at closing, soon. */
void server_wake(struct server *s);

/* server_check - the first checkpoint: a reason, or CHECKPOINT_PASS. */
int server_check(const struct server *s, const struct peer *p);

/* server_check_hello - the second, once Hello came. */
int server_check_hello(const struct server *s, const struct peer *p);

/* server_welcome - p is a peer now: enters it into the set, and tells. Calls
 * the event callback. */
void server_welcome(struct server *s, struct peer *p);

/* server_leave - p is over: takes it out of the set of peers and of the dials,
 * and tells. Calls the event callback, last; p stays. */
void server_leave(struct server *s, struct peer *p);

/* server_farewell - nothing of p is left outside: frees it. */
void server_farewell(struct server *s, struct peer *p);

/* server_find - the peer of that id, or NULL. */
struct peer *server_find(const struct server *s, const struct node_id *id);

/* server_facts - p->facts, with what may have changed since the last time. */
const struct peer_facts *server_facts(struct peer *p);

bool server_trusts(const struct server *s, const struct node_id *id);

void server_distrust_all(struct server *s);

/* server_still_agrees - would a new Hello with this offer come to what the
 * session's own came to? */
bool server_still_agrees(const struct peer *p, const struct offer *offer);

/* server_apply_offer - bring the peers in line with a new offer. Calls
 * protocols. */
void server_apply_offer(struct server *s);

/* --- server_cross.c: several connections with one node -------------------- */

/* May p send its Hello, may it become a session? If not, the other one's end
 * wakes it. */
bool server_may_greet(const struct peer *p);
bool server_may_welcome(const struct peer *p);

/* server_end_dials - the node of p is here: end dials to it that got no answer
 * so far. */
void server_end_dials(const struct peer *p);

/* server_end_rivals - p is, or has to be, the session: end all others. */
void server_end_rivals(const struct peer *p);

/* server_wake_rivals - p has ended: those that waited for that go on. */
void server_wake_rivals(const struct peer *p);

/* server_has_other - is there a session with p's node, or one on its way? */
bool server_has_other(const struct peer *p);

/* server_is_coming - a connection with that node is about to be a session. */
bool server_is_coming(const struct server *s, const struct node_id *id);

/* ---------------------------------------------------------------------------
 */

/* server_dial_due - start the dials that are due. Calls the source. */
void server_dial_due(struct server *s);

/* server_places - how full the server is. */
void server_places(struct candidate_places *out, const struct server *s);

/* server_dial_candidates - ask the source, as far as there are slots. True:
 * there is more to do in another turn. */
bool server_dial_candidates(struct server *s);

#endif
