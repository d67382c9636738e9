/* SPDX-License-Identifier: Apache-2.0 */
/* rlp_format.h - whole structures by a format string, packed and unpacked.
 *
 *     rlp_pack(&buf, &why, "[us[dd]]", 5, "weft", p, n, q, m);
 *     rlp_unpack(in, &texts, &why, "[us*]", &version, &name);
 *
 * | letter | pack takes                | unpack takes
 * |  [  ]  | opens, closes a list      | the same
 * |  s     | const char *              | char **, a copy that `texts` owns
 * |  d     | const void *, size_t      | const uint8_t **, size_t *, borrowed
 * |  u     | uint64_t                  | uint64_t *
 * |  ?     | int                       | int *, 0 or 1
 * |  r     | const void *, size_t      | const uint8_t **, size_t *: one raw
 * |        | (whole items)             |   item with its header, borrowed
 * |  *     | not allowed               | the rest of this list is ignored
 *
 * Blanks are skipped. A bad format string is the caller's mistake: asserted
 * in neither, reported as ERR_UNSUPPORTED by both, since plugins write them.
 * Unpacking is strict and canonical, of the whole buffer, and all or nothing:
 * on an error no output has been set. `s` refuses an embedded NUL.
 *
 * Each call has a twin over an array, for callers without varargs. */
#ifndef P2P_RLP_RLP_FORMAT_H
#define P2P_RLP_RLP_FORMAT_H

#include <stdarg.h>

#include "p2p/base/buf.h"
#include "p2p/rlp/rlp.h"

enum { RLP_FORMAT_ITEMS_MAX = 64 }; /* values in one format */

/* One value: what a letter other than a bracket or '*' gives or takes. */
struct rlp_item {
	uint64_t number;  /* u and ? */
	struct span data; /* s, d, r; for s in unpack: the copy, without NUL */
};

/* Owns the NUL-terminated copies that `s` makes. Start from {0}. */
struct rlp_texts {
	struct rlp_text *first;
};

/* rlp_texts_clear - free every copy; texts is empty again. */
void rlp_texts_clear(struct rlp_texts *texts);

/* rlp_pack - append the structure to out.
 *
 * ERR_LIMIT: out's limit or the depth, or over RLP_FORMAT_ITEMS_MAX values.
 * ERR_UNSUPPORTED: the format. out is as it was on either. */
MUST_USE enum err rlp_pack(struct buf *out, struct why *why,
			   const char *format, ...);
MUST_USE enum err rlp_pack_va(struct buf *out, struct why *why,
			      const char *format, va_list ap);
MUST_USE enum err rlp_pack_items(struct buf *out, struct why *why,
				 const char *format,
				 const struct rlp_item *items, size_t count);

/* rlp_unpack - read the structure. A NULL output pointer skips that value.
 * Errors as of rlp_end, and ERR_UNSUPPORTED for the format; why names the
 * letter: "[us]: item 2 's': EXPECTED_STRING". */
MUST_USE enum err rlp_unpack(struct span in, struct rlp_texts *texts,
			     struct why *why, const char *format, ...);
MUST_USE enum err rlp_unpack_va(struct span in, struct rlp_texts *texts,
				struct why *why, const char *format,
				va_list ap);

/* rlp_unpack_items - `room` is how many items the caller has; *count is how
 * many were set. ERR_LIMIT too when the format has more values than room. */
MUST_USE enum err rlp_unpack_items(struct span in, struct rlp_texts *texts,
				   struct why *why, const char *format,
				   struct rlp_item *items, size_t room,
				   size_t *count);

#endif
