/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/discovery.h"

#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "test/support/unit.h"

#define BOTH (DISCOVER_V4 | DISCOVER_V5)

enum {
	NODES_MAX = 8,
	EVENTS_MAX = 64,
};

/* A network without loss or delay, on a clock of its own. */
static struct net {
	struct mono now;
	size_t count;
	struct node {
		struct ecc_keypair key;
		struct discovery *d;
		struct addr seen; /* where others see it and reach it */
		bool is_gone;
		size_t sent;
		size_t told; /* events kept, of the types wanted */
		struct discover_event events[EVENTS_MAX];
	} nodes[NODES_MAX];
	unsigned wanted; /* bits of event types */
	bool starts_at_once;
} net;

static struct addr addr_of(const char *text)
{
	struct addr a;

	cr_assert_eq(addr_parse(&a, text), ERR_NONE);
	return a;
}

static uint64_t unix_ms(void)
{
	return 1700000000000 + net.now.ns / 1000000;
}

static void net_open(void)
{
	crypto_init();
	net = (struct net){ .now = { 3600000000000 },
			    .wanted = 1u << DISCOVER_SELF };
}

static void net_close(void)
{
	for (size_t i = 0; i < net.count; i++)
		discovery_free(net.nodes[i].d);
}

static void deliver(struct node *from, const struct datagram *packet)
{
	from->sent++;
	for (size_t i = 0; i < net.count; i++) {
		struct node *n = &net.nodes[i];

		if (!n->is_gone && ip_equal(&n->seen.ip, &packet->to.ip) &&
		    n->seen.port == packet->to.port)
			discovery_feed(n->d, &from->seen, packet->bytes,
				       packet->len, net.now, unix_ms());
	}
}

/* True: it did something. */
static bool act(struct node *n, struct mono *due)
{
	struct discover_event ev;
	struct datagram packet;
	bool any = false;

	*due = mono_min(*due, discovery_tick(n->d, net.now, unix_ms()));
	while (discovery_next_event(n->d, &ev)) {
		any = true;
		if (!(net.wanted & 1u << ev.type) || n->told == EVENTS_MAX)
			continue;
		n->events[n->told++] = ev;
	}
	while (discovery_next_datagram(n->d, &packet)) {
		any = true;
		deliver(n, &packet);
	}
	return any;
}

/* Until nothing is left to do now; returns when there is. */
static struct mono settle(void)
{
	size_t rounds = 0;
	struct mono due;
	bool any;

	do {
		due = MONO_NEVER;
		any = false;
		for (size_t i = 0; i < net.count; i++)
			any |= !net.nodes[i].is_gone &&
			       act(&net.nodes[i], &due);
		cr_assert_lt(++rounds, 10000, "it never rests");
	} while (any || !mono_before(net.now, due));
	return due;
}

static void run_for(uint64_t ms)
{
	struct mono end = mono_add_ms(net.now, ms), due = settle();

	while (mono_before(due, end)) {
		net.now = due;
		due = settle();
	}
	net.now = end;
	settle();
}

/* A node that thinks that it is where it is seen, and is ready. */
static struct node *add_node(const char *at, unsigned versions)
{
	struct node *n = &net.nodes[net.count++];
	struct secret32 seed = { { (uint8_t)net.count, 77 } };

	cr_assert_leq(net.count, NODES_MAX);
	n->seen = addr_of(at);
	n->key.key.b[31] = (uint8_t)net.count;
	n->key.key.b[0] = 0x35;
	ecc_pub_of(&n->key.pub, &n->key.key);
	n->d = discovery_new(
		&(struct discovery_config){
			.local = {
				.key = &n->key,
				.unix_ms = unix_ms(),
				.stored = LOCAL_STORED_NEVER,
				.fallback = n->seen.ip,
				.udp = n->seen.port,
				.tcp = n->seen.port,
			},
			.seed = &seed,
			.versions = versions,
			.limits = guard_limits_default,
			.ping_version = V4_VERSION,
		},
		net.now);
	if (!net.starts_at_once)
		run_for(10);
	return n;
}

/* As an enode URL says it. */
static struct contact contact_of(const struct node *n)
{
	struct enode node;
	struct contact c;

	enode_make(&node, &n->key.pub, &n->seen);
	cr_assert(contact_of_node(&c, &node));
	return c;
}

static void bootnode(struct node *n, const struct node *of)
{
	struct contact c = contact_of(of);

	cr_assert_eq(discovery_bootnode(n->d, &c), ERR_NONE);
}

static const struct discover_event *event_of(const struct node *n,
					     enum discover_event_type type,
					     uint32_t request)
{
	for (size_t i = 0; i < n->told; i++)
		if (n->events[i].type == type &&
		    n->events[i].request == request)
			return &n->events[i];
	return NULL;
}

/* --- versions ---------------------------------------------------------------
 */

Test(discovery, finds_others_by_both_versions_from_one_url, .init = net_open,
     .fini = net_close)
{
	struct node *boot = add_node("127.0.0.1:30301", BOTH);
	struct node *a = add_node("127.0.0.1:30302", BOTH);
	struct node *b = add_node("127.0.0.1:30303", BOTH);
	struct node_id id = node_id_of(&b->key.pub);
	const struct contact *found;

	bootnode(a, boot);
	bootnode(b, boot);
	discovery_set_walk(a->d, DISCOVER_WALK);
	run_for(20000);
	found = table_find(v4_table(discovery_v4(a->d)), &id);
	cr_assert_not_null(found);
	cr_assert_eq(found->tcp, 30303);
	found = table_find(v5_table(discovery_v5(a->d)), &id);
	cr_assert_not_null(found);
	cr_assert(span_equal(enr_raw(&found->record),
			     enr_raw(discovery_record(b->d))));
}

/* Who comes before the other is ready is not forgotten. */
Test(discovery, meets_those_who_begin_at_the_same_time, .init = net_open,
     .fini = net_close)
{
	struct node *boot, *a;
	struct node_id id;

	net.starts_at_once = true;
	boot = add_node("127.0.0.1:30301", BOTH);
	a = add_node("127.0.0.1:30302", BOTH);
	id = node_id_of(&a->key.pub);
	bootnode(a, boot);
	run_for(30000);
	cr_assert(table_is_live(v4_table(discovery_v4(boot->d)), &id));
	cr_assert(table_is_live(v5_table(discovery_v5(boot->d)), &id));
}

Test(discovery, speaks_each_version_to_those_who_speak_it, .init = net_open,
     .fini = net_close)
{
	struct node *both = add_node("127.0.0.1:30301", BOTH);
	struct node *v4 = add_node("127.0.0.1:30302", DISCOVER_V4);
	struct node *v5 = add_node("127.0.0.1:30303", DISCOVER_V5);
	struct node_id id4 = node_id_of(&v4->key.pub);
	struct node_id id5 = node_id_of(&v5->key.pub);

	bootnode(v4, both);
	bootnode(v5, both);
	run_for(20000);
	cr_assert(table_is_live(v4_table(discovery_v4(both->d)), &id4));
	cr_assert(table_is_live(v5_table(discovery_v5(both->d)), &id5));
	cr_assert_null(table_find(v4_table(discovery_v4(both->d)), &id5));
	cr_assert_null(table_find(v5_table(discovery_v5(both->d)), &id4));
	cr_assert_null(discovery_v5(v4->d));
	cr_assert_null(discovery_v4(v5->d));
}

Test(discovery, answers_each_request_by_its_version, .init = net_open,
     .fini = net_close)
{
	struct node *a = add_node("127.0.0.1:30301", BOTH);
	struct node *b = add_node("127.0.0.1:30302", BOTH);
	struct contact c = contact_of(b);
	static const enum discover_version versions[] = { DISCOVER_V4,
							  DISCOVER_V5 };

	net.wanted = 1u << DISCOVER_PINGED | 1u << DISCOVER_RECORD |
		     1u << DISCOVER_FOUND | 1u << DISCOVER_RESOLVED;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		enum discover_version v = versions[i];
		uint32_t ping = discovery_ping(a->d, v, &c);
		uint32_t record = discovery_request_record(a->d, v, &c);
		uint32_t lookup = discovery_lookup(a->d, v, &a->key.pub);
		uint32_t resolve = discovery_resolve(a->d, v, &b->key.pub, &c);
		const struct discover_event *ev;

		run_for(5000);
		ev = event_of(a, DISCOVER_PINGED, ping);
		cr_assert_not_null(ev);
		cr_assert_eq(ev->version, v);
		cr_assert_eq(ev->err, ERR_NONE);
		ev = event_of(a, DISCOVER_RECORD, record);
		cr_assert_not_null(ev);
		cr_assert_eq(ev->node.record.seq, discovery_record(b->d)->seq);
		cr_assert_not_null(event_of(a, DISCOVER_FOUND, lookup));
		ev = event_of(a, DISCOVER_RESOLVED, resolve);
		cr_assert_not_null(ev);
		cr_assert_eq(ev->err, ERR_NONE);
		a->told = 0;
	}
}

Test(discovery, takes_no_request_of_a_version_that_is_off, .init = net_open,
     .fini = net_close)
{
	struct node *v4 = add_node("127.0.0.1:30301", DISCOVER_V4);
	struct node *v5 = add_node("127.0.0.1:30302", DISCOVER_V5);
	struct contact c = contact_of(v4);

	cr_assert_eq(discovery_ping(v4->d, DISCOVER_V5, &c), 0);
	cr_assert_eq(discovery_request_record(v4->d, DISCOVER_V5, &c), 0);
	cr_assert_eq(discovery_lookup(v5->d, DISCOVER_V4, &v4->key.pub), 0);
	cr_assert_eq(discovery_resolve(v5->d, DISCOVER_V4, &v4->key.pub, &c),
		     0);
	cr_assert_neq(discovery_ping(v4->d, DISCOVER_V4, &c), 0);
	cr_assert_neq(discovery_ping(v5->d, DISCOVER_V5, &c), 0);
}

Test(discovery, seeds_the_table_that_asked, .init = net_open, .fini = net_close)
{
	struct node *n = add_node("127.0.0.1:30301", BOTH);
	struct node *old = add_node("127.0.0.1:30302", BOTH);
	struct contact c = contact_of(old);

	discovery_seed(n->d, DISCOVER_V5, &c, 1000, net.now);
	cr_assert_null(table_find(v4_table(discovery_v4(n->d)), &c.id));
	cr_assert_not_null(table_find(v5_table(discovery_v5(n->d)), &c.id));
	discovery_seed(n->d, DISCOVER_V4, &c, 1000, net.now);
	cr_assert_not_null(table_find(v4_table(discovery_v4(n->d)), &c.id));
}

/* --- datagrams --------------------------------------------------------------
 */

static void feed(struct node *n, const char *from, const void *data, size_t len)
{
	struct addr at = addr_of(from);

	discovery_feed(n->d, &at, data, len, net.now, unix_ms());
}

static uint64_t v4_drops(const struct node *n, enum v4_drop d)
{
	return v4_stats(discovery_v4(n->d))->dropped[d];
}

static uint64_t v5_drops(const struct node *n, enum v5_drop d)
{
	return v5_stats(discovery_v5(n->d))->dropped[d];
}

/* What begins as v5 and is no more than that, for this node. */
static void masked(uint8_t out[V5_PACKET_MAX], const struct node *to)
{
	struct node_id id = node_id_of(&to->key.pub);
	static const char head[23] = "discv5\0\1\7";

	memset(out, 0, V5_PACKET_MAX);
	v5_mask(out + V5_IV, (const uint8_t *)head, sizeof(head), out, &id);
}

Test(discovery, gives_v5_what_unmasks_as_such_and_v4_the_rest, .init = net_open,
     .fini = net_close)
{
	struct node *n = add_node("127.0.0.1:30301", BOTH);
	struct node *other = add_node("127.0.0.1:30302", BOTH);
	uint8_t packet[V5_PACKET_MAX + 1] = { 0 };

	feed(n, "127.0.0.1:1111", packet, 1);
	feed(n, "127.0.0.1:1111", packet, 62);
	cr_assert_eq(v4_drops(n, V4_DROP_SIZE), 2);
	feed(n, "127.0.0.1:1111", packet, V5_PACKET_MAX);
	cr_assert_eq(v4_drops(n, V4_DROP_HASH), 1);
	feed(n, "127.0.0.1:1111", packet, V5_PACKET_MAX + 1);
	cr_assert_eq(v4_drops(n, V4_DROP_SIZE), 3);
	masked(packet, n);
	feed(n, "127.0.0.1:1111", packet, V5_PACKET_MAX);
	cr_assert_eq(v5_drops(n, V5_DROP_FLAG), 1);
	masked(packet, other); /* v5, and not for us */
	feed(n, "127.0.0.1:1111", packet, V5_PACKET_MAX);
	cr_assert_eq(v4_drops(n, V4_DROP_HASH), 2);
	cr_assert_eq(v4_stats(discovery_v4(n->d))->received_bytes,
		     1 + 62 + 2 * V5_PACKET_MAX + V5_PACKET_MAX + 1);
	run_for(1000);
	cr_assert_eq(n->sent, 0, "nobody is answered");
}

Test(discovery, counts_what_a_single_version_cannot_read, .init = net_open,
     .fini = net_close)
{
	struct node *v4 = add_node("127.0.0.1:30301", DISCOVER_V4);
	struct node *v5 = add_node("127.0.0.1:30302", DISCOVER_V5);
	struct node *off = add_node("127.0.0.1:30303", 0);
	uint8_t packet[V5_PACKET_MAX] = { 0 };

	feed(v5, "127.0.0.1:1111", packet, 200);
	cr_assert_eq(v5_drops(v5, V5_DROP_HEADER), 1);
	masked(packet, v4);
	feed(v4, "127.0.0.1:1111", packet, 200);
	cr_assert_eq(v4_drops(v4, V4_DROP_HASH), 1);
	feed(off, "127.0.0.1:1111", packet, 200);
	run_for(100000);
	cr_assert_eq(off->sent, 0);
}

Test(discovery, drops_what_nobody_could_be_answered, .init = net_open,
     .fini = net_close)
{
	static const char *const sources[] = { "127.0.0.1:0", "0.0.0.0:1111",
					       "224.0.0.1:1111", "[::]:1111",
					       "[ff02::1]:1" };
	struct node *n = add_node("127.0.0.1:30301", BOTH);
	uint8_t packet[100] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		feed(n, sources[i], packet, sizeof(packet));
	cr_assert_eq(discovery_unanswerable(n->d), ARRAY_LEN(sources));
	cr_assert_eq(v4_stats(discovery_v4(n->d))->received_bytes, 0);
}

Test(discovery, sends_nothing_by_itself, .init = net_open, .fini = net_close)
{
	struct node *n = add_node("127.0.0.1:30301", BOTH);

	discovery_set_walk(n->d, DISCOVER_WALK);
	run_for(2 * 3600 * 1000);
	cr_assert_eq(n->sent, 0);
}

/* --- our endpoint -----------------------------------------------------------
 */

/* Behind a router: it says 192.168.0.9:30303, and others see another. */
static struct node *add_hidden(const char *seen, unsigned versions)
{
	struct node *n = add_node("192.168.0.9:30303", versions);

	n->seen = addr_of(seen);
	return n;
}

/* Nodes of a LAN, each at an address of its own, whom the first one asks. */
static void add_voters(struct node *n, size_t count, unsigned versions)
{
	for (size_t i = 0; i < count; i++) {
		char at[48];

		snprintf(at, sizeof(at), "10.0.0.%zu:30303", i + 1);
		bootnode(n, add_node(at, versions));
	}
}

static void check_endpoint(const struct enr *r, const char *want)
{
	struct enr_endpoint e;
	char text[ADDR_TEXT_MAX];

	enr_endpoint(&e, r, NULL);
	addr_text(text, &(struct addr){ e.ip, e.udp });
	cr_assert_str_eq(text, want, "%s, not %s", text, want);
}

static void check_learns(unsigned versions)
{
	struct node *n = add_hidden("10.9.9.9:4242", versions);
	uint64_t seq = discovery_record(n->d)->seq;

	add_voters(n, 3, versions);
	run_for(30000);
	check_endpoint(discovery_record(n->d), "10.9.9.9:4242");
	cr_assert_eq(discovery_record(n->d)->seq, seq + 1);
	cr_assert_eq(n->told, 1);
	cr_assert_eq(n->events[0].type, DISCOVER_SELF);
	check_endpoint(&n->events[0].node.record, "10.9.9.9:4242");
}

static void check_tells(const struct table *t)
{
	const struct enr *record = discovery_record(net.nodes[0].d);
	const struct contact *known = table_find(t, &record->id);

	cr_assert_not_null(known);
	cr_assert_eq(known->record.seq, record->seq);
	cr_assert_eq(known->udp.port, 4242);
	cr_assert(table_is_live(t, &record->id));
}

Test(discovery, learns_its_endpoint_of_others_by_v4_and_tells_it,
     .init = net_open, .fini = net_close)
{
	check_learns(DISCOVER_V4);
	check_tells(v4_table(discovery_v4(net.nodes[1].d)));
}

Test(discovery, learns_its_endpoint_of_others_by_v5_and_tells_it,
     .init = net_open, .fini = net_close)
{
	check_learns(DISCOVER_V5);
	check_tells(v5_table(discovery_v5(net.nodes[1].d)));
}

Test(discovery, does_not_believe_two, .init = net_open, .fini = net_close)
{
	struct node *n = add_hidden("10.9.9.9:4242", BOTH);

	add_voters(n, 2, BOTH);
	run_for(30000);
	check_endpoint(discovery_record(n->d), "192.168.0.9:30303");
	cr_assert_eq(n->told, 0);
}

Test(discovery, forgets_an_endpoint_that_nobody_confirms, .init = net_open,
     .fini = net_close)
{
	struct node *n = add_hidden("10.9.9.9:4242", DISCOVER_V4);

	add_voters(n, 3, DISCOVER_V4);
	run_for(30000);
	check_endpoint(discovery_record(n->d), "10.9.9.9:4242");
	for (size_t i = 1; i < net.count; i++)
		net.nodes[i].is_gone = true;
	run_for(6 * 60 * 1000);
	check_endpoint(discovery_record(n->d), "192.168.0.9:30303");
}

/* Every node here has a first record of this very moment. */
Test(discovery, wants_to_be_ticked_for_a_record_that_waits, .init = net_open,
     .fini = net_close)
{
	struct node *n = add_node("127.0.0.1:30301", 0);
	uint64_t seq = discovery_record(n->d)->seq;
	struct mono due;

	local_set_ports(discovery_local(n->d), 1, 1);
	discovery_tick(n->d, net.now, unix_ms());
	cr_assert_eq(discovery_record(n->d)->seq, seq + 1);
	local_set_ports(discovery_local(n->d), 2, 2);
	due = discovery_tick(n->d, net.now, unix_ms());
	cr_assert_eq(discovery_record(n->d)->seq, seq + 1);
	cr_assert_eq(due.ns, mono_add_ms(net.now, 1).ns);
	discovery_tick(n->d, due, unix_ms());
	cr_assert_eq(discovery_record(n->d)->seq, seq + 2);
}

Test(discovery, prefers_what_its_owner_says, .init = net_open,
     .fini = net_close)
{
	struct node *n = add_hidden("10.9.9.9:4242", DISCOVER_V4);
	struct addr fixed = addr_of("203.0.114.9:1");

	add_voters(n, 3, DISCOVER_V4);
	local_set_static(discovery_local(n->d), &fixed.ip);
	run_for(30000);
	check_endpoint(discovery_record(n->d), "203.0.114.9:30303");
	cr_assert_eq(n->told, 1);
}
