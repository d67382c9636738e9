/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_bonds.h"

#include "p2p/crypto/hashtable.h"

enum {
	HOUR_MS = 3600 * 1000,
	PROVEN_MS = 24 * HOUR_MS,
	TRUST_MS = 12 * HOUR_MS, /* the specification's, of which some are */
	FAILURES = 5,
};

/* What a hash is made of: without the padding of its parts. */
struct key {
	uint8_t b[NODE_ID_LEN + 1 + 16];
};

struct v4_bond {
	struct key key;
	uint8_t network[1 + 8]; /* a /24 or /64 */
	bool is_lan;
	bool was_pinged, was_proven;
	unsigned failures; /* of FINDNODE, in a row */
	struct mono pinged, proven, quiet;
	UT_hash_handle hh;
};

struct v4_bonds_network {
	uint8_t network[1 + 8];
	size_t count; /* never 0 */
	UT_hash_handle hh;
};

static struct key key_of(const struct v4_peer *p)
{
	struct key k;

	memcpy(k.b, p->id.b, NODE_ID_LEN);
	k.b[NODE_ID_LEN] = (uint8_t)p->ip.family;
	memcpy(k.b + NODE_ID_LEN + 1, p->ip.b, sizeof(p->ip.b));
	return k;
}

struct v4_peer v4_peer_of(const struct node_id *id, const struct ip *ip)
{
	return (struct v4_peer){ .id = *id, .ip = *ip };
}

void v4_bonds_init(struct v4_bonds *b, size_t max_proven, size_t max_unproven,
		   size_t share)
{
	hashtable_init();
	*b = (struct v4_bonds){ .share = share,
				.proven.max = max_proven,
				.unproven.max = max_unproven };
}

/* --- a set ------------------------------------------------------------------
 */

static void *made(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static struct v4_bonds_network *network_of(const struct v4_bonds_set *set,
					   const struct v4_bond *e)
{
	struct v4_bonds_network *n;

	HASH_FIND(hh, set->networks, e->network, sizeof(e->network), n);
	return n;
}

static void remove_from(struct v4_bonds_set *set, struct v4_bond *e)
{
	struct v4_bonds_network *n = network_of(set, e);

	HASH_DEL(set->all, e);
	if (--n->count)
		return;
	HASH_DEL(set->networks, n);
	free(n);
}

static void add_to(struct v4_bonds_set *set, struct v4_bond *e)
{
	struct v4_bonds_network *n = network_of(set, e);

	if (!n) {
		n = made(sizeof(*n));
		memcpy(n->network, e->network, sizeof(e->network));
		HASH_ADD(hh, set->networks, network, sizeof(n->network), n);
	}
	n->count++;
	HASH_ADD(hh, set->all, key, sizeof(e->key), e);
}

/* Which one makes room for e? NULL: there is room. Looking through all of them
 * costs 50 us, of a network that is over its share and sends PINGs as often as
 * it may. */
static struct v4_bond *leaves_for(const struct v4_bonds *b,
				  const struct v4_bonds_set *set,
				  const struct v4_bond *e)
{
	const struct v4_bonds_network *n = network_of(set, e);
	struct v4_bond *oldest = set->all;

	if (n && n->count >= b->share && !e->is_lan) {
		while (memcmp(oldest->network, e->network, sizeof(e->network)))
			oldest = oldest->hh.next;
		return oldest;
	}
	return HASH_COUNT(set->all) >= set->max ? oldest : NULL;
}

static void clear(struct v4_bonds_set *set)
{
	while (set->all) {
		struct v4_bond *e = set->all;

		remove_from(set, e);
		free(e);
	}
}

void v4_bonds_clear(struct v4_bonds *b)
{
	clear(&b->proven);
	clear(&b->unproven);
}

/* --- both -------------------------------------------------------------------
 */

static struct v4_bonds_set *set_of(struct v4_bonds *b, const struct v4_bond *e)
{
	return e->was_proven ? &b->proven : &b->unproven;
}

static struct v4_bond *find(const struct v4_bonds *b, const struct v4_peer *p)
{
	struct key key = key_of(p);
	struct v4_bond *e;

	HASH_FIND(hh, b->proven.all, &key, sizeof(key), e);
	if (!e)
		HASH_FIND(hh, b->unproven.all, &key, sizeof(key), e);
	return e;
}

static struct v4_bond *make(const struct v4_peer *p)
{
	struct ip network = ip_subnet(&p->ip);
	struct v4_bond *e = made(sizeof(*e));

	e->key = key_of(p);
	e->network[0] = (uint8_t)network.family;
	memcpy(e->network + 1, network.b, sizeof(e->network) - 1);
	e->is_lan = ip_is_lan(&p->ip);
	return e;
}

/* Put a new one into the set where it belongs. */
static void put(struct v4_bonds *b, struct v4_bond *e)
{
	struct v4_bonds_set *set = set_of(b, e);
	struct v4_bond *leaves = leaves_for(b, set, e);

	if (leaves) {
		remove_from(set, leaves);
		free(leaves);
	}
	add_to(set, e);
}

/* The one, as heard of last; now among the proven, if it is that. */
static struct v4_bond *heard(struct v4_bonds *b, const struct v4_peer *p,
			     bool is_proven)
{
	struct v4_bond *e = find(b, p);

	if (e && e->was_proven >= is_proven) {
		struct v4_bonds_set *set = set_of(b, e);

		HASH_DEL(set->all, e);
		HASH_ADD(hh, set->all, key, sizeof(e->key), e);
		return e;
	}
	if (e)
		remove_from(set_of(b, e), e);
	else
		e = make(p);
	e->was_proven = is_proven;
	put(b, e);
	return e;
}

void v4_bonds_pinged(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono now)
{
	struct v4_bond *e = heard(b, p, false);

	e->was_pinged = true;
	e->pinged = now;
}

void v4_bonds_proved(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono when)
{
	heard(b, p, true)->proven = when;
}

void v4_bonds_quiet(struct v4_bonds *b, const struct v4_peer *p,
		    struct mono until)
{
	struct v4_bond *e = find(b, p);

	if (e)
		e->quiet = until;
}

struct mono v4_bonds_quiet_until(const struct v4_bonds *b,
				 const struct v4_peer *p)
{
	const struct v4_bond *e = find(b, p);

	return e ? e->quiet : (struct mono){ 0 };
}

void v4_bonds_asked(struct v4_bonds *b, const struct v4_peer *p, bool told)
{
	struct v4_bond *e = find(b, p);

	if (e)
		e->failures = told ? 0 : e->failures + 1;
}

bool v4_bonds_is_proven(const struct v4_bonds *b, const struct v4_peer *p,
			struct mono now)
{
	const struct v4_bond *e = find(b, p);

	return e && e->was_proven && mono_since_ms(now, e->proven) < PROVEN_MS;
}

bool v4_bonds_trusts_us(const struct v4_bonds *b, const struct v4_peer *p,
			struct mono now)
{
	const struct v4_bond *e = find(b, p);

	return e && e->was_pinged && e->failures <= FAILURES &&
	       mono_since_ms(now, e->pinged) < TRUST_MS;
}
