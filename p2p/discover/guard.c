/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/guard.h"

#include <string.h>

#include "p2p/crypto/hashtable.h"

const struct guard_limits guard_limits_default = {
	.pings = 10,
	.network_pings = 30,
	.checks = 30,
	.network_checks = 90,
	.all_checks = 2000,
};

enum {
	FULL_MS = 1000, /* in which every bucket here is full again */
};

struct guard_source {
	uint8_t key[17]; /* family and address: no padding is hashed */
	struct bucket pings, checks;
	struct mono heard;
	UT_hash_handle hh;
};

void guard_init(struct guard *g, const struct guard_limits *limits, size_t max,
		struct mono now)
{
	hashtable_init();
	*g = (struct guard){ .limits = *limits, .max = max };
	bucket_init(&g->all, limits->all_checks, limits->all_checks, now);
}

static void forget_quietest(struct guard_source **head)
{
	struct guard_source *s = *head;

	HASH_DEL(*head, s);
	free(s);
}

static void clear(struct guard_source **head)
{
	while (*head)
		forget_quietest(head);
}

void guard_clear(struct guard *g)
{
	clear(&g->addresses);
	clear(&g->networks);
}

/* Those whose buckets are full again are as good as never heard of. */
static void forget_quiet(struct guard_source **head, struct mono now)
{
	while (*head && !mono_before(now, mono_add_ms((*head)->heard, FULL_MS)))
		forget_quietest(head);
}

/* The source, as the one that was heard last. */
static struct guard_source *source_of(struct guard_source **head, size_t max,
				      const struct ip *ip, unsigned pings,
				      unsigned checks, struct mono now)
{
	uint8_t key[sizeof((*head)->key)] = { (uint8_t)ip->family };
	struct guard_source *s;

	memcpy(key + 1, ip->b, sizeof(ip->b));
	HASH_FIND(hh, *head, key, sizeof(key), s);
	if (s) {
		HASH_DEL(*head, s);
	} else {
		if (HASH_COUNT(*head) >= max && *head)
			forget_quietest(head);
		s = calloc(1, sizeof(*s));
		if (!s)
			abort();
		memcpy(s->key, key, sizeof(key));
		bucket_init(&s->pings, pings, pings, now);
		bucket_init(&s->checks, checks, checks, now);
	}
	s->heard = now;
	HASH_ADD(hh, *head, key, sizeof(s->key), s);
	forget_quiet(head, now);
	return s;
}

enum guard_verdict guard_take(struct guard *g, const struct ip *from,
			      enum guard_use use, struct mono now)
{
	struct ip network = ip_subnet(from);
	struct guard_source *one, *all;

	if (ip_is_lan(from))
		return GUARD_YES;
	one = source_of(&g->addresses, g->max, from, g->limits.pings,
			g->limits.checks, now);
	all = source_of(&g->networks, g->max, &network, g->limits.network_pings,
			g->limits.network_checks, now);
	if (use == GUARD_PING &&
	    (!bucket_take(&one->pings, now) || !bucket_take(&all->pings, now)))
		return GUARD_PINGS;
	if (!bucket_take(&one->checks, now) || !bucket_take(&all->checks, now))
		return GUARD_SOURCE;
	if (!bucket_take(&g->all, now))
		return GUARD_ALL;
	return GUARD_YES;
}

size_t guard_count(const struct guard *g)
{
	return HASH_COUNT(g->addresses);
}
