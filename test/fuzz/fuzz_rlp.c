/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder. The first byte counts the steps of a program that follow it,
 * the rest is the input: it is checked and, when accepted, written again from
 * a walk, and the cursor's calls run over it in the program's order. */

#include "test/fuzz/fuzz.h"
#include "test/unit/rlp/walk.h"

static bool is_inside(struct span s, struct span in)
{
	return s.len == 0 || (s.data >= in.data && s.len <= in.len &&
			      s.data + s.len <= in.data + in.len);
}

static void check(struct span in)
{
	enum rlp_fault fault = rlp_check(in);
	struct buf out;

	buf_init(&out, in.len);
	MUST(walk_copy(&out, in) == fault);
	if (!fault)
		MUST(span_equal(span_of(out.data, out.len), in));
	buf_clear(&out);
}

static void split(struct span in)
{
	struct rlp_header h;
	struct span rest;
	uint8_t b[9];
	uint64_t code;
	size_t n;

	if (!rlp_header(&h, in))
		MUST(h.size <= in.len && h.size <= sizeof(b));
	if (rlp_split_code(&code, &rest, in))
		return;
	n = rlp_put_code(b, code);
	MUST(n + rest.len == in.len && !memcmp(b, in.data, n));
}

/* One call; what it gives must lie in the input, or be zero after a fault. */
static void step(struct rlp *r, struct span in, uint8_t op)
{
	bool failed = r->fault != RLP_OK;
	uint8_t fixed[16];
	struct span s = { 0 };
	uint64_t v = 0;
	size_t n = op >> 4;

	switch (op & 15) {
	case 0:
	case 1:
		rlp_enter(r);
		break;
	case 2:
		if (r->depth)
			rlp_leave(r);
		break;
	case 3:
		if (r->depth)
			rlp_leave_tail(r);
		break;
	case 4:
		if (r->depth)
			s = rlp_tail(r);
		break;
	case 5:
		MUST(!rlp_more(r) || r->at < in.len);
		break;
	case 6:
		v = rlp_peek(r) == RLP_LIST;
		break;
	case 7:
		memset(fixed, 0xee, sizeof(fixed));
		rlp_fixed(r, fixed, n);
		for (size_t i = 0; r->fault && i < n; i++)
			MUST(fixed[i] == 0);
		MUST(fixed[n] == 0xee);
		break;
	case 8:
		v = rlp_uint(r, 1 + n % 8);
		MUST(n % 8 == 7 || v >> (8 + 8 * (n % 8)) == 0);
		break;
	case 9:
		v = rlp_u64(r);
		break;
	case 10:
		v = rlp_bool(r);
		break;
	case 11:
	case 12:
		s = rlp_raw(r);
		break;
	default:
		s = rlp_bytes(r);
		break;
	}
	MUST(is_inside(s, in));
	MUST(!failed || (s.len == 0 && v == 0));
	MUST(!r->fault || s.len == 0);
	MUST(r->depth <= RLP_DEPTH_MAX && r->at <= in.len);
}

static void run(struct span program, struct span in)
{
	struct rlp r = rlp_of(in.data, in.len);
	enum rlp_fault fault;

	for (size_t i = 0; i < program.len; i++) {
		fault = r.fault;
		step(&r, in, program.data[i]);
		MUST(!fault || r.fault == fault); /* the first one stays */
	}
	while (r.depth && !r.fault)
		rlp_leave_tail(&r);
	fault = r.fault;
	MUST((rlp_end_prefix(&r) != ERR_NONE) == (fault != RLP_OK));
	MUST(rlp_end(&r) != ERR_NONE || r.at == in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t steps;
	struct span in;

	if (size == 0)
		return 0;
	steps = data[0] < size ? data[0] : size - 1;
	in = span_of(data + 1 + steps, size - 1 - steps);
	check(in);
	split(in);
	run(span_of(data + 1, steps), in);
	return 0;
}
