/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/ecc.h"

#include <assert.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_recovery.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/crypto/setup.h"

/* Made once and only read afterwards, which any thread may do. */
static const secp256k1_context *context;

void setup_ecc(const struct secret32 *seed)
{
	secp256k1_context *made;

	made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	if (!made || !secp256k1_context_randomize(made, seed->b))
		abort();
	context = made;
}

/* The library says 1 for success. Failure means that a private key was none,
 * which whoever made or loaded it has ruled out. That it was one is public. */
static void must(int ok)
{
	secret_declassify(&ok, sizeof(ok));
	if (!ok)
		abort();
}

/* The library refuses coordinates not below the field prime and points off the
 * curve. The prefix is ours: the hybrid forms 06 and 07 cannot occur. */
static bool pub_parse(secp256k1_pubkey *out, const struct ecc_pub *pub)
{
	uint8_t prefixed[1 + sizeof(pub->b)] = { 0x04 };

	assert(context);
	memcpy(prefixed + 1, pub->b, sizeof(pub->b));
	return secp256k1_ec_pubkey_parse(context, out, prefixed,
					 sizeof(prefixed));
}

static void pub_serialize(struct ecc_pub *out, const secp256k1_pubkey *point)
{
	uint8_t prefixed[1 + sizeof(out->b)];
	size_t len = sizeof(prefixed);

	secp256k1_ec_pubkey_serialize(context, prefixed, &len, point,
				      SECP256K1_EC_UNCOMPRESSED);
	memcpy(out->b, prefixed + 1, sizeof(out->b));
}

/* The library's own callback hashes the compressed point; RLPx wants "the X
 * coordinate of priv * pub, 32 bytes BE, no hashing" (ECIES, ECDH). */
static int copy_x(unsigned char *out, const unsigned char *x,
		  const unsigned char *y, void *data)
{
	(void)y;
	(void)data;
	memcpy(out, x, 32);
	return 1;
}

/* "The compressed point (33 bytes) of eph-key * static-pubkey" (Discovery v5,
 * Handshake). */
static int copy_compressed(unsigned char *out, const unsigned char *x,
			   const unsigned char *y, void *data)
{
	(void)data;
	out[0] = 0x02 | (y[31] & 1);
	memcpy(out + 1, x, 32);
	return 1;
}

bool ecc_key_valid(const struct secret32 *key)
{
	int valid;

	assert(context);
	valid = secp256k1_ec_seckey_verify(context, key->b);
	secret_declassify(&valid, sizeof(valid));
	return valid;
}

bool ecc_pub_valid(const struct ecc_pub *pub)
{
	secp256k1_pubkey point;

	return pub_parse(&point, pub);
}

void ecc_pub_of(struct ecc_pub *out, const struct secret32 *key)
{
	secp256k1_pubkey point;

	assert(context);
	must(secp256k1_ec_pubkey_create(context, &point, key->b));
	secret_declassify(&point, sizeof(point));
	pub_serialize(out, &point);
}

void ecc_pub_compress(uint8_t out[ECC_COMPRESSED], const struct ecc_pub *pub)
{
	out[0] = 0x02 | (pub->b[63] & 1);
	memcpy(out + 1, pub->b, 32);
}

enum err ecc_pub_expand(struct ecc_pub *out, const uint8_t in[ECC_COMPRESSED])
{
	secp256k1_pubkey point;

	assert(context);
	if (!secp256k1_ec_pubkey_parse(context, &point, in, ECC_COMPRESSED))
		return ERR_FORMAT;
	pub_serialize(out, &point);
	return ERR_NONE;
}

enum err ecc_ecdh_x(struct secret32 *out, const struct secret32 *key,
		    const struct ecc_pub *pub)
{
	secp256k1_pubkey point;

	if (!pub_parse(&point, pub)) {
		secret_wipe(out, sizeof(*out));
		return ERR_FORMAT;
	}
	must(secp256k1_ecdh(context, out->b, &point, key->b, copy_x, NULL));
	return ERR_NONE;
}

enum err ecc_ecdh_point(uint8_t out[ECC_COMPRESSED], const struct secret32 *key,
			const struct ecc_pub *pub)
{
	secp256k1_pubkey point;

	if (!pub_parse(&point, pub)) {
		secret_wipe(out, ECC_COMPRESSED);
		return ERR_FORMAT;
	}
	must(secp256k1_ecdh(context, out, &point, key->b, copy_compressed,
			    NULL));
	return ERR_NONE;
}

void ecc_sign(struct ecc_sig *out, const struct secret32 *key,
	      const uint8_t digest[32])
{
	secp256k1_ecdsa_recoverable_signature sig;
	int v;

	assert(context);
	must(secp256k1_ecdsa_sign_recoverable(context, &sig, digest, key->b,
					      NULL, NULL));
	secret_declassify(&sig, sizeof(sig));
	secp256k1_ecdsa_recoverable_signature_serialize_compact(context, out->b,
								&v, &sig);
	out->b[64] = (uint8_t)v;
}

enum err ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
		     const uint8_t digest[32])
{
	secp256k1_ecdsa_recoverable_signature parsed;
	secp256k1_pubkey point;

	assert(context);
	/* The library takes another v for a mistake of ours and aborts. */
	if (sig->b[64] > 3)
		return ERR_AUTH;
	if (!secp256k1_ecdsa_recoverable_signature_parse_compact(
		    context, &parsed, sig->b, sig->b[64]))
		return ERR_AUTH;
	if (!secp256k1_ecdsa_recover(context, &point, &parsed, digest))
		return ERR_AUTH;
	pub_serialize(out, &point);
	return ERR_NONE;
}

bool ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		const struct ecc_pub *pub)
{
	secp256k1_ecdsa_signature sig;
	secp256k1_pubkey point;

	return pub_parse(&point, pub) &&
	       secp256k1_ecdsa_signature_parse_compact(context, &sig, rs) &&
	       secp256k1_ecdsa_verify(context, &sig, digest, &point);
}
