/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/ecies.h"

#include "p2p/base/reader.h"
#include "p2p/base/writer.h"
#include "p2p/crypto/aes.h"
#include "p2p/crypto/hash.h"

/* K = KDF(z, 32): "kE = K[0:16] (AES key), kM = SHA256(K[16:32])" */
struct keys {
	uint8_t cipher[AES128_KEY]; /* kE */
	struct secret32 mac;	    /* kM */
};

/* A sealed message taken apart, at its place; borrows from it. */
struct parts {
	struct ecc_pub point; /* R */
	struct span iv;
	struct span body; /* c */
	struct span tag;  /* d */
};

/* The keys of one message. ERR_FORMAT: pub is no point; *out is not set. */
static enum err keys_derive(struct keys *out, const struct secret32 *key,
			    const struct ecc_pub *pub)
{
	struct secret32 z;
	uint8_t k[32];
	enum err rc;

	rc = ecc_ecdh_x(&z, key, pub);
	if (rc)
		return rc; /* z is zero */
	kdf_concat(k, sizeof(k), span_of(z.b, sizeof(z.b)));
	memcpy(out->cipher, k, AES128_KEY);
	sha256(out->mac.b, span_of(k + AES128_KEY, sizeof(k) - AES128_KEY));
	secret_wipe(&z, sizeof(z));
	secret_wipe(k, sizeof(k));
	return ERR_NONE;
}

/* d = HMAC-SHA256(kM, iv || c || s2) */
static void tag_make(uint8_t out[ECIES_TAG], const struct keys *keys,
		     struct span iv, struct span body, struct span shared)
{
	const struct span pieces[] = { iv, body, shared };

	hmac_sha256(out, &keys->mac, pieces, ARRAY_LEN(pieces));
}

static void crypt(uint8_t *out, struct span in, const struct keys *keys,
		  const uint8_t iv[ECIES_IV])
{
	struct aes_ctr ctr;

	aes_ctr_init(&ctr, keys->cipher, sizeof(keys->cipher), iv);
	aes_ctr_xor(&ctr, out, in.data, in.len);
	aes_ctr_clear(&ctr);
}

/* Public data only, so it may stop at the first fault. */
static enum err parts_read(struct parts *out, struct span sealed)
{
	struct reader r = reader_of(sealed.data, sealed.len);

	/* The IV counts: a message of 97..112 bytes has a point and a tag. */
	if (sealed.len < ECIES_OVERHEAD)
		return ERR_FORMAT;
	if (rd_u8(&r) != 0x04)
		return ERR_FORMAT;
	rd_copy(&r, out->point.b, sizeof(out->point.b));
	out->iv = rd_take(&r, ECIES_IV);
	out->body = rd_take(&r, sealed.len - ECIES_OVERHEAD);
	out->tag = rd_take(&r, ECIES_TAG);
	if (r.failed || r.left || !ecc_pub_valid(&out->point))
		return ERR_FORMAT;
	return ERR_NONE;
}

enum err ecies_seal(uint8_t *out, struct span message, const struct ecc_pub *to,
		    const struct secret32 *ephemeral,
		    const uint8_t iv[ECIES_IV], struct span shared)
{
	struct writer w = writer_of(out, message.len + ECIES_OVERHEAD);
	uint8_t *body = out + ECIES_POINT + ECIES_IV;
	uint8_t tag[ECIES_TAG];
	struct ecc_pub point;
	struct keys keys;
	enum err rc;

	rc = keys_derive(&keys, ephemeral, to);
	if (rc)
		return rc;
	ecc_pub_of(&point, ephemeral);
	wr_u8(&w, 0x04);
	wr_bytes(&w, point.b, sizeof(point.b));
	wr_bytes(&w, iv, ECIES_IV);
	crypt(body, message, &keys, iv);
	tag_make(tag, &keys, span_of(iv, ECIES_IV), span_of(body, message.len),
		 shared);
	memcpy(body + message.len, tag, ECIES_TAG);
	secret_wipe(&keys, sizeof(keys));
	return ERR_NONE;
}

enum err ecies_point(struct ecc_pub *out, struct span sealed)
{
	struct parts parts;
	enum err rc = parts_read(&parts, sealed);

	if (!rc && out)
		*out = parts.point;
	return rc;
}

/* "parse the point and reject coordinates not below the field prime or not on
 * the curve; ECDH; compare the tag in constant time; only then decrypt." */
enum err ecies_open(uint8_t *out, struct span sealed,
		    const struct secret32 *key, struct span shared)
{
	uint8_t tag[ECIES_TAG];
	struct parts parts;
	struct keys keys;
	enum err rc;

	rc = parts_read(&parts, sealed);
	if (rc)
		return rc;
	rc = keys_derive(&keys, key, &parts.point);
	if (rc)
		return rc;
	tag_make(tag, &keys, parts.iv, parts.body, shared);
	if (secret_equal(tag, parts.tag.data, sizeof(tag)))
		crypt(out, parts.body, &keys, parts.iv.data);
	else
		rc = ERR_AUTH;
	secret_wipe(&keys, sizeof(keys));
	secret_wipe(tag, sizeof(tag));
	return rc;
}
