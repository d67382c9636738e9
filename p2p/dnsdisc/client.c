/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/dnsdisc/client_inside.h"

enum {
	RATE = 3, /* entries a second */
	BURST = 10,
};

/* --- what a list needs ---------------------------------------------------- */

static bool has_entries_left(const struct dns_list *l)
{
	if (!l->has_root || l->is_refused)
		return false;
	if (!l->links_done || l->records.count)
		return true;
	/* All have been visited: "start again", but for an empty tree, which is
	 * "left alone until its next root check". */
	return l->records.found || l->lost;
}

static bool is_ready(const struct dns_list *l, bool has_token, struct mono now)
{
	if (l->asked)
		return false;
	if (!mono_before(now, l->root_at))
		return true;
	return has_token && has_entries_left(l) &&
	       !mono_before(now, l->entry_at);
}

/* When that will be so. */
static struct mono ready_at(const struct dns_list *l, struct mono token_at)
{
	struct mono entry_at = l->entry_at;

	if (l->asked)
		return MONO_NEVER;
	if (!has_entries_left(l))
		return l->root_at;
	if (mono_before(entry_at, token_at))
		entry_at = token_at;
	return mono_min(l->root_at, entry_at);
}

/* Any of those that can make progress, each as likely. */
static struct dns_list *pick(struct dns_client *c, bool has_token,
			     struct mono now)
{
	struct dns_list *ready[DNS_LISTS_MAX], *l;
	uint32_t count = 0;

	for (l = c->lists; l; l = l->next)
		if (is_ready(l, has_token, now))
			ready[count++] = l;
	return count ? ready[drbg_below(&c->random, count)] : NULL;
}

/* --- lookups -------------------------------------------------------------- */

static void ask(struct dns_client *c, struct dns_list *l, enum dns_asked what,
		const char *name)
{
	c->last_ask += c->last_ask == UINT32_MAX ? 2 : 1; /* never 0 */
	l->asked = what;
	l->ask = c->last_ask;
	dns_events_ask(&c->events, &l->link, l->ask, name);
	c->counts.asked++;
}

static void ask_entry(struct dns_client *c, struct dns_list *l,
		      enum dns_asked what, struct mono now)
{
	char name[DNS_NAME_MAX], hash[DNS_HASH_TEXT];
	struct span text;

	if (dns_cache_get(&c->cache, &text, &l->step.hash) &&
	    dns_hash_matches(&l->step.hash, text)) {
		l->asked = what;
		dns_list_entry_answer(c, l, &text, 1, now);
		return;
	}
	snprintf(name, sizeof(name), "%s.%s",
		 dns_hash_text(hash, &l->step.hash), l->link.domain);
	ask(c, l, what, name);
}

static void visit_link(struct dns_client *c, struct dns_list *l,
		       struct mono now)
{
	l->step = dns_walk_take(&l->links, l->links.count - 1);
	ask_entry(c, l, DNS_ASKED_LINK, now);
}

static void visit_record(struct dns_client *c, struct dns_list *l,
			 struct mono now)
{
	if (!l->records.count) {
		dns_walk_restart(&l->records);
		l->lost = 0;
	}
	l->step = dns_walk_take(
		&l->records,
		drbg_below(&c->random, (uint32_t)l->records.count));
	ask_entry(c, l, DNS_ASKED_RECORD, now);
}

/* One step of one list. False: none can make progress now. */
static bool step(struct dns_client *c, struct mono now)
{
	struct mono token_at = bucket_next(&c->rate, now);
	struct dns_list *l = pick(c, !mono_before(now, token_at), now);

	if (!l)
		return false;
	if (!mono_before(now, l->root_at)) {
		ask(c, l, DNS_ASKED_ROOT, l->link.domain);
		return true;
	}
	/* "The limiter applies even to cached entries, so that iteration cannot
	 * spin." */
	if (!bucket_take(&c->rate, now))
		return false;
	if (!l->links_done)
		visit_link(c, l, now);
	else
		visit_record(c, l, now);
	return true;
}

/* --- the core ------------------------------------------------------------- */

struct dns_client *dns_client_new(const struct secret32 *seed, struct mono now)
{
	struct dns_client *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->floors = calloc(DNS_FLOORS_MAX, sizeof(*c->floors));
	if (!c->floors)
		abort();
	drbg_init(&c->random, seed);
	bucket_init(&c->rate, BURST, RATE, now);
	return c;
}

void dns_client_free(struct dns_client *c)
{
	struct dns_list *l;

	if (!c)
		return;
	while ((l = c->lists)) {
		c->lists = l->next;
		dns_list_free(l);
	}
	dns_events_clear(&c->events);
	dns_cache_clear(&c->cache);
	free(c->floors);
	secret_wipe(&c->random, sizeof(c->random));
	free(c);
}

void dns_client_want(struct dns_client *c, size_t records)
{
	c->wanted = records;
}

bool dns_client_next(struct dns_client *c, struct dns_event *out,
		     struct mono now)
{
	while (!c->events.first && c->wanted && step(c, now))
		;
	return dns_events_next(&c->events, out);
}

struct mono dns_client_tick(const struct dns_client *c, struct mono now)
{
	struct mono at = MONO_NEVER, token_at = bucket_next(&c->rate, now);

	if (c->events.first)
		return now;
	if (!c->wanted)
		return MONO_NEVER;
	for (const struct dns_list *l = c->lists; l; l = l->next)
		at = mono_min(at, ready_at(l, token_at));
	return at;
}

static struct dns_list *find_asked(const struct dns_client *c, uint32_t number)
{
	struct dns_list *l = c->lists;

	while (l && !(l->asked && l->ask == number))
		l = l->next;
	return l;
}

void dns_client_answer(struct dns_client *c, uint32_t number,
		       const struct span *values, size_t count, struct mono now)
{
	struct dns_list *l = find_asked(c, number);

	if (!l)
		return;
	if (l->asked == DNS_ASKED_ROOT)
		dns_list_root_answer(c, l, values, count, now);
	else
		dns_list_entry_answer(c, l, values, count, now);
}

void dns_client_fail(struct dns_client *c, uint32_t number, enum err err,
		     const char *why, struct mono now)
{
	struct dns_list *l = find_asked(c, number);

	if (l)
		dns_list_failed(c, l, err, why, now);
}

void dns_client_counts(const struct dns_client *c,
		       struct dns_client_counts *out)
{
	*out = c->counts;
	out->cached = dns_cache_count(&c->cache);
	out->entries = 0;
	for (const struct dns_list *l = c->lists; l; l = l->next)
		if (l->has_root)
			out->entries += dns_walk_entries(&l->links) +
					dns_walk_entries(&l->records);
}
