/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bootnode.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	HANG_MS = 60000,
};

static struct world {
	struct net_loop *loop;
	struct net_timer *hang;
	struct bootnode_search *search;
	unsigned calls;
	enum err rc;
	char told[WHY_MAX];
} w;

static void on_hang(void *ctx)
{
	(void)ctx;
	net_loop_stop(w.loop);
}

static void world_open(void)
{
	crypto_init();
	memset(&w, 0, sizeof(w));
	cr_assert_eq(net_loop_open(&w.loop, NULL), ERR_NONE);
	w.hang = net_timer_open(w.loop, on_hang, NULL);
	net_timer_set(w.hang, mono_add_ms(net_loop_now(w.loop), HANG_MS));
}

static void world_close(void)
{
	net_timer_close(w.hang);
	net_loop_close(w.loop);
}

static const struct reach everywhere;

static void done(void *ctx, enum err rc, const struct why *why)
{
	cr_assert_eq(ctx, &w);
	w.calls++;
	w.rc = rc;
	snprintf(w.told, sizeof(w.told), "%s", why->text);
	bootnode_search_close(w.search);
	w.search = NULL;
	net_loop_stop(w.loop);
}

static struct bootnode named(const char *host)
{
	struct bootnode b = { 0 };
	struct secret32 key;
	struct ecc_pub pub;

	rng_key(&key);
	ecc_pub_of(&pub, &key);
	enode_make(&b.node, &pub, &(struct addr){ .port = 30303 });
	snprintf(b.node.host, sizeof(b.node.host), "%s", host);
	return b;
}

static struct bootnode at_loopback(void)
{
	struct bootnode b = named("");

	b.node.ip = (struct ip){ IP_V4, { 127, 0, 0, 1 } };
	return b;
}

static void search(struct contact *out, const struct bootnode *list,
		   size_t count)
{
	w.search = bootnode_search_open(w.loop, out, list, count, &everywhere,
					done, &w);
	cr_assert_not_null(w.search);
	cr_assert_eq(w.calls, 0, "not from inside the call");
	net_loop_run(w.loop);
	cr_assert_eq(w.calls, 1);
}

Test(bootnode, needs_no_search_with_an_address, .init = world_open,
     .fini = world_close)
{
	struct bootnode b = at_loopback();
	struct contact c;

	cr_assert_null(
		bootnode_search_open(w.loop, &c, &b, 1, &everywhere, done, &w));
	cr_assert_eq(c.udp.port, 30303);
	cr_assert(ip_is_loopback(&c.udp.ip));
	cr_assert_null(
		bootnode_search_open(w.loop, &c, &b, 0, &everywhere, done, &w));
}

Test(bootnode, is_found_by_its_name_beside_those_that_need_none,
     .init = world_open, .fini = world_close)
{
	struct bootnode list[] = { at_loopback(), named("localhost"),
				   named("localhost") };
	struct contact out[ARRAY_LEN(list)];

	search(out, list, ARRAY_LEN(list));
	cr_assert_eq(w.rc, ERR_NONE, "%s", w.told);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		cr_assert(ip_is_loopback(&out[i].udp.ip));
		cr_assert_eq(out[i].udp.port, 30303);
		cr_assert(node_id_equal(&out[i].id, &list[i].node.id));
	}
}

static void add_ip(struct enr_draft *d, const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE);
	cr_assert_eq(enr_draft_set_ip(d, &ip), ERR_NONE);
}

Test(bootnode, of_both_families_is_asked_where_we_reach_it, .init = world_open,
     .fini = world_close)
{
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);
	struct enr_draft d = { .seq = 1 };
	struct bootnode b = { 0 };
	struct ecc_keypair key;
	struct contact c;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	add_ip(&d, "192.0.2.1");
	add_ip(&d, "2001:db8::1");
	cr_assert_eq(enr_draft_set_port(&d, "udp", 30303), ERR_NONE);
	cr_assert_eq(enr_sign(&b.record, &d, &key), ERR_NONE);
	cr_assert_eq(enr_read(&b.record, enr_raw(&b.record), NULL), ERR_NONE);
	cr_assert(bootnode_contact(&c, &b, &everywhere));
	cr_assert_eq(c.udp.ip.family, IP_V4);
	cr_assert(bootnode_contact(&c, &b, &v4));
	cr_assert_eq(c.udp.ip.family, IP_V4);
	cr_assert(bootnode_contact(&c, &b, &v6));
	cr_assert_eq(c.udp.ip.family, IP_V6);
}

Test(bootnode, with_a_name_is_asked_at_the_address_that_we_reach,
     .init = world_open, .fini = world_close)
{
	static const struct ip ips[] = {
		{ IP_V6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 } },
		{ IP_V4, { 192, 0, 2, 1 } },
	};
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);
	struct bootnode b = named("b.example");
	struct contact c;

	cr_assert(bootnode_named(&c, &b, ips, 2, &everywhere));
	cr_assert(ip_equal(&c.udp.ip, &ips[1]));
	cr_assert(bootnode_named(&c, &b, ips, 2, &v4));
	cr_assert(ip_equal(&c.udp.ip, &ips[1]));
	cr_assert(bootnode_named(&c, &b, ips, 2, &v6));
	cr_assert(ip_equal(&c.udp.ip, &ips[0]));
	cr_assert(bootnode_named(&c, &b, ips, 1, &v4), "it is all there is");
	cr_assert_not(bootnode_named(&c, &b, ips, 0, &v4));
}

Test(bootnode, without_an_address_is_told, .init = world_open,
     .fini = world_close)
{
	/* No names that the system would ask anybody for. Both are looked up
	 * at a time: the first answer, of either, is told. */
	struct bootnode list[] = { named("no name A"), named("no name B") };
	struct contact out[ARRAY_LEN(list)];

	search(out, list, ARRAY_LEN(list));
	cr_assert_eq(w.rc, ERR_NOT_FOUND);
	cr_assert(!strncmp(w.told, "bootnode: no name A: ", 21) ||
			  !strncmp(w.told, "bootnode: no name B: ", 21),
		  "%s", w.told);
}

Test(bootnode, is_no_longer_searched_for_once_that_is_closed,
     .init = world_open, .fini = world_close)
{
	struct bootnode b = named("localhost");
	struct contact c;

	w.search =
		bootnode_search_open(w.loop, &c, &b, 1, &everywhere, done, &w);
	bootnode_search_close(w.search);
	bootnode_search_close(NULL);
	net_timer_set(w.hang, net_loop_now(w.loop));
	net_loop_run(w.loop);
	cr_assert_eq(w.calls, 0);
}
