/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_guard.h"

#include <string.h>

#include "p2p/crypto/hashtable.h"

const struct v4_guard_limits v4_guard_limits_default = {
	.pings = 10,
	.network_pings = 30,
	.checks = 30,
	.network_checks = 90,
	.all_checks = 2000,
};

struct v4_source {
	uint8_t key[17]; /* family and address: no padding is hashed */
	struct bucket pings, checks;
	UT_hash_handle hh;
};

void v4_guard_init(struct v4_guard *g, const struct v4_guard_limits *limits,
		   size_t max, struct mono now)
{
	hashtable_init();
	*g = (struct v4_guard){ .limits = *limits, .max = max };
	bucket_init(&g->all, limits->all_checks, limits->all_checks, now);
}

static void clear(struct v4_source **head)
{
	struct v4_source *s, *next;

	HASH_ITER (hh, *head, s, next) {
		HASH_DEL(*head, s);
		free(s);
	}
}

void v4_guard_clear(struct v4_guard *g)
{
	clear(&g->addresses);
	clear(&g->networks);
}

/* The source, as the one that was heard last. */
static struct v4_source *source_of(struct v4_source **head, size_t max,
				   const struct ip *ip, unsigned pings,
				   unsigned checks, struct mono now)
{
	uint8_t key[sizeof((*head)->key)] = { (uint8_t)ip->family };
	struct v4_source *s;

	memcpy(key + 1, ip->b, sizeof(ip->b));
	HASH_FIND(hh, *head, key, sizeof(key), s);
	if (s) {
		HASH_DEL(*head, s);
	} else {
		struct v4_source *quiet = *head;

		if (HASH_COUNT(*head) >= max && quiet) {
			HASH_DEL(*head, quiet);
			free(quiet);
		}
		s = calloc(1, sizeof(*s));
		if (!s)
			abort();
		memcpy(s->key, key, sizeof(key));
		bucket_init(&s->pings, pings, pings, now);
		bucket_init(&s->checks, checks, checks, now);
	}
	HASH_ADD(hh, *head, key, sizeof(s->key), s);
	return s;
}

enum v4_guard_verdict v4_guard_take(struct v4_guard *g, const struct ip *from,
				    enum v4_guard_use use, struct mono now)
{
	struct ip network = ip_subnet(from);
	struct v4_source *one, *all;

	if (ip_is_lan(from))
		return V4_GUARD_YES;
	one = source_of(&g->addresses, g->max, from, g->limits.pings,
			g->limits.checks, now);
	all = source_of(&g->networks, g->max, &network, g->limits.network_pings,
			g->limits.network_checks, now);
	if (use == V4_GUARD_PING &&
	    (!bucket_take(&one->pings, now) || !bucket_take(&all->pings, now)))
		return V4_GUARD_PINGS;
	if (!bucket_take(&one->checks, now) || !bucket_take(&all->checks, now))
		return V4_GUARD_SOURCE;
	if (!bucket_take(&g->all, now))
		return V4_GUARD_ALL;
	return V4_GUARD_YES;
}
