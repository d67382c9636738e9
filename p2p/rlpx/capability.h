/* SPDX-License-Identifier: Apache-2.0 */
/* capability.h - sub-protocol names, and the code ranges two peers agree on
 * (specs: devp2p "Capability matching and message codes"). Pure. */
#ifndef P2P_RLPX_CAPABILITY_H
#define P2P_RLPX_CAPABILITY_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	CAPABILITY_BASE_CODES = 16,   /* 0x00..0x0f are the base protocol's */
	CAPABILITY_NAME_MAX = 64,     /* of ours; with terminator */
	CAPABILITIES_MAX = 64,	      /* local ones per node */
	CAPABILITIES_PEER_MAX = 1024, /* a 2048-byte Hello holds fewer */
};

/* One capability we offer. */
struct capability {
	char name[CAPABILITY_NAME_MAX];
	uint64_t version;
	uint32_t codes;	      /* message codes used, from 0 */
	uint32_t max_message; /* bytes, uncompressed; 0: the frame's limit */
};

/* One capability a peer named; the name borrows from its Hello. */
struct capability_claim {
	struct span name;
	uint64_t version;
};

/* A shared capability: local[index] occupies offset..offset + codes - 1. */
struct capability_match {
	uint32_t index;	 /* into the local list */
	uint32_t offset; /* 16 or more */
};

/* capability_check - may we offer these? Names non-empty and not repeated with
 * the same version, all codes together within 32 bits, count at most
 * CAPABILITIES_MAX. ERR_FORMAT, ERR_EXISTS, ERR_LIMIT. */
MUST_USE enum err capability_check(const struct capability *local,
				   size_t count);

/* capability_sort - by name (bytes), then version: the order of our Hello. */
void capability_sort(struct capability *local, size_t count);

/* capability_match - what is shared, in name order, only the highest shared
 * version of each name, ranges contiguous from 16. `theirs` gets sorted.
 * `out` has room for `count` matches; returns how many there are. */
size_t capability_match(struct capability_match *out,
			const struct capability *local, size_t count,
			struct capability_claim *theirs, size_t theirs_count);

#endif
