/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - what there is to measure. Pure.
 *
 *     write:SIZE       one way, messages of that many bytes
 *     talk:N           foo and bar there and back, N under way at a time
 *     ping:N           the same with the base protocol's Ping and Pong
 *     connect:N        TCP, handshake, both Hellos, close; N at a time
 *     idle:N           N sessions that say nothing, held in run style
 *     idle-message:N   the same in message style
 *
 * Without a colon a word stands for all that SHAPES_DEFAULT has of it. */
#ifndef NODE_BENCH_SHAPE_H
#define NODE_BENCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/base/err.h"

enum shape_kind {
	SHAPE_WRITE,
	SHAPE_TALK,
	SHAPE_PING,
	SHAPE_CONNECT,
	SHAPE_IDLE,
	SHAPE_IDLE_MESSAGE,
	SHAPE_KINDS,
};

enum {
	SHAPE_TEXT_MAX = 32,
	SHAPES_MAX = 64, /* in one run of the command */
};

struct shape {
	enum shape_kind kind;
	uint32_t amount;
};

struct shapes {
	struct shape list[SHAPES_MAX];
	size_t count;
};

/* shapes_add - what a word of the command line stands for. ERR_FORMAT: there is
 * no such shape, or its number is out of range; why says what is. ERR_LIMIT:
 * over SHAPES_MAX. */
MUST_USE enum err shapes_add(struct shapes *s, const char *word,
			     struct why *why);

/* shapes_add_kind - all of SHAPES_DEFAULT of that kind. */
MUST_USE enum err shapes_add_kind(struct shapes *s, enum shape_kind kind,
				  struct why *why);

/* shape_text - "write:16K". Returns out. */
const char *shape_text(char out[SHAPE_TEXT_MAX], const struct shape *shape);

/* shape_is_plain - can it be measured against any devp2p node, rather than only
 * against one that has the bench plugin? */
bool shape_is_plain(const struct shape *shape);

#endif
