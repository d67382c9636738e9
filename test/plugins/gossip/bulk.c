/* SPDX-License-Identifier: Apache-2.0 */
/* bulk.c - bulk/1: large messages to peers that may read slowly. The reader is
 * the protocol's run, the writer a fiber of the channel beside it. */
#include <stdlib.h>

#include "gossip.h"

/* What both fibers of a session know. Not on the stack of either: one may be
 * gone while the other has yet to see that all is over. */
struct bulk {
	struct gossip *g;
	struct weft_channel *ch;
	int fibers;
};

static void leave(struct bulk *b)
{
	if (--b->fibers == 0)
		free(b);
}

/* What snappy cannot make smaller: a message should weigh what it says. */
static uint8_t byte_at(uint64_t number, size_t i)
{
	uint32_t x = (uint32_t)(number * 0x9e3779b1u + i) * 0x85ebca6bu;

	x ^= x >> 15;
	x *= 0xc2b2ae35u;
	return (uint8_t)(x ^ x >> 13);
}

/* A load, to be made or looked at on another thread. */
struct load {
	uint64_t number;
	const uint8_t *data;
	uint8_t *room; /* where it is made */
	size_t size;
	int is_right;
};

/* --- the writer --------------------------------------------------------------
 */

static void make(void *arg)
{
	struct load *l = arg;

	for (size_t i = 0; i < l->size; i++)
		l->room[i] = byte_at(l->number, i);
}

static void count(struct gossip_sums *sums, int rc)
{
	if (!rc)
		sums->loads_sent++;
	else if (rc == WEFT_ECLOSED)
		sums->loads_cut++;
	else
		sums->loads_failed++;
}

static int push_one(struct bulk *b, struct load *l)
{
	struct gossip *g = b->g;
	weft_time begun;
	int64_t ms;
	int rc = weft_work(g->host, make, l);

	if (rc) {
		count(&g->sums, rc);
		return rc;
	}
	begun = weft_now(g->host);
	rc = weft_send(b->ch, BULK_LOAD, "[ud]", l->number, l->room, l->size);
	ms = (weft_now(g->host) - begun) / WEFT_MS(1);
	if (ms > g->sums.longest_write_ms)
		g->sums.longest_write_ms = ms;
	count(&g->sums, rc);
	return rc;
}

static int push(void *arg)
{
	struct bulk *b = arg;
	struct load l = { .size = (size_t)b->g->load_size };
	int rc = WEFT_OK;

	l.room = malloc(l.size);
	if (!l.room)
		abort();
	for (int64_t n = 1; n <= b->g->loads && !rc; n++) {
		l.number = (uint64_t)n;
		rc = push_one(b, &l);
	}
	free(l.room);
	leave(b);
	return rc;
}

/* --- the reader --------------------------------------------------------------
 */

static void look(void *arg)
{
	struct load *l = arg;

	l->is_right = 1;
	for (size_t i = 0; i < l->size; i++)
		if (l->data[i] != byte_at(l->number, i))
			l->is_right = 0;
}

static int hear(struct gossip *g, const struct weft_msg *msg, uint64_t expected)
{
	struct load l;
	int rc = weft_unpack(msg, "[ud]", &l.number, &l.data, &l.size);

	if (rc)
		return rc;
	rc = weft_work(g->host, look, &l);
	if (rc)
		return rc;
	g->sums.loads_heard++;
	g->sums.load_bytes += (int64_t)l.size;
	if (!l.is_right || l.number != expected)
		g->sums.loads_wrong++;
	return WEFT_OK;
}

static int read_on(struct bulk *b)
{
	struct gossip *g = b->g;
	uint64_t number = 0;
	struct weft_msg msg;
	int rc = WEFT_OK;

	while (!rc) {
		if (g->read_delay)
			rc = weft_sleep_until(g->host, weft_now(g->host) +
							       g->read_delay);
		if (!rc)
			rc = weft_read(b->ch, &msg);
		if (!rc)
			rc = hear(g, &msg, ++number);
	}
	return rc;
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct bulk *b = calloc(1, sizeof(*b));
	int rc = WEFT_OK;

	(void)peer;
	if (!b)
		abort();
	b->g = state;
	b->ch = ch;
	b->fibers = 1;
	if (b->g->loads > 0) {
		b->fibers++;
		rc = weft_channel_go(ch, push, b);
		if (rc)
			b->fibers--;
	}
	if (!rc)
		rc = read_on(b);
	leave(b);
	return rc;
}

int bulk_add(struct gossip *g)
{
	const struct weft_protocol bulk = {
		.size = sizeof(bulk),
		.name = "bulk",
		.version = 1,
		.codes = BULK_CODES,
		.run = run,
	};

	return weft_protocol_add(g->host, &bulk, g);
}
