/* SPDX-License-Identifier: Apache-2.0 */
/* Many cores, wired together in memory on a virtual clock: each in a /24 of its
 * own, 20 ms apart, with one bootnode.
 *
 * Signatures are not verified here (the linker wraps the call): that would be
 * nearly all the time it takes, and is tested elsewhere. */
#include <utlist.h>

#include "p2p/crypto/drbg.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "p2p/discover/v5.h"
#include "test/support/unit.h"

enum {
	NODES_MAX = 256,
	DELAY_MS = 20,
	JOIN_MS = 50, /* one after the other */
	UNIX = 1700000000,
};

struct flight {
	struct flight *prev, *next;
	struct mono at;
	struct addr from, to;
	size_t len;
	uint8_t bytes[];
};

static struct {
	size_t count;
	struct {
		struct v5 *v5;
		struct contact contact;
		struct mono due;
		bool off; /* hears nothing */
	} nodes[NODES_MAX];
	struct flight *flights; /* first to arrive first */
	struct mono now;
	struct drbg rng;
	unsigned loss; /* per cent */

	/* Of the one lookup that is under way. */
	size_t found_count;
	struct node_id found[V5_RESULTS];
	bool is_over;
} net;

static struct addr addr_of(size_t i)
{
	return (struct addr){
		.ip = { .family = IP_V4,
			.b = { 20, (uint8_t)(i >> 8), (uint8_t)i, 1 } },
		.port = 30303,
	};
}

static const struct enr *record_of(size_t i, const struct ecc_keypair *key)
{
	static struct enr r;
	struct enr_draft d = { .seq = 1 };
	struct addr at = addr_of(i);

	cr_assert_eq(enr_draft_set_ip(&d, &at.ip), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "udp", at.port), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, key), ERR_NONE);
	cr_assert_eq(enr_read(&r, enr_raw(&r), NULL), ERR_NONE);
	return &r;
}

static void add_node(size_t i)
{
	struct secret32 seed = { { 9, (uint8_t)i } };
	struct v5_config config = { .seed = &seed,
				    .limits = guard_limits_default };
	struct ecc_keypair key;

	drbg_key(&net.rng, &key.key);
	ecc_pub_of(&key.pub, &key.key);
	config.key = &key;
	net.nodes[i].due = mono_add_ms(net.now, i * JOIN_MS);
	net.nodes[i].v5 = v5_new(&config, net.nodes[i].due);
	cr_assert(contact_of_record(&net.nodes[i].contact, record_of(i, &key)));
	v5_set_record(net.nodes[i].v5, &net.nodes[i].contact.record);
	if (i)
		cr_assert_eq(
			v5_bootnode(net.nodes[i].v5, &net.nodes[0].contact),
			ERR_NONE);
}

bool __wrap_ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		       const struct ecc_pub *pub);

bool __wrap_ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		       const struct ecc_pub *pub)
{
	(void)rs;
	(void)digest;
	(void)pub;
	return true;
}

static void open_net(size_t count, unsigned loss)
{
	struct secret32 seed = { { 3 } };

	crypto_init();
	drbg_init(&net.rng, &seed);
	net.now = (struct mono){ 1000000000 };
	net.loss = loss;
	net.count = count;
	for (size_t i = 0; i < count; i++)
		add_node(i);
}

static void close_net(void)
{
	struct flight *f, *next;

	DL_FOREACH_SAFE(net.flights, f, next)
	free(f);
	for (size_t i = 0; i < net.count; i++)
		v5_free(net.nodes[i].v5);
}

static void take_datagrams(size_t i)
{
	struct datagram d;

	while (v5_next_datagram(net.nodes[i].v5, &d)) {
		struct flight *f;

		if (drbg_below(&net.rng, 100) < net.loss)
			continue;
		f = malloc(sizeof(*f) + d.len);
		cr_assert_not_null(f);
		f->at = mono_add_ms(net.now, DELAY_MS);
		f->from = net.nodes[i].contact.udp;
		f->to = d.to;
		f->len = d.len;
		memcpy(f->bytes, d.bytes, d.len);
		DL_APPEND(net.flights, f);
	}
}

static void take_events(size_t i)
{
	struct discover_event ev;

	while (v5_next_event(net.nodes[i].v5, &ev)) {
		if (ev.type != DISCOVER_FOUND)
			continue;
		net.is_over = true;
		net.found_count = ev.count;
		for (size_t k = 0; k < ev.count; k++)
			net.found[k] = ev.found[k].id;
	}
}

static void tick(size_t i)
{
	net.nodes[i].due = v5_tick(net.nodes[i].v5, net.now);
	take_datagrams(i);
	take_events(i);
}

static void deliver(struct flight *f)
{
	size_t i = (size_t)(f->to.ip.b[1] << 8 | f->to.ip.b[2]);

	DL_DELETE(net.flights, f);
	if (i < net.count && !net.nodes[i].off) {
		v5_feed(net.nodes[i].v5, &f->from, f->bytes, f->len, net.now);
		tick(i);
	}
	free(f);
}

static struct mono next_time(void)
{
	struct mono at = net.flights ? net.flights->at : MONO_NEVER;

	for (size_t i = 0; i < net.count; i++)
		at = mono_min(at, net.nodes[i].due);
	return at;
}

static void run(uint64_t ms, bool until_over)
{
	struct mono end = mono_add_ms(net.now, ms);

	while (!mono_before(end, next_time()) && !(until_over && net.is_over)) {
		struct mono at = next_time();

		if (mono_before(net.now, at))
			net.now = at;
		while (net.flights && !mono_before(net.now, net.flights->at))
			deliver(net.flights);
		for (size_t i = 0; i < net.count; i++)
			if (!mono_before(net.now, net.nodes[i].due))
				tick(i);
	}
	if (!until_over)
		net.now = end;
}

/* How many of the 16 closest a lookup of that node finds. */
static size_t look_up(size_t by)
{
	struct node_id id;
	size_t right = 0;

	drbg_bytes(&net.rng, id.b, sizeof(id.b));
	net.is_over = false;
	cr_assert_neq(v5_lookup(net.nodes[by].v5, &id), 0);
	tick(by);
	run(60 * 1000, true);
	cr_assert(net.is_over);
	for (size_t k = 0; k < net.found_count; k++) {
		size_t closer = 0;

		for (size_t i = 0; i < net.count; i++)
			closer += i != by && !net.nodes[i].off &&
				  is_closer(&id, &net.nodes[i].contact.id,
					    &net.found[k]);
		right += closer < V5_RESULTS;
	}
	return right;
}

static size_t exact_lookups(size_t count)
{
	size_t exact = 0;

	for (size_t i = 0; i < count; i++) {
		size_t by = drbg_below(&net.rng, (uint32_t)net.count);
		size_t right = look_up(by);

		cr_assert_geq(right, 14, "%zu of node %zu", right, by);
		exact += right == V5_RESULTS;
	}
	return exact;
}

/* A node is asked for three distances only, so a lookup sees less than one of
 * v4; and nobody here has looked around since it came. */
Test(v5_network, a_hundred_nodes_of_one_bootnode_find_the_closest,
     .fini = close_net)
{
	open_net(100, 0);
	run(30 * 1000, false);
	cr_assert_geq(exact_lookups(40), 34);
}

Test(v5_network, with_one_in_five_lost_too, .fini = close_net)
{
	open_net(40, 20);
	run(60 * 1000, false);
	cr_assert_geq(exact_lookups(60), 57);
}

/* With the bootnode first. Every table notices by itself, some check at a time;
 * and those who are left still find each other. */
Test(v5_network, the_dead_are_forgotten, .fini = close_net)
{
	open_net(24, 0);
	run(20 * 1000, false);
	for (size_t i = 0; i < 8; i++)
		net.nodes[i].off = true;
	run(20 * 60 * 1000, false);
	for (size_t i = 8; i < net.count; i++) {
		const struct table *t = v5_table(net.nodes[i].v5);

		cr_assert_eq(table_live(t), 15);
		for (size_t k = 0; k < 8; k++)
			cr_assert(!table_is_live(t, &net.nodes[k].contact.id));
	}
	cr_assert_eq(look_up(9), 15);
}
