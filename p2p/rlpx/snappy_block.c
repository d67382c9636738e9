/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/snappy_block.h"

#include <assert.h>
#include <snappy-c.h>
#include <stdlib.h>

/* What honest data can expand to. The densest element is a copy with a 2-byte
 * offset, 3 bytes that yield 64, so 22 a byte is more than any encoder gets;
 * the constant leaves room for what a header of few bytes may hold. */
enum {
	EXPANSION_MAX = 22,
	EXPANSION_BASE = 64,
};

/* size > 22 * len + 64, rounded so that nothing can overflow. */
static bool is_bomb(size_t size, size_t len)
{
	return size > EXPANSION_BASE &&
	       (size - EXPANSION_BASE - 1) / EXPANSION_MAX >= len;
}

size_t snappy_block_room(size_t len)
{
	return snappy_max_compressed_length(len);
}

size_t snappy_block_pack(uint8_t *out, struct span in)
{
	size_t used = snappy_block_room(in.len);

	assert(in.len <= UINT32_MAX); /* the format's length is 32 bits */
	if (!in.len) {
		/* "An empty payload is the single byte 00" (specs: "Snappy"),
		 * and a span of nothing may have no address. */
		out[0] = 0;
		return 1;
	}
	if (snappy_compress((const char *)in.data, in.len, (char *)out, &used))
		abort(); /* it fails for want of room only */
	return used;
}

enum err snappy_block_size(size_t *size, struct span in, size_t max)
{
	size_t declared;

	/* "A zero-length compressed payload is corrupt." */
	if (!in.len)
		return ERR_FORMAT;
	if (snappy_uncompressed_length((const char *)in.data, in.len,
				       &declared))
		return ERR_FORMAT;
	if (declared > max || is_bomb(declared, in.len))
		return ERR_LIMIT;
	*size = declared;
	return ERR_NONE;
}

enum err snappy_block_unpack(uint8_t *out, size_t size, struct span in)
{
	uint8_t nowhere; /* room for nothing still needs an address */
	size_t n = size;

	if (!in.len)
		return ERR_FORMAT;
	if (snappy_uncompress((const char *)in.data, in.len,
			      (char *)(size ? out : &nowhere), &n))
		return ERR_FORMAT;
	/* The library is content with more room than is declared. */
	return n == size ? ERR_NONE : ERR_FORMAT;
}
