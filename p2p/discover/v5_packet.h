/* SPDX-License-Identifier: Apache-2.0 */
/* v5_packet.h - what surrounds the messages of Discovery v5.1: masking,
 * headers, encryption, and the arithmetic of the handshake (specs:
 * discovery.md, "Discovery v5.1", Packet and Handshake). Pure; nothing to free.
 *
 *     packet  = masking-iv (16) || masked(header) || message
 *     header  = "discv5" || version || flag || nonce || size || authdata
 *     message = AES-128-GCM(key, nonce, plaintext, ad = masking-iv || header)
 *
 * Masking needs the receiver's id only: it keeps others from telling such
 * packets apart, and hides nothing from who knows the id. */
#ifndef P2P_DISCOVER_V5_PACKET_H
#define P2P_DISCOVER_V5_PACKET_H

#include "p2p/crypto/aes.h"
#include "p2p/enode/enr.h"

enum {
	V5_PACKET_MIN = 63, /* bytes: a WHOAREYOU */
	V5_PACKET_MAX = 1280,
	V5_IV = 16,
	V5_NONCE = AES_GCM_NONCE,
	V5_KEY = AES128_KEY,
	V5_ID_NONCE = 16,
	V5_CHALLENGE = 63, /* challenge-data: all of a WHOAREYOU, unmasked */

	/* The most plaintext that fits behind an ordinary header. A handshake
	 * has less room: V5_HANDSHAKE_EXTRA and the record. */
	V5_PLAINTEXT_MAX = V5_PACKET_MAX - 16 - 23 - 32 - AES_GCM_TAG,
	V5_HANDSHAKE_EXTRA = 2 + ECC_RS + ECC_COMPRESSED,
};

enum v5_flag {
	V5_MESSAGE = 0,
	V5_WHOAREYOU = 1,
	V5_HANDSHAKE = 2,
};

/* A packet, unmasked and not yet decrypted. */
struct v5_packet {
	enum v5_flag flag;
	uint8_t nonce[V5_NONCE]; /* WHOAREYOU: of the packet it answers */
	union {
		struct {
			struct node_id src;
		} message;
		struct {
			uint8_t id_nonce[V5_ID_NONCE];
			uint64_t enr_seq;
		} whoareyou;
		struct {
			struct node_id src;
			uint8_t signature[ECC_RS];
			uint8_t ephemeral[ECC_COMPRESSED]; /* of no known
							    * curve yet */
			struct span record; /* borrows from head; empty: none */
		} handshake;
	};
	size_t head_len;
	uint8_t head[V5_PACKET_MAX]; /* masking-iv || header: what the message
				      * authenticates */
	struct span sealed;	     /* the message, borrowed from the packet */
};

/* v5_mask - masks a header, or unmasks it. Any first part may be done alone. */
void v5_mask(uint8_t *out, const uint8_t *header, size_t len,
	     const uint8_t iv[V5_IV], const struct node_id *dest);

/* v5_is_packet - does it begin as a packet of v5 to us? Costs one AES block; a
 * packet of v4 passes for one with probability 2^-48. */
bool v5_is_packet(struct span packet, const struct node_id *self);

/* v5_open - unmask. *out is set on success only; its record borrows from it,
 * so it is not to be copied.
 *
 * ERR_SHORT        below V5_PACKET_MIN; below 87 unless it is a WHOAREYOU
 * ERR_LIMIT        over V5_PACKET_MAX
 * ERR_UNSUPPORTED  a flag or version there is not
 * ERR_FORMAT       not for us, or authdata of the wrong size, or bytes behind a
 *                  WHOAREYOU
 *
 * None of them is ever answered. */
MUST_USE enum err v5_open(struct v5_packet *out, struct span packet,
			  const struct node_id *self);

/* v5_decrypt - the plaintext of an opened packet, at most packet.sealed.len -
 * AES_GCM_TAG bytes. ERR_SHORT, ERR_AUTH as of aes_gcm_open. */
MUST_USE enum err v5_decrypt(uint8_t *out, size_t *len,
			     const struct v5_packet *packet,
			     const uint8_t key[V5_KEY]);

/* --- making -----------------------------------------------------------------
 */

/* What is random in a packet, and to whom it goes. */
struct v5_cover {
	uint8_t iv[V5_IV];
	uint8_t nonce[V5_NONCE];
	struct node_id dest;
};

/* Each returns the packet's length. */

/* v5_make_message - plaintext of at most V5_PLAINTEXT_MAX bytes. */
size_t v5_make_message(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
		       const struct node_id *src, const uint8_t key[V5_KEY],
		       struct span plaintext);

/* v5_make_random - what opens a conversation without a session: a message that
 * nobody can decrypt. `bytes` are random, 16 or more. */
size_t v5_make_random(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
		      const struct node_id *src, struct span bytes);

/* v5_make_whoareyou - also gives challenge-data; the cover's nonce is that of
 * the packet it answers. */
size_t v5_make_whoareyou(uint8_t out[V5_PACKET_MAX],
			 uint8_t challenge[V5_CHALLENGE],
			 const struct v5_cover *c,
			 const uint8_t id_nonce[V5_ID_NONCE], uint64_t enr_seq);

/* v5_make_handshake - record may be empty. The plaintext and record fit, or 0
 * is returned. */
size_t v5_make_handshake(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
			 const struct node_id *src,
			 const uint8_t signature[ECC_RS],
			 const uint8_t ephemeral[ECC_COMPRESSED],
			 struct span record, const uint8_t key[V5_KEY],
			 struct span plaintext);

/* v5_challenge_of - challenge-data from a WHOAREYOU that was opened. */
void v5_challenge_of(uint8_t out[V5_CHALLENGE], const struct v5_packet *p);

/* --- handshake --------------------------------------------------------------
 * A sends the handshake packet, B sent the WHOAREYOU. */

struct v5_keys {
	uint8_t initiator[V5_KEY]; /* A encrypts with it */
	uint8_t recipient[V5_KEY]; /* B does */
};

/* v5_derive - session keys from our private and their public key: at A the
 * ephemeral key and B's, at B the static key and the ephemeral one. ERR_FORMAT:
 * pub is no point. The caller wipes them. Costs 40 us. */
MUST_USE enum err v5_derive(struct v5_keys *out, const struct secret32 *key,
			    const struct ecc_pub *pub,
			    const struct node_id *id_a,
			    const struct node_id *id_b,
			    const uint8_t challenge[V5_CHALLENGE]);

/* v5_sign_id - A's proof that it is A, for B and this challenge only. */
void v5_sign_id(uint8_t out[ECC_RS], const struct secret32 *key,
		const uint8_t challenge[V5_CHALLENGE],
		const uint8_t ephemeral[ECC_COMPRESSED],
		const struct node_id *id_b);

bool v5_verify_id(const uint8_t signature[ECC_RS], const struct ecc_pub *pub,
		  const uint8_t challenge[V5_CHALLENGE],
		  const uint8_t ephemeral[ECC_COMPRESSED],
		  const struct node_id *id_b);

#endif
