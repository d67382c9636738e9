/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/finder.h"

#include <time.h>

#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "test/support/unit.h"

#define BOTH (DISCOVER_V4 | DISCOVER_V5)

enum {
	FINDERS_MAX = 4,
	HANG_MS = 60000, /* what goes well takes some seconds */
};

/* Real sockets on the loopback. */
static struct world {
	struct net_loop *loop;
	struct net_timer *hang;
	bool hung;
	size_t open, count;
	struct one {
		struct ecc_keypair key;
		struct finder *f;
		struct sources *sources;
		bool (*is_enough)(struct one *o);
		enum discover_event_type last;
		size_t events, hungry, closed;
		struct contact candidate; /* the last one taken */
		char source[MIX_NAME_MAX];
		size_t candidates;
		uint64_t asked; /* FINDNODEs when it was ready */
		bool closes;	/* itself, in its next event */
	} all[FINDERS_MAX];
	struct log log;
	char logged[256];
} world;

static void on_hang(void *ctx)
{
	(void)ctx;
	world.hung = true;
	net_loop_stop(world.loop);
}

static void keep_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	snprintf(world.logged, sizeof(world.logged), "%s: %s %lu", line->area,
		 line->message, line->fields[0].number);
}

static void world_open(void)
{
	crypto_init();
	world = (struct world){ .log = { .level = LOG_WARN,
					 .sink = keep_line } };
	cr_assert_eq(net_loop_open(&world.loop, NULL), ERR_NONE);
	world.hang = net_timer_open(world.loop, on_hang, NULL);
}

static void close_sources(void)
{
	for (size_t i = 0; i < world.count; i++)
		if (world.all[i].sources)
			sources_close(world.all[i].sources);
	net_loop_run(world.loop);
}

static void world_close(void)
{
	for (size_t i = 0; i < world.count; i++)
		if (!world.all[i].closed)
			finder_close(world.all[i].f);
	net_timer_close(world.hang);
	net_loop_run(world.loop);
	for (size_t i = 0; i < world.count; i++)
		cr_assert_eq(world.all[i].closed, 1);
	close_sources();
	net_loop_close(world.loop);
}

static void on_event(void *ctx, const struct discover_event *ev)
{
	struct one *o = ctx;

	cr_assert_eq(o->closed, 0);
	o->events++;
	o->last = ev->type;
	if (o->closes)
		finder_close(o->f);
	else if (o->is_enough && o->is_enough(o))
		net_loop_stop(world.loop);
}

static void take_candidates(struct one *o)
{
	while (sources_next(o->sources, &o->candidate, o->source))
		o->candidates++;
}

static void on_candidates(void *ctx)
{
	struct one *o = ctx;

	o->hungry++;
	take_candidates(o);
	net_loop_stop(world.loop);
}

static void on_closed(void *ctx)
{
	struct one *o = ctx;

	o->closed++;
	net_loop_stop(world.loop);
}

static struct finder_config config_of(struct one *o, unsigned versions)
{
	return (struct finder_config){
		.loop = world.loop,
		.versions = versions,
		.listen = { .ip = { IP_V4, { 127, 0, 0, 1 } } },
		.log = &world.log,
		.event = on_event,
		.closed = on_closed,
		.ctx = o,
	};
}

static struct one *open_with(const struct finder_config *config)
{
	struct one *o = config->ctx;
	struct why why = WHY_NONE;

	world.count++;
	rng_key(&o->key.key);
	ecc_pub_of(&o->key.pub, &o->key.key);
	cr_assert_eq(finder_open(&o->f, config, &why), ERR_NONE, "%s",
		     why.text);
	finder_start(o->f, &o->key, finder_addr(o->f).port, NULL);
	return o;
}

static struct one *next_one(void)
{
	return &world.all[world.count];
}

static struct contact contact_of(const struct one *o)
{
	struct contact c;

	cr_assert(contact_of_record(
		&c, discovery_record(finder_discovery(o->f)), NULL));
	return c;
}

static struct one *open_beside(const struct one *boot, unsigned versions,
			       void (*candidates)(void *ctx))
{
	struct one *o = next_one();
	struct finder_config config = config_of(o, versions);
	struct contact c = contact_of(boot);

	config.bootnodes = &c;
	config.bootnode_count = 1;
	if (candidates)
		o->sources = sources_open(world.loop, candidates, o);
	config.sources = o->sources;
	return open_with(&config);
}

static struct one *open_one(unsigned versions)
{
	struct finder_config config = config_of(next_one(), versions);

	return open_with(&config);
}

static void run(void)
{
	net_timer_set(world.hang,
		      mono_add_ms(net_loop_now(world.loop), HANG_MS));
	net_loop_run(world.loop);
	cr_assert(!world.hung);
}

/* --- what it tells ----------------------------------------------------------
 */

static bool is_ready(struct one *o)
{
	return o->last == DISCOVER_READY;
}

Test(finder, has_a_record_of_where_it_is, .init = world_open,
     .fini = world_close)
{
	struct one *o = open_one(BOTH);
	const struct enr *r = discovery_record(finder_discovery(o->f));
	struct addr at = finder_addr(o->f);
	struct enr_endpoint e;

	enr_endpoint(&e, r, NULL);
	cr_assert(ip_equal(&e.ip, &at.ip));
	cr_assert_eq(e.udp, at.port);
	cr_assert_eq(e.tcp, at.port);
	cr_assert_neq(at.port, 0);
}

Test(finder, is_at_the_loopback_where_it_knows_nobody_and_is_everywhere,
     .init = world_open, .fini = world_close)
{
	struct finder_config config = config_of(next_one(), BOTH);
	struct enr_endpoint e;
	char text[IP_TEXT_MAX];
	struct one *o;

	config.listen = (struct addr){ 0 };
	o = open_with(&config);
	enr_endpoint(&e, discovery_record(finder_discovery(o->f)), NULL);
	cr_assert_str_eq(ip_text(text, &e.ip), "127.0.0.1");
}

Test(finder, is_where_its_way_to_the_first_bootnode_begins, .init = world_open,
     .fini = world_close)
{
	struct one *boot = open_one(BOTH), *o;
	struct finder_config config = config_of(next_one(), BOTH);
	struct contact c = contact_of(boot);
	char text[IP_TEXT_MAX], want[IP_TEXT_MAX];
	struct ip ip = { IP_V4, { 127, 0, 0, 1 } };

	c.udp.ip = (struct ip){ IP_V6, { [15] = 1 } };
	c.record.len = 0;
	/* A machine without IPv6 has no such way. */
	(void)net_udp_source(&ip, &c.udp);
	ip_text(want, &ip);
	config.listen = (struct addr){ 0 };
	config.bootnodes = &c;
	config.bootnode_count = 1;
	o = open_with(&config);
	ip = enr_get_ip(discovery_record(finder_discovery(o->f)),
			ip.family == IP_V6 ? "ip6" : "ip");
	cr_assert_str_eq(ip_text(text, &ip), want);
}

Test(finder, is_where_its_ways_to_bootnodes_of_both_families_begin,
     .init = world_open, .fini = world_close)
{
	static const char *const keys[] = { "ip", "ip6" };
	struct one *boot = open_one(BOTH), *o;
	struct finder_config config = config_of(next_one(), BOTH);
	struct contact c[2] = { contact_of(boot), contact_of(boot) };
	struct ip want, got;

	c[1].udp.ip = (struct ip){ IP_V6, { [15] = 1 } };
	c[0].record.len = 0;
	c[1].record.len = 0;
	config.listen = (struct addr){ 0 };
	config.bootnodes = c;
	config.bootnode_count = 2;
	o = open_with(&config);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		want = (struct ip){ .family = IP_NONE };
		/* A machine without IPv6 has no such way. */
		(void)net_udp_source(&want, &c[i].udp);
		got = enr_get_ip(discovery_record(finder_discovery(o->f)),
				 keys[i]);
		cr_assert(ip_equal(&got, &want), "%s", keys[i]);
	}
}

static struct contact contact_at(const char *addr)
{
	struct ecc_keypair key;
	struct contact c = { .tcp = 1 };

	rng_key(&key.key);
	ecc_pub_of(&c.pub, &key.key);
	c.id = node_id_of(&c.pub);
	cr_assert_eq(addr_parse(&c.udp, addr), ERR_NONE);
	return c;
}

static bool takes(const struct one *o, const char *addr)
{
	struct discovery *d = finder_discovery(o->f);
	struct contact c = contact_at(addr);
	struct mono now = net_loop_now(world.loop);

	discovery_seed(d, DISCOVER_V4, &c, 0, now);
	discovery_seed(d, DISCOVER_V5, &c, 0, now);
	cr_assert_eq(table_find(v4_table(discovery_v4(d)), &c.id) != NULL,
		     table_find(v5_table(discovery_v5(d)), &c.id) != NULL);
	return table_find(v4_table(discovery_v4(d)), &c.id);
}

Test(finder, keeps_to_nodes_that_its_socket_reaches, .init = world_open,
     .fini = world_close)
{
	struct one *o = open_one(BOTH);

	cr_assert(takes(o, "127.0.0.1:3000"));
	cr_assert(takes(o, "203.0.114.1:3000"));
	cr_assert_not(takes(o, "[::1]:3000"));
	cr_assert_not(takes(o, "[2001:4860::1]:3000"));
}

Test(finder, keeps_to_networks_within_that, .init = world_open,
     .fini = world_close)
{
	struct finder_config config = config_of(next_one(), BOTH);
	struct netlist nets;
	struct one *o;

	cr_assert_eq(netlist_parse(&nets, "::/0, 10.0.0.0/8", NULL), ERR_NONE);
	config.restrict_to = &nets;
	o = open_with(&config);
	cr_assert(takes(o, "10.1.2.3:3000"));
	cr_assert_not(takes(o, "11.1.2.3:3000"));
	cr_assert_not(takes(o, "[2001:4860::1]:3000"));

	/* None is left: then it takes nobody. */
	cr_assert_eq(netlist_parse(&nets, "::/0", NULL), ERR_NONE);
	config = config_of(next_one(), BOTH);
	config.restrict_to = &nets;
	o = open_with(&config);
	cr_assert_not(takes(o, "10.1.2.3:3000"));
}

Test(finder, on_all_interfaces_reaches_all, .init = world_open,
     .fini = world_close)
{
	struct finder_config config = config_of(next_one(), BOTH);
	struct one *o;

	config.listen = (struct addr){ 0 };
	o = open_with(&config);
	cr_assert(takes(o, "203.0.114.1:3000"));
	/* But for a machine without IPv6. */
	cr_assert_eq(takes(o, "[2001:4860::1]:3000"),
		     finder_addr(o->f).ip.family == IP_V6);
}

Test(finder, says_that_it_is_ready, .init = world_open, .fini = world_close)
{
	struct one *o = open_one(BOTH);

	o->is_enough = is_ready;
	run();
	cr_assert_eq(finder_counts(o->f).udp.sent, 0,
		     "a fresh node sends nothing");
}

static bool is_live(struct one *o)
{
	const struct discovery *d = finder_discovery(o->f);

	return (!discovery_v4(d) || table_live(v4_table(discovery_v4(d)))) &&
	       (!discovery_v5(d) || table_live(v5_table(discovery_v5(d))));
}

Test(finder, meets_its_bootnode_by_both_versions, .init = world_open,
     .fini = world_close)
{
	struct one *boot = open_one(BOTH);
	struct one *o = open_beside(boot, BOTH, NULL);

	o->is_enough = is_live;
	run();
	cr_assert_gt(finder_counts(o->f).udp.sent, 0);
	cr_assert_gt(finder_counts(boot->f).udp.received, 0);
	cr_assert_eq(finder_counts(o->f).candidates, 0, "nobody dials");
}

static void check_candidate(unsigned versions, const char *source)
{
	struct one *boot = open_one(versions);
	struct one *o = open_beside(boot, versions, on_candidates);
	struct node_id id = node_id_of(&boot->key.pub);
	struct addr at = finder_addr(boot->f);

	take_candidates(o); /* there are none, so we are told later */
	cr_assert_eq(o->candidates, 0);
	run();
	cr_assert_eq(o->hungry, 1);
	cr_assert_eq(o->candidates, 1);
	cr_assert_str_eq(o->source, source);
	cr_assert(node_id_equal(&o->candidate.id, &id));
	cr_assert(ip_equal(&o->candidate.udp.ip, &at.ip));
	cr_assert_eq(o->candidate.tcp, at.port);
	cr_assert_gt(finder_counts(o->f).candidates, 0);
}

Test(finder, has_candidates_to_dial_by_v4, .init = world_open,
     .fini = world_close)
{
	check_candidate(DISCOVER_V4, "v4");
}

Test(finder, has_candidates_to_dial_by_v5, .init = world_open,
     .fini = world_close)
{
	check_candidate(DISCOVER_V5, "v5");
}

/* Eight questions after those of the first refresh: the next refresh is in a
 * quarter of an hour. */
static bool has_walked(struct one *o)
{
	const struct v4 *v4 = discovery_v4(finder_discovery(o->f));
	uint64_t asked = v4_stats(v4)->sent[V4_FINDNODE];

	if (o->last == DISCOVER_READY)
		o->asked = asked;
	return asked >= o->asked + 8;
}

Test(finder, looks_for_nodes_at_random_while_they_are_wanted,
     .init = world_open, .fini = world_close)
{
	struct one *boot = open_one(DISCOVER_V4);
	struct one *o = open_beside(boot, DISCOVER_V4, on_candidates);

	o->asked = UINT64_MAX / 2;
	finder_seek(o->f, true);
	o->is_enough = has_walked;
	run();
}

/* --- the clock --------------------------------------------------------------
 */

static bool is_clock(struct one *o)
{
	return o->last == DISCOVER_CLOCK;
}

/* A PING that was made an hour ago, from 127.0.0.(2 + i). */
static void send_late(struct net_udp **from, unsigned i, const struct addr *to)
{
	const struct addr at = {
		.ip = { IP_V4, { 127, 0, 0, (uint8_t)(2 + i) } },
	};
	uint8_t bytes[V4_PACKET_MAX];
	struct v4_packet p = {
		.type = V4_PING,
		.expiration = (uint64_t)time(NULL) - 3600 + 20,
		.ping = { .version = V4_VERSION },
	};
	struct secret32 key;
	size_t len;

	cr_assert_eq(net_udp_open(from, world.loop, &at, NULL, NULL, NULL),
		     ERR_NONE);
	rng_key(&key);
	len = v4_encode(bytes, &p, &key);
	net_udp_send(*from, to, bytes, len);
}

Test(finder, warns_when_five_nodes_agree_that_its_clock_is_wrong,
     .init = world_open, .fini = world_close)
{
	struct one *o = open_one(BOTH);
	struct addr to = finder_addr(o->f);
	struct net_udp *from[5];
	unsigned off = 0;

	o->is_enough = is_clock;
	for (unsigned i = 0; i < ARRAY_LEN(from); i++)
		send_late(&from[i], i, &to);
	run();
	cr_assert_not_null(strstr(world.logged, "discovery: the clock"));
	cr_assert_eq(sscanf(strrchr(world.logged, ' '), "%u", &off), 1);
	cr_assert(off >= 3600 && off < 3600 + HANG_MS / 1000, "%s",
		  world.logged);
	for (unsigned i = 0; i < ARRAY_LEN(from); i++)
		net_udp_close(from[i]);
}

/* --- requests ---------------------------------------------------------------
 */

static bool is_pinged(struct one *o)
{
	return o->last == DISCOVER_PINGED;
}

Test(finder, sends_in_this_turn_what_is_asked_of_it, .init = world_open,
     .fini = world_close)
{
	struct one *other = open_one(BOTH);
	struct one *o = open_one(BOTH);
	struct contact c = contact_of(other);

	o->is_enough = is_ready;
	run();
	o->is_enough = is_pinged;
	cr_assert_neq(discovery_ping(finder_discovery(o->f), DISCOVER_V4, &c),
		      0);
	finder_wake(o->f);
	run();
	cr_assert_geq(finder_counts(o->f).udp.sent, 1);
}

/* --- ends -------------------------------------------------------------------
 */

Test(finder, does_not_open_a_port_that_is_taken, .init = world_open,
     .fini = world_close)
{
	struct one *o = open_one(BOTH);
	struct finder_config config = config_of(next_one(), BOTH);
	struct why why = WHY_NONE;
	struct finder *second;

	config.listen = finder_addr(o->f);
	cr_assert_eq(finder_open(&second, &config, &why), ERR_BUSY);
	cr_assert_null(second);
	cr_assert_neq(why.text[0], '\0');
}

Test(finder, frees_its_port_at_once, .init = world_open, .fini = world_close)
{
	struct one *o = open_one(BOTH);
	struct finder_config config = config_of(next_one(), BOTH);

	config.listen = finder_addr(o->f);
	finder_close(o->f);
	finder_close(o->f);
	cr_assert_eq(o->closed, 0, "not from inside the call");
	open_with(&config);
	run();
	cr_assert_eq(o->closed, 1);
}

Test(finder, closes_before_it_was_started, .init = world_open,
     .fini = world_close)
{
	struct one *o = next_one();
	struct finder_config config = config_of(o, BOTH);

	world.count++;
	cr_assert_eq(finder_open(&o->f, &config, NULL), ERR_NONE);
	cr_assert_null(finder_discovery(o->f));
	finder_close(o->f);
	run();
	cr_assert_eq(o->closed, 1);
	cr_assert_eq(o->events, 0);
}

Test(finder, closes_from_inside_of_an_event, .init = world_open,
     .fini = world_close)
{
	struct one *boot = open_one(BOTH);
	struct one *o = open_beside(boot, BOTH, NULL);

	o->closes = true;
	run();
	cr_assert_eq(o->closed, 1);
	cr_assert_eq(o->events, 1);
}
