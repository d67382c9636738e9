/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/frame.h"

#include <assert.h>

#include "p2p/base/reader.h"
#include "p2p/base/writer.h"

static size_t padded_size(size_t size)
{
	return (size + AES_BLOCK - 1) / AES_BLOCK * AES_BLOCK;
}

size_t frame_room(size_t size)
{
	return FRAME_HEADER + padded_size(size) + FRAME_MAC;
}

static void mac_init(struct frame_mac *m, const struct keccak *state)
{
	m->state = *state;
	keccak_digest(&m->state, m->digest);
}

/* The step that both MACs end with, E being a block encryption with
 * mac-secret:
 *
 *     s = digest(H)[:16]; t = E(s) ^ with; H.absorb(t); mac = digest(H)[:16]
 *
 * s is in m->digest when we come and the MAC when we go. `with` may be s. */
static void mac_mix(struct frame_mac *m, struct aes_block *cipher,
		    const uint8_t with[AES_BLOCK])
{
	uint8_t t[AES_BLOCK];

	aes_block_encrypt(cipher, t, m->digest);
	for (size_t i = 0; i < sizeof(t); i++)
		t[i] ^= with[i];
	keccak_absorb(&m->state, t, sizeof(t));
	keccak_digest(&m->state, m->digest);
	secret_wipe(t, sizeof(t));
}

/* All of the body was absorbed. */
static void mac_mix_body(struct frame_mac *m, struct aes_block *cipher)
{
	keccak_digest(&m->state, m->digest);
	mac_mix(m, cipher, m->digest);
}

void frame_codec_init(struct frame_codec *c,
		      const struct handshake_secrets *secrets)
{
	/* "Both directions use the same AES key with an all-zero initial
	 * counter block". */
	static const uint8_t zero[AES_BLOCK];

	aes_ctr_init(&c->egress_cipher, secrets->aes.b, AES256_KEY, zero);
	aes_ctr_init(&c->ingress_cipher, secrets->aes.b, AES256_KEY, zero);
	aes_block_init(&c->mac_cipher, secrets->mac.b);
	mac_init(&c->egress_mac, &secrets->egress);
	mac_init(&c->ingress_mac, &secrets->ingress);
}

void frame_codec_clear(struct frame_codec *c)
{
	aes_ctr_clear(&c->egress_cipher);
	aes_ctr_clear(&c->ingress_cipher);
	aes_block_clear(&c->mac_cipher);
	secret_wipe(c, sizeof(*c));
}

void frame_seal(struct frame_codec *c, uint8_t *at, size_t size)
{
	struct writer w = writer_of(at, frame_room(size));
	size_t padded = padded_size(size);
	uint8_t *header = at;
	uint8_t *body = at + FRAME_HEADER;

	assert(size <= FRAME_SIZE_MAX);

	/* "fsize(3, BE) || c2 80 80 || ten zero bytes" */
	wr_be24(&w, (uint32_t)size);
	wr_be24(&w, 0xc28080);
	wr_zeros(&w, 10);
	aes_ctr_xor(&c->egress_cipher, header, header, AES_BLOCK);
	mac_mix(&c->egress_mac, &c->mac_cipher, header);
	wr_bytes(&w, c->egress_mac.digest, FRAME_MAC);

	memset(body + size, 0, padded - size);
	aes_ctr_xor(&c->egress_cipher, body, body, padded);
	keccak_absorb(&c->egress_mac.state, body, padded);
	mac_mix_body(&c->egress_mac, &c->mac_cipher);
	memcpy(body + padded, c->egress_mac.digest, FRAME_MAC);
}

enum err frame_open_header(struct frame_codec *c, size_t *size,
			   const uint8_t in[FRAME_HEADER])
{
	uint8_t header[AES_BLOCK];
	struct reader r = reader_of(header, sizeof(header));

	mac_mix(&c->ingress_mac, &c->mac_cipher, in);
	if (!secret_equal(c->ingress_mac.digest, in + AES_BLOCK, FRAME_MAC))
		return ERR_AUTH;
	aes_ctr_xor(&c->ingress_cipher, header, in, sizeof(header));
	/* "Receivers ignore header bytes 3..15 completely". */
	*size = rd_be24(&r);
	return ERR_NONE;
}

void frame_absorb(struct frame_codec *c, const uint8_t *in, size_t len)
{
	keccak_absorb(&c->ingress_mac.state, in, len);
}

enum err frame_open_body(struct frame_codec *c, uint8_t *body, size_t padded)
{
	mac_mix_body(&c->ingress_mac, &c->mac_cipher);
	if (!secret_equal(c->ingress_mac.digest, body + padded, FRAME_MAC))
		return ERR_AUTH;
	aes_ctr_xor(&c->ingress_cipher, body, body, padded);
	return ERR_NONE;
}
