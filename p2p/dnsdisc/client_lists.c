/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "p2p/dnsdisc/client_inside.h"

/* Names are the same in either case. */
bool dns_link_is_same(const struct dns_link *a, const struct dns_link *b)
{
	return !memcmp(a->pub.b, b->pub.b, sizeof(a->pub.b)) &&
	       !strcasecmp(a->domain, b->domain);
}

/* --- seqs ----------------------------------------------------------------- */

static struct dns_floor *find_floor(const struct dns_client *c,
				    const struct dns_link *link)
{
	for (size_t i = 0; i < c->floor_count; i++)
		if (dns_link_is_same(&c->floors[i].link, link))
			return &c->floors[i];
	return NULL;
}

uint64_t dns_floor_of(const struct dns_client *c, const struct dns_link *link)
{
	const struct dns_floor *floor = find_floor(c, link);

	return floor ? floor->seq : 0;
}

/* Where another may stand: of a list that is not in the set, the oldest. */
static struct dns_floor *make_room(struct dns_client *c)
{
	size_t i = 0;

	if (c->floor_count < DNS_FLOORS_MAX)
		return &c->floors[c->floor_count++];
	while (dns_list_find(c, &c->floors[i].link))
		i++; /* the set has far fewer */
	memmove(&c->floors[i], &c->floors[i + 1],
		(c->floor_count - i - 1) * sizeof(*c->floors));
	return &c->floors[c->floor_count - 1];
}

void dns_client_remember(struct dns_client *c, const struct dns_link *list,
			 uint64_t seq)
{
	struct dns_floor *floor = find_floor(c, list);

	if (!floor) {
		floor = make_room(c);
		*floor = (struct dns_floor){ .link = *list };
	}
	if (floor->seq < seq)
		floor->seq = seq;
}

/* --- lists ---------------------------------------------------------------- */

struct dns_list *dns_list_find(const struct dns_client *c,
			       const struct dns_link *link)
{
	struct dns_list *l = c->lists;

	while (l && !dns_link_is_same(&l->link, link))
		l = l->next;
	return l;
}

struct dns_list *dns_list_add(struct dns_client *c, const struct dns_link *link)
{
	struct dns_list **last = &c->lists, *l;

	if (c->counts.lists == DNS_LISTS_MAX)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->link = *link;
	while (*last)
		last = &(*last)->next;
	*last = l;
	c->counts.lists++;
	return l;
}

void dns_list_free(struct dns_list *l)
{
	if (l->has_root) {
		dns_walk_clear(&l->links);
		dns_walk_clear(&l->records);
	}
	free(l->refers);
	free(l->found);
	free(l);
}

enum err dns_client_add(struct dns_client *c, const struct dns_link *list)
{
	struct dns_list *l = dns_list_find(c, list);

	if (l && l->is_own)
		return ERR_EXISTS;
	if (!l)
		l = dns_list_add(c, list);
	if (!l)
		return ERR_LIMIT;
	l->is_own = true;
	return ERR_NONE;
}

/* --- links ---------------------------------------------------------------- */

void dns_list_found(struct dns_client *c, struct dns_list *l,
		    const struct dns_link *link)
{
	char text[80];

	if (l->found_count < DNS_LISTS_MAX) {
		l->found = reallocarray(l->found, l->found_count + 1,
					sizeof(*l->found));
		if (!l->found)
			abort();
		l->found[l->found_count++] = *link;
	}
	if (dns_list_find(c, link))
		return;
	if (dns_list_add(c, link)) {
		dns_events_put(&c->events, DNS_EVENT_JOINED, link);
		return;
	}
	snprintf(text, sizeof(text), "over %d lists, with those linked to",
		 DNS_LISTS_MAX);
	dns_events_fault(&c->events, DNS_EVENT_LEFT, link, true, ERR_LIMIT,
			 text);
}

static bool mark(struct dns_client *c, const struct dns_link *links,
		 size_t count)
{
	bool is_new = false;

	for (size_t i = 0; i < count; i++) {
		struct dns_list *l = dns_list_find(c, &links[i]);

		if (!l || l->is_marked)
			continue;
		l->is_marked = true;
		is_new = true;
	}
	return is_new;
}

/* What the owner's lists lead to, over any number of others; cycles too end
 * here, since each is marked once. */
static void mark_all(struct dns_client *c)
{
	bool again = true;

	for (struct dns_list *l = c->lists; l; l = l->next)
		l->is_marked = l->is_own;
	while (again) {
		again = false;
		for (struct dns_list *l = c->lists; l; l = l->next) {
			if (!l->is_marked)
				continue;
			if (mark(c, l->refers, l->refers_count))
				again = true;
			if (mark(c, l->found, l->found_count))
				again = true;
		}
	}
}

static void sweep(struct dns_client *c)
{
	struct dns_list **at = &c->lists, *l;

	mark_all(c);
	while ((l = *at)) {
		if (l->is_marked) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		c->counts.lists--;
		dns_events_put(&c->events, DNS_EVENT_LEFT, &l->link);
		dns_list_free(l);
	}
}

static bool is_among(const struct dns_link *link, const struct dns_link *links,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dns_link_is_same(link, &links[i]))
			return true;
	return false;
}

void dns_list_keep_links(struct dns_list *l)
{
	for (size_t i = 0; i < l->found_count; i++) {
		const struct dns_link *link = &l->found[i];

		if (l->refers_count == 2 * DNS_LISTS_MAX ||
		    is_among(link, l->refers, l->refers_count))
			continue;
		l->refers = reallocarray(l->refers, l->refers_count + 1,
					 sizeof(*l->refers));
		if (!l->refers)
			abort();
		l->refers[l->refers_count++] = *link;
	}
	l->found_count = 0;
}

void dns_list_links_done(struct dns_client *c, struct dns_list *l)
{
	l->links_done = true;
	/* With a part of the tree missing, what it had before may be there. */
	if (l->links_lost) {
		dns_list_keep_links(l);
		return;
	}
	free(l->refers);
	l->refers = l->found;
	l->refers_count = l->found_count;
	l->found = NULL;
	l->found_count = 0;
	sweep(c);
}
