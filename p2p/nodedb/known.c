/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/known_inside.h"

#include <assert.h>

struct known *known_new(const struct known_limits *limits)
{
	struct known *k = known_made(sizeof(*k));

	hashtable_init();
	k->limits.nodes = limits ? limits->nodes : KNOWN_NODES;
	k->limits.share = limits ? limits->share : KNOWN_SHARE;
	return k;
}

/* --- the table ------------------------------------------------------------ */

static struct known_net net_of(const struct ip *ip)
{
	struct known_net net = { { (uint8_t)ip->family } };

	memcpy(net.b + 1, ip->b, ip->family == IP_V4 ? 3 : 6);
	return net;
}

static struct known_share *share_of(const struct known *k,
				    const struct known_net *net)
{
	struct known_share *s;

	HASH_FIND(hh, k->shares, net, sizeof(*net), s);
	return s;
}

struct known_item *known_find(const struct known *k, const struct node_id *id)
{
	struct known_item *item;

	HASH_FIND(hh, k->proven, id, sizeof(*id), item);
	if (!item)
		HASH_FIND(hh, k->unproven, id, sizeof(*id), item);
	return item;
}

static void link_in(struct known *k, struct known_item *item)
{
	struct known_share *s = share_of(k, &item->net);

	if (!s) {
		s = known_made(sizeof(*s));
		s->net = item->net;
		HASH_ADD(hh, k->shares, net, sizeof(s->net), s);
	}
	s->count++;
	if (item->is_proven)
		HASH_ADD(hh, k->proven, id, sizeof(item->id), item);
	else
		HASH_ADD(hh, k->unproven, id, sizeof(item->id), item);
}

static void link_out(struct known *k, struct known_item *item)
{
	struct known_share *s = share_of(k, &item->net);

	if (item->is_proven)
		HASH_DEL(k->proven, item);
	else
		HASH_DEL(k->unproven, item);
	if (--s->count)
		return;
	HASH_DEL(k->shares, s);
	free(s);
}

static void item_free(struct known_item *item)
{
	free(item->record);
	free(item->at);
	free(item);
}

void known_insert(struct known *k, struct known_item *item)
{
	struct entry_key key = entry_node_key(&item->id);

	link_in(k, item);
	known_came(k, &item->state, &key);
}

void known_remove(struct known *k, struct known_item *item)
{
	struct entry_key key = entry_node_key(&item->id);

	known_went(k, &item->state, &key);
	link_out(k, item);
	item_free(item);
}

void known_free(struct known *k)
{
	struct known_gone *gone, *next;

	if (!k)
		return;
	while (k->proven)
		known_remove(k, k->proven);
	while (k->unproven)
		known_remove(k, k->unproven);
	known_lists_clear(k);
	HASH_ITER (hh, k->gone, gone, next) {
		HASH_DEL(k->gone, gone);
		free(gone);
	}
	free(k);
}

/* --- limits --------------------------------------------------------------- */

static struct known_item *first_of(struct known_item *item,
				   const struct known_net *net)
{
	while (item && memcmp(&item->net, net, sizeof(*net)))
		item = item->hh.next;
	return item;
}

/* Looking through all nodes costs 50 us, of a network that has its share. */
static void trim_share(struct known *k, const struct known_net *net)
{
	const struct known_share *s;
	struct known_item *leaves;

	while ((s = share_of(k, net)) && s->count > k->limits.share) {
		leaves = first_of(k->unproven, net);
		known_remove(k, leaves ? leaves : first_of(k->proven, net));
	}
}

static void trim_count(struct known *k)
{
	while (known_count(k) > k->limits.nodes)
		known_remove(k, k->unproven ? k->unproven : k->proven);
}

void known_trim(struct known *k, const struct known_item *item)
{
	struct known_net net = item->net;

	if (!item->is_lan)
		trim_share(k, &net);
	trim_count(k);
}

void known_trim_all(struct known *k)
{
	struct known_share *s, *next;

	HASH_ITER (hh, k->shares, s, next) {
		const struct known_item *item;
		struct known_net net = s->net;

		if (s->count <= k->limits.share)
			continue;
		item = first_of(k->unproven, &net);
		if (!item)
			item = first_of(k->proven, &net);
		if (!item->is_lan)
			trim_share(k, &net);
	}
	trim_count(k);
}

/* --- a node --------------------------------------------------------------- */

static struct addr unmapped(const struct addr *a)
{
	return (struct addr){ .ip = ip_unmapped(&a->ip), .port = a->port };
}

void known_place(struct known_item *item, const struct addr *udp)
{
	item->udp = unmapped(udp);
	item->net = net_of(&item->udp.ip);
	item->is_lan = ip_is_lan(&item->udp.ip);
}

struct entry_address *known_address(const struct known_item *item,
				    const struct ip *ip)
{
	for (size_t i = 0; i < item->count; i++)
		if (ip_equal(&item->at[i].ip, ip))
			return &item->at[i];
	return NULL;
}

/* The same rule as among nodes. */
static struct entry_address *least(const struct known_item *item)
{
	struct entry_address *a = &item->at[0];

	for (size_t i = 1; i < item->count; i++) {
		struct entry_address *b = &item->at[i];

		if (b->pong < a->pong ||
		    (b->pong == a->pong && b->ping < a->ping))
			a = b;
	}
	return a;
}

static struct entry_address *address_added(struct known_item *item,
					   const struct ip *ip)
{
	struct entry_address *a;

	if (item->count == ENTRY_ADDRESSES) {
		a = least(item);
	} else {
		item->at = realloc(item->at,
				   (item->count + 1U) * sizeof(item->at[0]));
		if (!item->at)
			abort();
		a = &item->at[item->count++];
	}
	*a = (struct entry_address){ .ip = *ip };
	return a;
}

static void set_record(struct known_item *item, const struct enr *record)
{
	free(item->record);
	item->record = known_made(record->len);
	item->record_len = record->len;
	item->seq = record->seq;
	memcpy(item->record, record->raw, record->len);
}

static bool is_newer(const struct known_item *item, const struct enr *record)
{
	return record->len && (!item->record_len || record->seq > item->seq);
}

static bool is_at(const struct known_item *item, const struct addr *udp)
{
	return ip_equal(&item->udp.ip, &udp->ip) && item->udp.port == udp->port;
}

/* It keeps its place in the order of the table. */
static void move_to(struct known *k, struct known_item *item,
		    const struct addr *udp, uint16_t tcp)
{
	struct known_share *from = share_of(k, &item->net), *to;

	if (tcp || !ip_equal(&item->udp.ip, &udp->ip))
		item->tcp = tcp;
	known_place(item, udp);
	to = share_of(k, &item->net);
	if (to && to == from)
		return;
	if (!to) {
		to = known_made(sizeof(*to));
		to->net = item->net;
		HASH_ADD(hh, k->shares, net, sizeof(to->net), to);
	}
	to->count++;
	if (--from->count)
		return;
	HASH_DEL(k->shares, from);
	free(from);
}

enum where {
	WHERE_IT_SAYS,	  /* in a record that is newer */
	WHERE_IT_ANSWERS, /* there it is */
};

static void update(struct known *k, struct known_item *item,
		   const struct known_contact *c, enum where where)
{
	bool newer = is_newer(item, &c->record);
	struct addr udp = unmapped(&c->udp);

	if (newer) {
		set_record(item, &c->record);
		known_changed(k, &item->state);
	}
	if ((newer || where == WHERE_IT_ANSWERS) &&
	    (!is_at(item, &udp) || (c->tcp && c->tcp != item->tcp))) {
		move_to(k, item, &udp, c->tcp);
		known_changed(k, &item->state);
	}
}

static struct known_item *item_new(const struct known_contact *c)
{
	struct known_item *item = known_made(sizeof(*item));

	item->id = c->id;
	item->pub = c->pub;
	item->tcp = c->tcp;
	known_place(item, &c->udp);
	if (c->record.len)
		set_record(item, &c->record);
	return item;
}

/* Found, or made; its record and place as they are now. */
static struct known_item *met(struct known *k, const struct known_contact *c,
			      enum where where)
{
	struct known_item *item = known_find(k, &c->id);

	if (item) {
		update(k, item, c, where);
		return item;
	}
	item = item_new(c);
	known_insert(k, item);
	known_changed(k, &item->state);
	return item;
}

static bool is_usable(const struct known_contact *c)
{
	struct ip ip = ip_unmapped(&c->udp.ip);

	return c->udp.port && !ip_is_unspecified(&ip);
}

/* --- what happened ---------------------------------------------------------
 */

void known_answered(struct known *k, const struct known_contact *c,
		    uint64_t unix_s)
{
	struct entry_address *a;
	struct known_item *item;

	if (!is_usable(c))
		return;
	k->has_answered = true;
	item = met(k, c, WHERE_IT_ANSWERS);
	a = known_address(item, &item->udp.ip);
	if (!a)
		a = address_added(item, &item->udp.ip);
	a->pong = unix_s;
	a->failures = 0;
	link_out(k, item);
	item->is_proven = true;
	link_in(k, item);
	known_changed(k, &item->state);
	known_trim(k, item);
}

void known_pinged(struct known *k, const struct known_contact *c,
		  uint64_t unix_s)
{
	struct ip ip = ip_unmapped(&c->udp.ip);
	struct entry_address *a;
	struct known_item *item;

	if (!is_usable(c))
		return;
	item = met(k, c, WHERE_IT_SAYS);
	a = known_address(item, &ip);
	/* An address where it answered stays for one where it did not. */
	if (!a && (item->count < ENTRY_ADDRESSES || !least(item)->pong))
		a = address_added(item, &ip);
	if (a)
		a->ping = unix_s;
	if (!item->is_proven) {
		link_out(k, item);
		link_in(k, item);
	}
	known_changed(k, &item->state);
	known_trim(k, item);
}

void known_learned(struct known *k, const struct known_contact *c)
{
	if (is_usable(c))
		known_trim(k, met(k, c, WHERE_IT_SAYS));
}

void known_failed(struct known *k, const struct node_id *id,
		  const struct ip *ip)
{
	struct known_item *item = known_find(k, id);
	struct ip plain = ip_unmapped(ip);
	struct entry_address *a = item ? known_address(item, &plain) : NULL;

	if (!a || a->failures == UINT32_MAX)
		return;
	a->failures++;
	known_changed(k, &item->state);
}

/* --- what is known ---------------------------------------------------------
 */

bool known_fill(struct known_node *out, const struct known_item *item)
{
	const struct entry_address *a = known_address(item, &item->udp.ip);
	struct known_contact *c = &out->contact;

	memset(out, 0, sizeof(*out));
	c->pub = item->pub;
	c->id = item->id;
	c->udp = item->udp;
	c->tcp = item->tcp;
	if (a) {
		out->ping = a->ping;
		out->pong = a->pong;
		out->failures = a->failures;
	}
	return !item->record_len ||
	       !enr_read(&c->record, span_of(item->record, item->record_len),
			 NULL);
}

bool known_get(struct known *k, struct known_node *out,
	       const struct node_id *id)
{
	struct known_item *item = known_find(k, id);
	struct known_node node;

	if (!item)
		return false;
	if (!known_fill(&node, item)) {
		known_remove(k, item);
		return false;
	}
	*out = node;
	return true;
}

uint64_t known_pong(const struct known *k, const struct node_id *id,
		    const struct ip *ip)
{
	const struct known_item *item = known_find(k, id);
	struct ip plain = ip_unmapped(ip);
	const struct entry_address *a;

	a = item ? known_address(item, &plain) : NULL;
	return a ? a->pong : 0;
}

size_t known_count(const struct known *k)
{
	return HASH_COUNT(k->proven) + HASH_COUNT(k->unproven);
}
