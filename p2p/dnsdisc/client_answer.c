/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "p2p/dnsdisc/client_inside.h"

enum {
	ROOT_EVERY_MS = 30 * 60 * 1000,
	/* "5 s after more than 5 consecutive failures, 10 s after more than 20"
	 */
	FAILURES_FEW = 5,
	FAILURES_MANY = 20,
	RETRY_FEW_MS = 1000, /* of a root, before that */
	RETRY_MS = 5000,
	RETRY_MANY_MS = 10000,
	TRIES = 3, /* of an entry, in one round */
};

static uint64_t delay_after(unsigned failures, uint64_t first_ms)
{
	if (failures > FAILURES_MANY)
		return RETRY_MANY_MS;
	return failures > FAILURES_FEW ? RETRY_MS : first_ms;
}

static void tell_fault(struct dns_client *c, enum dns_event_type type,
		       const struct dns_list *l, enum err err,
		       const struct why *why)
{
	dns_events_fault(&c->events, type, &l->link,
			 !l->has_root || l->is_refused, err, why->text);
	c->counts.failed++;
}

/* --- roots ---------------------------------------------------------------- */

static void root_failed(struct dns_client *c, struct dns_list *l,
			enum dns_event_type type, enum err err, struct why *why,
			struct mono now)
{
	err_wrap(why, err, "%s", l->link.domain);
	l->root_failed++;
	l->root_at =
		mono_add_ms(now, delay_after(l->root_failed, RETRY_FEW_MS));
	tell_fault(c, type, l, err, why);
}

static bool same_hash(const struct dns_hash *a, const struct dns_hash *b)
{
	return span_equal(span_of(a->b, a->len), span_of(b->b, b->len));
}

static void start_links(struct dns_list *l, size_t entries_max)
{
	if (l->has_root)
		dns_walk_clear(&l->links);
	dns_walk_start(&l->links, DNS_WALK_LINKS, &l->root.links, entries_max);
	l->links_done = false;
	l->links_lost = 0;
	dns_list_keep_links(l);
}

static void start_records(struct dns_list *l, size_t entries_max)
{
	if (l->has_root)
		dns_walk_clear(&l->records);
	dns_walk_start(&l->records, DNS_WALK_RECORDS, &l->root.records,
		       entries_max);
	l->lost = 0;
}

/* "If l changed restart the link tree, if e changed restart the record tree;
 * otherwise keep progress." */
static void take_root(struct dns_list *l, const struct dns_root *root)
{
	size_t most = l->is_own ? DNS_ENTRIES_MAX : DNS_LINKED_ENTRIES_MAX;
	bool is_first = !l->has_root;
	bool links = is_first || !same_hash(&l->root.links, &root->links);
	bool records = is_first || !same_hash(&l->root.records, &root->records);
	bool is_other = links || records;

	l->root = *root;
	if (links || (l->is_refused && is_other) || l->links_lost)
		start_links(l, most);
	if (records || (l->is_refused && is_other))
		start_records(l, most);
	l->has_root = true;
	if (is_other)
		l->is_refused = false;
}

void dns_list_root_answer(struct dns_client *c, struct dns_list *l,
			  const struct span *values, size_t count,
			  struct mono now)
{
	uint64_t floor = dns_floor_of(c, &l->link);
	struct why why = WHY_NONE;
	struct dns_root root;
	enum err rc;

	l->asked = DNS_ASKED_NOTHING;
	rc = dns_root_find(&root, values, count, &l->link.pub, &why);
	if (!rc && root.seq < floor)
		rc = err_fail(&why, ERR_DENIED,
			      "root: seq %" PRIu64 ", and it was %" PRIu64
			      " before",
			      root.seq, floor);
	if (rc) {
		root_failed(c, l, DNS_EVENT_REFUSED, rc, &why, now);
		return;
	}
	if (!l->has_root ||
	    memcmp(l->root.digest, root.digest, sizeof(root.digest)) != 0) {
		dns_client_remember(c, &l->link, root.seq);
		dns_events_root(&c->events, &l->link, root.seq);
	}
	take_root(l, &root);
	l->root_failed = 0;
	l->failed = 0;
	l->root_at = mono_add_ms(now, ROOT_EVERY_MS);
}

/* --- entries -------------------------------------------------------------- */

static void no_progress(struct dns_list *l, struct mono now)
{
	l->failed++;
	l->in_a_row++;
	l->entry_at = mono_add_ms(now, delay_after(l->in_a_row, 0));
	/* Is it the root that is out of date? */
	if (l->failed > FAILURES_FEW && mono_before(now, l->root_at))
		l->root_at = now;
}

static void give_up(struct dns_list *l, enum dns_asked asked)
{
	if (asked == DNS_ASKED_LINK)
		l->links_lost++;
	else
		l->lost++;
}

/* After each entry. May free l. */
static void look_whether_done(struct dns_client *c, struct dns_list *l,
			      enum dns_asked asked, struct mono now)
{
	/* A round that found nothing but faults is not begun again at once. */
	if (!l->records.count && !l->records.found && l->lost)
		l->entry_at = mono_add_ms(now, RETRY_MANY_MS);
	if (asked == DNS_ASKED_LINK && !l->links.count && !l->is_refused)
		dns_list_links_done(c, l);
}

static void entry_failed(struct dns_client *c, struct dns_list *l,
			 enum dns_event_type type, enum err err,
			 struct why *why)
{
	struct why text = *why;

	/* "NAME: ..." becomes "NAME.domain: ...". */
	err_fail(why, err, "%.*s.%s%s", (int)strcspn(text.text, ":"), text.text,
		 l->link.domain, text.text + strcspn(text.text, ":"));
	tell_fault(c, type, l, err, why);
}

static void try_again(struct dns_list *l, enum dns_asked asked)
{
	struct dns_walk *w = asked == DNS_ASKED_LINK ? &l->links : &l->records;

	if (++l->step.failed < TRIES)
		dns_walk_put_back(w, &l->step);
	else
		give_up(l, asked);
}

static void refused(struct dns_client *c, struct dns_list *l,
		    enum dns_asked asked, enum dns_fault fault, enum err err,
		    struct why *why)
{
	switch (fault) {
	case DNS_FAULT_ANSWER:
		try_again(l, asked);
		break;
	case DNS_FAULT_ENTRY:
		give_up(l, asked);
		break;
	case DNS_FAULT_TREE:
		l->is_refused = true;
		break;
	}
	entry_failed(c, l, DNS_EVENT_REFUSED, err, why);
}

static void entered(struct dns_client *c, struct dns_list *l,
		    const struct dns_entry *e)
{
	l->in_a_row = 0;
	switch (e->kind) {
	case DNS_BRANCH:
		break;
	case DNS_LEAF:
		dns_events_record(&c->events, &l->link, &e->record);
		c->counts.records++;
		if (c->wanted)
			c->wanted--;
		break;
	case DNS_LINK:
		dns_list_found(c, l, &e->link);
		break;
	}
}

static void remember_text(struct dns_client *c, const struct dns_hash *hash,
			  const struct span *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dns_hash_matches(hash, values[i])) {
			dns_cache_put(&c->cache, hash, values[i]);
			return;
		}
}

void dns_list_entry_answer(struct dns_client *c, struct dns_list *l,
			   const struct span *values, size_t count,
			   struct mono now)
{
	enum dns_asked asked = l->asked;
	struct dns_walk *w = asked == DNS_ASKED_LINK ? &l->links : &l->records;
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_entry e;
	enum err rc;

	l->asked = DNS_ASKED_NOTHING;
	rc = dns_walk_enter(w, &e, &fault, &l->step, values, count, &why);
	if (rc) {
		no_progress(l, now);
		refused(c, l, asked, fault, rc, &why);
	} else {
		entered(c, l, &e);
		remember_text(c, &l->step.hash, values, count);
	}
	look_whether_done(c, l, asked, now);
}

/* --- no answer ------------------------------------------------------------ */

void dns_list_failed(struct dns_client *c, struct dns_list *l, enum err err,
		     const char *text, struct mono now)
{
	enum dns_asked asked = l->asked;
	char name[DNS_HASH_TEXT];
	struct why why = WHY_NONE;

	l->asked = DNS_ASKED_NOTHING;
	err_fail(&why, err, "%s", text);
	if (asked == DNS_ASKED_ROOT) {
		root_failed(c, l, DNS_EVENT_FAILED, err, &why, now);
		return;
	}
	err_wrap(&why, err, "%s", dns_hash_text(name, &l->step.hash));
	no_progress(l, now);
	try_again(l, asked);
	entry_failed(c, l, DNS_EVENT_FAILED, err, &why);
	look_whether_done(c, l, asked, now);
}
