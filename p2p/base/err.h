/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - one error code for code to decide on, one text for people to read.
 *
 * Codecs and cores return the code alone. Functions near a person (files,
 * configuration, sockets) also take a struct why, last and nullable; the one
 * that meets the fault says what it was with err_fail, and each caller adds
 * what it alone knows with err_wrap:
 *
 *     node key /etc/n.key: not a secp256k1 scalar
 *
 * Thread: any; a struct why belongs to its caller. */
#ifndef P2P_BASE_ERR_H
#define P2P_BASE_ERR_H

#include "p2p/base/attr.h"

enum err {
	ERR_NONE = 0,
	ERR_SHORT,	 /* not an error yet: more bytes are needed */
	ERR_FORMAT,	 /* malformed, or not in its one canonical form */
	ERR_LIMIT,	 /* larger, longer, deeper or more than allowed */
	ERR_UNSUPPORTED, /* well formed, but of a kind we do not speak */
	ERR_AUTH,	 /* a signature, tag, MAC or identity does not match */
	ERR_NOT_FOUND,	 /* no such thing */
	ERR_EXISTS,	 /* there already, and must not be replaced */
	ERR_DENIED,	 /* permissions, or a rule of ours, forbid it */
	ERR_BUSY,	 /* in use by another, or over budget: later */
	ERR_TIMEOUT,	 /* a deadline passed */
	ERR_CLOSED,	 /* the other end, or the object itself, is gone */
	ERR_SYSTEM,	 /* the operating system failed; the why says how */
};

enum {
	WHY_MAX = 512
}; /* bytes of text, terminator included */

/* What a person reads. Start with `struct why why = WHY_NONE`. */
struct why {
	char text[WHY_MAX];
};
#define WHY_NONE          \
	{                 \
		{         \
			0 \
		}         \
	}

/* err_name - a short fixed English phrase for the code ("limit exceeded"). */
const char *err_name(enum err e);

/* err_fail - set the text (replacing any) and return e. A text that does not
 * fit is cut; bytes that are not printable are replaced with '?'. */
enum err err_fail(struct why *why, enum err e, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* err_errno - the same, with ": <strerror(errnum)>" behind the text. */
enum err err_errno(struct why *why, enum err e, int errnum, const char *fmt,
		   ...) PRINTF_LIKE(4, 5);

/* err_wrap - put "<text>: " before what is there and return e. An empty why
 * becomes "<text>: <err_name(e)>". */
enum err err_wrap(struct why *why, enum err e, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
