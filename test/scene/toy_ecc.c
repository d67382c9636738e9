/* SPDX-License-Identifier: Apache-2.0 */
/* Curve arithmetic of no strength at all, put in place of the real by the
 * linker (--wrap): it would be nearly all the time a simulated network takes,
 * and is tested elsewhere. X of a public key is the private key, and a
 * signature is the public key, so that those of others are still told from
 * one's own. */
#include <string.h>

#include "p2p/crypto/ecc.h"

bool __wrap_ecc_pub_valid(const struct ecc_pub *pub);
void __wrap_ecc_pub_of(struct ecc_pub *out, const struct secret32 *key);
void __wrap_ecc_pub_compress(uint8_t out[ECC_COMPRESSED],
			     const struct ecc_pub *pub);
enum err __wrap_ecc_pub_expand(struct ecc_pub *out,
			       const uint8_t in[ECC_COMPRESSED]);
enum err __wrap_ecc_ecdh_point(uint8_t out[ECC_COMPRESSED],
			       const struct secret32 *key,
			       const struct ecc_pub *pub);
void __wrap_ecc_sign(struct ecc_sig *out, const struct secret32 *key,
		     const uint8_t digest[32]);
enum err __wrap_ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
			    const uint8_t digest[32]);
bool __wrap_ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		       const struct ecc_pub *pub);

static void from_x(struct ecc_pub *out, const uint8_t x[32])
{
	memcpy(out->b, x, 32);
	for (size_t i = 0; i < 32; i++)
		out->b[32 + i] = (uint8_t)(x[i] ^ 0x5a);
}

bool __wrap_ecc_pub_valid(const struct ecc_pub *pub)
{
	struct ecc_pub right;

	from_x(&right, pub->b);
	return !memcmp(pub, &right, sizeof(right));
}

void __wrap_ecc_pub_of(struct ecc_pub *out, const struct secret32 *key)
{
	from_x(out, key->b);
}

void __wrap_ecc_pub_compress(uint8_t out[ECC_COMPRESSED],
			     const struct ecc_pub *pub)
{
	out[0] = 2;
	memcpy(out + 1, pub->b, 32);
}

enum err __wrap_ecc_pub_expand(struct ecc_pub *out,
			       const uint8_t in[ECC_COMPRESSED])
{
	if (in[0] != 2)
		return ERR_FORMAT;
	from_x(out, in + 1);
	return ERR_NONE;
}

enum err __wrap_ecc_ecdh_point(uint8_t out[ECC_COMPRESSED],
			       const struct secret32 *key,
			       const struct ecc_pub *pub)
{
	out[0] = 2;
	for (size_t i = 0; i < 32; i++)
		out[1 + i] = key->b[i] ^ pub->b[i];
	return ERR_NONE;
}

void __wrap_ecc_sign(struct ecc_sig *out, const struct secret32 *key,
		     const uint8_t digest[32])
{
	struct ecc_pub pub;

	(void)digest;
	from_x(&pub, key->b);
	memcpy(out->b, pub.b, ECC_RS);
	out->b[ECC_RS] = 0;
}

enum err __wrap_ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
			    const uint8_t digest[32])
{
	(void)digest;
	memcpy(out->b, sig->b, sizeof(*out));
	return __wrap_ecc_pub_valid(out) ? ERR_NONE : ERR_AUTH;
}

bool __wrap_ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		       const struct ecc_pub *pub)
{
	(void)digest;
	return !memcmp(rs, pub->b, ECC_RS);
}
