/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - JSON strings of bytes that need not be UTF-8. Pure. */
#ifndef NODE_JSON_TEXT_H
#define NODE_JSON_TEXT_H

#include <jansson.h>

#include "p2p/base/span.h"

/* json_text - a string of any bytes: each that is not part of well-formed
 * UTF-8, and each NUL, becomes U+FFFD, as in go-ethereum's output (which has a
 * NUL as \u0000, that many readers refuse). A new reference, never NULL. */
json_t *json_text(struct span bytes);

#endif
