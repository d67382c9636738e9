/* SPDX-License-Identifier: Apache-2.0 */
/* hashtable.h - uthash with a keyed hash. Every table that strangers fill is
 * made through this header, never from uthash.h alone: strangers choose keys,
 * and must not be able to make them collide.
 *
 * The key is drawn once per process by hashtable_init. A core may use it: the
 * order in which a table is walked is that of insertion, whatever the key.
 * Thread: any. */
#ifndef P2P_CRYPTO_HASHTABLE_H
#define P2P_CRYPTO_HASHTABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* hashtable_init - before the first table; later calls do nothing. */
void hashtable_init(void);

uint32_t hashtable_hash(const void *key, size_t len);

#define HASH_FUNCTION(key, len, hash)              \
	do {                                       \
		(hash) = hashtable_hash(key, len); \
	} while (0)
#define uthash_fatal(msg) abort()
#include <uthash.h>

#endif
