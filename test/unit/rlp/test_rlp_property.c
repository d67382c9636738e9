/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "test/support/unit.h"
#include "test/unit/rlp/walk.h"

/* The seed of a run: an argument would not survive the test runner. */
static const uint64_t seed = 0x77656674;

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

enum node {
	NODE_LIST,
	NODE_NUMBER,
	NODE_BYTES,
	NODE_END,
};

enum {
	BYTES_MAX = 400
};

/* A tree is what a random state tells, node by node: the writer and the reader
 * hear the same story, so no tree need be kept. */
static enum node tell(uint64_t *state, unsigned depth, uint64_t *number,
		      uint8_t bytes[BYTES_MAX], size_t *len)
{
	uint64_t v = draw(state);

	if (depth && v % 5 == 0)
		return NODE_END;
	if (v % 5 <= 2 && depth < 12)
		return NODE_LIST;
	if (v & 0x100) {
		*number = draw(state) >> (v >> 16 & 63);
		return NODE_NUMBER;
	}
	/* Mostly short; a single byte often. */
	*len = v & 0x200 ? 1 : (v >> 16) % (v & 0x400 ? BYTES_MAX : 8);
	for (size_t i = 0; i < *len; i++)
		bytes[i] = (uint8_t)draw(state);
	return NODE_BYTES;
}

static void write_tree(struct buf *out, uint64_t state, unsigned nodes)
{
	struct rlp_writer w = rlp_writer_of(out);
	uint8_t bytes[BYTES_MAX];
	uint64_t number;
	size_t len;

	rlp_put_list(&w);
	for (unsigned i = 0; i < nodes && w.depth; i++) {
		switch (tell(&state, w.depth, &number, bytes, &len)) {
		case NODE_LIST:
			rlp_put_list(&w);
			break;
		case NODE_NUMBER:
			rlp_put_u64(&w, number);
			break;
		case NODE_BYTES:
			rlp_put_bytes(&w, bytes, len);
			break;
		case NODE_END:
			rlp_put_end(&w);
			break;
		}
	}
	while (w.depth)
		rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
}

static void read_tree(struct span in, uint64_t state, unsigned nodes)
{
	struct rlp r = rlp_of(in.data, in.len);
	uint8_t bytes[BYTES_MAX];
	uint64_t number;
	size_t len;

	rlp_enter(&r);
	for (unsigned i = 0; i < nodes && r.depth; i++) {
		switch (tell(&state, r.depth, &number, bytes, &len)) {
		case NODE_LIST:
			cr_assert_eq(rlp_peek(&r), RLP_LIST);
			rlp_enter(&r);
			break;
		case NODE_NUMBER:
			cr_assert_eq(rlp_u64(&r), number);
			break;
		case NODE_BYTES:
			cr_assert(
				span_equal(rlp_bytes(&r), span_of(bytes, len)));
			break;
		case NODE_END:
			rlp_leave(&r);
			break;
		}
	}
	while (r.depth && !r.fault)
		rlp_leave(&r);
	cr_assert_eq(rlp_end(&r), ERR_NONE, "%s", rlp_fault_name(r.fault));
}

Test(rlp_property, what_is_encoded_decodes_to_the_same)
{
	uint64_t state = seed;
	size_t total = 0;
	struct buf again;
	struct buf out;

	printf("seed %#llx\n", (unsigned long long)seed);
	for (int i = 0; i < 2000; i++) {
		uint64_t tree = draw(&state);
		unsigned nodes = (unsigned)(draw(&state) % 200);

		buf_init(&out, 1 << 20);
		buf_init(&again, 1 << 20);
		write_tree(&out, tree, nodes);
		read_tree(span_of(out.data, out.len), tree, nodes);
		cr_assert_eq(rlp_check(span_of(out.data, out.len)), RLP_OK);
		cr_assert_eq(walk_copy(&again, span_of(out.data, out.len)),
			     RLP_OK);
		cr_assert(span_equal(span_of(again.data, again.len),
				     span_of(out.data, out.len)));
		total += out.len;
		buf_clear(&again);
		buf_clear(&out);
	}
	cr_assert_gt(total, 100000u); /* the trees were not all empty */
}

Test(rlp_property, every_proper_prefix_is_refused)
{
	uint64_t state = seed + 1;
	size_t tried = 0;
	struct buf out;

	printf("seed %#llx\n", (unsigned long long)seed + 1);
	for (int i = 0; i < 60; i++) {
		buf_init(&out, 1 << 20);
		write_tree(&out, draw(&state), 30);
		for (size_t n = 0; n < out.len; n++, tried++)
			cr_assert_neq(rlp_check(span_of(out.data, n)), RLP_OK,
				      "tree %d: %zu of %zu bytes", i, n,
				      out.len);
		buf_clear(&out);
	}
	cr_assert_gt(tried, 1000u);
}

/* Flip bytes of valid trees: whatever is still accepted must have no other
 * encoding, and check and walk must agree on every fault. */
Test(rlp_property, what_is_accepted_encodes_back_to_the_same_bytes)
{
	uint64_t state = seed + 2;
	unsigned accepted = 0;
	unsigned refused = 0;
	struct buf again;
	struct buf out;

	printf("seed %#llx\n", (unsigned long long)seed + 2);
	for (int i = 0; i < 20000; i++) {
		enum rlp_fault fault;
		struct span in;

		buf_init(&out, 1 << 20);
		buf_init(&again, 1 << 20);
		write_tree(&out, draw(&state), 12);
		for (uint64_t n = draw(&state) % 3 + 1; n; n--)
			out.data[draw(&state) % out.len] =
				(uint8_t)draw(&state);
		in = span_of(out.data, out.len);
		fault = rlp_check(in);
		cr_assert_eq(walk_copy(&again, in), fault);
		if (fault) {
			refused++;
		} else {
			accepted++;
			cr_assert(
				span_equal(span_of(again.data, again.len), in));
		}
		buf_clear(&again);
		buf_clear(&out);
	}
	cr_assert_gt(accepted, 500u);
	cr_assert_gt(refused, 500u);
}

/* Every input of up to three bytes: no other test can miss a short case. */
Test(rlp_property, all_short_inputs)
{
	unsigned accepted = 0;

	for (uint32_t v = 0; v < 1 << 24; v++) {
		uint8_t in[3] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				  (uint8_t)v };

		if (rlp_check(span_of(in, 3)) == RLP_OK)
			accepted++;
	}
	/* "82 xx xx": 65536; in c2: a lone byte, 80 or c0 twice (130^2), 81
	 * with 80..ff (128), and a list of one byte, 80 or c0 (130). */
	cr_assert_eq(accepted, 65536u + 130 * 130 + 128 + 130);
}
