/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_challenge.h"

/* How many challenges an address has. */
struct v5_challenge_ip {
	uint8_t key[17]; /* family and address: no padding is hashed */
	size_t count;
	UT_hash_handle hh;
};

void v5_challenges_init(struct v5_challenges *c, size_t max, size_t max_ip)
{
	hashtable_init();
	*c = (struct v5_challenges){ .max = max, .max_ip = max_ip };
}

void v5_challenges_clear(struct v5_challenges *c)
{
	while (c->all)
		v5_challenges_remove(c, c->all);
}

/* --- of one address ---------------------------------------------------------
 */

static struct v5_challenge_ip *find_ip(const struct v5_challenges *c,
				       const struct ip *ip)
{
	uint8_t key[17] = { (uint8_t)ip->family };
	struct v5_challenge_ip *of;

	memcpy(key + 1, ip->b, sizeof(ip->b));
	HASH_FIND(hh, c->ips, key, sizeof(key), of);
	return of;
}

static void count_ip(struct v5_challenges *c, const struct ip *ip)
{
	struct v5_challenge_ip *of = find_ip(c, ip);

	if (!of) {
		of = calloc(1, sizeof(*of));
		if (!of)
			abort();
		of->key[0] = (uint8_t)ip->family;
		memcpy(of->key + 1, ip->b, sizeof(ip->b));
		HASH_ADD(hh, c->ips, key, sizeof(of->key), of);
	}
	of->count++;
}

static void uncount_ip(struct v5_challenges *c, const struct ip *ip)
{
	struct v5_challenge_ip *of = find_ip(c, ip);

	of->count--;
	if (of->count)
		return;
	HASH_DEL(c->ips, of);
	free(of);
}

static bool has_enough(const struct v5_challenges *c, const struct ip *ip)
{
	const struct v5_challenge_ip *of = find_ip(c, ip);

	return of && of->count >= c->max_ip && !ip_is_lan(ip);
}

/* --- all --------------------------------------------------------------------
 */

static bool is_over(const struct v5_challenge *one, struct mono now)
{
	return !mono_before(now, mono_add_ms(one->made, V5_CHALLENGE_MS));
}

struct v5_challenge *v5_challenges_add(struct v5_challenges *c,
				       const struct v5_peer *peer,
				       const struct ip *ip, struct mono now)
{
	struct v5_challenge *one;

	v5_challenges_expire(c, now);
	if (has_enough(c, ip))
		return NULL;
	if (HASH_COUNT(c->all) >= c->max && c->all)
		v5_challenges_remove(c, c->all);
	one = calloc(1, sizeof(*one));
	if (!one)
		abort();
	one->peer = *peer;
	one->ip = *ip;
	one->made = now;
	HASH_ADD(hh, c->all, peer, sizeof(one->peer), one);
	count_ip(c, ip);
	return one;
}

struct v5_challenge *v5_challenges_find(const struct v5_challenges *c,
					const struct v5_peer *peer,
					struct mono now)
{
	struct v5_challenge *one;

	HASH_FIND(hh, c->all, peer, sizeof(*peer), one);
	return one && !is_over(one, now) ? one : NULL;
}

void v5_challenges_remove(struct v5_challenges *c, struct v5_challenge *one)
{
	HASH_DEL(c->all, one);
	uncount_ip(c, &one->ip);
	free(one);
}

void v5_challenges_expire(struct v5_challenges *c, struct mono now)
{
	while (c->all && is_over(c->all, now))
		v5_challenges_remove(c, c->all);
}

size_t v5_challenges_count(const struct v5_challenges *c)
{
	return HASH_COUNT(c->all);
}
