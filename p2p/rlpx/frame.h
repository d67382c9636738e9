/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - RLPx frames: encryption and the running MAC (specs: devp2p
 * "Framing"). Pure. Thread: one at a time per object.
 *
 *     header-ciphertext(16) || header-mac(16) ||
 *     frame-ciphertext(size rounded up to 16) || frame-mac(16)
 *
 * The MAC is a Keccak state over all ciphertext of one direction. The digest
 * after a frame is the first one the next frame needs, so it is kept: three
 * permutations a frame, not four. Of these three the header's MAC needs nothing
 * that comes later and nothing later needs it, so it is made beside the next
 * one, as far as the processor can: with AVX-512 two permutations a frame. */
#ifndef P2P_RLPX_FRAME_H
#define P2P_RLPX_FRAME_H

#include <stdbool.h>

#include "p2p/base/buf.h"
#include "p2p/crypto/aes.h"
#include "p2p/rlpx/handshake.h"

enum {
	FRAME_HEADER = 32, /* header and its MAC */
	FRAME_MAC = 16,
	FRAME_SIZE_MAX = (1 << 24) - 1, /* code and payload */
};

/* One direction's MAC: the running state and its latest digest. */
struct frame_mac {
	struct keccak state;
	uint8_t digest[32];
	bool fresh; /* digest is of state as it is now */
};

/* Both directions of one connection. clear wipes. */
struct frame_codec {
	struct aes_ctr egress_cipher;
	struct aes_ctr ingress_cipher;
	struct aes_block mac_cipher; /* both directions share the MAC key */
	struct frame_mac egress_mac;
	struct frame_mac ingress_mac;
	size_t ahead; /* bytes of the incoming body hashed, not decrypted */
};

void frame_codec_init(struct frame_codec *c,
		      const struct handshake_secrets *secrets);
void frame_codec_clear(struct frame_codec *c);

/* frame_room - bytes a frame of `size` takes on the wire. */
size_t frame_room(size_t size);

/* frame_seal - make a frame in place. `at` is frame_room(size) bytes of which
 * at + FRAME_HEADER holds the frame data (code and payload), size bytes;
 * header, padding and MACs are filled in around it and all is encrypted. */
void frame_seal(struct frame_codec *c, uint8_t *at, size_t size);

/* frame_open_header - check and decrypt a header, the first FRAME_HEADER bytes
 * of `in`. What of the body is behind them already makes it cheaper: so give
 * all that came, `len` bytes; at most a block of Keccak is looked at. ERR_AUTH:
 * the MAC; *size is untouched and the stream is unusable. *size is
 * 0..FRAME_SIZE_MAX. */
MUST_USE enum err frame_open_header(struct frame_codec *c, size_t *size,
				    const uint8_t *in, size_t len);

/* frame_open_part - hash and decrypt the body (padding included, MAC excluded)
 * as it arrives, its next `len` bytes from `from` to `to`, which may be the
 * same. Nobody may look at what is decrypted until frame_open_end. */
void frame_open_part(struct frame_codec *c, uint8_t *to, const uint8_t *from,
		     size_t len);

/* frame_open_end - all of the body's parts were opened: compare its MAC, in
 * constant time. ERR_AUTH: what was decrypted is nothing that the peer sent. */
MUST_USE enum err frame_open_end(struct frame_codec *c,
				 const uint8_t mac[FRAME_MAC]);

#endif
