/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/raw_peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"

/* Also with assertions off, and in programs without a test framework. */
#define MUST(cond)                                                         \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#cond);                                    \
			abort();                                           \
		}                                                          \
	} while (0)

const struct ecc_keypair *fixed_key(unsigned which)
{
	static struct ecc_keypair keys[2];

	crypto_init();
	keys[which].key.b[31] = (uint8_t)(which + 1);
	ecc_pub_of(&keys[which].pub, &keys[which].key);
	return &keys[which];
}

struct handshake_entropy fixed_entropy(unsigned which)
{
	struct handshake_entropy e = { .padding = 100 };

	memset(e.ephemeral.b, (int)(0x10 + which), sizeof(e.ephemeral.b));
	memset(e.ecies.b, (int)(0x20 + which), sizeof(e.ecies.b));
	memset(e.nonce, (int)(0x30 + which), sizeof(e.nonce));
	memset(e.iv, (int)(0x40 + which), sizeof(e.iv));
	return e;
}

void raw_peer_join(struct raw_peer *p, struct rlpx *recipient)
{
	const struct ecc_keypair *us = fixed_key(0);
	struct handshake_entropy entropy = fixed_entropy(0);
	struct handshake_secrets secrets;
	struct handshake_packet auth;
	struct handshake_ack ack;
	struct rlpx_event ev;
	struct buf out;

	buf_init(&out, HANDSHAKE_MAX);
	MUST(!handshake_auth_make(&auth, us, &fixed_key(1)->pub, &entropy,
				  (struct span){ 0 }));
	MUST(!rlpx_feed(recipient, auth.b, auth.len));
	MUST(!rlpx_next(recipient, &ev) && ev.kind == RLPX_JOB);
	rlpx_job_run(ev.job);
	rlpx_job_done(recipient, ev.job, &out);
	MUST(!handshake_ack_read(&ack, span_of(out.data, out.len),
				 HANDSHAKE_EIP8, us));
	MUST(!handshake_secrets_derive(
		&secrets, HANDSHAKE_INITIATOR, &entropy.ephemeral,
		&ack.recipient_ephemeral, entropy.nonce, ack.nonce,
		span_of(auth.b, auth.len), span_of(out.data, out.len)));
	frame_codec_init(&p->codec, &secrets);
	MUST(!rlpx_next(recipient, &ev) && ev.kind == RLPX_SECURED);
	buf_clear(&out);
}

void raw_peer_clear(struct raw_peer *p)
{
	frame_codec_clear(&p->codec);
}

void raw_peer_seal(struct raw_peer *p, struct buf *out, const void *data,
		   size_t len)
{
	uint8_t *at = buf_grow(out, frame_room(len));

	MUST(at);
	if (len)
		memcpy(at + FRAME_HEADER, data, len);
	frame_seal(&p->codec, at, len);
	buf_commit(out, frame_room(len));
}

void raw_peer_hello(struct raw_peer *p, struct buf *out, uint64_t version,
		    const struct capability *offered, size_t count)
{
	struct buf data;

	buf_init(&data, 1 + HELLO_MAX);
	MUST(!buf_append(&data, "\x80", 1));
	MUST(!hello_make(&data, version, "raw", offered, count,
			 &fixed_key(0)->pub, (struct span){ 0 }));
	raw_peer_seal(p, out, data.data, data.len);
	buf_clear(&data);
}
