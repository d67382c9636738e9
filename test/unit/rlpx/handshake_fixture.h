/* SPDX-License-Identifier: Apache-2.0 */
/* handshake_fixture.h - what the handshake and frame tests share: the keys of
 * the vectors, packets sealed around any body, and repeatable randomness. */
#ifndef TEST_UNIT_RLPX_HANDSHAKE_FIXTURE_H
#define TEST_UNIT_RLPX_HANDSHAKE_FIXTURE_H

#include "p2p/base/buf.h"
#include "p2p/rlpx/handshake.h"
#include "test/support/unit.h"

/* A is the initiator, B the recipient, as in the vectors. */
struct fixture {
	json_t *root; /* rlpx.json */
	struct ecc_keypair a;
	struct ecc_keypair b;
	struct ecc_keypair ephemeral_a;
	struct ecc_keypair ephemeral_b;
	uint8_t nonce_a[HANDSHAKE_NONCE];
	uint8_t nonce_b[HANDSHAKE_NONCE];
	struct ecc_sig sig; /* valid for A to B with nonce A */
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

/* The session of the "derived" section as one side sees it. */
void fixture_secrets(struct handshake_secrets *out, const struct fixture *f,
		     enum handshake_side side);

/* The items of a handshake body. The first is left out (an ack) when its
 * data is NULL; version, tail and what follows the list are raw. */
struct body {
	struct span sig;
	struct span pub;
	struct span nonce;
	struct span version;
	struct span tail;
	struct span after;
};

/* The bodies of the vectors: [.., 4] and nothing behind. */
struct body fixture_auth_body(const struct fixture *f);
struct body fixture_ack_body(const struct fixture *f);

/* body_write - its bytes into out, an empty buf. */
void body_write(struct buf *out, const struct body *body);

/* Larger than any packet that is accepted. */
struct sealed {
	uint8_t b[8192];
	size_t len;
};

/* sealed_make - an EIP-8 packet around any plaintext, with a fixed ephemeral
 * key and iv. */
void sealed_make(struct sealed *out, struct span plaintext,
		 const struct ecc_pub *to);

/* sealed_make_plain - the same without prefix and shared info. */
void sealed_make_plain(struct sealed *out, struct span plaintext,
		       const struct ecc_pub *to);

/* Read the packet that carries this body, with the key it is for. */
enum err fixture_read_auth(struct handshake_auth *out, const struct fixture *f,
			   const struct body *body);
enum err fixture_read_ack(struct handshake_ack *out, const struct fixture *f,
			  const struct body *body);

/* Repeatable randomness: keccak256(seed || counter). */
struct dice {
	uint64_t seed;
	uint64_t counter;
};

void dice_bytes(struct dice *d, void *out, size_t len);
void dice_keypair(struct dice *d, struct ecc_keypair *out);
void dice_entropy(struct dice *d, struct handshake_entropy *out,
		  uint8_t padding);

bool all_zero(const void *data, size_t len);

#endif
