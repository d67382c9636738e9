/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growable queue of bytes with a limit set when it is made.
 *
 * Bytes are appended at the back and dropped at the front; `data` and `len`
 * may be read and the bytes changed in place by anyone. An empty buf holds no
 * memory, so an idle connection costs the struct alone. Memory grows by
 * doubling as bytes arrive, never from a length that somebody only announced.
 *
 * Thread: one at a time. */
#ifndef P2P_BASE_BUF_H
#define P2P_BASE_BUF_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

struct buf {
	uint8_t *data;	/* the first byte held; NULL while empty */
	size_t len;	/* bytes held */
	size_t limit;	/* most bytes it may ever hold */
	uint8_t *block; /* the allocation that data points into */
	size_t room;	/* its size */
};

void buf_init(struct buf *b, size_t limit);

/* buf_clear - free the memory; the buf is empty and may be used again. */
void buf_clear(struct buf *b);

/* buf_wipe - the same, after overwriting every byte the block ever held. */
void buf_wipe(struct buf *b);

/* buf_grow - make room for n more bytes and give the address they go to;
 * NULL, with nothing changed, when len + n would pass the limit. The bytes
 * count only once buf_commit says how many were written. The address is good
 * until the next call on the buf. */
MUST_USE uint8_t *buf_grow(struct buf *b, size_t n);

/* buf_commit - n bytes (at most what buf_grow made room for) were written. */
void buf_commit(struct buf *b, size_t n);

/* buf_append - copy n bytes to the back. ERR_LIMIT: nothing was copied. */
MUST_USE enum err buf_append(struct buf *b, const void *data, size_t n);

/* buf_drop - remove n bytes (at most len) from the front. */
void buf_drop(struct buf *b, size_t n);

/* buf_reserve - room for n bytes in all, those that are held among them, so
 * that none of these is moved before there are more. n is at most the limit. */
void buf_reserve(struct buf *b, size_t n);

/* buf_shrink - give back memory beyond what the bytes held need. */
void buf_shrink(struct buf *b);

/* buf_truncate - keep the first len bytes only. */
void buf_truncate(struct buf *b, size_t len);

#endif
