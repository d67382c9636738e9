/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/admit.h"

#include "p2p/crypto/hashtable.h"

/* Keys of tables, so of one length and without holes. */
struct ip_key {
	uint8_t b[17]; /* family, then the address */
};

struct admit_tried {
	struct ip_key key;
	struct mono until;
	UT_hash_handle hh;
};

struct admit_subnet {
	struct ip_key key;
	size_t held;
	UT_hash_handle hh;
};

struct admit_known {
	struct ip_key key;
	UT_hash_handle hh;
};

static struct ip_key key_of(const struct ip *ip)
{
	struct ip_key key;

	key.b[0] = (uint8_t)ip->family;
	memcpy(key.b + 1, ip->b, sizeof(ip->b));
	return key;
}

static void *new_entry(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

void admit_init(struct admit *a, const struct admit_limits *limits,
		size_t max_pending)
{
	hashtable_init();
	*a = (struct admit){ .limits = limits, .max_pending = max_pending };
}

void admit_clear(struct admit *a)
{
	struct admit_tried *t, *t_next;
	struct admit_subnet *s, *s_next;
	struct admit_known *k, *k_next;

	HASH_ITER (hh, a->tried, t, t_next) {
		HASH_DEL(a->tried, t);
		free(t);
	}
	HASH_ITER (hh, a->subnets, s, s_next) {
		HASH_DEL(a->subnets, s);
		free(s);
	}
	HASH_ITER (hh, a->known, k, k_next) {
		HASH_DEL(a->known, k);
		free(k);
	}
}

/* --- known addresses ----------------------------------------------------- */

static bool is_known(const struct admit *a, const struct ip *ip)
{
	struct ip_key key = key_of(ip);
	struct admit_known *k;

	HASH_FIND(hh, a->known, &key, sizeof(key), k);
	return k != NULL;
}

void admit_know(struct admit *a, const struct ip *ip)
{
	struct admit_known *k;

	if (is_known(a, ip) || HASH_COUNT(a->known) >= a->limits->known_max)
		return;
	k = new_entry(sizeof(*k));
	k->key = key_of(ip);
	HASH_ADD(hh, a->known, key, sizeof(k->key), k);
}

/* --- the throttle -------------------------------------------------------- */

static struct ip_key throttle_key(const struct ip *ip)
{
	struct ip unit = ip->family == IP_V6 ? ip_subnet(ip) : *ip;

	return key_of(&unit);
}

/* Entries stand in the order they were made and all live equally long, so the
 * first is the oldest. */
static void forget_tried(struct admit *a, struct mono now)
{
	struct admit_tried *t = a->tried;

	while (t && (!mono_before(now, t->until) ||
		     HASH_COUNT(a->tried) >= a->limits->throttle_max)) {
		HASH_DEL(a->tried, t);
		free(t);
		t = a->tried;
	}
}

static bool tried_lately(const struct admit *a, const struct ip *from,
			 struct mono now)
{
	struct ip_key key = throttle_key(from);
	struct admit_tried *t;

	HASH_FIND(hh, a->tried, &key, sizeof(key), t);
	return t && mono_before(now, t->until);
}

static void remember(struct admit *a, const struct ip *from, struct mono now)
{
	struct admit_tried *t;

	if (tried_lately(a, from, now))
		return; /* LAN: the first try counts */
	forget_tried(a, now);
	t = new_entry(sizeof(*t));
	t->key = throttle_key(from);
	t->until = mono_add_ms(now, a->limits->throttle_ms);
	HASH_ADD(hh, a->tried, key, sizeof(t->key), t);
}

/* --- slots --------------------------------------------------------------- */

/* A quarter per subnet, and at least one. */
static size_t share_of(const struct admit *a)
{
	return a->max_pending < 4 ? 1 : a->max_pending / 4;
}

static size_t slots_for_strangers(const struct admit *a)
{
	size_t most = a->max_pending / 2;
	size_t kept = a->limits->reserve < most ? a->limits->reserve : most;

	return a->max_pending - kept;
}

static struct admit_subnet *find_subnet(const struct admit *a,
					const struct ip *subnet)
{
	struct ip_key key = key_of(subnet);
	struct admit_subnet *s;

	HASH_FIND(hh, a->subnets, &key, sizeof(key), s);
	return s;
}

static void take_share(struct admit *a, const struct ip *subnet)
{
	struct admit_subnet *s = find_subnet(a, subnet);

	if (!s) {
		s = new_entry(sizeof(*s));
		s->key = key_of(subnet);
		HASH_ADD(hh, a->subnets, key, sizeof(s->key), s);
	}
	s->held++;
}

static void give_share(struct admit *a, const struct ip *subnet)
{
	struct admit_subnet *s = find_subnet(a, subnet);

	if (--s->held > 0)
		return;
	HASH_DEL(a->subnets, s);
	free(s);
}

static bool share_is_used(const struct admit *a, const struct ip *subnet)
{
	const struct admit_subnet *s = find_subnet(a, subnet);

	return s && s->held >= share_of(a);
}

enum admit_verdict admit_take(struct admit *a, struct admit_slot *slot,
			      const struct ip *from, struct mono now)
{
	bool lan = ip_is_lan(from);
	bool known = is_known(a, from);
	struct ip subnet = ip_subnet(from);

	if (!lan && tried_lately(a, from, now))
		return ADMIT_THROTTLED;
	if (!lan && !known && share_is_used(a, &subnet))
		return ADMIT_SHARE;
	if (a->pending >= (known ? a->max_pending : slots_for_strangers(a)))
		return ADMIT_FULL;

	remember(a, from, now);
	*slot = (struct admit_slot){
		.held = true,
		.shared = !lan && !known,
		.subnet = subnet,
	};
	if (slot->shared)
		take_share(a, &subnet);
	a->pending++;
	return ADMIT_YES;
}

void admit_release(struct admit *a, struct admit_slot *slot)
{
	if (!slot->held)
		return;
	slot->held = false;
	a->pending--;
	if (slot->shared)
		give_share(a, &slot->subnet);
}
