/* SPDX-License-Identifier: Apache-2.0 */
/* test_secrets.c - does anything branch on a secret, or index by one?
 *
 * Secrets are marked as undefined memory; valgrind then reports each branch and
 * each address that depends on them. Results are marked defined before they are
 * looked at. Run without valgrind it checks the results only. With --canary it
 * compares two secrets the wrong way, which valgrind must report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "p2p/base/attr.h"
#include "p2p/crypto/aes.h"
#include "p2p/crypto/ecies.h"
#include "p2p/crypto/hash.h"
#include "p2p/crypto/keccak.h"
#include "p2p/crypto/rng.h"

#define CHECK(cond)                                                        \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#cond);                                    \
			exit(1);                                           \
		}                                                          \
	} while (0)

static void hide(const void *data, size_t len)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static void show(const void *data, size_t len)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

/* Is a byte of the data still undefined? Proves that hiding works: a test in
 * which nothing is secret passes anything. */
static bool is_hidden(const void *data, size_t len)
{
	uint8_t bits[256];

	CHECK(len <= sizeof(bits));
	if (!RUNNING_ON_VALGRIND)
		return true;
	memset(bits, 0, sizeof(bits));
	VALGRIND_GET_VBITS(data, bits, len);
	for (size_t i = 0; i < len; i++)
		if (bits[i])
			return true;
	return false;
}

static void key_new(struct secret32 *out)
{
	rng_key(out);
	hide(out, sizeof(*out));
}

static void check_equal(void)
{
	struct secret32 a, b;

	rng_bytes(a.b, sizeof(a.b));
	b = a;
	hide(&a, sizeof(a));
	CHECK(is_hidden(&a, sizeof(a)));
	CHECK(secret_equal(&a, &b, sizeof(a)));
	b.b[31] ^= 1;
	CHECK(!secret_equal(&a, &b, sizeof(a)));
	secret_wipe(&a, sizeof(a));
	CHECK(a.b[0] == 0 && a.b[31] == 0);
}

static void check_keys(void)
{
	struct secret32 a, b, x, y;
	struct ecc_pub pub_a, pub_b;

	key_new(&a);
	key_new(&b);
	CHECK(ecc_key_valid(&a));
	ecc_pub_of(&pub_a, &a);
	ecc_pub_of(&pub_b, &b);
	CHECK(ecc_pub_valid(&pub_a));
	CHECK(ecc_ecdh_x(&x, &a, &pub_b) == ERR_NONE);
	CHECK(ecc_ecdh_x(&y, &b, &pub_a) == ERR_NONE);
	CHECK(is_hidden(&x, sizeof(x)));
	CHECK(secret_equal(&x, &y, sizeof(x)));
}

static void check_sign(void)
{
	uint8_t digest[32];
	struct secret32 key;
	struct ecc_pub pub, recovered;
	struct ecc_sig sig;

	key_new(&key);
	rng_bytes(digest, sizeof(digest));
	hide(digest, sizeof(digest)); /* RLPx signs static-shared ^ nonce */
	ecc_sign(&sig, &key, digest);
	ecc_pub_of(&pub, &key);
	show(digest, sizeof(digest));
	CHECK(ecc_recover(&recovered, &sig, digest) == ERR_NONE);
	CHECK(!memcmp(&pub, &recovered, sizeof(pub)));
}

static void check_hashes(void)
{
	uint8_t out[64], again[32];
	struct secret32 key;
	struct span pieces[2];
	struct keccak k;

	key_new(&key);
	pieces[0] = pieces[1] = span_of(key.b, sizeof(key.b));
	kdf_concat(out, sizeof(out), pieces[0]);
	CHECK(is_hidden(out, sizeof(out)));
	sha256(out, pieces[0]);
	CHECK(is_hidden(out, 32));
	hmac_sha256(out, &key, pieces, ARRAY_LEN(pieces));
	CHECK(is_hidden(out, 32));

	keccak_init(&k);
	keccak_absorb(&k, key.b, 13);
	keccak_absorb(&k, key.b + 13, 19);
	keccak_digest(&k, out);
	CHECK(is_hidden(out, 32));
	keccak256(again, key.b, sizeof(key.b));
	CHECK(secret_equal(out, again, sizeof(again)));
	keccak_init(&k);
	keccak_digest_around(&k, again, out, key.b, sizeof(key.b));
	CHECK(is_hidden(out, 32));
	keccak_digest_absorb(&k, out, key.b, sizeof(key.b));
	CHECK(is_hidden(out, 32));
}

static void check_aes(void)
{
	uint8_t iv[AES_BLOCK] = { 0 }, text[100], out[100];
	struct aes_block block;
	struct secret32 key;
	struct aes_ctr ctr;

	key_new(&key);
	rng_bytes(text, sizeof(text));
	hide(text, sizeof(text));
	aes_ctr_init(&ctr, key.b, AES256_KEY, iv);
	aes_ctr_xor(&ctr, out, text, sizeof(text));
	aes_ctr_clear(&ctr);
	CHECK(is_hidden(out, sizeof(out)));
	aes_ctr_init(&ctr, key.b, AES256_KEY, iv);
	aes_ctr_xor(&ctr, out, out, sizeof(out));
	aes_ctr_clear(&ctr);
	CHECK(secret_equal(out, text, sizeof(text)));

	aes_block_init(&block, key.b);
	aes_block_encrypt(&block, out, text);
	aes_block_clear(&block);
	CHECK(is_hidden(out, AES_BLOCK));
}

/* What Discovery v5 does with keys: a session's come from an ECDH by HKDF, and
 * GCM encrypts with them. Whether a packet opens is public, and branched on. */
static void check_session(void)
{
	uint8_t point[ECC_COMPRESSED], keys[32], nonce[AES_GCM_NONCE] = { 0 };
	uint8_t text[40], sealed[sizeof(text) + AES_GCM_TAG];
	struct span salt = span_text("salt"), ad = span_text("ad");
	struct secret32 key;
	struct ecc_pub pub;

	key_new(&key);
	ecc_pub_of(&pub, &key);
	CHECK(ecc_ecdh_point(point, &key, &pub) == ERR_NONE);
	CHECK(is_hidden(point, sizeof(point)));
	hkdf_sha256(keys, sizeof(keys), salt, span_of(point, sizeof(point)),
		    salt);
	CHECK(is_hidden(keys, sizeof(keys)));

	rng_bytes(text, sizeof(text));
	aes_gcm_seal(sealed, keys, nonce, span_of(text, sizeof(text)), ad);
	CHECK(is_hidden(sealed, sizeof(sealed)));
	show(sealed, sizeof(sealed)); /* it goes on the wire */
	CHECK(aes_gcm_open(text, keys, nonce, span_of(sealed, sizeof(sealed)),
			   ad) == ERR_NONE);
	sealed[0] ^= 1;
	CHECK(aes_gcm_open(text, keys, nonce, span_of(sealed, sizeof(sealed)),
			   ad) == ERR_AUTH);
}

static void check_ecies(void)
{
	uint8_t text[100], sealed[sizeof(text) + ECIES_OVERHEAD];
	uint8_t opened[sizeof(text)], iv[ECIES_IV];
	struct span shared = span_text("s2");
	struct secret32 key, ephemeral;
	struct ecc_pub pub;

	key_new(&key);
	key_new(&ephemeral);
	rng_bytes(iv, sizeof(iv));
	rng_bytes(text, sizeof(text));
	hide(text, sizeof(text));
	ecc_pub_of(&pub, &key);
	CHECK(ecies_seal(sealed, span_of(text, sizeof(text)), &pub, &ephemeral,
			 iv, shared) == ERR_NONE);
	show(sealed, sizeof(sealed)); /* it goes on the wire */

	CHECK(ecies_open(opened, span_of(sealed, sizeof(sealed)), &key,
			 shared) == ERR_NONE);
	CHECK(is_hidden(opened, sizeof(opened)));
	CHECK(secret_equal(opened, text, sizeof(text)));

	sealed[sizeof(sealed) - 1] ^= 0x80;
	CHECK(ecies_open(opened, span_of(sealed, sizeof(sealed)), &key,
			 shared) == ERR_AUTH);
}

/* As memcmp does it: out at the first difference. */
__attribute__((noinline)) static bool leaky_equal(const volatile uint8_t *a,
						  const volatile uint8_t *b,
						  size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static int canary(void)
{
	struct secret32 a, b;
	bool equal;

	key_new(&a);
	key_new(&b);
	equal = leaky_equal(a.b, b.b, sizeof(a.b));
	show(&equal, sizeof(equal));
	return equal ? 1 : 0;
}

int main(int argc, char **argv)
{
	crypto_init();
	if (argc == 2 && !strcmp(argv[1], "--canary"))
		return canary();
	CHECK(argc == 1);

	check_equal();
	check_keys();
	check_sign();
	check_hashes();
	check_aes();
	check_session();
	check_ecies();
	printf("secrets: checked %s\n",
	       RUNNING_ON_VALGRIND ? "under valgrind" : "natively");
	return 0;
}
