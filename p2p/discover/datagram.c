/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/datagram.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct outbox_entry {
	struct outbox_entry *prev, *next;
	struct addr to;
	size_t len;
	uint8_t bytes[];
};

bool outbox_put(struct outbox *o, const struct addr *to, const uint8_t *bytes,
		size_t len)
{
	struct outbox_entry *e;

	assert(len <= DATAGRAM_MAX);
	if (o->count == OUTBOX_MAX)
		return false;
	e = malloc(sizeof(*e) + len);
	if (!e)
		abort();
	e->to = *to;
	e->len = len;
	memcpy(e->bytes, bytes, len);
	DL_APPEND(o->first, e);
	o->count++;
	return true;
}

static void remove_first(struct outbox *o)
{
	struct outbox_entry *e = o->first;

	DL_DELETE(o->first, e);
	o->count--;
	free(e);
}

bool outbox_take(struct outbox *o, struct datagram *out)
{
	const struct outbox_entry *e = o->first;

	if (!e)
		return false;
	out->to = e->to;
	out->len = e->len;
	memcpy(out->bytes, e->bytes, e->len);
	remove_first(o);
	return true;
}

void outbox_clear(struct outbox *o)
{
	while (o->first)
		remove_first(o);
}
