/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - uthash with a keyed hash. Every table of this folder is made
 * through this header, never from uthash.h alone: strangers choose keys, and
 * must not be able to make them collide.
 *
 * The key is drawn once per process by table_init. Thread: any. */
#ifndef P2P_SERVER_TABLE_H
#define P2P_SERVER_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* table_init - before the first table; later calls do nothing. */
void table_init(void);

uint32_t table_hash(const void *key, size_t len);

#define HASH_FUNCTION(key, len, hash)          \
	do {                                   \
		(hash) = table_hash(key, len); \
	} while (0)
#define uthash_fatal(msg) abort()
#include <uthash.h>

#endif
