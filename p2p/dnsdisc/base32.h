/* SPDX-License-Identifier: Apache-2.0 */
/* base32.h - base32 without padding, upper case (RFC 4648, section 6), as in
 * the names of DNS lists. Pure. */
#ifndef P2P_DNSDISC_BASE32_H
#define P2P_DNSDISC_BASE32_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

/* Characters for n bytes, without terminator. */
#define BASE32_LEN(n) (((n)*8 + 4) / 5)

/* base32_text - BASE32_LEN(data.len) characters and a terminator. */
char *base32_text(char *out, struct span data);

/* base32_parse - at most room bytes into out. ERR_FORMAT: a character that is
 * none of the alphabet's (lower case and padding are none), or a length that no
 * number of bytes has. Bits left over are ignored: lists in use have them set,
 * and hashes are compared as bytes. ERR_LIMIT: more than room. */
MUST_USE enum err base32_parse(uint8_t *out, size_t room, size_t *len,
			       struct span text);

#endif
