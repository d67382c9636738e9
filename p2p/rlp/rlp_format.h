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
 * So is a `*` that is not the last thing in a list. Letters outside of any
 * list are values that follow each other, and "" is no value at all.
 * Unpacking is strict and canonical, of the whole buffer, and all or nothing:
 * on an error no output has been set. `s` refuses an embedded NUL; packing
 * does not look into the bytes of `s` or `r`, and a NULL `s` is "".
 *
 * Each call has a twin over an array, for callers without varargs. */
#ifndef P2P_RLP_RLP_FORMAT_H
#define P2P_RLP_RLP_FORMAT_H

#include <stdarg.h>

#include "p2p/base/buf.h"
#include "p2p/rlp/rlp.h"

enum {
	RLP_FORMAT_ITEMS_MAX = 64, /* values in one format */
};

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

/* rlp_pack - append the structure to out. It is measured first and then
 * written once, so no value is copied twice.
 *
 * ERR_LIMIT        out's limit; the format is nested deeper than RLP_DEPTH_MAX
 *                  or has more than RLP_FORMAT_ITEMS_MAX values
 * ERR_UNSUPPORTED  the format; for rlp_pack_items also a count that is not the
 *                  format's number of values
 * out is as it was on either. */
MUST_USE enum err rlp_pack(struct buf *out, struct why *why, const char *format,
			   ...);
MUST_USE enum err rlp_pack_va(struct buf *out, struct why *why,
			      const char *format, va_list ap);
MUST_USE enum err rlp_pack_items(struct buf *out, struct why *why,
				 const char *format,
				 const struct rlp_item *items, size_t count);

/* rlp_unpack - read the structure. A NULL output pointer skips that value; it
 * is checked all the same. `texts` may be NULL when the format has no `s`.
 *
 * ERR_FORMAT       the input; why names the letter: "[us]: item 2 's':
 *                  EXPECTED_STRING"
 * ERR_LIMIT        the format's depth or number of values, as for rlp_pack
 * ERR_UNSUPPORTED  the format */
MUST_USE enum err rlp_unpack(struct span in, struct rlp_texts *texts,
			     struct why *why, const char *format, ...);
MUST_USE enum err rlp_unpack_va(struct span in, struct rlp_texts *texts,
				struct why *why, const char *format,
				va_list ap);

/* rlp_unpack_items - `room` is how many items the caller has; *count is how
 * many were set, from the first on. ERR_LIMIT too when the format has more
 * values than room. */
MUST_USE enum err rlp_unpack_items(struct span in, struct rlp_texts *texts,
				   struct why *why, const char *format,
				   struct rlp_item *items, size_t room,
				   size_t *count);

#endif
