/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/buf.h"

#include <assert.h>
#include <stdlib.h>

enum {
	BUF_FIRST = 256
}; /* bytes of the first allocation */

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void buf_clear(struct buf *b)
{
	free(b->block);
	buf_init(b, b->limit);
}

void buf_wipe(struct buf *b)
{
	if (b->block)
		explicit_bzero(b->block, b->room);
	buf_clear(b);
}

/* Move what is held into a block of its own of that size. */
static void move_to(struct buf *b, size_t room)
{
	uint8_t *block = malloc(room);

	if (!block)
		abort();
	if (b->len)
		memcpy(block, b->data, b->len);
	free(b->block);
	b->block = block;
	b->data = block;
	b->room = room;
}

static void slide(struct buf *b)
{
	memmove(b->block, b->data, b->len);
	b->data = b->block;
}

static size_t room_for(size_t need, size_t room)
{
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	return room;
}

/* Move what is held to the start of a block that has room for `need`. */
static void make_room(struct buf *b, size_t need)
{
	/* Sliding pays off only when at least half of the block is free. */
	if (need <= b->room / 2) {
		slide(b);
		return;
	}
	move_to(b, room_for(need, b->room ? b->room : BUF_FIRST));
}

void buf_shrink(struct buf *b)
{
	size_t room = room_for(b->len, BUF_FIRST);

	if (b->len && room < b->room)
		move_to(b, room);
}

/* Bytes of the block from the first that is held on. */
static size_t room_ahead(const struct buf *b)
{
	return b->block ? b->room - (size_t)(b->data - b->block) : 0;
}

void buf_reserve(struct buf *b, size_t n)
{
	assert(n <= b->limit);
	if (n <= room_ahead(b))
		return;
	if (n <= b->room)
		slide(b);
	else
		move_to(b, n);
}

uint8_t *buf_grow(struct buf *b, size_t n)
{
	if (n > b->limit || b->len > b->limit - n)
		return NULL;
	if (!b->block || room_ahead(b) - b->len < n)
		make_room(b, b->len + n);
	return b->data + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(b->block && n <= room_ahead(b) - b->len);
	b->len += n;
}

enum err buf_append(struct buf *b, const void *data, size_t n)
{
	uint8_t *to;

	if (n == 0)
		return ERR_NONE;
	to = buf_grow(b, n);
	if (!to)
		return ERR_LIMIT;
	memcpy(to, data, n);
	b->len += n;
	return ERR_NONE;
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	b->data += n;
	b->len -= n;
	if (b->len == 0)
		buf_clear(b);
}

void buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (len == 0)
		buf_clear(b);
}
