/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/packed.h"

#include <stdlib.h>

#include "p2p/rlpx/snappy_block.h"

void packed_clear(struct packed *p)
{
	free(p->block);
	p->block = NULL;
	p->block_len = 0;
}

struct span packed_block(struct packed *p)
{
	uint8_t *fit;

	if (!p->block) {
		p->block = malloc(snappy_block_room(p->raw.len));
		if (!p->block)
			abort();
		p->block_len = snappy_block_pack(p->block, p->raw);
		/* It stays for as long as the message does. */
		fit = realloc(p->block, p->block_len);
		if (fit)
			p->block = fit;
	}
	return span_of(p->block, p->block_len);
}
