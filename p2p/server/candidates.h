/* SPDX-License-Identifier: Apache-2.0 */
/* candidates.h - which of the nodes that others tell us of (discovery, lists)
 * are dialed, and how many, for the places that static nodes leave over (specs:
 * devp2p 6.4; static nodes are dial.h's). A pure core.
 *
 * All that is kept of a candidate is that it was dialed: for a while it is
 * skipped then. One that failed, or whose session ended, is dialed again only
 * when it is told of again.
 *
 * Whoever tells of nodes may tell of any number that do not exist, so their
 * dials never take more than half of what may be pending, and at most a quarter
 * of the dialed peers, though two, are of one /24 or /64. */
#ifndef P2P_SERVER_CANDIDATES_H
#define P2P_SERVER_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "p2p/base/mono.h"
#include "p2p/enode/enode.h"

struct candidate_limits {
	uint32_t history_ms;  /* not dialed again for so long */
	uint32_t history_max; /* ids remembered; the oldest makes room */
	bool shares_of_lan;   /* LAN and loopback have their share as well */
};

struct candidate_dialed;

/* A hash table inside: not to be copied. */
struct candidates {
	const struct candidate_limits *limits;
	size_t dialing;			 /* dials under way */
	struct candidate_dialed *dialed; /* oldest first */
};

void candidates_init(struct candidates *c,
		     const struct candidate_limits *limits);
void candidates_clear(struct candidates *c);

/* --- how many --------------------------------------------------------------
 */

struct candidate_places {
	size_t max_peers;
	size_t max_dialed; /* checkpoint_max_dialed */
	size_t max_pending;
	size_t peers;
	size_t dialed_peers; /* sessions that we dialed, static ones too */
	size_t expected;     /* static nodes to come: dial_expected */
	size_t static_dials; /* under way */
};

/* candidates_missing - how many of them may still become peers. */
size_t candidates_missing(const struct candidate_places *p);

/* candidates_slots - how many dials to them may be under way. */
size_t candidates_slots(const struct candidate_places *p);

/* candidates_static_slots - the same for static nodes: they "may have every
 * place that is free" (of max_peers), and half of what may be pending at the
 * least. */
size_t candidates_static_slots(const struct candidates *c,
			       const struct candidate_places *p);

/* --- which -----------------------------------------------------------------
 */

/* What the server knows of a candidate. */
struct candidate_view {
	const struct node_id *id;
	bool is_self;
	bool is_reachable;  /* it has an address and a TCP port */
	bool is_static;	    /* one of dial.h's: those come first */
	bool is_here;	    /* a peer, or dialed, or about to be a peer */
	bool is_allowed;    /* by our list of networks */
	size_t of_network;  /* dials to candidates of its /24 or /64, and
			     * sessions from them */
	bool is_any_number; /* of that network may be peers: LAN, or we were
			     * told which networks to use */
};

enum candidate_verdict {
	CANDIDATE_DIAL,
	CANDIDATE_SELF,
	CANDIDATE_UNREACHABLE,
	CANDIDATE_STATIC,
	CANDIDATE_HERE,
	CANDIDATE_OUTSIDE,
	CANDIDATE_LATELY, /* it was dialed */
	CANDIDATE_SHARE,  /* its network has its share */
};

/* candidates_judge - the first that hits. */
enum candidate_verdict candidates_judge(struct candidates *c,
					const struct candidate_view *v,
					size_t max_dialed, struct mono now);

/* candidates_begin - a dial to it begins, candidates_end - it failed, or is a
 * session. */
void candidates_begin(struct candidates *c, const struct node_id *id,
		      struct mono now);
void candidates_end(struct candidates *c);

/* candidates_spare - its dial went well, but others had come before and there
 * is no place for it: it may be dialed again as if it had not been. */
void candidates_spare(struct candidates *c, const struct node_id *id);

#endif
