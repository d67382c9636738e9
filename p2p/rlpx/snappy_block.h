/* SPDX-License-Identifier: Apache-2.0 */
/* snappy_block.h - snappy's block format with the limits hostile input needs.
 * The only user of the library. Pure; thread: any. */
#ifndef P2P_RLPX_SNAPPY_BLOCK_H
#define P2P_RLPX_SNAPPY_BLOCK_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* snappy_block_room - most bytes that `len` bytes can compress to. */
size_t snappy_block_room(size_t len);

/* snappy_block_pack - compress into out, which has snappy_block_room(in.len)
 * bytes; returns how many were used. Never fails; empty input gives one 00. */
size_t snappy_block_pack(uint8_t *out, struct span in);

/* snappy_block_size - the declared length, checked before anything is
 * allocated. ERR_FORMAT: no valid length. ERR_LIMIT: above max, or above what
 * in.len bytes can honestly expand to (22 * len + 64: a bomb). */
MUST_USE enum err snappy_block_size(size_t *size, struct span in, size_t max);

/* snappy_block_unpack - into out, exactly the size declared. ERR_FORMAT: the
 * data does not decode to exactly that. */
MUST_USE enum err snappy_block_unpack(uint8_t *out, size_t size,
				      struct span in);

#endif
