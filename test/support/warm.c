/* SPDX-License-Identifier: Apache-2.0 */
/* warm.c - in builds for valgrind, part of every program of unit tests: before
 * the first test each cipher is used once. Check forks for every test, and what
 * the parent has done no child has to do again: to set the libraries up and,
 * above all, to translate their code. That is half a second for each of more
 * than a thousand tests. */
#include "p2p/crypto/aes.h"
#include "p2p/crypto/ecc.h"
#include "p2p/crypto/hash.h"
#include "p2p/crypto/keccak.h"
#include "p2p/crypto/rng.h"

#include <stdlib.h>

__attribute__((constructor)) static void warm(void)
{
	const uint8_t in[32] = { 0 };
	const struct span some = { in, sizeof(in) };
	uint8_t out[sizeof(in) + AES_GCM_TAG], point[ECC_COMPRESSED];
	struct secret32 key;
	struct ecc_sig sig;
	struct ecc_pub pub;
	struct aes_ctr ctr;

	crypto_init();
	rng_key(&key);
	ecc_pub_of(&pub, &key);
	ecc_sign(&sig, &key, in);
	if (ecc_recover(&pub, &sig, in) || !ecc_verify(sig.b, in, &pub) ||
	    ecc_ecdh_point(point, &key, &pub))
		abort();

	keccak256(out, in, sizeof(in));
	hmac_sha256(out, &key, &some, 1);
	hkdf_sha256(out, sizeof(out), some, some, some);
	aes_ctr_init(&ctr, in, AES128_KEY, in);
	aes_ctr_xor(&ctr, out, in, sizeof(in));
	aes_ctr_clear(&ctr);
	aes_gcm_seal(out, in, in, some, some);
}
