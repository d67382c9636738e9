/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - base64url without padding (RFC 4648, section 5), as in the text of
 * node records. Pure; thread: any. */
#ifndef P2P_CRYPTO_BASE64_H
#define P2P_CRYPTO_BASE64_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* base64url_len - characters for n bytes, without terminator. */
#define BASE64URL_LEN(n) (((n) / 3) * 4 + ((n) % 3 * 4 + 2) / 3)

/* base64url_text - BASE64URL_LEN(data.len) characters and a terminator. */
char *base64url_text(char *out, struct span data);

/* base64url_parse - at most room bytes into out. ERR_FORMAT: a character that
 * is none of the alphabet's (padding is none), or bits left over that are not
 * zero. ERR_LIMIT: more than room. out is unspecified then. */
MUST_USE enum err base64url_parse(uint8_t *out, size_t room, size_t *len,
				  struct span text);

#endif
