/* SPDX-License-Identifier: Apache-2.0 */
/* rlp.h - Recursive Length Prefix, decoded strictly (specs: devp2p "RLP").
 * Pure; the decoder allocates nothing and is safe on hostile input.
 *
 * Decoding is a cursor with a sticky fault, like base/reader.h: read fields
 * straight down, check once, then use them.
 *
 *     struct rlp r = rlp_of(in, len);
 *
 *     rlp_enter(&r);
 *     version = rlp_u64(&r);
 *     name = rlp_bytes(&r);
 *     rlp_leave_tail(&r);          // more items may follow
 *     if (rlp_end(&r))             // and nothing behind the list
 *             return ERR_FORMAT;
 *
 * After a fault every read gives zeros or an empty span. */
#ifndef P2P_RLP_RLP_H
#define P2P_RLP_RLP_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	RLP_DEPTH_MAX = 64, /* lists within lists */
};

/* What is wrong with the input; names as in the specification's table. */
enum rlp_fault {
	RLP_OK = 0,
	RLP_CANON_SIZE,
	RLP_CANON_INT,
	RLP_UINT_OVERFLOW,
	RLP_EXPECTED_STRING,
	RLP_EXPECTED_LIST,
	RLP_ELEM_TOO_LARGE,
	RLP_VALUE_TOO_LARGE,
	RLP_EOF,
	RLP_TRAILING,
	RLP_TOO_FEW,
	RLP_TOO_MANY,
	RLP_WRONG_SIZE,
	RLP_INVALID_BOOL,
	RLP_TOO_DEEP,
};

/* rlp_fault_name - "CANON_SIZE" and so on. */
const char *rlp_fault_name(enum rlp_fault f);

enum rlp_kind {
	RLP_STRING, /* a single byte below 0x80 included */
	RLP_LIST,
};

enum {
	RLP_HEADER_MAX = 9, /* bytes */
};

/* What stands before an item's content. */
struct rlp_header {
	enum rlp_kind kind;
	unsigned size; /* bytes of the header; 0 for a single byte below 0x80 */
	uint64_t len;  /* bytes of content it declares, whether there or not */
};

/* rlp_header - read the header at the start of `in`, of which the content may
 * be missing. RLP_OK with *out set, or EOF (`in` is empty), VALUE_TOO_LARGE
 * (the header is cut short) or CANON_SIZE with *out untouched. */
MUST_USE enum rlp_fault rlp_header(struct rlp_header *out, struct span in);

/* A cursor. Copy it to look ahead; nothing to free. */
struct rlp {
	const uint8_t *in;
	size_t at;		       /* offset of the next item */
	size_t end[RLP_DEPTH_MAX + 1]; /* where the input and each list end */
	unsigned depth;
	enum rlp_fault fault; /* the first one */
};

struct rlp rlp_of(const uint8_t *in, size_t len);

/* rlp_more - is there another item in the list we are in (at depth 0: in the
 * input)? False after a fault. */
bool rlp_more(const struct rlp *r);

/* rlp_peek - the kind of the next item; its header is checked. After a fault,
 * or at the end (which is a fault: EOF or TOO_FEW), RLP_STRING: a loop over
 * items of both kinds asks rlp_more first. */
enum rlp_kind rlp_peek(struct rlp *r);

/* rlp_enter - the next item must be a list; step into it. TOO_DEEP for a list
 * within RLP_DEPTH_MAX others. Every rlp_enter that succeeded is paired with
 * one rlp_leave, rlp_leave_tail or rlp_tail. */
void rlp_enter(struct rlp *r);

/* rlp_leave - step out of the list; TOO_MANY unless it was read to its end. */
void rlp_leave(struct rlp *r);

/* rlp_leave_tail - step out, ignoring what is left. Only the outer headers of
 * the ignored items are checked to fit: go-ethereum keeps a tail opaque, and
 * a stricter reader would refuse peers the network accepts. */
void rlp_leave_tail(struct rlp *r);

/* rlp_tail - the raw items left in this list, borrowed from the input, and
 * step out as rlp_leave_tail does. */
struct span rlp_tail(struct rlp *r);

/* The next item, which must be a string: */
struct span rlp_bytes(struct rlp *r);		    /* any length */
void rlp_fixed(struct rlp *r, void *out, size_t n); /* exactly n */
uint64_t rlp_uint(struct rlp *r, unsigned width);   /* 1..8 bytes */
uint64_t rlp_u64(struct rlp *r);
bool rlp_bool(struct rlp *r);

/* rlp_raw - the next item of either kind with its header, borrowed. A list's
 * content is not looked into; rlp_check does that. */
struct span rlp_raw(struct rlp *r);

/* rlp_end - finish a whole-buffer decode: TRAILING if bytes are left at depth
 * 0. ERR_NONE, ERR_LIMIT (TOO_DEEP) or ERR_FORMAT (all else). */
MUST_USE enum err rlp_end(struct rlp *r);

/* rlp_end_prefix - the same, but what follows the first value is ignored. */
MUST_USE enum err rlp_end_prefix(struct rlp *r);

/* rlp_check - is `in` exactly one well-formed value, looked into at every
 * depth? RLP_OK or the first fault. Iterative. */
enum rlp_fault rlp_check(struct span in);

/* rlp_split_code - an integer at the start of a buffer and the rest of it:
 * how a frame's message code is read (specs: "Test cases"). *rest borrows.
 * ERR_FORMAT with neither output touched. */
MUST_USE enum err rlp_split_code(uint64_t *code, struct span *rest,
				 struct span in);

#endif
