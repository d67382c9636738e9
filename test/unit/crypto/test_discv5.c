/* SPDX-License-Identifier: Apache-2.0 */
/* What Discovery v5 needs of the primitives, by its official vectors. */
#include "p2p/crypto/aes.h"
#include "p2p/crypto/ecc.h"
#include "p2p/crypto/hash.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static json_t *root;

static void open_vectors(void)
{
	crypto_init();
	root = vectors_load("discv5.json");
}

static void close_vectors(void)
{
	json_decref(root);
}

static void fixed(void *out, size_t n, const char *path)
{
	hex_copy(out, n, vectors_text(root, path));
}

static void point_at(struct ecc_pub *out, const char *path)
{
	uint8_t compressed[ECC_COMPRESSED], again[ECC_COMPRESSED];

	fixed(compressed, sizeof(compressed), path);
	cr_assert_eq(ecc_pub_expand(out, compressed), ERR_NONE);
	ecc_pub_compress(again, out);
	cr_assert_arr_eq(again, compressed, sizeof(again));
}

Test(discv5, agrees_on_the_shared_point, .init = open_vectors,
     .fini = close_vectors)
{
	uint8_t want[ECC_COMPRESSED], got[ECC_COMPRESSED];
	struct secret32 key;
	struct ecc_pub pub;

	fixed(key.b, 32, "crypto.ecdh.secret_key");
	fixed(want, sizeof(want), "crypto.ecdh.shared_secret");
	point_at(&pub, "crypto.ecdh.public_key");
	cr_assert_eq(ecc_ecdh_point(got, &key, &pub), ERR_NONE);
	cr_assert_arr_eq(got, want, sizeof(want));

	pub.b[63] ^= 1;
	memset(want, 0, sizeof(want));
	cr_assert_eq(ecc_ecdh_point(got, &key, &pub), ERR_FORMAT);
	cr_assert_arr_eq(got, want, sizeof(want));
}

Test(discv5, refuses_keys_that_are_no_points, .init = crypto_init)
{
	uint8_t in[ECC_COMPRESSED] = { 0x02, [32] = 1 };
	struct ecc_pub pub;

	cr_assert_eq(ecc_pub_expand(&pub, in), ERR_NONE); /* x = 1 */
	in[0] = 0x04;
	cr_assert_eq(ecc_pub_expand(&pub, in), ERR_FORMAT);
	in[0] = 0x03;
	in[32] = 5; /* no y has x = 5 */
	cr_assert_eq(ecc_pub_expand(&pub, in), ERR_FORMAT);
	memset(in + 1, 0xff, 32); /* not below the prime */
	cr_assert_eq(ecc_pub_expand(&pub, in), ERR_FORMAT);
}

Test(discv5, agrees_on_session_keys, .init = open_vectors,
     .fini = close_vectors)
{
	static const char agreement[] = "discovery v5 key agreement";
	uint8_t info[26 + 64], point[ECC_COMPRESSED], keys[32], want[16];
	struct span challenge =
		vectors_hex(root, "crypto.key_derivation.challenge_data");
	struct secret32 key;
	struct ecc_pub pub;

	fixed(key.b, 32, "crypto.key_derivation.ephemeral_key");
	point_at(&pub, "crypto.key_derivation.dest_pubkey");
	memcpy(info, agreement, 26);
	fixed(info + 26, 32, "crypto.key_derivation.node_id_a");
	fixed(info + 58, 32, "crypto.key_derivation.node_id_b");
	cr_assert_eq(ecc_ecdh_point(point, &key, &pub), ERR_NONE);
	hkdf_sha256(keys, sizeof(keys), challenge,
		    span_of(point, sizeof(point)), span_of(info, sizeof(info)));
	fixed(want, 16, "crypto.key_derivation.initiator_key");
	cr_assert_arr_eq(keys, want, 16);
	fixed(want, 16, "crypto.key_derivation.recipient_key");
	cr_assert_arr_eq(keys + 16, want, 16);
	free((void *)challenge.data);
}

/* r || s of the recoverable form is the plain signature, and a high s, which
 * anybody can make of it, is no signature. */
Test(discv5, agrees_on_signatures, .init = open_vectors, .fini = close_vectors)
{
	static const char n[] = "fffffffffffffffffffffffffffffffe"
				"baaedce6af48a03bbfd25e8cd0364141";
	uint8_t text[27 + 64 + ECC_COMPRESSED + 32], digest[32], rs[ECC_RS];
	struct span challenge =
		vectors_hex(root, "crypto.id_nonce_signing.challenge_data");
	uint8_t order[32];
	struct secret32 key;
	struct ecc_sig sig;
	struct ecc_pub pub;
	size_t at = 27;
	int borrow = 0;

	memcpy(text, "discovery v5 identity proof", at);
	memcpy(text + at, challenge.data, challenge.len);
	at += challenge.len;
	fixed(text + at, 33, "crypto.id_nonce_signing.ephemeral_pubkey");
	fixed(text + at + 33, 32, "crypto.id_nonce_signing.node_id_b");
	sha256(digest, span_of(text, at + 65));
	fixed(key.b, 32, "crypto.id_nonce_signing.static_key");
	fixed(rs, sizeof(rs), "crypto.id_nonce_signing.id_signature");
	ecc_sign(&sig, &key, digest);
	cr_assert_arr_eq(sig.b, rs, sizeof(rs));

	ecc_pub_of(&pub, &key);
	cr_assert(ecc_verify(rs, digest, &pub));
	hex_copy(order, sizeof(order), n);
	for (size_t i = 32; i-- > 0;) {
		int d = order[i] - rs[32 + i] - borrow;

		borrow = d < 0;
		rs[32 + i] = (uint8_t)(d & 0xff);
	}
	cr_assert(!ecc_verify(rs, digest, &pub));
	cr_assert(ecc_verify(sig.b, digest, &pub));
	digest[0] ^= 1;
	cr_assert(!ecc_verify(sig.b, digest, &pub));
	digest[0] ^= 1;
	pub.b[0] ^= 1;
	cr_assert(!ecc_verify(sig.b, digest, &pub));
	free((void *)challenge.data);
}

Test(discv5, agrees_on_gcm, .init = open_vectors, .fini = close_vectors)
{
	struct span message = vectors_hex(root, "crypto.aes_gcm.plaintext");
	struct span ad = vectors_hex(root, "crypto.aes_gcm.ad");
	struct span want =
		vectors_hex(root, "crypto.aes_gcm.message_ciphertext");
	uint8_t key[16], nonce[12], sealed[64], opened[64];
	static const uint8_t zeros[64];

	fixed(key, 16, "crypto.aes_gcm.encryption_key");
	fixed(nonce, 12, "crypto.aes_gcm.nonce");
	aes_gcm_seal(sealed, key, nonce, message, ad);
	cr_assert_eq(want.len, message.len + AES_GCM_TAG);
	cr_assert_arr_eq(sealed, want.data, want.len);
	cr_assert_eq(aes_gcm_open(opened, key, nonce, want, ad), ERR_NONE);
	cr_assert_arr_eq(opened, message.data, message.len);

	for (size_t i = 0; i < want.len; i++) {
		sealed[i] ^= 0x10;
		memset(opened, 0xaa, sizeof(opened));
		cr_assert_eq(aes_gcm_open(opened, key, nonce,
					  span_of(sealed, want.len), ad),
			     ERR_AUTH);
		cr_assert_arr_eq(opened, zeros, message.len);
		sealed[i] ^= 0x10;
	}
	cr_assert_eq(aes_gcm_open(opened, key, nonce, want, message), ERR_AUTH);
	cr_assert_eq(aes_gcm_open(opened, key, nonce,
				  span_of(sealed, AES_GCM_TAG - 1), ad),
		     ERR_SHORT);
	free((void *)message.data);
	free((void *)ad.data);
	free((void *)want.data);
}

/* Nothing in it: only the tag, and an empty message's end. */
Test(discv5, seals_empty_messages, .init = crypto_init)
{
	uint8_t key[16] = { 1 }, nonce[12] = { 2 }, sealed[AES_GCM_TAG];
	struct span none = { 0 };

	aes_gcm_seal(sealed, key, nonce, none, none);
	cr_assert_eq(aes_gcm_open(sealed, key, nonce,
				  span_of(sealed, sizeof(sealed)), none),
		     ERR_NONE);
	sealed[3] ^= 1;
	cr_assert_eq(aes_gcm_open(sealed, key, nonce,
				  span_of(sealed, sizeof(sealed)), none),
		     ERR_AUTH);
}
