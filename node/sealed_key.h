/* SPDX-License-Identifier: Apache-2.0 */
/* sealed_key.h - a node key under a passphrase (p2p/crypto/seal.h) as the text
 * of a file, one line:
 *
 *     weft-sealed-key 1 argon2id PASSES MEMORY_KIB SALT NONCE BOX
 *
 * The numbers are decimal, the last three base64url without padding. Pure;
 * thread: any. */
#ifndef NODE_SEALED_KEY_H
#define NODE_SEALED_KEY_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"
#include "p2p/crypto/seal.h"

enum {
	SEALED_KEY_MAX = 192
}; /* bytes, with newline and terminator */

/* sealed_key_is - does a file that begins like this mean to be one? */
bool sealed_key_is(struct span text);

/* sealed_key_parse - one line, with or without a newline. ERR_FORMAT, for which
 * why says what is wrong; ERR_UNSUPPORTED: of a later version. The cost may be
 * out of bounds still. */
MUST_USE enum err sealed_key_parse(struct seal *out, struct span text,
				   struct why *why);

/* sealed_key_text - the line, with a newline. Returns its length. */
size_t sealed_key_text(char out[SEALED_KEY_MAX], const struct seal *seal);

#endif
