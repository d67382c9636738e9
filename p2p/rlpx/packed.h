/* SPDX-License-Identifier: Apache-2.0 */
/* packed.h - one payload for many connections: compressed once, by the first
 * that needs it so, while each encrypts it for itself. Pure. Thread: one at a
 * time. */
#ifndef P2P_RLPX_PACKED_H
#define P2P_RLPX_PACKED_H

#include "p2p/base/span.h"

struct packed {
	struct span raw; /* borrowed until packed_clear */
	uint8_t *block;	 /* compressed; NULL until it was needed */
	size_t block_len;
};

static inline struct packed packed_of(struct span raw)
{
	return (struct packed){ .raw = raw };
}

/* packed_clear - free the compressed form; it can be made again. */
void packed_clear(struct packed *p);

/* packed_block - the compressed form, at most snappy_block_room(raw.len) bytes,
 * borrowed from p. The caller has checked raw.len against its limit. */
struct span packed_block(struct packed *p);

#endif
