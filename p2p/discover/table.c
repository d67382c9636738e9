/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/table.h"

#include <stdlib.h>

enum {
	NEAREST = 240, /* logdist up to which nodes share bucket 0 */
	FIND_FAILURES = 5,
	FIND_KEEPS = 4, /* fewer in a bucket, and none is removed for it */
	CHECK_FIRST_MS = 1000,
	CHECK_SPREAD_MS = 2000, /* so 1..3 s after it came, or failed */
	CHECK_SLOW_MS = 9000,	/* 0..9 s between checks of proven nodes */
	ASKABLE_MS = 1000,
	UNPROVEN_CHECKS = 2, /* at a time in one subnet */
};

struct entry {
	struct mono added;
	struct mono due; /* of the next check; MONO_NEVER: on the slow list */
	struct addr checked; /* the endpoint that the check under way is of */
	bool inbound;	     /* it came itself */
	bool live;
	bool checking;
	unsigned checks;
	unsigned failures;	/* of lookups, in a row */
	struct contact contact; /* last, since most of it is seldom read */
};

struct bucket {
	size_t count, waiting;
	uint32_t heads[TABLE_BUCKET]; /* of the entries' ids, side by side: a
				       * search looks into few entries */
	struct entry *entries[TABLE_BUCKET];		  /* oldest first */
	struct contact *replacements[TABLE_REPLACEMENTS]; /* newest first */
};

struct table {
	struct node_id self;
	struct drbg *rng;
	bool ready;
	size_t live;
	struct entry *checking[TABLE_CHECKS]; /* under way, in any order */
	size_t checks;
	struct mono due; /* of table_due, as long as is_due_known */
	bool is_due_known;
	struct mono slow_due; /* when the next of the slow list is checked */
	struct bucket buckets[TABLE_BUCKETS];
};

static void *made(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

struct table *table_new(const struct node_id *self, struct drbg *rng)
{
	struct table *t = made(sizeof(*t));

	t->self = *self;
	t->rng = rng;
	t->slow_due = MONO_NEVER;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TABLE_BUCKETS; i++) {
		struct bucket *b = &t->buckets[i];

		for (size_t k = 0; k < b->count; k++)
			free(b->entries[k]);
		for (size_t k = 0; k < b->waiting; k++)
			free(b->replacements[k]);
	}
	free(t);
}

void table_ready(struct table *t)
{
	t->ready = true;
}

/* --- finding ----------------------------------------------------------------
 */

static size_t bucket_index(const struct table *t, const struct node_id *id)
{
	unsigned distance = logdist(&t->self, id);

	return distance <= NEAREST ? 0 : distance - NEAREST;
}

static struct bucket *bucket_of(struct table *t, const struct node_id *id)
{
	return &t->buckets[bucket_index(t, id)];
}

static uint32_t head_of(const struct node_id *id)
{
	uint32_t head;

	memcpy(&head, id->b + NODE_ID_LEN - sizeof(head), sizeof(head));
	return head;
}

static struct entry *find(const struct table *t, const struct node_id *id)
{
	const struct bucket *b = &t->buckets[bucket_index(t, id)];
	uint32_t head = head_of(id);

	for (size_t i = 0; i < b->count; i++)
		if (b->heads[i] == head &&
		    node_id_equal(&b->entries[i]->contact.id, id))
			return b->entries[i];
	return NULL;
}

const struct contact *table_find(const struct table *t,
				 const struct node_id *id)
{
	const struct entry *e = find(t, id);

	return e ? &e->contact : NULL;
}

bool table_is_live(const struct table *t, const struct node_id *id)
{
	const struct entry *e = find(t, id);

	return e && e->live;
}

size_t table_count(const struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		n += t->buckets[i].count;
	return n;
}

size_t table_live(const struct table *t)
{
	return t->live;
}

static bool is_picked(const struct entry *e, enum table_pick pick,
		      struct mono now)
{
	switch (pick) {
	case TABLE_ANY:
		return true;
	case TABLE_ASKABLE:
		return e->checks || !e->inbound ||
		       !mono_before(now, mono_add_ms(e->added, ASKABLE_MS));
	case TABLE_LIVE:
		return e->live;
	}
	return false;
}

/* Put c where it belongs among the n closest so far; returns the new n. */
static size_t insert_closest(const struct contact **out, size_t n,
			     const struct contact *c,
			     const struct node_id *target)
{
	size_t at = n;

	while (at && is_closer(target, &c->id, &out[at - 1]->id))
		at--;
	if (at == TABLE_CLOSEST)
		return n;
	if (n < TABLE_CLOSEST)
		n++;
	memmove(&out[at + 1], &out[at], (n - 1 - at) * sizeof(out[0]));
	out[at] = c;
	return n;
}

size_t table_closest(const struct table *t,
		     const struct contact *out[TABLE_CLOSEST],
		     const struct node_id *target, enum table_pick pick,
		     struct mono now)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_BUCKETS; i++) {
		const struct bucket *b = &t->buckets[i];

		for (size_t k = 0; k < b->count; k++)
			if (is_picked(b->entries[k], pick, now))
				n = insert_closest(out, n,
						   &b->entries[k]->contact,
						   target);
	}
	return n;
}

size_t table_at(struct table *t, const struct contact *out[TABLE_BUCKET],
		unsigned distance)
{
	const struct bucket *b =
		&t->buckets[distance <= NEAREST ? 0 : distance - NEAREST];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct entry *e = b->entries[i];

		if (e->live && logdist(&t->self, &e->contact.id) == distance)
			out[n++] = &e->contact;
	}
	/* Whoever asks for few gets others each time. */
	for (size_t i = n; i > 1; i--) {
		size_t k = drbg_below(t->rng, (uint32_t)i);
		const struct contact *c = out[k];

		out[k] = out[i - 1];
		out[i - 1] = c;
	}
	return n;
}

unsigned table_reach(const struct table *t)
{
	size_t i = 1;

	while (i < TABLE_BUCKETS && t->buckets[i].count < TABLE_BUCKET)
		i++;
	return NEAREST + (unsigned)i - 1;
}

static struct table_row row_of(const struct entry *e, size_t bucket)
{
	return (struct table_row){
		.contact = &e->contact,
		.bucket = (unsigned)bucket,
		.added = e->added,
		.checks = e->checks,
		.live = e->live,
	};
}

void table_visit(const struct table *t,
		 void (*visit)(void *ctx, const struct table_row *row),
		 void *ctx)
{
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (size_t k = 0; k < t->buckets[i].count; k++) {
			struct table_row row =
				row_of(t->buckets[i].entries[k], i);

			visit(ctx, &row);
		}
}

/* --- subnets ----------------------------------------------------------------
 */

static bool is_same_subnet(const struct ip *a, const struct ip *b)
{
	return a->family == b->family &&
	       !memcmp(a->b, b->b, a->family == IP_V4 ? 3 : 6);
}

static size_t count_subnet(const struct bucket *b, const struct ip *ip)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += is_same_subnet(&b->entries[i]->contact.udp.ip, ip);
	for (size_t i = 0; i < b->waiting; i++)
		n += is_same_subnet(&b->replacements[i]->udp.ip, ip);
	return n;
}

/* "LAN and loopback exempt." */
static bool has_room(const struct table *t, const struct bucket *b,
		     const struct ip *ip)
{
	size_t n = 0;

	if (ip_is_lan(ip))
		return true;
	if (count_subnet(b, ip) >= TABLE_SUBNET_BUCKET)
		return false;
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		n += count_subnet(&t->buckets[i], ip);
	return n < TABLE_SUBNET_ALL;
}

/* --- coming and going -------------------------------------------------------
 */

/* What table_due says depends on. */
static void due_changed(struct table *t)
{
	t->is_due_known = false;
}

static void set_live(struct table *t, struct entry *e, bool live)
{
	t->live += (size_t)live;
	t->live -= (size_t)e->live;
	e->live = live;
	due_changed(t);
}

static void check_soon(struct table *t, struct entry *e, struct mono now)
{
	due_changed(t);
	e->due = mono_add_ms(
		now, CHECK_FIRST_MS + drbg_below(t->rng, CHECK_SPREAD_MS + 1));
}

static struct entry *append(struct table *t, struct bucket *b,
			    const struct contact *c, struct mono now)
{
	struct entry *e = made(sizeof(*e));

	e->contact = *c;
	e->added = now;
	check_soon(t, e, now);
	b->heads[b->count] = head_of(&c->id);
	b->entries[b->count++] = e;
	return e;
}

static void drop_replacement(struct bucket *b, size_t at)
{
	free(b->replacements[at]);
	b->waiting--;
	memmove(&b->replacements[at], &b->replacements[at + 1],
		(b->waiting - at) * sizeof(b->replacements[0]));
}

static void promote(struct table *t, struct bucket *b, struct mono now)
{
	size_t at;

	if (!b->waiting)
		return;
	at = drbg_below(t->rng, (uint32_t)b->waiting);
	append(t, b, b->replacements[at], now);
	drop_replacement(b, at);
}

static void check_over(struct table *t, struct entry *e)
{
	if (!e->checking)
		return;
	due_changed(t);
	e->checking = false;
	for (size_t i = 0; i < t->checks; i++)
		if (t->checking[i] == e) {
			t->checking[i] = t->checking[--t->checks];
			return;
		}
}

static void remove_entry(struct table *t, struct entry *e, struct mono now)
{
	struct bucket *b = bucket_of(t, &e->contact.id);
	size_t at = 0;

	while (b->entries[at] != e)
		at++;
	check_over(t, e);
	set_live(t, e, false);
	free(e);
	b->count--;
	memmove(&b->heads[at], &b->heads[at + 1],
		(b->count - at) * sizeof(b->heads[0]));
	memmove(&b->entries[at], &b->entries[at + 1],
		(b->count - at) * sizeof(b->entries[0]));
	promote(t, b, now);
}

/* "Newest first, unknown IDs only, oldest falls out." */
static enum err add_replacement(const struct table *t, struct bucket *b,
				const struct contact *c)
{
	for (size_t i = 0; i < b->waiting; i++)
		if (node_id_equal(&b->replacements[i]->id, &c->id))
			return ERR_BUSY;
	if (!has_room(t, b, &c->udp.ip))
		return ERR_DENIED;
	if (b->waiting == TABLE_REPLACEMENTS)
		drop_replacement(b, TABLE_REPLACEMENTS - 1);
	memmove(&b->replacements[1], &b->replacements[0],
		b->waiting * sizeof(b->replacements[0]));
	b->replacements[0] = made(sizeof(*c));
	*b->replacements[0] = *c;
	b->waiting++;
	return ERR_BUSY;
}

/* "An inbound update is always taken, even with a lower seq; a found one only
 * if its seq is higher. If the IP changes the limits are rechecked, and on
 * refusal the old record stays." Without a record nothing newer is told of a
 * node by what it sends itself, but for its endpoint. */
static void update(struct table *t, struct entry *e, const struct contact *c,
		   enum table_origin origin, struct mono now)
{
	struct contact *old = &e->contact;
	bool moved = !ip_equal(&old->udp.ip, &c->udp.ip);
	bool other_port = old->udp.port != c->udp.port;
	struct enr record = old->record;

	if (origin == TABLE_FOUND && contact_seq(c) <= contact_seq(old))
		return;
	if (moved && !has_room(t, bucket_of(t, &c->id), &c->udp.ip))
		return;
	*old = *c;
	if (!c->record.len)
		old->record = record;
	if (moved || other_port) {
		set_live(t, e, false);
		check_soon(t, e, now);
	}
}

enum err table_add(struct table *t, const struct contact *c,
		   enum table_origin origin, struct mono now)
{
	struct bucket *b = bucket_of(t, &c->id);
	struct entry *e = find(t, &c->id);

	if (node_id_equal(&c->id, &t->self) || !c->udp.port ||
	    ip_is_unspecified(&c->udp.ip) || ip_is_multicast(&c->udp.ip))
		return ERR_DENIED;
	if (origin == TABLE_INBOUND && !t->ready)
		return ERR_DENIED;
	if (e) {
		update(t, e, c, origin, now);
		return ERR_EXISTS;
	}
	if (b->count == TABLE_BUCKET)
		return add_replacement(t, b, c);
	if (!has_room(t, b, &c->udp.ip))
		return ERR_DENIED;
	append(t, b, c, now)->inbound = origin == TABLE_INBOUND;
	return ERR_NONE;
}

/* --- checks -----------------------------------------------------------------
 */

static bool is_slow(const struct entry *e)
{
	return !e->checking && e->due.ns == MONO_NEVER.ns;
}

static size_t count_slow(const struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (size_t k = 0; k < t->buckets[i].count; k++)
			n += is_slow(t->buckets[i].entries[k]);
	return n;
}

/* "Never ping more than 2 unverified nodes per /24 at once": whoever names many
 * in a network that is a victim's gets it no more than that. */
static bool is_too_many(const struct table *t, const struct entry *e)
{
	const struct ip *ip = &e->contact.udp.ip;
	size_t n = 0;

	if (e->live || ip_is_lan(ip))
		return false;
	for (size_t i = 0; i < t->checks; i++)
		n += !t->checking[i]->live &&
		     is_same_subnet(&t->checking[i]->checked.ip, ip);
	return n >= UNPROVEN_CHECKS;
}

static struct mono find_due(const struct table *t)
{
	struct mono due = MONO_NEVER;

	if (t->checks == TABLE_CHECKS)
		return MONO_NEVER;
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (size_t k = 0; k < t->buckets[i].count; k++) {
			const struct entry *e = t->buckets[i].entries[k];

			if (!e->checking && mono_before(e->due, due) &&
			    !is_too_many(t, e))
				due = e->due;
		}
	if (count_slow(t))
		due = mono_min(due, t->slow_due);
	return due;
}

struct mono table_due(struct table *t)
{
	if (!t->is_due_known) {
		t->due = find_due(t);
		t->is_due_known = true;
	}
	return t->due;
}

/* The one that is due longest. */
static struct entry *next_due(const struct table *t, struct mono now)
{
	struct entry *next = NULL;

	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (size_t k = 0; k < t->buckets[i].count; k++) {
			struct entry *e = t->buckets[i].entries[k];

			if (!e->checking && !mono_before(now, e->due) &&
			    (!next || mono_before(e->due, next->due)) &&
			    !is_too_many(t, e))
				next = e;
		}
	return next;
}

static void plan_slow(struct table *t, struct mono now)
{
	t->slow_due = mono_add_ms(now, drbg_below(t->rng, CHECK_SLOW_MS + 1));
	due_changed(t);
}

/* Any of the slow list, when its time has come. */
static struct entry *next_slow(struct table *t, struct mono now)
{
	size_t count = count_slow(t), chosen;

	if (!count || mono_before(now, t->slow_due))
		return NULL;
	plan_slow(t, now);
	chosen = drbg_below(t->rng, (uint32_t)count);
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (size_t k = 0; k < t->buckets[i].count; k++)
			if (is_slow(t->buckets[i].entries[k]) && !chosen--)
				return t->buckets[i].entries[k];
	return NULL;
}

bool table_take_check(struct table *t, struct contact *out, struct mono now)
{
	struct entry *e;

	if (t->checks == TABLE_CHECKS)
		return false;
	e = next_due(t, now);
	if (!e)
		e = next_slow(t, now);
	if (!e)
		return false;
	e->checking = true;
	e->checked = e->contact.udp;
	t->checking[t->checks++] = e;
	due_changed(t);
	*out = e->contact;
	return true;
}

unsigned table_alive(struct table *t, const struct node_id *id, struct mono now)
{
	struct entry *e = find(t, id);

	if (!e)
		return 0;
	check_over(t, e);
	e->checks++;
	/* Where it was reached it may be no more: then it is due anyhow. */
	if (ip_equal(&e->checked.ip, &e->contact.udp.ip) &&
	    e->checked.port == e->contact.udp.port) {
		set_live(t, e, true);
		e->due = MONO_NEVER;
	}
	if (t->slow_due.ns == MONO_NEVER.ns)
		plan_slow(t, now);
	return e->checks;
}

bool table_dead(struct table *t, const struct node_id *id, struct mono now)
{
	struct entry *e = find(t, id);

	if (!e)
		return false;
	check_over(t, e);
	e->checks /= 3;
	if (e->checks) {
		check_soon(t, e, now);
		return false;
	}
	remove_entry(t, e, now);
	return true;
}

void table_hurry(struct table *t, const struct node_id *id, struct mono now)
{
	struct entry *e = find(t, id);

	if (e && is_slow(e))
		check_soon(t, e, now);
}

bool table_asked(struct table *t, const struct node_id *id, bool answered,
		 struct mono now)
{
	struct entry *e = find(t, id);

	if (!e)
		return false;
	e->failures = answered ? 0 : e->failures + 1;
	if (e->failures < FIND_FAILURES || bucket_of(t, id)->count < FIND_KEEPS)
		return false;
	remove_entry(t, e, now);
	return true;
}
