/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - write fields into memory of a fixed size. Pure.
 *
 * The counterpart of reader.h: a write past the end writes nothing and sets
 * `failed`, checked once at the end. For output of unknown size use buf.h. */
#ifndef P2P_BASE_WRITER_H
#define P2P_BASE_WRITER_H

#include "p2p/base/span.h"

struct writer {
	uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct writer writer_of(uint8_t *data, size_t len)
{
	return (struct writer){ .at = data, .left = len };
}

static inline void wr_bytes(struct writer *w, const void *data, size_t n)
{
	if (w->failed || n > w->left) {
		w->failed = true;
		return;
	}
	if (n) {
		memcpy(w->at, data, n);
		w->at += n;
		w->left -= n;
	}
}

/* The low n (at most 4) bytes of v, most significant first. */
static inline void wr_be(struct writer *w, uint32_t v, size_t n)
{
	uint8_t b[4];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	wr_bytes(w, b, n);
}

static inline void wr_u8(struct writer *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_be16(struct writer *w, uint16_t v)
{
	wr_be(w, v, 2);
}

static inline void wr_be24(struct writer *w, uint32_t v)
{
	wr_be(w, v, 3);
}

static inline void wr_be32(struct writer *w, uint32_t v)
{
	wr_be(w, v, 4);
}

static inline void wr_zeros(struct writer *w, size_t n)
{
	if (w->failed || n > w->left) {
		w->failed = true;
		return;
	}
	memset(w->at, 0, n);
	w->at += n;
	w->left -= n;
}

#endif
