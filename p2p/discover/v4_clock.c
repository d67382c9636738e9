/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

enum {
	AGREE = 5,     /* networks whose packets are late by the same time */
	AGREE_BY = 10, /* seconds */
	AGAIN_MS = 10 * 60 * 1000,
};

static void remember(struct v4_clock *k, const struct ip *from, int64_t off)
{
	struct ip network = ip_is_lan(from) ? *from : ip_subnet(from);
	size_t at = k->next;

	for (size_t i = 0; i < k->count; i++)
		if (ip_equal(&k->late[i].network, &network))
			at = i;
	k->late[at].network = network;
	k->late[at].off = off;
	if (at != k->next)
		return;
	k->next = (k->next + 1) % V4_CLOCK_SOURCES;
	if (k->count < V4_CLOCK_SOURCES)
		k->count++;
}

static size_t count_agreeing(const struct v4_clock *k, int64_t off)
{
	size_t n = 0;

	for (size_t i = 0; i < k->count; i++)
		n += k->late[i].off > off - AGREE_BY &&
		     k->late[i].off < off + AGREE_BY;
	return n;
}

/* Packets live for 20 s as all implementations have it, and hardly travel: so
 * that is what a sender's clock said. */
void v4_clock_expired(struct v4 *v, const struct ip *from, uint64_t expiration)
{
	struct v4_clock *k = &v->clock;
	struct discover_event *e;
	int64_t off;

	/* Of a time before 1970, or far ahead of it, nothing follows. */
	if (expiration > v->unix_seconds || expiration < V4_EXPIRES)
		return;
	off = (int64_t)(v->unix_seconds - (expiration - V4_EXPIRES));
	remember(k, from, off);
	if (count_agreeing(k, off) < AGREE || mono_before(v->now, k->silent))
		return;
	e = event_queue_put(&v->events, DISCOVER_CLOCK, 0, NULL, 0);
	if (!e)
		return;
	e->clock_off = off;
	k->silent = mono_add_ms(v->now, AGAIN_MS);
}
