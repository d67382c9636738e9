/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlp/rlp.h"

#include <assert.h>

enum {
	SHORT_MAX = 55,	     /* longest content of a one-byte header */
	STRING_BASE = 0x80,  /* + length */
	STRING_LONG = 0xb7,  /* + bytes of the length that follows */
	LIST_BASE = 0xc0,    /* + length */
	LIST_LONG = 0xf7,    /* + bytes of the length that follows */
	SINGLE_LIMIT = 0x80, /* a byte below it is its own encoding */
};

const char *rlp_fault_name(enum rlp_fault f)
{
	switch (f) {
	case RLP_OK:
		return "OK";
	case RLP_CANON_SIZE:
		return "CANON_SIZE";
	case RLP_CANON_INT:
		return "CANON_INT";
	case RLP_UINT_OVERFLOW:
		return "UINT_OVERFLOW";
	case RLP_EXPECTED_STRING:
		return "EXPECTED_STRING";
	case RLP_EXPECTED_LIST:
		return "EXPECTED_LIST";
	case RLP_ELEM_TOO_LARGE:
		return "ELEM_TOO_LARGE";
	case RLP_VALUE_TOO_LARGE:
		return "VALUE_TOO_LARGE";
	case RLP_EOF:
		return "EOF";
	case RLP_TRAILING:
		return "TRAILING";
	case RLP_TOO_FEW:
		return "TOO_FEW";
	case RLP_TOO_MANY:
		return "TOO_MANY";
	case RLP_WRONG_SIZE:
		return "WRONG_SIZE";
	case RLP_INVALID_BOOL:
		return "INVALID_BOOL";
	case RLP_TOO_DEEP:
		return "TOO_DEEP";
	}
	return "unknown fault";
}

/* The length that stands in the n bytes behind a long header's first byte. */
static enum rlp_fault long_length(uint64_t *len, struct span in, unsigned n)
{
	uint64_t v = 0;

	if (in.len < 1 + n)
		return RLP_VALUE_TOO_LARGE;
	for (unsigned i = 1; i <= n; i++)
		v = v << 8 | in.data[i];
	/* "a long form is used for a length below 56; the length-of-length
	 * bytes start with 0x00" (section 1.2) */
	if (in.data[1] == 0 || v <= SHORT_MAX)
		return RLP_CANON_SIZE;
	*len = v;
	return RLP_OK;
}

enum rlp_fault rlp_header(struct rlp_header *out, struct span in)
{
	struct rlp_header h = { .kind = RLP_STRING, .size = 1 };
	enum rlp_fault fault = RLP_OK;
	uint8_t first;

	if (in.len == 0)
		return RLP_EOF;
	first = in.data[0];
	if (first >= LIST_BASE)
		h.kind = RLP_LIST;
	if (first < SINGLE_LIMIT) {
		h.size = 0;
		h.len = 1;
	} else if (first <= STRING_LONG) {
		h.len = first - STRING_BASE;
	} else if (first < LIST_BASE) {
		h.size = 1u + first - STRING_LONG;
		fault = long_length(&h.len, in, h.size - 1);
	} else if (first <= LIST_LONG) {
		h.len = first - LIST_BASE;
	} else {
		h.size = 1u + first - LIST_LONG;
		fault = long_length(&h.len, in, h.size - 1);
	}
	if (!fault)
		*out = h;
	return fault;
}

static void fail(struct rlp *r, enum rlp_fault fault)
{
	if (!r->fault)
		r->fault = fault;
}

/* The header of the next item, looked at and not stepped over.
 *
 * The order of the checks is go-ethereum's, so that the class of an input with
 * several faults is too: what a header declares is first held against what the
 * list had left before that header and then against the whole input; only when
 * the content is taken must it really fit behind the header. (Where a list
 * reaches over the end of the list around it by less than its own header,
 * go-ethereum loses count and reports what it meets later, most often
 * VALUE_TOO_LARGE; here that is ELEM_TOO_LARGE, as the table has it.) */
static bool next(struct rlp *r, struct rlp_header *h)
{
	size_t left = r->end[r->depth] - r->at;
	enum rlp_fault fault;

	if (r->fault)
		return false;
	if (left == 0) {
		fail(r, r->depth ? RLP_TOO_FEW : RLP_EOF);
		return false;
	}
	fault = rlp_header(h, span_of(r->in + r->at, left));
	if (fault == RLP_VALUE_TOO_LARGE && r->depth)
		fault = RLP_ELEM_TOO_LARGE;
	else if (!fault && r->depth && h->len > left)
		fault = RLP_ELEM_TOO_LARGE;
	else if (!fault && h->len > r->end[0] - r->at - h->size)
		fault = RLP_VALUE_TOO_LARGE;
	if (fault)
		fail(r, fault);
	return !fault;
}

/* Step over the header that next() gave, to the content. From here on h->len
 * is known to fit the list, and so a size_t. */
static bool step(struct rlp *r, const struct rlp_header *h)
{
	if (h->len > r->end[r->depth] - r->at - h->size) {
		fail(r, RLP_ELEM_TOO_LARGE);
		return false;
	}
	r->at += h->size;
	return true;
}

static struct span take(struct rlp *r, const struct rlp_header *h)
{
	struct span content;

	if (!step(r, h))
		return (struct span){ 0 };
	content = span_of(r->in + r->at, (size_t)h->len);
	r->at += content.len;
	return content;
}

/* "a single byte below 0x80 was wrapped (81 05)" */
static bool is_wrapped(const struct rlp_header *h, struct span content)
{
	return h->kind == RLP_STRING && h->size && content.len == 1 &&
	       content.data[0] < SINGLE_LIMIT;
}

static struct span take_string(struct rlp *r, const struct rlp_header *h)
{
	struct span content = take(r, h);

	if (is_wrapped(h, content)) {
		fail(r, RLP_CANON_SIZE);
		return (struct span){ 0 };
	}
	return content;
}

static bool next_string(struct rlp *r, struct rlp_header *h)
{
	if (!next(r, h))
		return false;
	if (h->kind != RLP_STRING)
		fail(r, RLP_EXPECTED_STRING);
	return !r->fault;
}

struct rlp rlp_of(const uint8_t *in, size_t len)
{
	struct rlp r;

	/* end[] beyond depth is written before it is read, and clearing half a
	 * kilobyte would cost more than reading a small message. */
	r.in = in;
	r.at = 0;
	r.end[0] = len;
	r.depth = 0;
	r.fault = RLP_OK;
	return r;
}

bool rlp_more(const struct rlp *r)
{
	return !r->fault && r->at < r->end[r->depth];
}

enum rlp_kind rlp_peek(struct rlp *r)
{
	struct rlp_header h;

	return next(r, &h) ? h.kind : RLP_STRING;
}

static void enter(struct rlp *r, const struct rlp_header *h)
{
	if (!step(r, h))
		return;
	if (r->depth == RLP_DEPTH_MAX) {
		fail(r, RLP_TOO_DEEP);
		return;
	}
	r->end[++r->depth] = r->at + (size_t)h->len;
}

void rlp_enter(struct rlp *r)
{
	struct rlp_header h;

	if (!next(r, &h))
		return;
	if (h.kind != RLP_LIST)
		fail(r, RLP_EXPECTED_LIST);
	else
		enter(r, &h);
}

void rlp_leave(struct rlp *r)
{
	if (r->fault)
		return;
	assert(r->depth > 0);
	if (r->at < r->end[r->depth])
		fail(r, RLP_TOO_MANY);
	else
		r->depth--;
}

struct span rlp_tail(struct rlp *r)
{
	size_t from = r->at;
	struct rlp_header h;

	while (rlp_more(r))
		if (next(r, &h))
			take(r, &h);
	rlp_leave(r);
	if (r->fault)
		return (struct span){ 0 };
	return span_of(r->in + from, r->at - from);
}

void rlp_leave_tail(struct rlp *r)
{
	rlp_tail(r);
}

struct span rlp_bytes(struct rlp *r)
{
	struct rlp_header h;

	if (!next_string(r, &h))
		return (struct span){ 0 };
	return take_string(r, &h);
}

void rlp_fixed(struct rlp *r, void *out, size_t n)
{
	struct span content = { 0 };
	struct rlp_header h;

	if (next_string(r, &h)) {
		if (h.len != n)
			fail(r, RLP_WRONG_SIZE);
		else
			content = take_string(r, &h);
	}
	if (n == 0)
		return;
	if (r->fault)
		memset(out, 0, n);
	else
		memcpy(out, content.data, n);
}

uint64_t rlp_uint(struct rlp *r, unsigned width)
{
	struct span content;
	struct rlp_header h;
	uint64_t v = 0;

	assert(width >= 1 && width <= 8);
	if (!next_string(r, &h))
		return 0;
	if (h.len > width) {
		fail(r, RLP_UINT_OVERFLOW);
		return 0;
	}
	content = take_string(r, &h);
	/* "an integer was requested and its string has a leading zero byte,
	 * including the lone byte 00" */
	if (content.len && content.data[0] == 0)
		fail(r, RLP_CANON_INT);
	if (r->fault)
		return 0;
	for (size_t i = 0; i < content.len; i++)
		v = v << 8 | content.data[i];
	return v;
}

uint64_t rlp_u64(struct rlp *r)
{
	return rlp_uint(r, 8);
}

bool rlp_bool(struct rlp *r)
{
	uint64_t v = rlp_uint(r, 1);

	if (v > 1)
		fail(r, RLP_INVALID_BOOL);
	return v == 1;
}

struct span rlp_raw(struct rlp *r)
{
	size_t from = r->at;
	struct rlp_header h;

	if (!next(r, &h))
		return (struct span){ 0 };
	take_string(r, &h);
	if (r->fault)
		return (struct span){ 0 };
	return span_of(r->in + from, r->at - from);
}

static enum err verdict(const struct rlp *r)
{
	if (!r->fault)
		return ERR_NONE;
	return r->fault == RLP_TOO_DEEP ? ERR_LIMIT : ERR_FORMAT;
}

enum err rlp_end(struct rlp *r)
{
	assert(r->fault || r->depth == 0);
	if (rlp_more(r))
		fail(r, RLP_TRAILING);
	return verdict(r);
}

enum err rlp_end_prefix(struct rlp *r)
{
	assert(r->fault || r->depth == 0);
	return verdict(r);
}

enum rlp_fault rlp_check(struct span in)
{
	struct rlp r = rlp_of(in.data, in.len);
	struct rlp_header h;

	do {
		if (r.depth && !rlp_more(&r))
			rlp_leave(&r);
		else if (next(&r, &h) && h.kind == RLP_LIST)
			enter(&r, &h);
		else if (!r.fault)
			take_string(&r, &h);
	} while (!r.fault && r.depth);

	if (rlp_more(&r))
		fail(&r, RLP_TRAILING);
	return r.fault;
}

enum err rlp_split_code(uint64_t *code, struct span *rest, struct span in)
{
	struct rlp r = rlp_of(in.data, in.len);
	uint64_t v = rlp_u64(&r);

	if (r.fault)
		return ERR_FORMAT;
	*code = v;
	*rest = span_of(in.data + r.at, in.len - r.at);
	return ERR_NONE;
}
