/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/votes.h"

#include <string.h>

void votes_init(struct votes *v)
{
	v->count = 0;
}

/* "Per-/24 (IPv6 /48) cap of one vote"; "voters in LAN ranges count per
 * address". */
static struct ip voter_of(const struct ip *host)
{
	struct ip ip = ip_unmapped(host);
	size_t keep = ip.family == IP_V4 ? 3 : 6;

	if (!ip_is_lan(&ip))
		memset(ip.b + keep, 0, sizeof(ip.b) - keep);
	return ip;
}

static bool is_same(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && ip_equal(&a->ip, &b->ip);
}

static struct vote *place_of(struct votes *v, const struct ip *voter)
{
	struct vote *oldest = &v->all[0];

	for (size_t i = 0; i < v->count; i++) {
		if (ip_equal(&v->all[i].voter, voter))
			return &v->all[i];
		if (mono_before(v->all[i].at, oldest->at))
			oldest = &v->all[i];
	}
	return v->count < VOTES_MAX ? &v->all[v->count++] : oldest;
}

void votes_cast(struct votes *v, const struct ip *voter,
		const struct addr *endpoint, struct mono now)
{
	struct ip from = voter_of(voter);

	*place_of(v, &from) = (struct vote){
		.voter = from,
		.endpoint = *endpoint,
		.at = now,
	};
}

static struct mono end_of(const struct vote *vote)
{
	return mono_add_ms(vote->at, VOTES_WINDOW_MS);
}

static bool counts(const struct vote *vote, struct mono now)
{
	return mono_before(now, end_of(vote));
}

static size_t count_for(const struct votes *v, const struct addr *endpoint,
			struct mono now)
{
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += counts(&v->all[i], now) &&
		     is_same(&v->all[i].endpoint, endpoint);
	return n;
}

/* How many voted, and the two endpoints with the most votes. */
struct tally {
	size_t voters, first, second;
	const struct addr *winner;
};

static void tally_one(struct tally *t, const struct addr *endpoint, size_t n)
{
	if (t->winner && is_same(t->winner, endpoint))
		return;
	if (n > t->first) {
		t->second = t->first;
		t->first = n;
		t->winner = endpoint;
	} else if (n > t->second) {
		t->second = n;
	}
}

bool votes_result(const struct votes *v, struct addr *out, struct mono now)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < v->count; i++) {
		const struct addr *e = &v->all[i].endpoint;

		if (!counts(&v->all[i], now))
			continue;
		t.voters++;
		tally_one(&t, e, count_for(v, e, now));
	}
	if (!t.winner)
		return false;
	if (ip_is_lan(&t.winner->ip) && t.voters < VOTES_FEW) {
		if (t.first < VOTES_FEW_NEEDED || t.first * 2 <= t.voters)
			return false;
	} else if (t.first < VOTES_NEEDED || t.second * 10 >= t.first * 7) {
		return false;
	}
	*out = *t.winner;
	return true;
}

struct mono votes_due(const struct votes *v, struct mono now)
{
	struct mono due = MONO_NEVER;

	for (size_t i = 0; i < v->count; i++)
		if (counts(&v->all[i], now))
			due = mono_min(due, end_of(&v->all[i]));
	return due;
}
