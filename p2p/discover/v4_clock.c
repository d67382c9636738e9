/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

enum {
	AGREE = 5,     /* networks whose clocks differ from ours by the same */
	AGREE_BY = 10, /* seconds */
	AGAIN_MS = 10 * 60 * 1000,
	FAR_AHEAD_S = 120, /* longer than packets of anyone live */
	ANSWERS_MS = 2000, /* within this, a node has answered our PING */
};

/* A hundred years in seconds: there are machines whose clocks begin in 1970,
 * and senders who count something else than seconds. */
#define CENTURY_S INT64_C(3155760000)

static bool is_near(int64_t a, int64_t b)
{
	return a > b - AGREE_BY && a < b + AGREE_BY;
}

/* A network has one voice. */
static void hear(struct v4_voices *k, const struct v4_peer *from, int64_t off,
		 struct mono now)
{
	struct ip network =
		ip_is_lan(&from->ip) ? from->ip : ip_subnet(&from->ip);
	struct v4_voice *voice = NULL;

	for (size_t i = 0; i < k->count; i++)
		if (ip_equal(&k->list[i].network, &network))
			voice = &k->list[i];
	if (voice) {
		if (!is_near(voice->off, off))
			voice->since = now;
		voice->peer = *from;
		voice->off = off;
		return;
	}
	k->list[k->next] = (struct v4_voice){ network, *from, off, now };
	k->next = (k->next + 1) % V4_CLOCK_SOURCES;
	if (k->count < V4_CLOCK_SOURCES)
		k->count++;
}

static void warn(struct v4 *v, int64_t off)
{
	struct discover_event *e;

	if (mono_before(v->now, v->clock.silent))
		return;
	e = event_queue_put(&v->events, DISCOVER_CLOCK, 0, NULL, 0);
	if (!e)
		return;
	e->clock_off = off;
	v->clock.silent = mono_add_ms(v->now, AGAIN_MS);
}

/* Packets live for 20 s as most implementations have it, and hardly travel: so
 * that is what a sender's clock said. */
void v4_clock_expired(struct v4 *v, const struct ip *from, uint64_t expiration)
{
	const struct v4_peer peer = { .ip = *from }; /* whoever it is */
	const struct v4_voices *k = &v->clock.late;
	size_t n = 0;
	int64_t off;

	/* Of a time before 1970, or far ahead of it, nothing follows. */
	if (expiration > v->unix_seconds || expiration < V4_EXPIRES)
		return;
	off = (int64_t)(v->unix_seconds - (expiration - V4_EXPIRES));
	hear(&v->clock.late, &peer, off, v->now);
	for (size_t i = 0; i < k->count; i++)
		n += is_near(k->list[i].off, off);
	if (n >= AGREE)
		warn(v, off);
}

/* Its packets may just live longer than ours. But if our clock is behind, what
 * we send comes too late, and nobody answers. */
static bool is_deaf_to_us(const struct v4 *v, const struct v4_voice *c)
{
	return mono_since_ms(v->now, c->since) >= ANSWERS_MS &&
	       !v4_bonds_is_proven(&v->bonds, &c->peer, v->now);
}

void v4_clock_early(struct v4 *v, const struct v4_peer *from,
		    uint64_t expiration)
{
	const struct v4_voices *k = &v->clock.early;
	size_t n = 0;
	int64_t off;

	if (expiration < v->unix_seconds + V4_EXPIRES + FAR_AHEAD_S)
		return;
	off = (int64_t)(expiration - V4_EXPIRES - v->unix_seconds);
	if (off > CENTURY_S)
		return;
	hear(&v->clock.early, from, off, v->now);
	for (size_t i = 0; i < k->count; i++)
		n += is_near(k->list[i].off, off) &&
		     is_deaf_to_us(v, &k->list[i]);
	if (n >= AGREE)
		warn(v, -off);
}
