/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

enum {
	FAST = 1000000, /* entries a second */
	RESULTS_MAX = 512,
};

#define HOME "nodes.example.org"

/* What came of a download. */
struct result {
	bool done;
	enum dns_event_type end;
	enum err err;
	struct why why;
	uint64_t seq;
	size_t records, links, asked;
	uint64_t seen; /* one bit for each of the first records */
	struct dns_link first[4];
	struct dns_sync_counts counts;
};

static void take_event(struct result *r, const struct dns_event *ev)
{
	switch (ev->type) {
	case DNS_EVENT_ROOT:
		r->seq = ev->seq;
		break;
	case DNS_EVENT_RECORD:
		r->records++;
		if (ev->record->seq < 64)
			r->seen |= 1ull << ev->record->seq;
		break;
	case DNS_EVENT_LINK:
		if (r->links < ARRAY_LEN(r->first))
			r->first[r->links] = *ev->link;
		r->links++;
		break;
	case DNS_EVENT_DONE:
		r->done = true;
		break;
	case DNS_EVENT_FAILED:
	case DNS_EVENT_REFUSED:
		r->end = ev->type;
		r->err = ev->err;
		snprintf(r->why.text, sizeof(r->why.text), "%s", ev->why);
		break;
	case DNS_EVENT_ASK:
	case DNS_EVENT_JOINED:
	case DNS_EVENT_LEFT:
		cr_assert(false);
	}
}

static void reply(struct dns_sync *s, const struct zone *z, uint32_t ask,
		  const char *name)
{
	const struct zone_row *row = zone_find(z, name);
	struct span value;

	if (!row) {
		dns_sync_fail(s, ask, ERR_NOT_FOUND, "no such name");
	} else if (!row->text) {
		dns_sync_fail(s, ask, ERR_SYSTEM, "SERVFAIL");
	} else {
		value = span_text(row->text);
		dns_sync_answer(s, ask, &value, 1);
	}
}

/* The names are answered last first, as many as it asks for at once. */
static struct result download(const struct zone *z, const struct dns_link *list,
			      uint64_t seq_min)
{
	struct mono now = { 1 };
	struct dns_sync *s = dns_sync_new(list, seq_min, FAST, now);
	struct result r = { .end = DNS_EVENT_DONE };
	char names[DNS_SYNC_AT_ONCE][DNS_NAME_MAX];
	uint32_t asks[DNS_SYNC_AT_ONCE];
	size_t waiting = 0;
	struct dns_event ev;

	for (;;) {
		while (dns_sync_next(s, &ev, now)) {
			if (ev.type != DNS_EVENT_ASK) {
				take_event(&r, &ev);
				continue;
			}
			r.asked++;
			cr_assert_lt(waiting, DNS_SYNC_AT_ONCE);
			asks[waiting] = ev.ask;
			snprintf(names[waiting++], DNS_NAME_MAX, "%s", ev.name);
		}
		if (waiting) {
			waiting--;
			reply(s, z, asks[waiting], names[waiting]);
		} else if (dns_sync_tick(s, now).ns != MONO_NEVER.ns) {
			now = dns_sync_tick(s, now);
		} else {
			break;
		}
	}
	r.counts = dns_sync_counts(s);
	dns_sync_free(s);
	cr_assert_neq(r.done, r.err != ERR_NONE, "neither or both: %s",
		      r.why.text);
	return r;
}

static void expect_end(const struct result *r, enum dns_event_type end,
		       enum err err, const char *says)
{
	cr_assert_eq(r->end, end, "%s", r->why.text);
	cr_assert_eq(r->err, err, "%d: %s", r->err, r->why.text);
	cr_assert_not_null(strstr(r->why.text, says), "%s", r->why.text);
}

/* --- good lists ----------------------------------------------------------- */

/* The example of EIP-1459 from the vectors. */
static void load_tree(struct zone *z, struct dns_link *list, json_t *root,
		      unsigned n)
{
	json_t *tree = json_array_get(json_object_get(root, "trees"), n), *row;
	size_t i;

	cr_assert_eq(dns_link_parse(list, span_text(vectors_text(tree, "url")),
				    NULL),
		     ERR_NONE);
	zone_set(z, list->domain, vectors_text(tree, "root.txt"));
	json_array_foreach(vectors_at(tree, "entries"), i, row) zone_set(
		z, vectors_text(row, "name"), vectors_text(row, "txt"));
}

Test(dns_sync, reads_the_example, .init = zone_set_up)
{
	json_t *root = vectors_load("dnsdisc.json");
	struct dns_link list;
	struct zone z = { 0 };
	struct result r;

	load_tree(&z, &list, root, 0);
	r = download(&z, &list, 1);
	cr_assert(r.done, "%s", r.why.text);
	cr_assert_eq(r.seq, 1);
	cr_assert_eq(r.records, 3);
	cr_assert_eq(r.links, 1);
	cr_assert_str_eq(r.first[0].domain, "morenodes.example.org");
	cr_assert_eq(r.asked, 6);
	cr_assert_eq(r.counts.entries, 5);
	cr_assert_eq(r.counts.visited, 5);
	zone_clear(&z);
	json_decref(root);
}

Test(dns_sync, refuses_a_record_that_is_none, .init = zone_set_up)
{
	json_t *root = vectors_load("dnsdisc.json");
	struct dns_link list;
	struct zone z = { 0 };
	struct result r;

	load_tree(&z, &list, root, 1);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_FORMAT,
		   "INDMVBZEEQ4ESVYAKGIYU74EAA.n: ");
	zone_clear(&z);
	json_decref(root);
}

/* Each count around those where a tree gets a branch or a level more. */
Test(dns_sync, reads_lists_of_every_size, .init = zone_set_up)
{
	static const unsigned sizes[] = { 0,  1,  2,   12,  13,	 14,
					  26, 27, 168, 169, 170, 200 };
	struct dns_link list = zone_link(1, HOME);
	struct dns_link links[15];

	for (unsigned i = 0; i < ARRAY_LEN(links); i++)
		links[i] = zone_link(100 + i, "other.example");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct zone z = { 0 };
		struct result r;
		size_t count = i % ARRAY_LEN(links);

		zone_add_list(&z, 1, HOME, 7, 10, sizes[i], links, count);
		r = download(&z, &list, 7);
		cr_assert(r.done, "%s", r.why.text);
		cr_assert_eq(r.records, sizes[i]);
		cr_assert_eq(r.links, count);
		for (size_t k = 0; k < 4 && k < count; k++)
			cr_assert_eq(memcmp(r.first[k].pub.b, links[k].pub.b,
					    sizeof(links[k].pub.b)),
				     0, "link %zu is another", k);
		zone_clear(&z);
	}
}

Test(dns_sync, knows_a_list_under_names_in_lower_case, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct zone z = { 0 };
	struct result r;

	zone_add_list(&z, 1, HOME, 7, 10, 20, NULL, 0);
	for (size_t i = 0; i < z.count; i++)
		for (char *c = z.rows[i].name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c + 32);
	r = download(&z, &list, 0);
	cr_assert(r.done, "%s", r.why.text);
	zone_clear(&z);
}

/* --- what is refused ------------------------------------------------------ */

Test(dns_sync, refuses_a_root_of_another_key, .init = zone_set_up)
{
	struct dns_link list = zone_link(2, HOME);
	struct zone z = { 0 };
	struct result r;

	zone_add_list(&z, 1, HOME, 7, 10, 3, NULL, 0);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_AUTH,
		   HOME ": root: the signature does not match");
	cr_assert_eq(r.asked, 1);
	zone_clear(&z);
}

Test(dns_sync, refuses_a_root_that_is_older_than_one_before,
     .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct zone z = { 0 };
	struct result r;

	zone_add_list(&z, 1, HOME, 7, 10, 3, NULL, 0);
	r = download(&z, &list, 8);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_DENIED,
		   HOME ": root: seq 7, and it was 8 before");
	zone_clear(&z);
}

/* The name of the first entry of a kind, to spoil that. */
static void name_of_first(char name[DNS_NAME_MAX], const struct zone *z,
			  const char *kind)
{
	for (size_t i = 0; i < z->count; i++)
		if (!strncmp(z->rows[i].text, kind, strlen(kind))) {
			snprintf(name, DNS_NAME_MAX, "%s", z->rows[i].name);
			return;
		}
	cr_assert(false, "no %s", kind);
}

Test(dns_sync, refuses_an_entry_with_another_text, .init = zone_set_up)
{
	static const char *const kinds[] = { "enr:", "enrtree-branch:",
					     "enrtree://" };
	struct dns_link list = zone_link(1, HOME);
	char name[DNS_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct zone z = { 0 };
		struct result r;

		zone_add_list(&z, 1, HOME, 7, 10, 20, &list, 1);
		name_of_first(name, &z, kinds[i]);
		zone_set(&z, name, "enrtree-branch:");
		r = download(&z, &list, 0);
		expect_end(&r, DNS_EVENT_REFUSED, ERR_AUTH, name);
		cr_assert_not_null(strstr(r.why.text, "another hash"));
		zone_clear(&z);
	}
}

/* Three times, and then it names what is missing. */
Test(dns_sync, names_what_cannot_be_looked_up, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	char name[DNS_NAME_MAX];
	struct zone z = { 0 };
	struct result r;

	zone_add_list(&z, 1, HOME, 7, 10, 5, NULL, 0);
	name_of_first(name, &z, "enr:");
	zone_set(&z, name, NULL);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_FAILED, ERR_SYSTEM, name);
	cr_assert_not_null(strstr(r.why.text, ": SERVFAIL"), "%s", r.why.text);
	cr_assert_eq(r.asked, 1 + 1 + 1 + 4 + 3);

	zone_set(&z, HOME, NULL);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_FAILED, ERR_SYSTEM, HOME ": SERVFAIL");
	cr_assert_eq(r.asked, 3);
	zone_clear(&z);
}

Test(dns_sync, refuses_a_record_among_the_links, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct dns_hash record, none, link;
	char text[ENR_TEXT_MAX], url[DNS_LINK_TEXT];
	struct enr node = zone_record(9);
	struct zone z = { 0 };
	struct result r;

	record = zone_add_entry(&z, HOME, enr_text(text, &node));
	link = zone_add_entry(&z, HOME, dns_link_text(url, &list));
	none = zone_add_branch(&z, HOME, NULL, 0);
	zone_add_root(&z, 1, HOME, 1, &none, &record);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_FORMAT,
		   "a record among the links");
	zone_add_root(&z, 1, HOME, 1, &link, &none);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_FORMAT,
		   "a link among the records");
	zone_clear(&z);
}

/* --- loops and limits ----------------------------------------------------- */

/* To make a real loop is 2^48 of work: see test_walk.c for those. */
Test(dns_sync, refuses_a_branch_that_is_named_twice, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	char name[DNS_HASH_TEXT];
	struct dns_hash twice;
	struct zone z = { 0 };
	struct result r;

	twice = zone_add_loop(&z, 1, HOME, 1);
	r = download(&z, &list, 0);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_FORMAT, "a loop");
	cr_assert_not_null(strstr(r.why.text, dns_hash_text(name, &twice)),
			   "%s", r.why.text);
	zone_clear(&z);
}

Test(dns_sync, takes_a_record_that_is_named_twice_once, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct dns_hash leaf[2], two[2], top, none;
	char text[ENR_TEXT_MAX];
	struct enr node = zone_record(9);
	struct zone z = { 0 };
	struct result r;

	leaf[0] = leaf[1] = zone_add_entry(&z, HOME, enr_text(text, &node));
	none = zone_add_branch(&z, HOME, NULL, 0);
	two[0] = zone_add_branch(&z, HOME, leaf, 1);
	two[1] = zone_add_branch(&z, HOME, leaf, 2);
	top = zone_add_branch(&z, HOME, two, 2);
	zone_add_root(&z, 1, HOME, 1, &top, &none);
	r = download(&z, &list, 0);
	cr_assert(r.done, "%s", r.why.text);
	cr_assert_eq(r.records, 1);
	zone_clear(&z);
}

static struct result download_chain(unsigned depth)
{
	struct dns_link list = zone_link(1, HOME);
	struct enr node = zone_record(9);
	char text[ENR_TEXT_MAX];
	struct dns_hash at, none;
	struct zone z = { 0 };
	struct result r;

	none = zone_add_branch(&z, HOME, NULL, 0);
	at = zone_add_entry(&z, HOME, enr_text(text, &node));
	while (--depth)
		at = zone_add_branch(&z, HOME, &at, 1);
	zone_add_root(&z, 1, HOME, 1, &at, &none);
	r = download(&z, &list, 0);
	zone_clear(&z);
	return r;
}

Test(dns_sync, goes_no_deeper_than_it_may, .init = zone_set_up)
{
	struct result r = download_chain(DNS_DEPTH_MAX);

	cr_assert(r.done, "%s", r.why.text);
	cr_assert_eq(r.records, 1);
	r = download_chain(DNS_DEPTH_MAX + 1);
	expect_end(&r, DNS_EVENT_REFUSED, ERR_LIMIT, "over 32 entries deep");
}

/* --- pace and answers ----------------------------------------------------- */

Test(dns_sync, keeps_to_its_rate, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct mono now = { 0 };
	struct dns_sync *s = dns_sync_new(&list, 0, 10, now);
	struct zone z = { 0 };
	struct dns_event ev;
	unsigned asked = 0;

	zone_add_list(&z, 1, HOME, 7, 10, 200, NULL, 0);
	for (unsigned ms = 0; ms <= 5000; ms += 10) {
		now = mono_add_ms((struct mono){ 0 }, ms);
		while (dns_sync_next(s, &ev, now))
			if (ev.type == DNS_EVENT_ASK) {
				reply(s, &z, ev.ask, ev.name);
				asked++;
			}
		cr_assert(!mono_before(dns_sync_tick(s, now), now));
	}
	cr_assert_eq(asked, 10 + 5 * 10);
	dns_sync_free(s);
	zone_clear(&z);
}

Test(dns_sync, ignores_answers_that_nobody_asked_for, .init = zone_set_up)
{
	struct dns_link list = zone_link(1, HOME);
	struct mono now = { 0 };
	struct dns_sync *s = dns_sync_new(&list, 0, FAST, now);
	struct span value = span_text("enrtree-branch:");
	struct dns_event ev;
	uint32_t ask;

	dns_sync_answer(s, 1, &value, 1);
	cr_assert(dns_sync_next(s, &ev, now));
	cr_assert_eq(ev.type, DNS_EVENT_ASK);
	cr_assert_str_eq(ev.name, HOME);
	ask = ev.ask;
	dns_sync_answer(s, ask + 1, &value, 1);
	dns_sync_fail(s, 0, ERR_SYSTEM, "no");
	cr_assert_not(dns_sync_next(s, &ev, now));
	cr_assert_null(dns_sync_root(s));
	dns_sync_answer(s, ask, &value, 1); /* no root */
	dns_sync_answer(s, ask, &value, 1);
	cr_assert(dns_sync_next(s, &ev, now));
	cr_assert_eq(ev.type, DNS_EVENT_REFUSED);
	cr_assert_eq(ev.err, ERR_NOT_FOUND);
	cr_assert_not(dns_sync_next(s, &ev, now));
	dns_sync_free(s);
}
