/* SPDX-License-Identifier: Apache-2.0 */
/* The input as a block from a peer: refused, or unpacked within the bound and
 * packed again. And as a message of ours: packed and unpacked. */

#include "p2p/rlpx/snappy_block.h"
#include "test/fuzz/fuzz.h"

enum {
	SIZE_LIMIT = 1 << 20
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Exactly n bytes, so that one too many shows. */
static uint8_t *room_for(size_t n)
{
	uint8_t *p = malloc(n);

	must(p || !n);
	return p;
}

static void round_trip(struct span plain)
{
	uint8_t *packed = room_for(snappy_block_room(plain.len));
	struct span block = span_of(packed, snappy_block_pack(packed, plain));
	uint8_t *back = room_for(plain.len);
	size_t n;

	must(block.len <= snappy_block_room(plain.len));
	must(snappy_block_size(&n, block, plain.len) == ERR_NONE);
	must(n == plain.len);
	must(snappy_block_unpack(back, n, block) == ERR_NONE);
	must(span_equal(span_of(back, n), plain));
	free(back);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	uint8_t *out;
	size_t n;

	if (snappy_block_size(&n, in, SIZE_LIMIT) == ERR_NONE) {
		must(n <= SIZE_LIMIT && n <= 22 * size + 64);
		out = room_for(n);
		if (snappy_block_unpack(out, n, in) == ERR_NONE)
			round_trip(span_of(out, n));
		free(out);
	}
	round_trip(in);
	return 0;
}
