/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TRIES = 3
};

enum lookup_of {
	LOOKUP_NONE,
	LOOKUP_ROOT,
	LOOKUP_LINK,
	LOOKUP_RECORD,
};

/* A lookup under way. */
struct lookup {
	enum lookup_of of;
	uint32_t ask;
	struct dns_step step;
};

struct dns_sync {
	struct dns_link list;
	uint64_t seq_min;
	struct bucket rate;
	bool has_root, over;
	unsigned root_failed;
	struct dns_root root;
	struct dns_walk links, records; /* good while has_root */
	struct lookup lookups[DNS_SYNC_AT_ONCE];
	size_t under_way;
	uint32_t last_ask;
	size_t visited;
	struct dns_events events;
};

static void end(struct dns_sync *s, enum dns_event_type type, enum err err,
		const struct why *why)
{
	if (s->over)
		return;
	s->over = true;
	dns_events_fault(&s->events, type, &s->list, true, err, why->text);
}

/* --- asking --------------------------------------------------------------- */

static struct lookup *find(struct dns_sync *s, uint32_t number)
{
	for (size_t i = 0; i < DNS_SYNC_AT_ONCE; i++)
		if (s->lookups[i].of && s->lookups[i].ask == number)
			return &s->lookups[i];
	return NULL;
}

static bool is_asking(const struct dns_sync *s, enum lookup_of of)
{
	for (size_t i = 0; i < DNS_SYNC_AT_ONCE; i++)
		if (s->lookups[i].of == of)
			return true;
	return false;
}

static struct lookup *ask(struct dns_sync *s, enum lookup_of of,
			  const char *name)
{
	struct lookup *l = s->lookups;

	while (l->of)
		l++;
	l->of = of;
	do
		l->ask = ++s->last_ask;
	while (!l->ask);
	s->under_way++;
	dns_events_ask(&s->events, &s->list, l->ask, name);
	return l;
}

static void ask_entry(struct dns_sync *s, enum lookup_of of,
		      const struct dns_step *step)
{
	char name[DNS_NAME_MAX], hash[DNS_HASH_TEXT];

	snprintf(name, sizeof(name), "%s.%s", dns_hash_text(hash, &step->hash),
		 s->list.domain);
	ask(s, of, name)->step = *step;
}

/* Links one after the other, so that they come in their order. */
static bool has_link(const struct dns_sync *s)
{
	return s->links.count && !is_asking(s, LOOKUP_LINK);
}

static bool has_work(const struct dns_sync *s)
{
	if (s->over || s->under_way == DNS_SYNC_AT_ONCE)
		return false;
	if (!s->has_root)
		return !s->under_way;
	return has_link(s) || s->records.count;
}

static bool act(struct dns_sync *s, struct mono now)
{
	struct dns_step step;

	if (!has_work(s) || !bucket_take(&s->rate, now))
		return false;
	if (!s->has_root) {
		ask(s, LOOKUP_ROOT, s->list.domain);
	} else if (has_link(s)) {
		step = dns_walk_take(&s->links, s->links.count - 1);
		ask_entry(s, LOOKUP_LINK, &step);
	} else {
		step = dns_walk_take(&s->records, s->records.count - 1);
		ask_entry(s, LOOKUP_RECORD, &step);
	}
	return true;
}

static void look_whether_done(struct dns_sync *s)
{
	if (s->over || !s->has_root || s->under_way || s->links.count ||
	    s->records.count)
		return;
	s->over = true;
	dns_events_put(&s->events, DNS_EVENT_DONE, &s->list);
}

/* --- answers -------------------------------------------------------------- */

static void root_fault(struct dns_sync *s, enum dns_event_type type,
		       enum err err, struct why *why)
{
	err_wrap(why, err, "%s", s->list.domain);
	/* A signature does not get better; a server may. */
	if (type == DNS_EVENT_REFUSED || ++s->root_failed == TRIES)
		end(s, type, err, why);
}

static void root_answer(struct dns_sync *s, const struct span *values,
			size_t count)
{
	struct why why = WHY_NONE;
	enum err rc =
		dns_root_find(&s->root, values, count, &s->list.pub, &why);

	if (!rc && s->root.seq < s->seq_min)
		rc = err_fail(&why, ERR_DENIED,
			      "root: seq %" PRIu64 ", and it was %" PRIu64
			      " before",
			      s->root.seq, s->seq_min);
	if (rc) {
		root_fault(s, DNS_EVENT_REFUSED, rc, &why);
		return;
	}
	s->has_root = true;
	dns_walk_start(&s->links, DNS_WALK_LINKS, &s->root.links,
		       DNS_ENTRIES_MAX);
	dns_walk_start(&s->records, DNS_WALK_RECORDS, &s->root.records,
		       DNS_ENTRIES_MAX);
	dns_events_root(&s->events, &s->list, s->root.seq);
}

static struct dns_walk *walk_of(struct dns_sync *s, const struct lookup *l)
{
	return l->of == LOOKUP_LINK ? &s->links : &s->records;
}

/* why is "NAME: ...", where the name is without the domain. */
static void entry_fault(struct dns_sync *s, struct lookup *l,
			enum dns_event_type type, bool is_final, enum err err,
			const struct why *why)
{
	int n = (int)strcspn(why->text, ":");
	struct why whole = WHY_NONE;

	if (!is_final && ++l->step.failed < TRIES) {
		dns_walk_put_back(walk_of(s, l), &l->step);
		return;
	}
	err_fail(&whole, err, "%.*s.%s%s", n, why->text, s->list.domain,
		 why->text + n);
	end(s, type, err, &whole);
}

static void entry_answer(struct dns_sync *s, struct lookup *l,
			 const struct span *values, size_t count)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_entry e;
	enum err rc;

	rc = dns_walk_enter(walk_of(s, l), &e, &fault, &l->step, values, count,
			    &why);
	if (rc) {
		entry_fault(s, l, DNS_EVENT_REFUSED, fault != DNS_FAULT_ANSWER,
			    rc, &why);
		return;
	}
	s->visited++;
	if (e.kind == DNS_LEAF)
		dns_events_record(&s->events, &s->list, &e.record);
	if (e.kind == DNS_LINK)
		dns_events_link(&s->events, &s->list, &e.link);
}

/* The lookup is over; a copy of it. */
static bool take_lookup(struct dns_sync *s, struct lookup *out, uint32_t number)
{
	struct lookup *l = find(s, number);

	if (!l || s->over)
		return false;
	*out = *l;
	l->of = LOOKUP_NONE;
	s->under_way--;
	return true;
}

void dns_sync_answer(struct dns_sync *s, uint32_t number,
		     const struct span *values, size_t count)
{
	struct lookup l;

	if (!take_lookup(s, &l, number))
		return;
	if (l.of == LOOKUP_ROOT)
		root_answer(s, values, count);
	else
		entry_answer(s, &l, values, count);
	look_whether_done(s);
}

void dns_sync_fail(struct dns_sync *s, uint32_t number, enum err err,
		   const char *text)
{
	char name[DNS_HASH_TEXT];
	struct why why = WHY_NONE;
	struct lookup l;

	if (!take_lookup(s, &l, number))
		return;
	err_fail(&why, err, "%s", text);
	if (l.of == LOOKUP_ROOT) {
		root_fault(s, DNS_EVENT_FAILED, err, &why);
		return;
	}
	err_wrap(&why, err, "%s", dns_hash_text(name, &l.step.hash));
	entry_fault(s, &l, DNS_EVENT_FAILED, false, err, &why);
}

/* --- the core ------------------------------------------------------------- */

struct dns_sync *dns_sync_new(const struct dns_link *list, uint64_t seq_min,
			      unsigned rate, struct mono now)
{
	struct dns_sync *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->list = *list;
	s->seq_min = seq_min;
	bucket_init(&s->rate, rate, rate, now);
	return s;
}

void dns_sync_free(struct dns_sync *s)
{
	if (!s)
		return;
	if (s->has_root) {
		dns_walk_clear(&s->links);
		dns_walk_clear(&s->records);
	}
	dns_events_clear(&s->events);
	free(s);
}

bool dns_sync_next(struct dns_sync *s, struct dns_event *out, struct mono now)
{
	if (!s->events.first)
		act(s, now);
	return dns_events_next(&s->events, out);
}

struct mono dns_sync_tick(const struct dns_sync *s, struct mono now)
{
	if (s->events.first)
		return now;
	return has_work(s) ? bucket_next(&s->rate, now) : MONO_NEVER;
}

const struct dns_root *dns_sync_root(const struct dns_sync *s)
{
	return s->has_root ? &s->root : NULL;
}

struct dns_sync_counts dns_sync_counts(const struct dns_sync *s)
{
	struct dns_sync_counts counts = { 0 };

	if (!s->has_root)
		return counts;
	counts.entries =
		dns_walk_entries(&s->links) + dns_walk_entries(&s->records);
	counts.visited = s->visited;
	counts.records = s->records.found;
	counts.links = s->links.found;
	return counts;
}
