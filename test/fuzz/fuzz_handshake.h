/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_handshake.h - what fuzz_auth and fuzz_ack share: the reader's key, and
 * an input taken as the plaintext of a packet, so that what lies behind ECIES
 * is reached without guessing a tag. */
#ifndef TEST_FUZZ_FUZZ_HANDSHAKE_H
#define TEST_FUZZ_FUZZ_HANDSHAKE_H

#include "p2p/base/buf.h"
#include "p2p/base/writer.h"
#include "p2p/crypto/rng.h"
#include "p2p/rlp/rlp_write.h"
#include "p2p/rlpx/handshake.h"
#include "test/fuzz/fuzz.h"

static const struct ecc_keypair *fuzz_keypair(const uint8_t key[32])
{
	static struct ecc_keypair us;

	if (!us.key.b[0]) {
		crypto_init();
		memcpy(us.key.b, key, sizeof(us.key.b));
		ecc_pub_of(&us.pub, &us.key);
	}
	return &us;
}

static const struct handshake_entropy fuzz_entropy = {
	.ephemeral = { .b = { 1, 1 } },
	.ecies = { .b = { 2, 2 } },
	.nonce = { 3, 3 },
	.iv = { 4, 4 },
	.padding = HANDSHAKE_PADDING_MIN,
};

/* fuzz_seal - the packet of this form around a plaintext; false when the
 * plaintext is too long for any. */
static inline bool fuzz_seal(struct handshake_packet *out, struct span plain,
			     enum handshake_form form, const struct ecc_pub *to)
{
	size_t prefix = form == HANDSHAKE_EIP8 ? HANDSHAKE_SIZE_PREFIX : 0;
	struct writer w = writer_of(out->b, sizeof(out->b));
	size_t size = plain.len + ECIES_OVERHEAD;

	if (size > HANDSHAKE_BODY_MAX)
		return false;
	if (prefix)
		wr_be16(&w, (uint16_t)size);
	MUST(ecies_seal(w.at, plain, to, &fuzz_entropy.ecies, fuzz_entropy.iv,
			span_of(out->b, prefix)) == ERR_NONE);
	out->len = (uint16_t)(prefix + size);
	return true;
}

/* fuzz_same_list - the fields that were read make the very list that `plain`
 * starts with: RLP has one encoding for each value. `first` is left out when
 * empty. */
static inline void fuzz_same_list(struct span plain, struct span first,
				  const struct ecc_pub *pub,
				  const uint8_t nonce[HANDSHAKE_NONCE],
				  uint64_t version,
				  const struct handshake_tail *tail)
{
	struct rlp_writer w;
	struct buf b;

	buf_init(&b, HANDSHAKE_MAX);
	w = rlp_writer_of(&b);
	rlp_put_list(&w);
	if (first.len)
		rlp_put_bytes(&w, first.data, first.len);
	rlp_put_bytes(&w, pub->b, sizeof(pub->b));
	rlp_put_bytes(&w, nonce, HANDSHAKE_NONCE);
	rlp_put_u64(&w, version);
	rlp_put_raw(&w, span_of(tail->b, tail->len));
	rlp_put_end(&w);
	MUST(rlp_writer_end(&w) == ERR_NONE);
	MUST(b.len <= plain.len);
	MUST(span_equal(span_of(b.data, b.len), span_of(plain.data, b.len)));
	buf_clear(&b);
}

static inline void fuzz_all_zero(const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		MUST(b[i] == 0);
}

#endif
