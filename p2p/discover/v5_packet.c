/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_packet.h"

#include <assert.h>

#include "p2p/base/reader.h"
#include "p2p/base/writer.h"
#include "p2p/crypto/hash.h"

enum {
	PROTOCOL_LEN = 6,
	STATIC_LEN = 23, /* of the header, before authdata */
	HEAD_LEN = V5_IV + STATIC_LEN,
	SRC_LEN = NODE_ID_LEN,
	WHOAREYOU_LEN = V5_ID_NONCE + 8,
	HANDSHAKE_LEN = SRC_LEN + V5_HANDSHAKE_EXTRA,
	BODY_MIN = 48, /* behind the static header, but of a WHOAREYOU */
	VERSION = 1,
};

static const uint8_t protocol_id[PROTOCOL_LEN] = "discv5";

/* --- masking ----------------------------------------------------------------
 */

void v5_mask(uint8_t *out, const uint8_t *header, size_t len,
	     const uint8_t iv[V5_IV], const struct node_id *dest)
{
	struct aes_ctr ctr;

	aes_ctr_init(&ctr, dest->b, AES128_KEY, iv);
	aes_ctr_xor(&ctr, out, header, len);
	aes_ctr_clear(&ctr);
}

bool v5_is_packet(struct span packet, const struct node_id *self)
{
	uint8_t id[PROTOCOL_LEN];

	if (packet.len < V5_PACKET_MIN)
		return false;
	v5_mask(id, packet.data + V5_IV, sizeof(id), packet.data, self);
	return !memcmp(id, protocol_id, sizeof(id));
}

/* --- opening ----------------------------------------------------------------
 */

static enum err read_authdata(struct v5_packet *p, struct reader *r)
{
	size_t len = r->left;
	uint8_t signature_len, key_len;

	switch (p->flag) {
	case V5_MESSAGE:
		if (len != SRC_LEN)
			return ERR_FORMAT;
		rd_copy(r, p->message.src.b, SRC_LEN);
		return ERR_NONE;
	case V5_WHOAREYOU:
		if (len != WHOAREYOU_LEN || p->sealed.len)
			return ERR_FORMAT;
		rd_copy(r, p->whoareyou.id_nonce, V5_ID_NONCE);
		p->whoareyou.enr_seq = (uint64_t)rd_be32(r) << 32;
		p->whoareyou.enr_seq |= rd_be32(r);
		return ERR_NONE;
	case V5_HANDSHAKE:
		if (len < HANDSHAKE_LEN)
			return ERR_FORMAT;
		rd_copy(r, p->handshake.src.b, SRC_LEN);
		signature_len = rd_u8(r);
		key_len = rd_u8(r);
		if (signature_len != ECC_RS || key_len != ECC_COMPRESSED)
			return ERR_FORMAT;
		rd_copy(r, p->handshake.signature, ECC_RS);
		rd_copy(r, p->handshake.ephemeral, ECC_COMPRESSED);
		p->handshake.record = rd_take(r, len - HANDSHAKE_LEN);
		return ERR_NONE;
	}
	return ERR_UNSUPPORTED;
}

/* "Receive, in this order: size; unmask 23 bytes; protocol id; version; for
 * flags 0 and 2 at least 48 bytes after the static header; authdata-size within
 * the packet; unmask authdata." */
enum err v5_open(struct v5_packet *out, struct span packet,
		 const struct node_id *self)
{
	size_t header_max = packet.len - V5_IV, authdata;
	struct reader r;
	uint8_t flag;

	if (packet.len < V5_PACKET_MIN)
		return ERR_SHORT;
	if (packet.len > V5_PACKET_MAX)
		return ERR_LIMIT;
	if (!v5_is_packet(packet, self))
		return ERR_FORMAT;
	memset(out, 0, sizeof(*out));
	memcpy(out->head, packet.data, V5_IV);
	v5_mask(out->head + V5_IV, packet.data + V5_IV, STATIC_LEN, packet.data,
		self);
	r = reader_of(out->head + V5_IV + PROTOCOL_LEN,
		      STATIC_LEN - PROTOCOL_LEN);
	if (rd_be16(&r) != VERSION)
		return ERR_UNSUPPORTED;
	flag = rd_u8(&r);
	if (flag > V5_HANDSHAKE)
		return ERR_UNSUPPORTED;
	out->flag = flag;
	rd_copy(&r, out->nonce, V5_NONCE);
	authdata = rd_be16(&r);
	if (out->flag != V5_WHOAREYOU && header_max < STATIC_LEN + BODY_MIN)
		return ERR_SHORT;
	if (authdata > header_max - STATIC_LEN)
		return ERR_FORMAT;

	/* Once more from the start: the key stream cannot be entered midway. */
	v5_mask(out->head + V5_IV, packet.data + V5_IV, STATIC_LEN + authdata,
		packet.data, self);
	out->head_len = V5_IV + STATIC_LEN + authdata;
	out->sealed = span_of(packet.data + out->head_len,
			      packet.len - out->head_len);
	r = reader_of(out->head + V5_IV + STATIC_LEN, authdata);
	return read_authdata(out, &r);
}

enum err v5_decrypt(uint8_t *out, size_t *len, const struct v5_packet *packet,
		    const uint8_t key[V5_KEY])
{
	enum err rc = aes_gcm_open(out, key, packet->nonce, packet->sealed,
				   span_of(packet->head, packet->head_len));

	if (!rc)
		*len = packet->sealed.len - AES_GCM_TAG;
	return rc;
}

void v5_challenge_of(uint8_t out[V5_CHALLENGE], const struct v5_packet *p)
{
	assert(p->flag == V5_WHOAREYOU && p->head_len == V5_CHALLENGE);
	memcpy(out, p->head, V5_CHALLENGE);
}

/* --- making -----------------------------------------------------------------
 */

/* masking-iv and header, not masked yet; authdata goes where the writer stands
 * now. */
static struct writer put_head(uint8_t *out, const struct v5_cover *c,
			      enum v5_flag flag, size_t authdata)
{
	struct writer w = writer_of(out, V5_PACKET_MAX);

	wr_bytes(&w, c->iv, V5_IV);
	wr_bytes(&w, protocol_id, PROTOCOL_LEN);
	wr_be16(&w, VERSION);
	wr_u8(&w, (uint8_t)flag);
	wr_bytes(&w, c->nonce, V5_NONCE);
	wr_be16(&w, (uint16_t)authdata);
	return w;
}

static void mask_head(uint8_t *out, const struct v5_cover *c, size_t head_len)
{
	v5_mask(out + V5_IV, out + V5_IV, head_len - V5_IV, c->iv, &c->dest);
}

/* The message behind a header that is complete, then the mask over that. */
static size_t seal(uint8_t *out, const struct v5_cover *c, size_t head_len,
		   const uint8_t key[V5_KEY], struct span plaintext)
{
	assert(head_len + plaintext.len + AES_GCM_TAG <= V5_PACKET_MAX);
	aes_gcm_seal(out + head_len, key, c->nonce, plaintext,
		     span_of(out, head_len));
	mask_head(out, c, head_len);
	return head_len + plaintext.len + AES_GCM_TAG;
}

size_t v5_make_message(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
		       const struct node_id *src, const uint8_t key[V5_KEY],
		       struct span plaintext)
{
	struct writer w = put_head(out, c, V5_MESSAGE, SRC_LEN);

	wr_bytes(&w, src->b, SRC_LEN);
	return seal(out, c, HEAD_LEN + SRC_LEN, key, plaintext);
}

size_t v5_make_random(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
		      const struct node_id *src, struct span bytes)
{
	struct writer w = put_head(out, c, V5_MESSAGE, SRC_LEN);

	assert(bytes.len >= AES_GCM_TAG);
	wr_bytes(&w, src->b, SRC_LEN);
	wr_bytes(&w, bytes.data, bytes.len);
	assert(!w.failed);
	mask_head(out, c, HEAD_LEN + SRC_LEN);
	return HEAD_LEN + SRC_LEN + bytes.len;
}

size_t v5_make_whoareyou(uint8_t out[V5_PACKET_MAX],
			 uint8_t challenge[V5_CHALLENGE],
			 const struct v5_cover *c,
			 const uint8_t id_nonce[V5_ID_NONCE], uint64_t enr_seq)
{
	struct writer w = put_head(out, c, V5_WHOAREYOU, WHOAREYOU_LEN);

	wr_bytes(&w, id_nonce, V5_ID_NONCE);
	wr_be32(&w, (uint32_t)(enr_seq >> 32));
	wr_be32(&w, (uint32_t)enr_seq);
	memcpy(challenge, out, V5_CHALLENGE);
	mask_head(out, c, V5_CHALLENGE);
	return V5_CHALLENGE;
}

size_t v5_make_handshake(uint8_t out[V5_PACKET_MAX], const struct v5_cover *c,
			 const struct node_id *src,
			 const uint8_t signature[ECC_RS],
			 const uint8_t ephemeral[ECC_COMPRESSED],
			 struct span record, const uint8_t key[V5_KEY],
			 struct span plaintext)
{
	size_t authdata = HANDSHAKE_LEN + record.len;
	size_t head_len = HEAD_LEN + authdata;
	struct writer w;

	if (record.len > ENR_MAX ||
	    plaintext.len > V5_PACKET_MAX - AES_GCM_TAG - head_len)
		return 0;
	w = put_head(out, c, V5_HANDSHAKE, authdata);
	wr_bytes(&w, src->b, SRC_LEN);
	wr_u8(&w, ECC_RS);
	wr_u8(&w, ECC_COMPRESSED);
	wr_bytes(&w, signature, ECC_RS);
	wr_bytes(&w, ephemeral, ECC_COMPRESSED);
	wr_bytes(&w, record.data, record.len);
	return seal(out, c, head_len, key, plaintext);
}

/* --- handshake --------------------------------------------------------------
 */

enum err v5_derive(struct v5_keys *out, const struct secret32 *key,
		   const struct ecc_pub *pub, const struct node_id *id_a,
		   const struct node_id *id_b,
		   const uint8_t challenge[V5_CHALLENGE])
{
	static const char agreement[] = "discovery v5 key agreement";
	uint8_t info[sizeof(agreement) - 1 + 2 * NODE_ID_LEN];
	uint8_t *ids = info + sizeof(agreement) - 1;
	uint8_t shared[ECC_COMPRESSED];

	/* secret = compressed point of eph-key * static-pubkey */
	if (ecc_ecdh_point(shared, key, pub))
		return ERR_FORMAT;
	memcpy(info, agreement, sizeof(agreement) - 1);
	memcpy(ids, id_a->b, NODE_ID_LEN);
	memcpy(ids + NODE_ID_LEN, id_b->b, NODE_ID_LEN);
	/* key-data = HKDF-SHA256(challenge-data, secret, kdf-info) */
	hkdf_sha256(
		(uint8_t *)out, sizeof(*out), span_of(challenge, V5_CHALLENGE),
		span_of(shared, sizeof(shared)), span_of(info, sizeof(info)));
	secret_wipe(shared, sizeof(shared));
	return ERR_NONE;
}

/* sha256("discovery v5 identity proof" || challenge-data || eph-pubkey ||
 * id-B) */
static void id_digest(uint8_t out[32], const uint8_t challenge[V5_CHALLENGE],
		      const uint8_t ephemeral[ECC_COMPRESSED],
		      const struct node_id *id_b)
{
	static const char proof[] = "discovery v5 identity proof";
	uint8_t text[sizeof(proof) - 1 + V5_CHALLENGE + ECC_COMPRESSED +
		     NODE_ID_LEN];
	uint8_t *at = text;

	memcpy(at, proof, sizeof(proof) - 1);
	at += sizeof(proof) - 1;
	memcpy(at, challenge, V5_CHALLENGE);
	at += V5_CHALLENGE;
	memcpy(at, ephemeral, ECC_COMPRESSED);
	at += ECC_COMPRESSED;
	memcpy(at, id_b->b, NODE_ID_LEN);
	sha256(out, span_of(text, sizeof(text)));
}

void v5_sign_id(uint8_t out[ECC_RS], const struct secret32 *key,
		const uint8_t challenge[V5_CHALLENGE],
		const uint8_t ephemeral[ECC_COMPRESSED],
		const struct node_id *id_b)
{
	uint8_t digest[32];
	struct ecc_sig sig;

	id_digest(digest, challenge, ephemeral, id_b);
	ecc_sign(&sig, key, digest);
	memcpy(out, sig.b, ECC_RS);
}

bool v5_verify_id(const uint8_t signature[ECC_RS], const struct ecc_pub *pub,
		  const uint8_t challenge[V5_CHALLENGE],
		  const uint8_t ephemeral[ECC_COMPRESSED],
		  const struct node_id *id_b)
{
	uint8_t digest[32];

	id_digest(digest, challenge, ephemeral, id_b);
	return ecc_verify(signature, digest, pub);
}
