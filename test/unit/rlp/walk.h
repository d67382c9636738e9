/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - take a whole value apart with the cursor and write it again: what
 * the properties and the fuzz target share. */
#ifndef TEST_UNIT_RLP_WALK_H
#define TEST_UNIT_RLP_WALK_H

#include <stdlib.h>

#include "p2p/rlp/rlp_write.h"

/* walk_copy - the first fault, or RLP_OK with the value encoded anew in out,
 * which has room for at least the length of `in`. */
static inline enum rlp_fault walk_copy(struct buf *out, struct span in)
{
	struct rlp r = rlp_of(in.data, in.len);
	struct rlp_writer w = rlp_writer_of(out);
	struct span s;

	do {
		if (r.depth && !rlp_more(&r)) {
			rlp_leave(&r);
			rlp_put_end(&w);
		} else if (rlp_peek(&r) == RLP_LIST) {
			rlp_enter(&r);
			if (!r.fault)
				rlp_put_list(&w);
		} else {
			s = rlp_bytes(&r);
			if (!r.fault)
				rlp_put_bytes(&w, s.data, s.len);
		}
	} while (!r.fault && r.depth);

	while (r.fault && w.depth)
		rlp_put_end(&w);
	if (rlp_writer_end(&w) && !r.fault)
		abort(); /* what fitted once does not fit again */
	return rlp_end(&r) ? r.fault : RLP_OK;
}

#endif
