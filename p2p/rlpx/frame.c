/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/frame.h"

#include <assert.h>

#include "p2p/base/reader.h"
#include "p2p/base/writer.h"

enum {
	/* Bytes that are still in the processor's nearest cache when the hash
	 * comes behind the cipher, or the cipher behind the hash. */
	PIECE = 8 * 1024,
};

static size_t piece_of(size_t len)
{
	return len < PIECE ? len : PIECE;
}

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
	m->fresh = true;
}

/* The step that both MACs end with, E being a block encryption with
 * mac-secret:
 *
 *     s = digest(H)[:16]; t = E(s) ^ with; H.absorb(t); mac = digest(H)[:16]
 *
 * Here all of it but the last digest. s is in m->digest; `with` may be s. */
static void mac_stir(struct frame_mac *m, struct aes_block *cipher,
		     const uint8_t with[AES_BLOCK])
{
	uint8_t t[AES_BLOCK];

	aes_block_encrypt(cipher, t, m->digest);
	for (size_t i = 0; i < sizeof(t); i++)
		t[i] ^= with[i];
	keccak_absorb(&m->state, t, sizeof(t));
	m->fresh = false;
	secret_wipe(t, sizeof(t));
}

/* All of the body was absorbed: its MAC to m->digest. */
static void mac_of_body(struct frame_mac *m, struct aes_block *cipher)
{
	if (!m->fresh)
		keccak_digest(&m->state, m->digest);
	m->fresh = true;
	mac_stir(m, cipher, m->digest);
	keccak_digest(&m->state, m->digest);
	m->fresh = true;
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

/* Encrypts and hashes the body; the header's MAC, which waits for nothing of
 * it, is made on the way. */
static void seal_body(struct frame_codec *c, uint8_t mac_of_header[32],
		      uint8_t *body, size_t padded)
{
	struct frame_mac *m = &c->egress_mac;
	size_t n = piece_of(padded);

	aes_ctr_xor(&c->egress_cipher, body, body, n);
	if (n == padded) {
		keccak_digest_around(&m->state, mac_of_header, m->digest, body,
				     n);
		m->fresh = true;
		return;
	}
	keccak_digest_absorb(&m->state, mac_of_header, body, n);
	for (size_t done = n; done < padded; done += n) {
		n = piece_of(padded - done);
		aes_ctr_xor(&c->egress_cipher, body + done, body + done, n);
		keccak_absorb(&m->state, body + done, n);
	}
}

void frame_seal(struct frame_codec *c, uint8_t *at, size_t size)
{
	struct writer w = writer_of(at, frame_room(size));
	size_t padded = padded_size(size);
	uint8_t *header = at;
	uint8_t *body = at + FRAME_HEADER;
	struct frame_mac *m = &c->egress_mac;
	uint8_t mac[32];

	assert(size <= FRAME_SIZE_MAX);

	/* "fsize(3, BE) || c2 80 80 || ten zero bytes" */
	wr_be24(&w, (uint32_t)size);
	wr_be24(&w, 0xc28080);
	wr_zeros(&w, 10);
	aes_ctr_xor(&c->egress_cipher, header, header, AES_BLOCK);
	memset(body + size, 0, padded - size);

	mac_stir(m, &c->mac_cipher, header);
	seal_body(c, mac, body, padded);
	wr_bytes(&w, mac, FRAME_MAC);
	mac_of_body(m, &c->mac_cipher);
	memcpy(body + padded, m->digest, FRAME_MAC);
	secret_wipe(mac, sizeof(mac));
}

/* The header's MAC, beside which of the body's first `ahead` bytes are absorbed
 * what makes another permutation due: up to the end of the block, or all of the
 * body if it ends before that. Returns how many. */
static size_t mac_of_header(struct frame_mac *m, uint8_t mac[32],
			    const uint8_t *body, size_t ahead, size_t padded)
{
	size_t room = KECCAK_RATE - m->state.fill;

	if (ahead >= room) {
		keccak_digest_absorb(&m->state, mac, body, room);
		return room;
	}
	if (ahead == padded) {
		keccak_digest_around(&m->state, mac, m->digest, body, padded);
		m->fresh = true;
		return padded;
	}
	keccak_digest(&m->state, mac);
	return 0;
}

/* The size is decrypted before it is authentic, to know how much of what is
 * behind the header is body. Until the MAC was compared it decides that alone,
 * and with it what is hashed of bytes that we have; a wrong one spoils nothing
 * but a MAC state that a failure leaves unusable anyway. */
enum err frame_open_header(struct frame_codec *c, size_t *size,
			   const uint8_t *in, size_t len)
{
	struct frame_mac *m = &c->ingress_mac;
	uint8_t header[AES_BLOCK];
	struct reader r = reader_of(header, sizeof(header));
	size_t ahead = len - FRAME_HEADER;
	size_t declared, padded, absorbed;
	uint8_t mac[32];
	bool same;

	assert(len >= FRAME_HEADER);
	aes_ctr_xor(&c->ingress_cipher, header, in, sizeof(header));
	/* "Receivers ignore header bytes 3..15 completely". */
	declared = rd_be24(&r);
	padded = padded_size(declared);
	mac_stir(m, &c->mac_cipher, in);
	absorbed = mac_of_header(m, mac, in + FRAME_HEADER,
				 ahead < padded ? ahead : padded, padded);
	same = secret_equal(mac, in + AES_BLOCK, FRAME_MAC);
	secret_wipe(mac, sizeof(mac));
	if (!same)
		return ERR_AUTH;
	c->ahead = absorbed;
	*size = declared;
	return ERR_NONE;
}

void frame_open_part(struct frame_codec *c, uint8_t *to, const uint8_t *from,
		     size_t len)
{
	struct frame_mac *m = &c->ingress_mac;
	size_t n, hashed;

	for (; len; to += n, from += n, len -= n) {
		n = piece_of(len);
		hashed = n < c->ahead ? n : c->ahead;
		if (n > hashed) {
			keccak_absorb(&m->state, from + hashed, n - hashed);
			m->fresh = false;
		}
		c->ahead -= hashed;
		aes_ctr_xor(&c->ingress_cipher, to, from, n);
	}
}

enum err frame_open_end(struct frame_codec *c, const uint8_t mac[FRAME_MAC])
{
	mac_of_body(&c->ingress_mac, &c->mac_cipher);
	return secret_equal(c->ingress_mac.digest, mac, FRAME_MAC) ? ERR_NONE
								   : ERR_AUTH;
}
