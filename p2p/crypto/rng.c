/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/rng.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/setup.h"

static void setup(void)
{
	struct secret32 seed;

	if (sodium_init() < 0) {
		fputs("the system has no randomness\n", stderr);
		abort();
	}
	rng_bytes(seed.b, sizeof(seed.b));
	setup_ecc(&seed);
	secret_wipe(&seed, sizeof(seed));
	setup_aes();
	setup_hkdf();
}

void crypto_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, setup))
		abort();
}

void rng_bytes(void *out, size_t n)
{
	randombytes_buf(out, n);
}

uint32_t rng_below(uint32_t bound)
{
	assert(bound > 0);
	return randombytes_uniform(bound);
}

void rng_key(struct secret32 *out)
{
	/* A second round is as likely as guessing a 128-bit key. */
	do
		rng_bytes(out->b, sizeof(out->b));
	while (!ecc_key_valid(out));
}
