/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlp/rlp_write.h"

#include <assert.h>
#include <string.h>

enum {
	SHORT_MAX = 55,	     /* longest content of a one-byte header */
	SINGLE_LIMIT = 0x80, /* a byte below it is its own encoding */
};

/* v as big-endian bytes without leading zeros, as many as it needs. */
static size_t minimal(uint8_t b[8], uint64_t v)
{
	size_t n = 0;

	for (uint64_t rest = v; rest; rest >>= 8)
		n++;
	for (size_t i = n; i-- > 0; v >>= 8)
		b[i] = (uint8_t)v;
	return n;
}

size_t rlp_put_header(uint8_t b[RLP_HEADER_MAX], enum rlp_kind kind,
		      uint64_t len)
{
	uint8_t base = kind == RLP_LIST ? 0xc0 : 0x80;
	size_t n;

	if (len <= SHORT_MAX) {
		b[0] = (uint8_t)(base + len);
		return 1;
	}
	n = minimal(b + 1, len);
	b[0] = (uint8_t)(base + SHORT_MAX + n);
	return 1 + n;
}

size_t rlp_put_code(uint8_t b[RLP_HEADER_MAX], uint64_t code)
{
	size_t n;

	if (code && code < SINGLE_LIMIT) {
		b[0] = (uint8_t)code;
		return 1;
	}
	n = minimal(b + 1, code);
	b[0] = (uint8_t)(0x80 + n);
	return 1 + n;
}

struct rlp_writer rlp_writer_of(struct buf *out)
{
	struct rlp_writer w;

	/* list[] is written before it is read. */
	w.out = out;
	w.start = out->len;
	w.depth = 0;
	w.failed = ERR_NONE;
	return w;
}

static void fail(struct rlp_writer *w)
{
	w->failed = ERR_LIMIT;
	buf_truncate(w->out, w->start);
}

/* Room for n more bytes, counted already; NULL after a failure. */
static uint8_t *grow(struct rlp_writer *w, size_t n)
{
	uint8_t *to;

	if (w->failed)
		return NULL;
	to = buf_grow(w->out, n);
	if (to)
		buf_commit(w->out, n);
	else
		fail(w);
	return to;
}

void rlp_put_list(struct rlp_writer *w)
{
	size_t at = w->out->len;

	if (!w->failed && w->depth == RLP_DEPTH_MAX)
		fail(w);
	/* One byte is what most headers need; rlp_put_end sees to the rest. */
	if (grow(w, 1))
		w->list[w->depth++] = at;
}

void rlp_put_end(struct rlp_writer *w)
{
	uint8_t header[RLP_HEADER_MAX];
	uint8_t *list;
	size_t len;
	size_t at;
	size_t n;

	if (w->failed)
		return;
	assert(w->depth > 0);
	at = w->list[--w->depth];
	len = w->out->len - at - 1;
	n = rlp_put_header(header, RLP_LIST, len);
	if (n > 1 && !grow(w, n - 1))
		return;
	list = w->out->data + at;
	if (n > 1)
		memmove(list + n, list + 1, len);
	memcpy(list, header, n);
}

void rlp_put_bytes(struct rlp_writer *w, const void *data, size_t len)
{
	uint8_t header[RLP_HEADER_MAX];
	const uint8_t *from = data;
	size_t n = 0;
	uint8_t *to;

	if (len != 1 || from[0] >= SINGLE_LIMIT)
		n = rlp_put_header(header, RLP_STRING, len);
	if (len > SIZE_MAX - n) {
		if (!w->failed)
			fail(w);
		return;
	}
	to = grow(w, n + len);
	if (!to)
		return;
	memcpy(to, header, n);
	if (len)
		memcpy(to + n, data, len);
}

void rlp_put_text(struct rlp_writer *w, const char *text)
{
	rlp_put_bytes(w, text, strlen(text));
}

void rlp_put_u64(struct rlp_writer *w, uint64_t v)
{
	uint8_t b[RLP_HEADER_MAX];

	rlp_put_raw(w, span_of(b, rlp_put_code(b, v)));
}

void rlp_put_bool(struct rlp_writer *w, bool v)
{
	rlp_put_u64(w, v);
}

void rlp_put_raw(struct rlp_writer *w, struct span items)
{
	uint8_t *to;

	if (items.len == 0)
		return;
	to = grow(w, items.len);
	if (to)
		memcpy(to, items.data, items.len);
}

enum err rlp_writer_end(struct rlp_writer *w)
{
	assert(w->failed || w->depth == 0);
	return w->failed;
}
