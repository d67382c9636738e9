/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/hashtable.h"

#include <pthread.h>

#include "p2p/crypto/rng.h"
#include "p2p/crypto/siphash.h"

static struct siphash_key hash_key;

static void draw_key(void)
{
	crypto_init();
	rng_bytes(hash_key.b, sizeof(hash_key.b));
}

void hashtable_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_key);
}

uint32_t hashtable_hash(const void *key, size_t len)
{
	return (uint32_t)siphash(&hash_key, key, len);
}
