/* SPDX-License-Identifier: Apache-2.0 */
/* Anything that may happen, in any order, against a model that only searches:
 * the same nodes are known, in the same order; and once everything is written,
 * what is on disk is what is known. */
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/nodedb/known_inside.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NODES = 24, /* that there are */
	ROOM = 10,
	SHARE = 4,
	NETS = 3,
	STEPS = 6000,
	DISK = 64,
};

static struct drbg rng;
static uint64_t now;

static unsigned below(unsigned bound)
{
	return drbg_below(&rng, bound);
}

/* --- the model --------------------------------------------------------------
 */

struct model_node {
	bool is_there;
	unsigned net;
	uint64_t seq;	/* 0: no record */
	uint64_t heard; /* the order */
	uint64_t came;	/* that of its network */
	bool is_proven;
	size_t count;
	struct entry_address at[ENTRY_ADDRESSES];
};

static struct model_node model[NODES];
static uint64_t order;

static struct entry_address *model_at(struct model_node *m, const struct ip *ip)
{
	for (size_t i = 0; i < m->count; i++)
		if (ip_equal(&m->at[i].ip, ip))
			return &m->at[i];
	return NULL;
}

static struct entry_address *model_least(struct model_node *m)
{
	struct entry_address *least = &m->at[0];

	for (size_t i = 0; i < m->count; i++)
		if (m->at[i].pong < least->pong ||
		    (m->at[i].pong == least->pong &&
		     m->at[i].ping < least->ping))
			least = &m->at[i];
	return least;
}

static struct entry_address *model_add(struct model_node *m,
				       const struct ip *ip)
{
	struct entry_address *a = model_at(m, ip);

	if (a)
		return a;
	a = m->count < ENTRY_ADDRESSES ? &m->at[m->count++] : model_least(m);
	*a = (struct entry_address){ .ip = *ip };
	return a;
}

static void model_hear(struct model_node *m)
{
	m->heard = m->came = ++order;
}

static uint64_t place_of(const struct model_node *m, unsigned net)
{
	return net == NETS ? m->heard : m->came;
}

/* Of one network, or (net NETS) of all. */
static void model_limit(unsigned net, size_t limit)
{
	for (;;) {
		struct model_node *leaves = NULL;
		size_t count = 0;

		for (size_t i = 0; i < NODES; i++) {
			struct model_node *m = &model[i];

			if (!m->is_there || (net != NETS && m->net != net))
				continue;
			count++;
			if (!leaves || m->is_proven < leaves->is_proven ||
			    (m->is_proven == leaves->is_proven &&
			     place_of(m, net) < place_of(leaves, net)))
				leaves = m;
		}
		if (count <= limit)
			return;
		leaves->is_there = false;
	}
}

static struct model_node *model_met(unsigned n, unsigned net, uint64_t seq,
				    bool answers)
{
	struct model_node *m = &model[n];

	if (!m->is_there) {
		*m = (struct model_node){ .is_there = true,
					  .net = net,
					  .seq = seq };
		model_hear(m);
		return m;
	}
	if ((seq > m->seq || answers) && m->net != net) {
		m->net = net;
		m->came = ++order;
	}
	if (seq > m->seq)
		m->seq = seq;
	return m;
}

static void model_trim(const struct model_node *m)
{
	model_limit(m->net, SHARE);
	model_limit(NETS, ROOM);
}

/* --- what happens -----------------------------------------------------------
 */

static struct known *k;

/* The last network is one of IPv6. */
static struct known_contact contact(unsigned n, unsigned net, unsigned host,
				    uint64_t seq)
{
	struct known_contact c =
		seq ? node_signed(n, net, host, seq) : node_at(n, net, host);

	if (net == NETS - 1)
		c.udp.ip = (struct ip){
			.family = IP_V6,
			.b = { 0x2a, [2] = (uint8_t)net, [15] = (uint8_t)host }
		};
	return c;
}

static void meet(unsigned what)
{
	unsigned n = below(NODES), net = below(NETS), host = 1 + below(3);
	uint64_t seq = below(2) ? 1 + below(5) : 0;
	struct known_contact c = contact(n, net, host, seq);
	struct model_node *m;
	struct entry_address *a;

	m = model_met(n, net, seq, what == 0);
	if (what == 0) {
		known_answered(k, &c, now);
		a = model_add(m, &c.udp.ip);
		a->pong = known_time(now);
		a->failures = 0;
		m->is_proven = true;
		model_hear(m);
	} else if (what == 1) {
		known_pinged(k, &c, now);
		a = model_at(m, &c.udp.ip);
		if (!a && (m->count < ENTRY_ADDRESSES || !model_least(m)->pong))
			a = model_add(m, &c.udp.ip);
		if (a)
			a->ping = known_time(now);
		if (!m->is_proven)
			model_hear(m);
	} else {
		known_learned(k, &c);
	}
	model_trim(m);
}

static void leave_unanswered(void)
{
	unsigned n = below(NODES);
	struct known_contact c = contact(n, below(NETS), 1 + below(3), 0);
	struct entry_address *a = model_at(&model[n], &c.udp.ip);

	known_failed(k, &c.id, &c.udp.ip);
	if (a && model[n].is_there)
		a->failures++;
}

static bool has_answered, is_in_use;

static void model_expire(struct model_node *m)
{
	uint64_t ping = 0, pong = 0;
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct entry_address a = m->at[i];

		pong = a.pong > pong ? a.pong : pong;
		ping = a.ping > ping ? a.ping : ping;
		if (a.pong ? now - a.pong <= KNOWN_LIFE_S
			   : a.ping && now - a.ping <= KNOWN_LIFE_S)
			m->at[n++] = a;
	}
	m->count = n;
	if (!m->is_proven)
		pong = ping;
	if (!pong || now - pong > KNOWN_LIFE_S)
		m->is_there = false;
}

static void expire(void)
{
	bool due = has_answered && is_in_use;

	known_expire(k, now);
	is_in_use = has_answered;
	has_answered = false;
	for (size_t i = 0; i < NODES && due; i++)
		if (model[i].is_there)
			model_expire(&model[i]);
}

/* --- disk -------------------------------------------------------------------
 */

static struct {
	size_t count;
	struct {
		struct entry_key key;
		size_t len;
		uint8_t value[ENTRY_MAX];
	} all[DISK];
} disk;

static struct known_batch *under_way;

static void disk_apply(const struct known_batch *b,
		       const struct known_change *c)
{
	size_t i = 0;

	while (i < disk.count &&
	       memcmp(&disk.all[i].key, &c->key, sizeof(c->key)))
		i++;
	if (!c->len) {
		/* Nothing is deleted that is not there. */
		cr_assert_lt(i, disk.count);
		disk.all[i] = disk.all[--disk.count];
		return;
	}
	if (i == disk.count)
		cr_assert_lt(++disk.count, DISK);
	disk.all[i].key = c->key;
	disk.all[i].len = c->len;
	memcpy(disk.all[i].value, b->values.data + c->at, c->len);
}

static void finish_write(bool works)
{
	if (!under_way)
		return;
	for (size_t i = 0; works && i < under_way->count; i++)
		disk_apply(under_way, &under_way->changes[i]);
	known_written(k, under_way, works ? ERR_NONE : ERR_SYSTEM);
	under_way = NULL;
}

/* A batch stays under way for a while. */
static void begin_write(void)
{
	finish_write(below(3) > 0);
	under_way = known_collect(k, 0);
}

static void flush(void)
{
	do {
		finish_write(true);
		under_way = known_collect(k, 0);
	} while (under_way);
}

/* --- comparing ---------------------------------------------------------------
 */

static bool is_same(const struct entry_address *a,
		    const struct entry_address *b)
{
	return ip_equal(&a->ip, &b->ip) && a->ping == b->ping &&
	       a->pong == b->pong && a->failures == b->failures;
}

static uint64_t seq_of(struct span record)
{
	struct enr enr = { .seq = 0 };

	cr_assert(!record.len || !enr_decode(&enr, record, NULL));
	return enr.seq;
}

static void check_order(const struct known_item *item, bool proven)
{
	uint64_t last = 0;
	size_t count = 0, expected = 0;

	for (; item; item = item->next, count++) {
		struct entry_node node = known_item_read(item);
		size_t n = 0;

		struct known_contact c = node_at(0, 0, 1);

		while (n < NODES && !node_id_equal(&c.id, &item->id))
			c = node_at((unsigned)++n, 0, 1);
		cr_assert_lt(n, NODES);
		cr_assert(model[n].is_there && model[n].is_proven == proven);
		cr_assert_gt(model[n].heard, last);
		last = model[n].heard;
		cr_assert_eq(seq_of(node.record), model[n].seq);
		cr_assert_eq(node.udp.ip.b[2], model[n].net);
		cr_assert_eq(node.count, model[n].count);
		for (size_t i = 0; i < node.count; i++)
			cr_assert(is_same(&node.at[i], &model[n].at[i]));
		if (!node.record.len)
			cr_assert(!memcmp(&node.pub, &c.pub, sizeof(c.pub)));
		cr_assert_eq(known_find(k, &item->id), item);
	}
	for (size_t n = 0; n < NODES; n++)
		expected += model[n].is_there && model[n].is_proven == proven;
	cr_assert_eq(count, expected);
}

static void count_nets(size_t counts[NETS], const struct known_item *item)
{
	for (; item; item = item->next)
		counts[known_where(item).ip.b[2]]++;
}

static void check_shares(void)
{
	size_t counts[NETS] = { 0 };

	count_nets(counts, k->proven);
	count_nets(counts, k->unproven);
	for (size_t i = 0; i < NETS; i++)
		cr_assert_leq(counts[i], SHARE);
	cr_assert_eq(counts[0] + counts[1] + counts[2], known_count(k));
}

/* All are found by network, and nothing else is. */
static void check_nets(void)
{
	size_t sum = 0;

	for (size_t i = 0; i < KNOWN_BUCKETS; i++)
		for (struct known_item *item = k->by_net[i]; item;
		     item = item->by_net, sum++)
			cr_assert_eq(known_find(k, &item->id), item);
	cr_assert_eq(sum, known_count(k));
}

static void check_disk(void)
{
	struct known_limits limits = { .nodes = ROOM, .share = SHARE };
	struct known *again = known_new(&limits);
	char *here, *there;

	flush();
	for (size_t i = 0; i < disk.count; i++)
		cr_assert_eq(
			known_load(again, span_of(disk.all[i].key.b, ENTRY_KEY),
				   span_of(disk.all[i].value, disk.all[i].len)),
			0);
	known_loaded(again);
	here = known_text(k);
	there = known_text(again);
	cr_assert(!strcmp(here, there), "known:\n%son disk:\n%s", here, there);
	cr_assert_not(known_has_changes(again));
	free(here);
	free(there);
	known_free(again);
}

static void step(void)
{
	unsigned what = below(100);
	char url[32];

	now += below(600);
	if (what < 30)
		has_answered = true;
	if (what < 70) {
		meet(what < 30 ? 0 : what < 50 ? 1 : 2);
	} else if (what < 80) {
		leave_unanswered();
	} else if (what < 84) {
		expire();
	} else if (what < 86) {
		snprintf(url, sizeof(url), "enrtree://A@%u", below(4));
		known_set_list_seq(k, url, below(9), now);
	} else {
		begin_write();
	}
}

static void run(uint8_t number)
{
	struct known_limits limits = { .nodes = ROOM, .share = SHARE };
	struct secret32 seed = { { number } };

	crypto_init();
	drbg_init(&rng, &seed);
	k = known_new(&limits);
	now = 1700000000;
	for (unsigned i = 0; i < STEPS; i++) {
		step();
		check_order(k->proven, true);
		check_order(k->unproven, false);
		check_shares();
		if (i % 300)
			continue;
		check_nets();
		check_disk();
	}
	check_disk();
	known_free(k);
}

Test(known_model, agrees_after_every_step_of_one_run)
{
	run(1);
}

Test(known_model, agrees_after_every_step_of_another)
{
	run(2);
}
