/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/known_inside.h"

struct known *known_new(const struct known_limits *limits)
{
	struct known *k = known_made(sizeof(*k));

	hashtable_init();
	k->limits.nodes = limits ? limits->nodes : KNOWN_NODES;
	k->limits.share = limits ? limits->share : KNOWN_SHARE;
	return k;
}

/* --- the table ------------------------------------------------------------ */

struct known_net {
	uint8_t b[1 + 6]; /* family, and the bits of a /24 or /48 */
};

static struct known_net net_of(const struct known_item *item)
{
	struct ip ip = known_where(item).ip;
	struct known_net net = { { (uint8_t)ip.family } };

	memcpy(net.b + 1, ip.b, ip.family == IP_V4 ? 3 : 6);
	return net;
}

static bool is_in(const struct known_item *item, const struct known_net *net)
{
	struct known_net other = net_of(item);

	return !memcmp(&other, net, sizeof(other));
}

static bool is_lan(const struct known_item *item)
{
	struct ip ip = known_where(item).ip;

	return ip_is_lan(&ip);
}

static size_t bucket_of(const void *key, size_t len)
{
	return hashtable_hash(key, len) % KNOWN_BUCKETS;
}

static struct known_item **list_of(struct known *k,
				   const struct known_item *item)
{
	return item->is_proven ? &k->proven : &k->unproven;
}

struct known_item *known_find(const struct known *k, const struct node_id *id)
{
	struct known_item *item = k->by_id[bucket_of(id, sizeof(*id))];

	while (item && !node_id_equal(&item->id, id))
		item = item->by_id;
	return item;
}

static void net_in(struct known *k, struct known_item *item)
{
	struct known_net net = net_of(item);
	size_t at = bucket_of(&net, sizeof(net));

	if (!is_lan(item))
		LL_PREPEND2(k->by_net[at], item, by_net);
}

static void net_out(struct known *k, struct known_item *item)
{
	struct known_net net = net_of(item);
	size_t at = bucket_of(&net, sizeof(net));

	if (!is_lan(item))
		LL_DELETE2(k->by_net[at], item, by_net);
}

static void net_replace(struct known *k, struct known_item *old,
			struct known_item *item)
{
	struct known_net net = net_of(old);
	size_t at = bucket_of(&net, sizeof(net));

	if (!is_in(item, &net)) {
		net_out(k, old);
		net_in(k, item);
	} else if (!is_lan(item)) {
		LL_REPLACE_ELEM2(k->by_net[at], old, item, by_net);
	}
}

void known_insert(struct known *k, struct known_item *item)
{
	struct entry_key key = entry_node_key(&item->id);
	size_t at = bucket_of(&item->id, sizeof(item->id));
	struct known_item **list = list_of(k, item);

	DL_APPEND(*list, item);
	LL_PREPEND2(k->by_id[at], item, by_id);
	net_in(k, item);
	k->count++;
	known_came(k, &item->state, &key);
}

void known_remove(struct known *k, struct known_item *item)
{
	struct entry_key key = entry_node_key(&item->id);
	size_t at = bucket_of(&item->id, sizeof(item->id));
	struct known_item **list = list_of(k, item);

	known_went(k, &item->state, &key);
	k->count--;
	net_out(k, item);
	LL_DELETE2(k->by_id[at], item, by_id);
	DL_DELETE(*list, item);
	free(item);
}

struct known_item *known_replace(struct known *k, struct known_item *old,
				 const struct entry_node *node)
{
	struct known_item *item = known_item_new(&old->id, node);
	size_t at = bucket_of(&old->id, sizeof(old->id));
	struct known_item **list = list_of(k, old);

	item->is_proven = old->is_proven;
	item->state = old->state;
	DL_REPLACE_ELEM(*list, old, item);
	LL_REPLACE_ELEM2(k->by_id[at], old, item, by_id);
	net_replace(k, old, item);
	free(old);
	known_changed(k, &item->state);
	return item;
}

/* It was heard of just now. */
static void move_last(struct known *k, struct known_item *item, bool is_proven)
{
	struct known_item **from = list_of(k, item), **to;

	item->is_proven = is_proven;
	to = list_of(k, item);
	DL_DELETE(*from, item);
	DL_APPEND(*to, item);
	net_out(k, item);
	net_in(k, item);
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

/* Who leaves of a network that has more than its share; NULL: it has not. */
static struct known_item *surplus_of(const struct known *k,
				     const struct known_net *net)
{
	struct known_item *leaves = NULL, *item;
	size_t count = 0;

	item = k->by_net[bucket_of(net, sizeof(*net))];
	for (; item; item = item->by_net) {
		if (!is_in(item, net))
			continue;
		count++;
		if (!leaves || !item->is_proven || leaves->is_proven)
			leaves = item;
	}
	return count > k->limits.share ? leaves : NULL;
}

static void trim_share(struct known *k, const struct known_item *item)
{
	struct known_net net = net_of(item);
	struct known_item *leaves;

	while ((leaves = surplus_of(k, &net)))
		known_remove(k, leaves);
}

static void trim_count(struct known *k)
{
	while (k->count > k->limits.nodes)
		known_remove(k, k->unproven ? k->unproven : k->proven);
}

void known_trim(struct known *k, const struct known_item *item)
{
	trim_share(k, item);
	trim_count(k);
}

static void regroup(struct known *k, struct known_item *list)
{
	struct known_item *item, *next;

	DL_FOREACH_SAFE(list, item, next)
	{
		net_in(k, item);
		trim_share(k, item); /* of those that are in */
	}
}

void known_regroup(struct known *k)
{
	memset(k->by_net, 0, sizeof(k->by_net));
	regroup(k, k->unproven);
	regroup(k, k->proven);
	trim_count(k);
}

/* --- a node --------------------------------------------------------------- */

static struct addr unmapped(const struct addr *a)
{
	return (struct addr){ .ip = ip_unmapped(&a->ip), .port = a->port };
}

/* Of its addresses; the same rule as among nodes. */
static size_t least(const struct known_item *item)
{
	const struct known_times *t = item->times;
	size_t at = 0;

	for (size_t i = 1; i < item->count; i++)
		if (t[i].pong < t[at].pong ||
		    (t[i].pong == t[at].pong && t[i].ping < t[at].ping))
			at = i;
	return at;
}

/* Is there room for an address, but in the place of one where it answered? */
static bool has_room(const struct known_item *item)
{
	return item->count < ENTRY_ADDRESSES || !item->times[least(item)].pong;
}

static struct known_item *add_address(struct known *k, struct known_item *item,
				      const struct ip *ip)
{
	struct entry_node node = known_item_read(item);
	size_t at = least(item);

	if (node.count < ENTRY_ADDRESSES)
		at = node.count++;
	node.at[at] = (struct entry_address){ .ip = *ip };
	return known_replace(k, item, &node);
}

static bool is_newer(const struct known_item *item, const struct enr *record)
{
	struct span known = known_record(item);
	struct enr enr;

	if (!record->len || span_equal(known, enr_raw(record)))
		return false;
	/* Any is newer than none. */
	return enr_decode(&enr, known, NULL) || record->seq > enr.seq;
}

enum where {
	WHERE_IT_SAYS,	  /* in a record that is newer */
	WHERE_IT_ANSWERS, /* there it is */
};

static struct known_item *updated(struct known *k, struct known_item *item,
				  const struct known_contact *c,
				  enum where where)
{
	bool newer = is_newer(item, &c->record);
	struct addr udp = unmapped(&c->udp), old = known_where(item);
	bool is_there = ip_equal(&udp.ip, &old.ip), moves;
	struct entry_node node;

	moves = (newer || where == WHERE_IT_ANSWERS) &&
		(!is_there || udp.port != old.port ||
		 (c->tcp && c->tcp != item->tcp));
	if (!newer && !moves)
		return item;
	node = known_item_read(item);
	if (newer)
		node.record = enr_raw(&c->record);
	if (moves)
		node.udp = udp;
	if (moves && (c->tcp || !is_there))
		node.tcp = c->tcp;
	return known_replace(k, item, &node);
}

/* Found, or made; its record and place as they are now. */
static struct known_item *met(struct known *k, const struct known_contact *c,
			      enum where where)
{
	struct known_item *item = known_find(k, &c->id);
	struct entry_node node;

	if (item)
		return updated(k, item, c, where);
	node = (struct entry_node){
		.pub = c->pub,
		.udp = unmapped(&c->udp),
		.tcp = c->tcp,
		.record = enr_raw(&c->record),
	};
	item = known_item_new(&c->id, &node);
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
	struct known_item *item;
	struct ip ip;

	if (!is_usable(c))
		return;
	k->has_answered = true;
	item = met(k, c, WHERE_IT_ANSWERS);
	ip = known_where(item).ip;
	if (item->here == item->count)
		item = add_address(k, item, &ip);
	item->times[item->here].pong = known_time(unix_s);
	item->times[item->here].failures = 0;
	move_last(k, item, true);
	known_changed(k, &item->state);
	known_trim(k, item);
}

void known_pinged(struct known *k, const struct known_contact *c,
		  uint64_t unix_s)
{
	struct ip ip = ip_unmapped(&c->udp.ip);
	struct known_item *item;
	size_t at;

	if (!is_usable(c))
		return;
	item = met(k, c, WHERE_IT_SAYS);
	at = known_at(item, &ip);
	/* An address where it answered stays for one where it did not. */
	if (at == item->count && has_room(item)) {
		item = add_address(k, item, &ip);
		at = known_at(item, &ip);
	}
	if (at < item->count)
		item->times[at].ping = known_time(unix_s);
	if (!item->is_proven)
		move_last(k, item, false);
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
	size_t at = item ? known_at(item, &plain) : 0;

	if (!item || at == item->count ||
	    item->times[at].failures == UINT32_MAX)
		return;
	item->times[at].failures++;
	known_changed(k, &item->state);
}

/* --- what is known ---------------------------------------------------------
 */

bool known_fill(struct known_node *out, const struct known_item *item)
{
	struct entry_node node = known_item_read(item);
	struct known_contact *c = &out->contact;

	memset(out, 0, sizeof(*out));
	c->pub = node.pub;
	c->id = item->id;
	c->udp = node.udp;
	c->tcp = node.tcp;
	if (item->here < item->count) {
		out->ping = item->times[item->here].ping;
		out->pong = item->times[item->here].pong;
		out->failures = item->times[item->here].failures;
	}
	if (!node.record.len)
		return true;
	if (enr_read(&c->record, node.record, NULL))
		return false;
	c->pub = c->record.pub;
	return true;
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
	size_t at = item ? known_at(item, &plain) : 0;

	return item && at < item->count ? item->times[at].pong : 0;
}

size_t known_count(const struct known *k)
{
	return k->count;
}
