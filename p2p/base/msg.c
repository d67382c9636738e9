/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/msg.h"

#include <assert.h>
#include <stdlib.h>

struct msg *msg_new(uint32_t code, size_t size)
{
	struct msg *m = malloc(sizeof(*m) + size);

	if (!m)
		abort();
	m->refs = 1;
	m->code = code;
	m->size = size;
	return m;
}

struct msg *msg_get(struct msg *m)
{
	m->refs++;
	return m;
}

void msg_put(struct msg *m)
{
	if (!m)
		return;
	assert(m->refs > 0);
	if (--m->refs == 0)
		free(m);
}
