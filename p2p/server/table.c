/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/table.h"

#include <pthread.h>

#include "p2p/crypto/rng.h"
#include "p2p/crypto/siphash.h"

static struct siphash_key table_key;

static void draw_key(void)
{
	crypto_init();
	rng_bytes(table_key.b, sizeof(table_key.b));
}

void table_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_key);
}

uint32_t table_hash(const void *key, size_t len)
{
	return (uint32_t)siphash(&table_key, key, len);
}
