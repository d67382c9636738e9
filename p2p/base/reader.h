/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - read fields from bytes a stranger sent. Pure; no allocation.
 *
 * Failure is sticky: a read past the end yields zeros and sets `failed`, so
 * fields are read straight down and the flag is checked once, before any of
 * them is used. */
#ifndef P2P_BASE_READER_H
#define P2P_BASE_READER_H

#include "p2p/base/span.h"

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct reader reader_of(const uint8_t *data, size_t len)
{
	return (struct reader){ .at = data, .left = len };
}

/* rd_take - the next n bytes, borrowed; an empty span on failure. */
static inline struct span rd_take(struct reader *r, size_t n)
{
	struct span s;

	if (r->failed || n > r->left) {
		r->failed = true;
		return (struct span){ 0 };
	}
	s = span_of(r->at, n);
	if (n) {
		r->at += n;
		r->left -= n;
	}
	return s;
}

/* rd_copy - the next n bytes into out; zeros on failure. */
static inline void rd_copy(struct reader *r, void *out, size_t n)
{
	struct span s = rd_take(r, n);

	if (s.data)
		memcpy(out, s.data, n);
	else if (n)
		memset(out, 0, n);
}

/* The next n (at most 4) bytes as one big-endian integer. */
static inline uint32_t rd_be(struct reader *r, size_t n)
{
	struct span s = rd_take(r, n);
	uint32_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.data[i];
	return v;
}

static inline uint8_t rd_u8(struct reader *r)
{
	return (uint8_t)rd_be(r, 1);
}

static inline uint16_t rd_be16(struct reader *r)
{
	return (uint16_t)rd_be(r, 2);
}

static inline uint32_t rd_be24(struct reader *r)
{
	return rd_be(r, 3);
}

static inline uint32_t rd_be32(struct reader *r)
{
	return rd_be(r, 4);
}

#endif
