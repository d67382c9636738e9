/* SPDX-License-Identifier: Apache-2.0 */
/* rlp_write.h - build RLP into a struct buf.
 *
 *     struct rlp_writer w = rlp_writer_of(&buf);
 *
 *     rlp_put_list(&w);
 *     rlp_put_u64(&w, 5);
 *     rlp_put_text(&w, "weft");
 *     rlp_put_end(&w);
 *     rc = rlp_writer_end(&w);
 *
 * A list's header is put in when the list ends; content of 56 bytes or more is
 * moved once for it. Failure (the buf's limit) is sticky and takes back what
 * was written. The buf is the writer's alone until rlp_writer_end, and nothing
 * that is put may lie in it. Thread: one at a time. */
#ifndef P2P_RLP_RLP_WRITE_H
#define P2P_RLP_RLP_WRITE_H

#include "p2p/base/buf.h"
#include "p2p/rlp/rlp.h"

struct rlp_writer {
	struct buf *out;
	size_t start;		    /* out->len when the writer was made */
	size_t list[RLP_DEPTH_MAX]; /* where each open list's header stands */
	unsigned depth;
	enum err failed;
};

struct rlp_writer rlp_writer_of(struct buf *out);

void rlp_put_list(struct rlp_writer *w); /* open a list */
void rlp_put_end(struct rlp_writer *w);	 /* close it */

void rlp_put_bytes(struct rlp_writer *w, const void *data, size_t len);
void rlp_put_text(struct rlp_writer *w, const char *text); /* without NUL */
void rlp_put_u64(struct rlp_writer *w, uint64_t v);
void rlp_put_bool(struct rlp_writer *w, bool v);

/* rlp_put_raw - bytes that are whole RLP items already. */
void rlp_put_raw(struct rlp_writer *w, struct span items);

/* rlp_writer_end - ERR_NONE when every list is closed and all fitted.
 * ERR_LIMIT: the buf's limit or RLP_DEPTH_MAX; out holds what it held at the
 * start. An unbalanced list is the caller's mistake and asserted. */
MUST_USE enum err rlp_writer_end(struct rlp_writer *w);

/* rlp_put_header - the header of a string or list with len bytes of content;
 * returns its length, 1..9. The header of a single byte below 0x80 is none at
 * all, which is for the caller to know. */
size_t rlp_put_header(uint8_t b[RLP_HEADER_MAX], enum rlp_kind kind,
		      uint64_t len);

/* rlp_put_code - the RLP integer that leads a frame, into b (at most 9 bytes);
 * returns its length. */
size_t rlp_put_code(uint8_t b[RLP_HEADER_MAX], uint64_t code);

#endif
