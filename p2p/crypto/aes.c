/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/aes.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "p2p/crypto/setup.h"

/* EVP counts in int. A multiple of the block size, far from its end. */
enum {
	CHUNK_MAX = 1 << 30
};

/* Fetched once: keying through EVP_aes_256_ctr() and its like looks the
 * implementation up each time, at more than twice the cost. */
static EVP_CIPHER *aes128_ctr;
static EVP_CIPHER *aes256_ctr;
static EVP_CIPHER *aes256_ecb;
static EVP_CIPHER *aes128_gcm;

static EVP_CIPHER *fetch(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);

	if (!cipher)
		abort();
	return cipher;
}

void setup_aes(void)
{
	aes128_ctr = fetch("AES-128-CTR");
	aes256_ctr = fetch("AES-256-CTR");
	aes256_ecb = fetch("AES-256-ECB");
	aes128_gcm = fetch("AES-128-GCM");
}

/* Fails for want of memory, or when we misuse the library: never because of
 * the data. To go on would be to send what is not encrypted. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

static EVP_CIPHER_CTX *ctx_new(const EVP_CIPHER *cipher, const uint8_t *key,
			       const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	assert(cipher); /* crypto_init came first */
	if (!ctx)
		abort();
	must(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL));
	return ctx;
}

static void update(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in,
		   size_t len)
{
	int done;

	must(EVP_EncryptUpdate(ctx, out, &done, in, (int)len));
	must((size_t)done == len);
}

void aes_ctr_init(struct aes_ctr *c, const uint8_t *key, size_t key_len,
		  const uint8_t iv[AES_BLOCK])
{
	assert(key_len == AES128_KEY || key_len == AES256_KEY);
	c->ctx = ctx_new(key_len == AES128_KEY ? aes128_ctr : aes256_ctr, key,
			 iv);
}

void aes_ctr_clear(struct aes_ctr *c)
{
	EVP_CIPHER_CTX_free(c->ctx); /* wipes; takes NULL */
	c->ctx = NULL;
}

void aes_ctr_xor(struct aes_ctr *c, uint8_t *out, const uint8_t *in, size_t len)
{
	while (len) {
		size_t n = len < CHUNK_MAX ? len : CHUNK_MAX;

		update(c->ctx, out, in, n);
		out += n;
		in += n;
		len -= n;
	}
}

void aes_block_init(struct aes_block *a, const uint8_t key[AES256_KEY])
{
	a->ctx = ctx_new(aes256_ecb, key, NULL);
	/* Each block stands alone: there is no message whose end to pad. */
	must(EVP_CIPHER_CTX_set_padding(a->ctx, 0));
}

void aes_block_clear(struct aes_block *a)
{
	EVP_CIPHER_CTX_free(a->ctx);
	a->ctx = NULL;
}

void aes_block_encrypt(struct aes_block *a, uint8_t out[AES_BLOCK],
		       const uint8_t in[AES_BLOCK])
{
	update(a->ctx, out, in, AES_BLOCK);
}

void aes_gcm_seal(uint8_t *out, const uint8_t key[AES128_KEY],
		  const uint8_t nonce[AES_GCM_NONCE], struct span message,
		  struct span authenticated)
{
	EVP_CIPHER_CTX *ctx = ctx_new(aes128_gcm, key, nonce);
	int done;

	must(EVP_EncryptUpdate(ctx, NULL, &done, authenticated.data,
			       (int)authenticated.len));
	update(ctx, out, message.data, message.len);
	must(EVP_EncryptFinal_ex(ctx, out + message.len, &done));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AES_GCM_TAG,
				 out + message.len));
	EVP_CIPHER_CTX_free(ctx);
}

enum err aes_gcm_open(uint8_t *out, const uint8_t key[AES128_KEY],
		      const uint8_t nonce[AES_GCM_NONCE], struct span sealed,
		      struct span authenticated)
{
	uint8_t tag[AES_GCM_TAG];
	EVP_CIPHER_CTX *ctx;
	size_t len;
	int done, good;

	if (sealed.len < AES_GCM_TAG)
		return ERR_SHORT;
	len = sealed.len - AES_GCM_TAG;
	memcpy(tag, sealed.data + len, sizeof(tag));
	ctx = EVP_CIPHER_CTX_new();
	assert(aes128_gcm); /* crypto_init came first */
	if (!ctx)
		abort();
	must(EVP_DecryptInit_ex2(ctx, aes128_gcm, key, nonce, NULL));
	must(EVP_DecryptUpdate(ctx, NULL, &done, authenticated.data,
			       (int)authenticated.len));
	must(EVP_DecryptUpdate(ctx, out, &done, sealed.data, (int)len));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AES_GCM_TAG, tag));
	good = EVP_DecryptFinal_ex(ctx, out + len, &done) > 0;
	EVP_CIPHER_CTX_free(ctx);
	/* That it did not open is public; what came out of it is not. */
	secret_declassify(&good, sizeof(good));
	if (good)
		return ERR_NONE;
	secret_wipe(out, len);
	return ERR_AUTH;
}
