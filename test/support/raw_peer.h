/* SPDX-License-Identifier: Apache-2.0 */
/* raw_peer.h - the other end of a connection, able to send what no honest peer
 * would: any bytes, sealed in frames whose MACs are right. Everything it draws
 * is fixed, so a run is repeatable. */
#ifndef TEST_SUPPORT_RAW_PEER_H
#define TEST_SUPPORT_RAW_PEER_H

#include "p2p/rlpx/frame.h"
#include "p2p/rlpx/rlpx.h"

/* Two fixed identities, 0 and 1. */
const struct ecc_keypair *fixed_key(unsigned which);

/* Fixed randomness for one side; differs with `which`. */
struct handshake_entropy fixed_entropy(unsigned which);

struct raw_peer {
	struct frame_codec codec;
};

/* raw_peer_join - play the initiator, as fixed_key(0), against a recipient core
 * made with fixed_key(1): afterwards the core has yielded RLPX_SECURED. What it
 * wrote is dropped. */
void raw_peer_join(struct raw_peer *p, struct rlpx *recipient);
void raw_peer_clear(struct raw_peer *p);

/* raw_peer_seal - append one frame holding exactly this frame data. */
void raw_peer_seal(struct raw_peer *p, struct buf *out, const void *data,
		   size_t len);

/* raw_peer_hello - append a valid Hello of fixed_key(0). */
void raw_peer_hello(struct raw_peer *p, struct buf *out, uint64_t version,
		    const struct capability *offered, size_t count);

#endif
