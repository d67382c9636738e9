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
	bool was_pinged, was_proven;
	unsigned failures; /* of FINDNODE, in a row */
	struct mono pinged, proven, quiet;
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

void v4_bonds_init(struct v4_bonds *b, size_t max_proven, size_t max_unproven)
{
	hashtable_init();
	*b = (struct v4_bonds){ .max_proven = max_proven,
				.max_unproven = max_unproven };
}

static void clear(struct v4_bond **head)
{
	struct v4_bond *e, *next;

	HASH_ITER (hh, *head, e, next) {
		HASH_DEL(*head, e);
		free(e);
	}
}

void v4_bonds_clear(struct v4_bonds *b)
{
	clear(&b->proven);
	clear(&b->unproven);
}

static struct v4_bond *find(const struct v4_bonds *b, const struct v4_peer *p)
{
	struct key key = key_of(p);
	struct v4_bond *e;

	HASH_FIND(hh, b->proven, &key, sizeof(key), e);
	if (!e)
		HASH_FIND(hh, b->unproven, &key, sizeof(key), e);
	return e;
}

/* Take it out of its set, or make it. */
static struct v4_bond *take(struct v4_bonds *b, const struct v4_peer *p)
{
	struct v4_bond *e = find(b, p);

	if (e && e->was_proven)
		HASH_DEL(b->proven, e);
	else if (e)
		HASH_DEL(b->unproven, e);
	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->key = key_of(p);
	return e;
}

/* Put it into the set where it belongs, as the one heard of last. */
static void put(struct v4_bonds *b, struct v4_bond *e)
{
	struct v4_bond **head = e->was_proven ? &b->proven : &b->unproven;
	size_t max = e->was_proven ? b->max_proven : b->max_unproven;
	struct v4_bond *oldest = *head;

	if (HASH_COUNT(*head) >= max && oldest) {
		HASH_DEL(*head, oldest);
		free(oldest);
	}
	HASH_ADD(hh, *head, key, sizeof(e->key), e);
}

void v4_bonds_pinged(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono now)
{
	struct v4_bond *e = take(b, p);

	e->was_pinged = true;
	e->pinged = now;
	put(b, e);
}

void v4_bonds_proved(struct v4_bonds *b, const struct v4_peer *p,
		     struct mono when)
{
	struct v4_bond *e = take(b, p);

	e->was_proven = true;
	e->proven = when;
	put(b, e);
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
