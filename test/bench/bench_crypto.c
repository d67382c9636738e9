/* SPDX-License-Identifier: Apache-2.0 */
/* bench_crypto.c - Keccak-256 beside OpenSSL's SHA3-256 (one padding byte
 * apart, so the same work), AES beside bare EVP, and the curve. A ratio above 1
 * says that ours is the faster. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/base/attr.h"
#include "p2p/crypto/aes.h"
#include "p2p/crypto/ecies.h"
#include "p2p/crypto/keccak.h"
#include "p2p/crypto/keccak_permute.h"
#include "p2p/crypto/rng.h"
#include "test/bench/bench.h"

enum {
	LARGEST = 1 << 20,
	MESSAGE = 194, /* the plain auth */
};

static const struct {
	const char *name;
	size_t len;
} sizes[] = {
	{ "32 B", 32 },	       { "136 B", 136 },     { "1 KiB", 1 << 10 },
	{ "16 KiB", 1 << 14 }, { "1 MiB", LARGEST },
};

/* What the runs work on; len differs from row to row. */
struct work {
	size_t len;
	uint8_t *data;
	struct keccak keccak, other;
	EVP_MD *sha3;
	EVP_MD_CTX *md;
	struct aes_ctr ctr;
	EVP_CIPHER_CTX *evp_ctr;
	uint8_t iv[AES_BLOCK];
	uint8_t digest[32];
	struct secret32 key;
	struct ecc_pub pub;
	struct ecc_sig sig;
	uint8_t sealed[MESSAGE + ECIES_OVERHEAD];
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void run_keccak(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		keccak256(w->data, w->data, w->len);
}

static void run_sha3(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--) {
		must(EVP_DigestInit_ex2(w->md, w->sha3, NULL));
		must(EVP_DigestUpdate(w->md, w->data, w->len));
		must(EVP_DigestFinal_ex(w->md, w->data, NULL));
	}
}

static void run_permute(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		keccak_permute(w->keccak.lane);
}

static void run_permute_portable(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		keccak_permute_portable(w->keccak.lane);
}

static void run_permute2(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		keccak_permute2(w->keccak.lane, w->other.lane);
}

static void run_permute_twice(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--) {
		keccak_permute(w->keccak.lane);
		keccak_permute(w->other.lane);
	}
}

/* What RLPx does for every MAC of a frame, at a fill that is no lane boundary.
 */
static void run_mac_step(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--) {
		keccak_absorb(&w->keccak, w->data, 16);
		keccak_digest(&w->keccak, w->data);
	}
}

static void run_ctr(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		aes_ctr_xor(&w->ctr, w->data, w->data, w->len);
}

static void run_evp_ctr(void *arg, size_t times)
{
	struct work *w = arg;
	int done;

	while (times--)
		must(EVP_EncryptUpdate(w->evp_ctr, w->data, &done, w->data,
				       (int)w->len));
}

static void run_ctr_init(void *arg, size_t times)
{
	struct work *w = arg;
	struct aes_ctr ctr;

	while (times--) {
		aes_ctr_init(&ctr, w->key.b, AES256_KEY, w->iv);
		aes_ctr_clear(&ctr);
	}
}

static void run_evp_ctr_init(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--) {
		EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

		must(EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, w->key.b,
					w->iv));
		EVP_CIPHER_CTX_free(ctx);
	}
}

static void run_block(void *arg, size_t times)
{
	struct work *w = arg;
	struct aes_block block;

	aes_block_init(&block, w->key.b);
	while (times--)
		aes_block_encrypt(&block, w->data, w->data);
	aes_block_clear(&block);
}

static void run_key(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		ecc_pub_of(&w->pub, &w->key);
}

static void run_pub_valid(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		must(ecc_pub_valid(&w->pub));
}

static void run_ecdh(void *arg, size_t times)
{
	struct work *w = arg;
	struct secret32 x;

	while (times--)
		must(!ecc_ecdh_x(&x, &w->key, &w->pub));
}

static void run_sign(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		ecc_sign(&w->sig, &w->key, w->digest);
}

static void run_recover(void *arg, size_t times)
{
	struct work *w = arg;
	struct ecc_pub pub;

	while (times--)
		must(!ecc_recover(&pub, &w->sig, w->digest));
}

static void run_seal(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		must(!ecies_seal(w->sealed, span_of(w->data, MESSAGE), &w->pub,
				 &w->key, w->iv, span_of(NULL, 0)));
}

static void run_open(void *arg, size_t times)
{
	struct work *w = arg;

	while (times--)
		must(!ecies_open(w->data, span_of(w->sealed, sizeof(w->sealed)),
				 &w->key, span_of(NULL, 0)));
}

static void bench_keccak(struct work *w)
{
	char row[64];

	bench_rate("Keccak-f[1600]", "M/s", 1, 1e6,
		   (struct bench_run){ run_permute, w }, "portable build",
		   (struct bench_run){ run_permute_portable, w });
	bench_rate("two of Keccak-f[1600], side by side", "M/s", 2, 1e6,
		   (struct bench_run){ run_permute2, w }, "one by one",
		   (struct bench_run){ run_permute_twice, w });
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		w->len = sizes[i].len;
		snprintf(row, sizeof(row), "Keccak-256, %s", sizes[i].name);
		bench_rate(row, "MB/s", (double)w->len, 1e6,
			   (struct bench_run){ run_keccak, w },
			   "OpenSSL SHA3-256",
			   (struct bench_run){ run_sha3, w });
	}
	keccak_init(&w->keccak);
	keccak_absorb(&w->keccak, w->data, 3);
	bench_rate("Keccak-256, absorb 16 B and digest", "M/s", 1, 1e6,
		   (struct bench_run){ run_mac_step, w }, NULL,
		   (struct bench_run){ 0 });
}

static void bench_aes(struct work *w)
{
	char row[64];

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		w->len = sizes[i].len;
		snprintf(row, sizeof(row), "AES-256-CTR, %s", sizes[i].name);
		bench_rate(row, "MB/s", (double)w->len, 1e6,
			   (struct bench_run){ run_ctr, w }, "EVP",
			   (struct bench_run){ run_evp_ctr, w });
	}
	bench_rate("AES-256-CTR, make, key and free", "M/s", 1, 1e6,
		   (struct bench_run){ run_ctr_init, w }, "EVP_aes_256_ctr()",
		   (struct bench_run){ run_evp_ctr_init, w });
	bench_rate("AES-256, one block", "M/s", 1, 1e6,
		   (struct bench_run){ run_block, w }, NULL,
		   (struct bench_run){ 0 });
}

static void bench_curve(struct work *w)
{
	static const struct {
		const char *row;
		void (*run)(void *, size_t);
	} rows[] = {
		{ "public key of private key", run_key },
		{ "public key check", run_pub_valid },
		{ "ECDH", run_ecdh },
		{ "sign", run_sign },
		{ "recover", run_recover },
		{ "ECIES seal, 194 B", run_seal },
		{ "ECIES open, 194 B", run_open },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		bench_rate(rows[i].row, "/s", 1, 1,
			   (struct bench_run){ rows[i].run, w }, NULL,
			   (struct bench_run){ 0 });
}

static void work_init(struct work *w)
{
	w->data = calloc(1, LARGEST);
	w->sha3 = EVP_MD_fetch(NULL, "SHA3-256", NULL);
	w->md = EVP_MD_CTX_new();
	w->evp_ctr = EVP_CIPHER_CTX_new();
	must(w->data && w->sha3 && w->md && w->evp_ctr);
	rng_bytes(w->digest, sizeof(w->digest));
	rng_key(&w->key);
	ecc_pub_of(&w->pub, &w->key);
	aes_ctr_init(&w->ctr, w->key.b, AES256_KEY, w->iv);
	must(EVP_EncryptInit_ex(w->evp_ctr, EVP_aes_256_ctr(), NULL, w->key.b,
				w->iv));
}

static void work_clear(struct work *w)
{
	EVP_CIPHER_CTX_free(w->evp_ctr);
	EVP_MD_CTX_free(w->md);
	EVP_MD_free(w->sha3);
	aes_ctr_clear(&w->ctr);
	secret_wipe(&w->key, sizeof(w->key));
	free(w->data);
}

int main(int argc, char **argv)
{
	struct work w = { 0 };

	crypto_init();
	bench_begin(argc, argv, "crypto");
	work_init(&w);
	bench_keccak(&w);
	bench_aes(&w);
	bench_curve(&w);
	work_clear(&w);
	return bench_end();
}
