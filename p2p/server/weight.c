/* SPDX-License-Identifier: Apache-2.0 */
/* weight.c - what peers hold of the server's memory: "every budget counts
 * against one node total; when it is exhausted the largest offender goes
 * first".
 *
 * Each peer remembers what it was last found to hold, and the server the sum of
 * those, so weighing one costs a few additions. Only when the sum is too large
 * all are looked at. */
#include <stdio.h>

#include "p2p/server/inside.h"

/* What is not this here is gone with the next turn of the loop. */
static size_t held_by(const struct peer *p)
{
	size_t held = 0;

	if (p->stream && p->state != PEER_CLOSING)
		held += net_stream_memory(p->stream);
	if (peer_is_live(p) && p->rlpx)
		held += rlpx_memory(p->rlpx) + p->kept;
	return held;
}

void peer_weigh(struct peer *p)
{
	struct server *s = p->server;
	size_t held = held_by(p);

	s->memory = s->memory - p->held + held;
	p->held = held;
	if (s->memory > s->counters.memory_most)
		s->counters.memory_most = s->memory;
}

static struct peer *heaviest(const struct server *s)
{
	struct peer *most = NULL;

	for (struct peer *p = s->all; p; p = p->next)
		if (p->held && (!most || p->held > most->held))
			most = p;
	return most;
}

/* Who was told already holds what is on its way to him, and is cut off. */
static void end_heaviest(struct server *s, struct peer *p)
{
	char cause[PEER_CAUSE];

	if (!peer_is_live(p)) {
		peer_cut(p);
		return;
	}
	s->counters.memory_ends++;
	snprintf(cause, sizeof(cause),
		 "it held %zu bytes of memory, more than any, when all peers "
		 "together held %zu of %zu",
		 p->held, s->memory, s->config.memory);
	peer_end(p, DISC_SUBPROTOCOL, PEER_TELL, cause);
}

void peer_weigh_all(struct peer *p)
{
	struct server *s = p->server;
	struct peer *most;

	peer_weigh(p);
	if (s->memory <= s->config.memory)
		return;
	/* Those that lost some did not all say so. */
	for (struct peer *other = s->all; other; other = other->next)
		peer_weigh(other);
	while (s->memory > s->config.memory && (most = heaviest(s)))
		end_heaviest(s, most);
}
