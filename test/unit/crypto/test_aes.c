/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/aes.h"

#include <openssl/evp.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* NIST SP 800-38A, appendix F: one plaintext, the keys by their length. */
static const char plaintext[] =
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const char counter[] = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
static const char key128[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char key256[] = "603deb1015ca71be2b73aef0857d7781"
			     "1f352c073b6108d72d9810a30914dff4";

static void check_ctr(const char *key_hex, const char *want_hex)
{
	uint8_t key[32], iv[AES_BLOCK], in[64], want[64], out[64];
	size_t key_len = strlen(key_hex) / 2;
	struct aes_ctr c;

	hex_copy(key, key_len, key_hex);
	hex_copy(iv, sizeof(iv), counter);
	hex_copy(in, sizeof(in), plaintext);
	hex_copy(want, sizeof(want), want_hex);
	aes_ctr_init(&c, key, key_len, iv);
	aes_ctr_xor(&c, out, in, sizeof(in));
	aes_ctr_clear(&c);
	cr_assert_arr_eq(out, want, sizeof(want));
}

Test(aes, ctr_128_agrees_with_nist, .init = crypto_init)
{
	check_ctr(key128, "874d6191b620e3261bef6864990db6ce"
			  "9806f66b7970fdff8617187bb9fffdff"
			  "5ae4df3edbd5d35e5b4f09020db03eab"
			  "1e031dda2fbe03d1792170a0f3009cee");
}

Test(aes, ctr_256_agrees_with_nist, .init = crypto_init)
{
	check_ctr(key256, "601ec313775789a5b7a7f504bbf3d228"
			  "f443e3ca4d62b59aca84e990cacaf5c5"
			  "2b0930daa23de94ce87017ba2d84988d"
			  "dfc9c58db67aada613c2dd08457941a6");
}

Test(aes, block_256_agrees_with_nist, .init = crypto_init)
{
	uint8_t key[AES256_KEY], in[64], want[64], out[AES_BLOCK];
	struct aes_block a;

	hex_copy(key, sizeof(key), key256);
	hex_copy(in, sizeof(in), plaintext);
	hex_copy(want, sizeof(want),
		 "f3eed1bdb5d2a03c064b5a7e3db181f8"
		 "591ccb10d410ed26dc5ba74a31362870"
		 "b6ed21b99ca6f4f9f153e7b1beafed1d"
		 "23304b7a39f9f3ff067d8d8f9e24ecc7");
	aes_block_init(&a, key);
	for (size_t at = 0; at < sizeof(in); at += AES_BLOCK) {
		aes_block_encrypt(&a, out, in + at);
		cr_assert_arr_eq(out, want + at, AES_BLOCK);
	}
	/* No state between blocks: the first again, in place. */
	aes_block_encrypt(&a, in, in);
	cr_assert_arr_eq(in, want, AES_BLOCK);
	aes_block_clear(&a);
}

/* The stream by EVP alone, in one call. */
static void evp_ctr(uint8_t *out, const uint8_t *in, int len,
		    const EVP_CIPHER *cipher, const uint8_t *key,
		    const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;

	cr_assert(EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv));
	cr_assert(EVP_EncryptUpdate(ctx, out, &done, in, len));
	cr_assert_eq(done, len);
	EVP_CIPHER_CTX_free(ctx);
}

static void check_splits(size_t key_len, const EVP_CIPHER *cipher)
{
	uint8_t key[32], iv[AES_BLOCK], in[1000], want[1000], out[1000];
	struct aes_ctr c;

	rng_bytes(key, sizeof(key));
	rng_bytes(in, sizeof(in));
	memset(iv, 0xff, sizeof(iv)); /* the counter runs over at once */
	evp_ctr(want, in, sizeof(in), cipher, key, iv);
	for (size_t step = 1; step < 70; step++) {
		memcpy(out, in, sizeof(in));
		aes_ctr_init(&c, key, key_len, iv);
		for (size_t at = 0, n; at < sizeof(in); at += n) {
			n = sizeof(in) - at < step ? sizeof(in) - at : step;
			aes_ctr_xor(&c, out + at, out + at, n);
			aes_ctr_xor(&c, NULL, NULL, 0);
		}
		aes_ctr_clear(&c);
		cr_assert_arr_eq(out, want, sizeof(want), "step %zu", step);
	}
}

Test(aes, ctr_in_any_split_and_in_place_is_one_stream, .init = crypto_init)
{
	check_splits(AES128_KEY, EVP_aes_128_ctr());
	check_splits(AES256_KEY, EVP_aes_256_ctr());
}

Test(aes, ctr_twice_gives_the_plaintext_back, .init = crypto_init)
{
	uint8_t key[AES256_KEY], iv[AES_BLOCK], in[333], out[333];
	struct aes_ctr a, b;

	rng_bytes(key, sizeof(key));
	rng_bytes(iv, sizeof(iv));
	rng_bytes(in, sizeof(in));
	aes_ctr_init(&a, key, sizeof(key), iv);
	aes_ctr_init(&b, key, sizeof(key), iv);
	aes_ctr_xor(&a, out, in, sizeof(in));
	cr_assert(memcmp(out, in, sizeof(in)));
	aes_ctr_xor(&b, out, out, sizeof(out));
	cr_assert_arr_eq(out, in, sizeof(in));
	aes_ctr_clear(&a);
	aes_ctr_clear(&b);
}

Test(aes, clear_of_a_cleared_or_zeroed_object_does_nothing, .init = crypto_init)
{
	uint8_t key[AES256_KEY] = { 0 }, iv[AES_BLOCK] = { 0 };
	struct aes_block block = { 0 };
	struct aes_ctr ctr = { 0 };

	aes_ctr_clear(&ctr);
	aes_block_clear(&block);
	aes_ctr_init(&ctr, key, sizeof(key), iv);
	aes_block_init(&block, key);
	cr_assert_not_null(ctr.ctx);
	cr_assert_not_null(block.ctx);
	for (int i = 0; i < 2; i++) {
		aes_ctr_clear(&ctr);
		aes_block_clear(&block);
		cr_assert_null(ctr.ctx);
		cr_assert_null(block.ctx);
	}
}
