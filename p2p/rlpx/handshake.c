/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/handshake.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/base/buf.h"
#include "p2p/base/reader.h"
#include "p2p/base/writer.h"
#include "p2p/rlp/rlp.h"
#include "p2p/rlp/rlp_write.h"

enum {
	PLAIN_AUTH_BODY = HANDSHAKE_PLAIN_AUTH - ECIES_OVERHEAD,
	PLAIN_ACK_BODY = HANDSHAKE_PLAIN_ACK - ECIES_OVERHEAD,
	/* The most we seal: the items of auth, which are 167 bytes, our tail,
	 * the list's header and the padding. */
	MADE_BODY_MAX = 3 + 167 + HANDSHAKE_TAIL_MAX + HANDSHAKE_PADDING_MAX,
};

/* What a packet decrypts to. Wipe after use. */
struct opened {
	uint8_t b[HANDSHAKE_BODY_MAX - ECIES_OVERHEAD];
	size_t len;
};

/* "static-shared-secret ^ initiator-nonce, used directly as the digest": what
 * the initiator's ephemeral key signs. ERR_FORMAT: `peer` is no valid point.
 */
static enum err auth_digest(struct secret32 *out, const struct secret32 *key,
			    const struct ecc_pub *peer,
			    const uint8_t nonce[HANDSHAKE_NONCE])
{
	enum err rc = ecc_ecdh_x(out, key, peer); /* static-shared-secret */

	for (size_t i = 0; !rc && i < sizeof(out->b); i++)
		out->b[i] ^= nonce[i];
	return rc;
}

/* Making packets. */

/* All the memory the body will need is taken at once, so that growth leaves no
 * copy behind that buf_wipe would not reach. */
static struct rlp_writer body_begin(struct buf *body)
{
	buf_init(body, MADE_BODY_MAX);
	if (!buf_grow(body, MADE_BODY_MAX))
		abort(); /* an empty buf has room up to its limit */
	return rlp_writer_of(body);
}

/* size || ecies(to, body || padding, s2 = size) */
static enum err seal_eip8(struct handshake_packet *out, struct buf *body,
			  const struct ecc_pub *to,
			  const struct handshake_entropy *entropy)
{
	struct writer w = writer_of(out->b, HANDSHAKE_SIZE_PREFIX);
	uint8_t *padding = buf_grow(body, entropy->padding);
	size_t size;
	enum err rc;

	if (!padding)
		return ERR_LIMIT;
	memset(padding, 0, entropy->padding);
	buf_commit(body, entropy->padding);

	size = body->len + ECIES_OVERHEAD;
	wr_be16(&w, (uint16_t)size);
	rc = ecies_seal(w.at, span_of(body->data, body->len), to,
			&entropy->ecies, entropy->iv,
			span_of(out->b, HANDSHAKE_SIZE_PREFIX));
	if (!rc)
		out->len = (uint16_t)(HANDSHAKE_SIZE_PREFIX + size);
	return rc;
}

enum err handshake_auth_make(struct handshake_packet *out,
			     const struct ecc_keypair *us,
			     const struct ecc_pub *recipient,
			     const struct handshake_entropy *entropy,
			     struct span tail)
{
	struct secret32 digest;
	struct rlp_writer w;
	struct ecc_sig sig;
	struct buf body;
	enum err rc;

	assert(entropy->padding >= HANDSHAKE_PADDING_MIN);
	out->len = 0;
	if (tail.len > HANDSHAKE_TAIL_MAX)
		return ERR_LIMIT;
	rc = auth_digest(&digest, &us->key, recipient, entropy->nonce);
	if (rc)
		return rc;
	ecc_sign(&sig, &entropy->ephemeral, digest.b);
	secret_wipe(&digest, sizeof(digest));

	/* auth-body = [ sig, initiator-static-pub, initiator-nonce, 4, ... ] */
	w = body_begin(&body);
	rlp_put_list(&w);
	rlp_put_bytes(&w, sig.b, sizeof(sig.b));
	rlp_put_bytes(&w, us->pub.b, sizeof(us->pub.b));
	rlp_put_bytes(&w, entropy->nonce, HANDSHAKE_NONCE);
	rlp_put_u64(&w, HANDSHAKE_VERSION);
	rlp_put_raw(&w, tail);
	rlp_put_end(&w);
	rc = rlp_writer_end(&w);
	if (!rc)
		rc = seal_eip8(out, &body, recipient, entropy);
	buf_wipe(&body);
	secret_wipe(&sig, sizeof(sig));
	return rc;
}

static enum err ack_make_eip8(struct handshake_packet *out,
			      const struct ecc_pub *initiator,
			      const struct ecc_pub *ephemeral,
			      const struct handshake_entropy *entropy,
			      struct span tail)
{
	struct buf body;
	struct rlp_writer w = body_begin(&body);
	enum err rc;

	/* ack-body = [ recipient-ephemeral-pub, recipient-nonce, 4, ... ] */
	rlp_put_list(&w);
	rlp_put_bytes(&w, ephemeral->b, sizeof(ephemeral->b));
	rlp_put_bytes(&w, entropy->nonce, HANDSHAKE_NONCE);
	rlp_put_u64(&w, HANDSHAKE_VERSION);
	rlp_put_raw(&w, tail);
	rlp_put_end(&w);
	rc = rlp_writer_end(&w);
	if (!rc)
		rc = seal_eip8(out, &body, initiator, entropy);
	buf_wipe(&body);
	return rc;
}

/* "ECIES without shared info, no size prefix". */
static enum err ack_make_plain(struct handshake_packet *out,
			       const struct ecc_pub *initiator,
			       const struct ecc_pub *ephemeral,
			       const struct handshake_entropy *entropy)
{
	uint8_t body[PLAIN_ACK_BODY];
	struct writer w = writer_of(body, sizeof(body));
	enum err rc;

	wr_bytes(&w, ephemeral->b, sizeof(ephemeral->b));
	wr_bytes(&w, entropy->nonce, HANDSHAKE_NONCE);
	wr_u8(&w, 0); /* flag */
	assert(!w.failed && w.left == 0);
	rc = ecies_seal(out->b, span_of(body, sizeof(body)), initiator,
			&entropy->ecies, entropy->iv, (struct span){ 0 });
	if (!rc)
		out->len = HANDSHAKE_PLAIN_ACK;
	secret_wipe(body, sizeof(body));
	return rc;
}

enum err handshake_ack_make(struct handshake_packet *out,
			    const struct handshake_auth *auth,
			    const struct handshake_entropy *entropy,
			    struct span tail)
{
	struct ecc_pub ephemeral;

	assert(entropy->padding >= HANDSHAKE_PADDING_MIN);
	out->len = 0;
	if (tail.len > HANDSHAKE_TAIL_MAX)
		return ERR_LIMIT;
	ecc_pub_of(&ephemeral, &entropy->ephemeral);
	if (auth->form == HANDSHAKE_PLAIN)
		return ack_make_plain(out, &auth->initiator, &ephemeral,
				      entropy);
	return ack_make_eip8(out, &auth->initiator, &ephemeral, entropy, tail);
}

/* Reading packets. */

static enum err open_sealed(struct opened *out, struct span sealed,
			    const struct secret32 *key, struct span shared)
{
	/* It looks at the length and the point before any curve work, and at
	 * the tag before it decrypts. */
	enum err rc = ecies_open(out->b, sealed, key, shared);

	out->len = rc ? 0 : sealed.len - ECIES_OVERHEAD;
	return rc;
}

static enum err open_eip8(struct opened *out, struct span packet,
			  const struct secret32 *key)
{
	struct reader r = reader_of(packet.data, packet.len);
	uint16_t size = rd_be16(&r);
	struct span sealed = rd_take(&r, size);

	if (size > HANDSHAKE_BODY_MAX)
		return ERR_LIMIT;
	if (r.failed || r.left)
		return ERR_FORMAT;
	return open_sealed(out, sealed, key,
			   span_of(packet.data, HANDSHAKE_SIZE_PREFIX));
}

static enum err open_packet(struct opened *out, struct span packet,
			    enum handshake_form form, size_t plain_size,
			    const struct secret32 *key)
{
	if (form == HANDSHAKE_EIP8)
		return open_eip8(out, packet, key);
	if (packet.len != plain_size)
		return ERR_FORMAT;
	return open_sealed(out, packet, key, (struct span){ 0 });
}

/* Step out of the list and keep what else it holds, looking at outer headers
 * only. The items lie inside the opened body, so they always fit. */
static void keep_tail(struct handshake_tail *out, struct rlp *r)
{
	struct span items = rlp_tail(r);

	assert(items.len <= sizeof(out->b));
	if (items.len)
		memcpy(out->b, items.data, items.len);
	out->len = (uint16_t)items.len;
}

/* "Version mismatches and additional list items MUST be ignored. Trailing
 * bytes after the list MUST be ignored." */
static enum err auth_parse_eip8(struct handshake_auth *out, struct ecc_sig *sig,
				const struct opened *body)
{
	struct rlp r = rlp_of(body->b, body->len);

	rlp_enter(&r);
	rlp_fixed(&r, sig->b, sizeof(sig->b));
	rlp_fixed(&r, out->initiator.b, sizeof(out->initiator.b));
	rlp_fixed(&r, out->nonce, sizeof(out->nonce));
	out->version = rlp_u64(&r);
	keep_tail(&out->tail, &r);
	return rlp_end_prefix(&r);
}

/* sig || keccak256(initiator-ephemeral-pub) || initiator-static-pub || nonce
 * || flag. The hash says nothing the signature does not, and the peers that
 * still read this form ignore it and the flag, as we do. */
static enum err auth_parse_plain(struct handshake_auth *out,
				 struct ecc_sig *sig, const struct opened *body)
{
	struct reader r = reader_of(body->b, body->len);

	assert(body->len == PLAIN_AUTH_BODY);
	rd_copy(&r, sig->b, sizeof(sig->b));
	rd_take(&r, 32);
	rd_copy(&r, out->initiator.b, sizeof(out->initiator.b));
	rd_copy(&r, out->nonce, sizeof(out->nonce));
	out->version = HANDSHAKE_VERSION;
	out->tail.len = 0;
	return r.failed ? ERR_FORMAT : ERR_NONE;
}

enum err handshake_auth_read(struct handshake_auth *out, struct span packet,
			     enum handshake_form form,
			     const struct ecc_keypair *us)
{
	struct secret32 digest;
	struct opened body;
	struct ecc_sig sig;
	enum err rc;

	out->form = form;
	rc = open_packet(&body, packet, form, HANDSHAKE_PLAIN_AUTH, &us->key);
	if (!rc)
		rc = form == HANDSHAKE_PLAIN
			     ? auth_parse_plain(out, &sig, &body)
			     : auth_parse_eip8(out, &sig, &body);
	/* Refuses an initiator's key that is not on the curve. */
	if (!rc)
		rc = auth_digest(&digest, &us->key, &out->initiator,
				 out->nonce);
	if (!rc)
		rc = ecc_recover(&out->initiator_ephemeral, &sig, digest.b);

	secret_wipe(&digest, sizeof(digest));
	secret_wipe(&body, sizeof(body));
	secret_wipe(&sig, sizeof(sig));
	if (rc)
		secret_wipe(out, sizeof(*out));
	return rc;
}

static enum err ack_parse_eip8(struct handshake_ack *out,
			       const struct opened *body)
{
	struct rlp r = rlp_of(body->b, body->len);

	rlp_enter(&r);
	rlp_fixed(&r, out->recipient_ephemeral.b,
		  sizeof(out->recipient_ephemeral.b));
	rlp_fixed(&r, out->nonce, sizeof(out->nonce));
	out->version = rlp_u64(&r);
	keep_tail(&out->tail, &r);
	return rlp_end_prefix(&r);
}

/* recipient-ephemeral-pub || nonce || flag, the flag ignored. */
static enum err ack_parse_plain(struct handshake_ack *out,
				const struct opened *body)
{
	struct reader r = reader_of(body->b, body->len);

	assert(body->len == PLAIN_ACK_BODY);
	rd_copy(&r, out->recipient_ephemeral.b,
		sizeof(out->recipient_ephemeral.b));
	rd_copy(&r, out->nonce, sizeof(out->nonce));
	out->version = HANDSHAKE_VERSION;
	out->tail.len = 0;
	return r.failed ? ERR_FORMAT : ERR_NONE;
}

enum err handshake_ack_read(struct handshake_ack *out, struct span packet,
			    enum handshake_form form,
			    const struct ecc_keypair *us)
{
	struct opened body;
	enum err rc;

	rc = open_packet(&body, packet, form, HANDSHAKE_PLAIN_ACK, &us->key);
	if (!rc)
		rc = form == HANDSHAKE_PLAIN ? ack_parse_plain(out, &body)
					     : ack_parse_eip8(out, &body);
	if (!rc && !ecc_pub_valid(&out->recipient_ephemeral))
		rc = ERR_FORMAT;

	secret_wipe(&body, sizeof(body));
	if (rc)
		secret_wipe(out, sizeof(*out));
	return rc;
}

/* The session's keys. */

/* out = keccak256(a || b) */
static void hash_pair(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
	struct keccak k;

	keccak_init(&k);
	keccak_absorb(&k, a, 32);
	keccak_absorb(&k, b, 32);
	keccak_digest(&k, out);
	secret_wipe(&k, sizeof(k));
}

/* out absorbs (mac-secret ^ nonce) || packet */
static void mac_begin(struct keccak *out, const struct secret32 *mac,
		      const uint8_t nonce[HANDSHAKE_NONCE], struct span packet)
{
	struct secret32 first = *mac;

	for (size_t i = 0; i < sizeof(first.b); i++)
		first.b[i] ^= nonce[i];
	keccak_init(out);
	keccak_absorb(out, first.b, sizeof(first.b));
	keccak_absorb(out, packet.data, packet.len);
	secret_wipe(&first, sizeof(first));
}

enum err handshake_secrets_derive(
	struct handshake_secrets *out, enum handshake_side side,
	const struct secret32 *ephemeral, const struct ecc_pub *peer_ephemeral,
	const uint8_t initiator_nonce[HANDSHAKE_NONCE],
	const uint8_t recipient_nonce[HANDSHAKE_NONCE], struct span auth,
	struct span ack)
{
	bool initiator = side == HANDSHAKE_INITIATOR;
	struct secret32 agreed; /* ephemeral-shared */
	struct secret32 mixed;	/* first of the nonces, then shared-secret */
	enum err rc;

	rc = ecc_ecdh_x(&agreed, ephemeral, peer_ephemeral);
	if (rc) {
		secret_wipe(out, sizeof(*out));
		return rc;
	}

	/* shared-secret = keccak256(ephemeral-shared ||
	 *                           keccak256(recipient-nonce ||
	 *                                     initiator-nonce)) */
	hash_pair(mixed.b, recipient_nonce, initiator_nonce);
	hash_pair(mixed.b, agreed.b, mixed.b);
	/* aes-secret = keccak256(ephemeral-shared || shared-secret) */
	hash_pair(out->aes.b, agreed.b, mixed.b);
	/* mac-secret = keccak256(ephemeral-shared || aes-secret) */
	hash_pair(out->mac.b, agreed.b, out->aes.b);

	/* mac(I->R) = (mac-secret ^ recipient-nonce) || auth */
	mac_begin(initiator ? &out->egress : &out->ingress, &out->mac,
		  recipient_nonce, auth);
	/* mac(R->I) = (mac-secret ^ initiator-nonce) || ack */
	mac_begin(initiator ? &out->ingress : &out->egress, &out->mac,
		  initiator_nonce, ack);

	secret_wipe(&agreed, sizeof(agreed));
	secret_wipe(&mixed, sizeof(mixed));
	return ERR_NONE;
}
