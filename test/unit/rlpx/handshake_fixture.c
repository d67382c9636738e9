/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/rlpx/handshake_fixture.h"

#include "p2p/base/writer.h"
#include "p2p/crypto/rng.h"
#include "p2p/rlp/rlp_write.h"

static void keypair_load(struct ecc_keypair *out, json_t *root,
			 const char *path)
{
	hex_copy(out->key.b, sizeof(out->key.b), vectors_text(root, path));
	ecc_pub_of(&out->pub, &out->key);
}

void fixture_open(struct fixture *f)
{
	crypto_init();
	f->root = vectors_load("rlpx.json");
	keypair_load(&f->a, f->root, "keys.static_A");
	keypair_load(&f->b, f->root, "keys.static_B");
	keypair_load(&f->ephemeral_a, f->root, "keys.ephemeral_A");
	keypair_load(&f->ephemeral_b, f->root, "keys.ephemeral_B");
	hex_copy(f->nonce_a, sizeof(f->nonce_a),
		 vectors_text(f->root, "keys.nonce_A"));
	hex_copy(f->nonce_b, sizeof(f->nonce_b),
		 vectors_text(f->root, "keys.nonce_B"));
	hex_copy(f->sig.b, sizeof(f->sig.b),
		 vectors_text(f->root, "keys.auth_signature"));
}

void fixture_close(struct fixture *f)
{
	json_decref(f->root);
}

void fixture_secrets(struct handshake_secrets *out, const struct fixture *f,
		     enum handshake_side side)
{
	struct span auth = vectors_hex(f->root, "auth.cases.1.packet");
	struct span ack = vectors_hex(f->root, "ack.cases.1.packet");
	bool initiator = side == HANDSHAKE_INITIATOR;
	enum err rc;

	rc = handshake_secrets_derive(
		out, side,
		initiator ? &f->ephemeral_a.key : &f->ephemeral_b.key,
		initiator ? &f->ephemeral_b.pub : &f->ephemeral_a.pub,
		f->nonce_a, f->nonce_b, auth, ack);
	cr_assert_eq(rc, ERR_NONE);
	free((void *)auth.data);
	free((void *)ack.data);
}

struct body fixture_auth_body(const struct fixture *f)
{
	return (struct body){
		.sig = span_of(f->sig.b, sizeof(f->sig.b)),
		.pub = span_of(f->a.pub.b, sizeof(f->a.pub.b)),
		.nonce = span_of(f->nonce_a, sizeof(f->nonce_a)),
		.version = span_of("\x04", 1),
	};
}

struct body fixture_ack_body(const struct fixture *f)
{
	return (struct body){
		.pub = span_of(f->ephemeral_b.pub.b,
			       sizeof(f->ephemeral_b.pub.b)),
		.nonce = span_of(f->nonce_b, sizeof(f->nonce_b)),
		.version = span_of("\x04", 1),
	};
}

void body_write(struct buf *out, const struct body *body)
{
	struct rlp_writer w = rlp_writer_of(out);

	rlp_put_list(&w);
	if (body->sig.data)
		rlp_put_bytes(&w, body->sig.data, body->sig.len);
	rlp_put_bytes(&w, body->pub.data, body->pub.len);
	rlp_put_bytes(&w, body->nonce.data, body->nonce.len);
	rlp_put_raw(&w, body->version);
	rlp_put_raw(&w, body->tail);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	cr_assert_eq(buf_append(out, body->after.data, body->after.len),
		     ERR_NONE);
}

static const struct secret32 seal_key = { .b = { 7, 7, 7 } };
static const uint8_t seal_iv[ECIES_IV] = { 9, 9 };

void sealed_make(struct sealed *out, struct span plaintext,
		 const struct ecc_pub *to)
{
	size_t size = plaintext.len + ECIES_OVERHEAD;
	struct writer w = writer_of(out->b, sizeof(out->b));

	cr_assert_leq(HANDSHAKE_SIZE_PREFIX + size, sizeof(out->b));
	wr_be16(&w, (uint16_t)size);
	cr_assert_eq(ecies_seal(w.at, plaintext, to, &seal_key, seal_iv,
				span_of(out->b, HANDSHAKE_SIZE_PREFIX)),
		     ERR_NONE);
	out->len = HANDSHAKE_SIZE_PREFIX + size;
}

void sealed_make_plain(struct sealed *out, struct span plaintext,
		       const struct ecc_pub *to)
{
	cr_assert_leq(plaintext.len + ECIES_OVERHEAD, sizeof(out->b));
	cr_assert_eq(ecies_seal(out->b, plaintext, to, &seal_key, seal_iv,
				(struct span){ 0 }),
		     ERR_NONE);
	out->len = plaintext.len + ECIES_OVERHEAD;
}

static void seal_body(struct sealed *out, const struct body *body,
		      const struct ecc_pub *to)
{
	struct buf b;

	buf_init(&b, sizeof(out->b));
	body_write(&b, body);
	sealed_make(out, span_of(b.data, b.len), to);
	buf_clear(&b);
}

enum err fixture_read_auth(struct handshake_auth *out, const struct fixture *f,
			   const struct body *body)
{
	struct sealed packet;

	seal_body(&packet, body, &f->b.pub);
	return handshake_auth_read(out, span_of(packet.b, packet.len),
				   HANDSHAKE_EIP8, &f->b);
}

enum err fixture_read_ack(struct handshake_ack *out, const struct fixture *f,
			  const struct body *body)
{
	struct sealed packet;

	seal_body(&packet, body, &f->a.pub);
	return handshake_ack_read(out, span_of(packet.b, packet.len),
				  HANDSHAKE_EIP8, &f->a);
}

void dice_bytes(struct dice *d, void *out, size_t len)
{
	struct writer w = writer_of(out, len);

	while (w.left) {
		uint64_t block[2] = { d->seed, d->counter++ };
		uint8_t hash[32];

		keccak256(hash, block, sizeof(block));
		wr_bytes(&w, hash,
			 w.left < sizeof(hash) ? w.left : sizeof(hash));
	}
}

void dice_keypair(struct dice *d, struct ecc_keypair *out)
{
	do {
		dice_bytes(d, out->key.b, sizeof(out->key.b));
	} while (!ecc_key_valid(&out->key));
	ecc_pub_of(&out->pub, &out->key);
}

void dice_entropy(struct dice *d, struct handshake_entropy *out,
		  uint8_t padding)
{
	struct ecc_keypair pair;

	dice_keypair(d, &pair);
	out->ephemeral = pair.key;
	dice_keypair(d, &pair);
	out->ecies = pair.key;
	dice_bytes(d, out->nonce, sizeof(out->nonce));
	dice_bytes(d, out->iv, sizeof(out->iv));
	out->padding = padding;
}

bool all_zero(const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		if (b[i])
			return false;
	return true;
}
