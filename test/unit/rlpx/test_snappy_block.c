/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlpx/snappy_block.h"
#include "test/support/unit.h"

enum {
	MESSAGE_MAX = (1 << 24) - 1,
	GUARD = 16, /* bytes behind an output that nobody may write */
};

/* The whole way a receiver goes: size, then unpack. The caller frees *out. */
static enum err unpack(uint8_t **out, size_t *size, struct span in)
{
	enum err rc = snappy_block_size(size, in, MESSAGE_MAX);

	*out = NULL;
	if (rc)
		return rc;
	*out = malloc(*size + GUARD);
	cr_assert_not_null(*out);
	memset(*out, 0xa5, *size + GUARD);
	rc = snappy_block_unpack(*out, *size, in);
	for (size_t i = 0; i < GUARD; i++)
		cr_assert_eq((*out)[*size + i], 0xa5);
	return rc;
}

static void assert_unpacks(struct span in, struct span plain)
{
	uint8_t *out;
	size_t size;

	cr_assert_eq(unpack(&out, &size, in), ERR_NONE);
	cr_assert(span_equal(span_of(out, size), plain));
	free(out);
}

static void assert_refused(struct span in)
{
	uint8_t *out;
	size_t size;

	cr_assert_neq(unpack(&out, &size, in), ERR_NONE);
	free(out);
}

static struct span pack(struct span plain)
{
	uint8_t *out = malloc(snappy_block_room(plain.len));
	size_t n;

	cr_assert_not_null(out);
	n = snappy_block_pack(out, plain);
	cr_assert_leq(n, snappy_block_room(plain.len));
	return span_of(out, n);
}

static void assert_round_trip(struct span plain)
{
	struct span packed = pack(plain);

	assert_unpacks(packed, plain);
	free((void *)packed.data);
}

static size_t put_varint(uint8_t *out, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

/* varint(n), one literal whose length has `extra` bytes of its own, data. */
static struct span literal(struct span plain, unsigned extra)
{
	uint8_t *out = malloc(plain.len + 16);
	size_t n;

	cr_assert_not_null(out);
	n = put_varint(out, plain.len);
	out[n++] = (uint8_t)((extra ? 59 + extra : plain.len - 1) << 2);
	for (unsigned i = 0; i < extra; i++)
		out[n++] = (uint8_t)((plain.len - 1) >> 8 * i);
	memcpy(out + n, plain.data, plain.len);
	return span_of(out, n + plain.len);
}

static uint8_t *noise(size_t n)
{
	uint8_t *data = malloc(n + 1);
	uint64_t x = 88172645463325252;

	cr_assert_not_null(data);
	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = (uint8_t)x;
	}
	return data;
}

Test(snappy_block, unpacks_every_element_type_of_the_vectors)
{
	json_t *root = vectors_load("rlpx.json");
	json_t *cases = vectors_at(root, "snappy.cases");

	cr_assert_eq(json_array_size(cases), 7);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);
		struct span plain = vectors_hex(c, "plain");
		struct span packed = vectors_hex(c, "compressed");

		assert_unpacks(packed, plain);
		assert_round_trip(plain);
		free((void *)plain.data);
		free((void *)packed.data);
	}
	json_decref(root);
}

Test(snappy_block, refuses_the_vectors_that_are_corrupt)
{
	json_t *root = vectors_load("rlpx.json");
	json_t *cases = vectors_at(root, "snappy.must_reject");

	cr_assert_eq(json_array_size(cases), 8);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		struct span packed =
			vectors_hex(json_array_get(cases, i), "compressed");

		assert_refused(packed);
		free((void *)packed.data);
	}
	json_decref(root);
}

Test(snappy_block, says_whether_data_is_corrupt_or_too_large)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0xc0 };
	static const uint8_t over[] = { 0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0xc0 };
	static const uint8_t open[] = { 0xc1, 0x80 };
	size_t size = 7;

	cr_assert_eq(snappy_block_size(&size, span_of(NULL, 0), MESSAGE_MAX),
		     ERR_FORMAT);
	cr_assert_eq(snappy_block_size(&size, span_of(open, sizeof(open)),
				       MESSAGE_MAX),
		     ERR_FORMAT);
	cr_assert_eq(snappy_block_size(&size, span_of(over, sizeof(over)),
				       MESSAGE_MAX),
		     ERR_FORMAT);
	cr_assert_eq(snappy_block_size(&size, span_of(huge, sizeof(huge)),
				       MESSAGE_MAX),
		     ERR_LIMIT);
	cr_assert_eq(snappy_block_unpack((uint8_t *)&size, 0, span_of(NULL, 0)),
		     ERR_FORMAT);
	cr_assert_eq(size, 7);
}

Test(snappy_block, packs_nothing_into_one_zero_byte)
{
	uint8_t out[64];
	uint8_t nothing = 0;

	memset(out, 0xff, sizeof(out));
	cr_assert_eq(snappy_block_pack(out, span_of(NULL, 0)), 1);
	cr_assert_eq(out[0], 0);
	cr_assert_eq(out[1], 0xff);
	cr_assert_eq(snappy_block_unpack(NULL, 0, span_of(&nothing, 1)),
		     ERR_NONE);
}

Test(snappy_block, unpacks_output_of_a_literal_only_encoder)
{
	uint8_t *data = noise(70000);

	for (size_t n = 1; n <= 60; n++) {
		struct span packed = literal(span_of(data, n), 0);

		assert_unpacks(packed, span_of(data, n));
		free((void *)packed.data);
	}
	for (unsigned extra = 1; extra <= 4; extra++) {
		static const size_t sizes[] = { 61, 256, 257, 65536, 65537 };

		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			struct span plain = span_of(data, sizes[i]);
			struct span packed;

			/* Does the length fit in so many bytes? */
			if ((uint64_t)(sizes[i] - 1) >> 8 * extra)
				continue;
			packed = literal(plain, extra);
			assert_unpacks(packed, plain);
			free((void *)packed.data);
		}
	}
	free(data);
}

Test(snappy_block, takes_a_size_up_to_the_limit_and_no_more)
{
	uint8_t *data = noise(1000);
	struct span packed = pack(span_of(data, 1000));
	size_t size = 0;

	cr_assert_eq(snappy_block_size(&size, packed, 1000), ERR_NONE);
	cr_assert_eq(size, 1000);
	cr_assert_eq(snappy_block_size(&size, packed, 999), ERR_LIMIT);
	free((void *)packed.data);
	free(data);
}

Test(snappy_block, refuses_a_size_that_the_input_cannot_expand_to)
{
	static const size_t lengths[] = { 3, 10, 100, 1000, 100000 };
	uint8_t *in = calloc(1, 100000);
	size_t size;

	cr_assert_not_null(in);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		size_t honest = 22 * lengths[i] + 64;
		struct span packed = span_of(in, lengths[i]);

		put_varint(in, honest);
		cr_assert_eq(snappy_block_size(&size, packed, MESSAGE_MAX),
			     ERR_NONE);
		cr_assert_eq(size, honest);
		put_varint(in, honest + 1);
		cr_assert_eq(snappy_block_size(&size, packed, MESSAGE_MAX),
			     ERR_LIMIT);
	}
	free(in);
}

Test(snappy_block, lets_the_most_compressible_message_pass)
{
	uint8_t *zeros = calloc(1, MESSAGE_MAX);

	cr_assert_not_null(zeros);
	for (size_t n = 1; n < MESSAGE_MAX; n = n * 5 + 1)
		assert_round_trip(span_of(zeros, n));
	assert_round_trip(span_of(zeros, MESSAGE_MAX));
	free(zeros);
}

Test(snappy_block, gives_back_what_was_packed)
{
	uint8_t *data = noise(5000);

	for (size_t n = 0; n < 300; n++)
		assert_round_trip(span_of(data, n));
	/* Half noise, half repetition: literals and copies in turn. */
	for (size_t i = 0; i < 5000; i += 100)
		memset(data + i, (int)(i / 100), 50);
	for (size_t n = 300; n <= 5000; n += 47)
		assert_round_trip(span_of(data, n));
	free(data);
}

Test(snappy_block, refuses_every_proper_prefix_and_anything_behind)
{
	static const char text[] = "shuttle shuttle shuttle shuttle, and weft";
	struct span packed = pack(span_text(text));
	uint8_t *longer = malloc(packed.len + 1);

	cr_assert_not_null(longer);
	cr_assert_lt(packed.len, sizeof(text));
	for (size_t n = 0; n < packed.len; n++)
		assert_refused(span_of(packed.data, n));
	memcpy(longer, packed.data, packed.len);
	for (unsigned last = 0; last < 256; last++) {
		longer[packed.len] = (uint8_t)last;
		assert_refused(span_of(longer, packed.len + 1));
	}
	free(longer);
	free((void *)packed.data);
}

Test(snappy_block, unpacks_into_exactly_the_declared_size)
{
	struct span packed = pack(span_text("weft"));
	uint8_t out[16];

	cr_assert_eq(snappy_block_unpack(out, 4, packed), ERR_NONE);
	cr_assert_eq(snappy_block_unpack(out, 3, packed), ERR_FORMAT);
	cr_assert_eq(snappy_block_unpack(out, 5, packed), ERR_FORMAT);
	free((void *)packed.data);
}
