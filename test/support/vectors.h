/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h - test vectors: JSON files of test/vectors, and hex. Whatever is
 * missing or malformed stops the test: a vector that is not read must never
 * look like one that passed. */
#ifndef TEST_SUPPORT_VECTORS_H
#define TEST_SUPPORT_VECTORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/base/span.h"

/* vectors_load - "rlp.json"; the caller json_decrefs it. */
json_t *vectors_load(const char *name);

/* vectors_at - walk keys and list indices: "auth.cases.0.packet". Borrowed. */
json_t *vectors_at(json_t *root, const char *path);

/* vectors_text - the string at the path. Borrowed. */
const char *vectors_text(json_t *root, const char *path);

/* vectors_hex - the hex string at the path as bytes, allocated: free() the
 * span's data. */
struct span vectors_hex(json_t *root, const char *path);

/* hex_bytes - any hex text, with or without "0x", as bytes, allocated likewise
 * (never NULL). */
struct span hex_bytes(const char *hex);

/* hex_copy - hex text of exactly n bytes into out. */
void hex_copy(void *out, size_t n, const char *hex);

#endif
