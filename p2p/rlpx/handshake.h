/* SPDX-License-Identifier: Apache-2.0 */
/* handshake.h - the RLPx handshake: auth, ack and the secrets both sides
 * derive (specs: devp2p "Handshake"; EIP-8). Pure: keys, nonces and padding
 * are arguments. These functions do the curve work and are what a crypto job
 * runs; rlpx.h is the state machine around them. Thread: any, after
 * crypto_init.
 *
 *     auth = size || ecies(recipient, [sig, pub, nonce, 4, ...] || padding)
 *     ack  = size || ecies(initiator, [ephemeral, nonce, 4, ...] || padding)
 *
 * Received versions, further list items and trailing bytes are ignored, as
 * EIP-8 demands; the further items are kept as raw RLP. */
#ifndef P2P_RLPX_HANDSHAKE_H
#define P2P_RLPX_HANDSHAKE_H

#include "p2p/base/span.h"
#include "p2p/crypto/ecc.h"
#include "p2p/crypto/ecies.h"
#include "p2p/crypto/keccak.h"

enum {
	HANDSHAKE_SIZE_PREFIX = 2,
	HANDSHAKE_BODY_MAX = 2048, /* what the size prefix may say */
	HANDSHAKE_MAX = HANDSHAKE_SIZE_PREFIX + HANDSHAKE_BODY_MAX,
	HANDSHAKE_NONCE = 32,
	HANDSHAKE_VERSION = 4,
	HANDSHAKE_PADDING_MIN = 100, /* what we send; inside every known */
	HANDSHAKE_PADDING_MAX = 255, /* receiver's range */
	HANDSHAKE_PLAIN_AUTH = 307,  /* the form before EIP-8: no prefix */
	HANDSHAKE_PLAIN_ACK = 210,
	HANDSHAKE_TAIL_MAX = 256, /* what we append: packets stay below 1024 */
};

/* Everything random in one side's handshake, drawn by the caller for one
 * connection. Wipe after use. */
struct handshake_entropy {
	struct secret32 ephemeral; /* our ephemeral key, valid */
	struct secret32 ecies; /* the key inside our packet's ECIES, valid */
	uint8_t nonce[HANDSHAKE_NONCE];
	uint8_t iv[ECIES_IV];
	uint8_t padding; /* HANDSHAKE_PADDING_MIN..MAX */
};

/* One handshake packet as it stands on the wire, prefix included; both go
 * into the MAC states byte for byte. */
struct handshake_packet {
	uint8_t b[HANDSHAKE_MAX];
	uint16_t len;
};

/* Raw RLP items behind the known ones, never looked into. */
struct handshake_tail {
	uint8_t b[HANDSHAKE_BODY_MAX];
	uint16_t len;
};

enum handshake_form {
	HANDSHAKE_EIP8,
	HANDSHAKE_PLAIN, /* before EIP-8; received only, and off by default */
};

/* What a recipient learns from auth. */
struct handshake_auth {
	struct ecc_pub initiator;	    /* static key; valid point */
	struct ecc_pub initiator_ephemeral; /* recovered from the signature */
	uint8_t nonce[HANDSHAKE_NONCE];
	uint64_t version; /* informational; 4 in the plain form */
	enum handshake_form form;
	struct handshake_tail tail;
};

/* What an initiator learns from ack. */
struct handshake_ack {
	struct ecc_pub recipient_ephemeral; /* valid point */
	uint8_t nonce[HANDSHAKE_NONCE];
	uint64_t version;
	struct handshake_tail tail;
};

/* The keys of a session, as one side sees them. Wipe after use. */
struct handshake_secrets {
	struct secret32 aes; /* AES-256-CTR, both directions */
	struct secret32 mac; /* AES-256 block key inside the MAC */
	struct keccak egress;
	struct keccak ingress;
};

/* handshake_auth_make - the initiator's packet, EIP-8 form. `tail` is raw RLP
 * to append to the list (may be empty; at most HANDSHAKE_TAIL_MAX bytes, else
 * ERR_LIMIT). ERR_FORMAT: `recipient` is not a valid point. out is empty on
 * any error. */
MUST_USE enum err handshake_auth_make(struct handshake_packet *out,
				      const struct ecc_keypair *us,
				      const struct ecc_pub *recipient,
				      const struct handshake_entropy *entropy,
				      struct span tail);

/* handshake_auth_read - the recipient's side. `packet` is the whole packet,
 * prefix included, of the form given. Checks in the specification's order:
 * size, ECIES, list shape, the initiator's key on the curve, recovery.
 *
 * ERR_LIMIT   the prefix says more than HANDSHAKE_BODY_MAX
 * ERR_FORMAT  packet.len is not what the prefix (or the plain form) says; a
 *             point is not valid; the list has the wrong shape
 * ERR_AUTH    the ECIES tag; the signature recovers to no key
 *
 * out is all zero then. To the peer all look alike: nothing is sent. */
MUST_USE enum err handshake_auth_read(struct handshake_auth *out,
				      struct span packet,
				      enum handshake_form form,
				      const struct ecc_keypair *us);

/* handshake_ack_make - the answer to `auth`, in the form auth came in. The
 * plain form has no place for a tail and carries none. Errors as
 * handshake_auth_make. */
MUST_USE enum err handshake_ack_make(struct handshake_packet *out,
				     const struct handshake_auth *auth,
				     const struct handshake_entropy *entropy,
				     struct span tail);

/* handshake_ack_read - the initiator's side; errors as handshake_auth_read. */
MUST_USE enum err handshake_ack_read(struct handshake_ack *out,
				     struct span packet,
				     enum handshake_form form,
				     const struct ecc_keypair *us);

enum handshake_side {
	HANDSHAKE_INITIATOR,
	HANDSHAKE_RECIPIENT,
};

/* handshake_secrets_derive - from our ephemeral key, the peer's ephemeral
 * public key, both nonces and both packets.
 *
 *     nonces        = keccak256(recipient-nonce || initiator-nonce)
 *     shared-secret = keccak256(ephemeral-shared || nonces)
 *     aes-secret    = keccak256(ephemeral-shared || shared-secret)
 *     mac-secret    = keccak256(ephemeral-shared || aes-secret)
 *
 * ERR_FORMAT: the peer's key is not a valid point; out is all zero. */
MUST_USE enum err handshake_secrets_derive(
	struct handshake_secrets *out, enum handshake_side side,
	const struct secret32 *ephemeral, const struct ecc_pub *peer_ephemeral,
	const uint8_t initiator_nonce[HANDSHAKE_NONCE],
	const uint8_t recipient_nonce[HANDSHAKE_NONCE], struct span auth,
	struct span ack);

#endif
