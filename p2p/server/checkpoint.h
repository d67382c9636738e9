/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h - may this node be a peer? (specs: devp2p 6.3, steps 5 and 8;
 * limits of 6.2). Pure. */
#ifndef P2P_SERVER_CHECKPOINT_H
#define P2P_SERVER_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

/* What is asked after the handshake, and again after Hello, when the set of
 * peers may have changed. */
struct checkpoint {
	size_t max_peers;
	size_t max_inbound; /* see checkpoint_max_inbound */
	size_t peers;
	size_t inbound_peers;
	size_t max_dialed; /* see checkpoint_max_dialed */
	bool inbound;
	bool candidate; /* dialed because somebody told us of it */
	bool trusted;	/* "bypass only the two 0x04 tests" */
	bool is_peer;	/* its id is in the set of peers */
	bool is_self;	/* its id is ours */
};

enum {
	CHECKPOINT_PASS = -1
};

/* checkpoint_peer - CHECKPOINT_PASS, or the first that hits: 0x04 too many,
 * 0x05 connected already, 0x0a ourselves. */
int checkpoint_peer(const struct checkpoint *c);

/* checkpoint_shared - 0x03 for "no shared capability while we offer at least
 * one"; a server without protocols accepts anyone. */
int checkpoint_shared(size_t offered, size_t shared);

/* The share of peers that are dialed: one in `ratio` (0: three), at least one;
 * the rest may be inbound. Static nodes may fill max_peers (dial.h), candidates
 * what those leave of the share (candidates.h). */
size_t checkpoint_max_dialed(size_t max_peers, size_t ratio);
size_t checkpoint_max_inbound(size_t max_peers, size_t ratio);

#endif
