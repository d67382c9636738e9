/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/lan.h"

#include "test/support/unit.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

static const struct lan lan = {
	.count = 2,
	.networks = {
		{ .ours = { IP_V4, { 192, 168, 7, 20 } },
		  .address = 0xc0a80714,
		  .mask = 0xffffff00 },
		{ .ours = { IP_V4, { 172, 16, 200, 9 } },
		  .address = 0xac10c809,
		  .mask = 0xfffff000 },
	},
};

static const struct lan_network *of(const char *text)
{
	struct ip ip = ip_of(text);

	return lan_of(&lan, &ip);
}

Test(lan, knows_its_other_hosts)
{
	cr_assert_eq(of("192.168.7.1"), &lan.networks[0]);
	cr_assert_eq(of("192.168.7.254"), &lan.networks[0]);
	cr_assert_eq(of("172.16.192.1"), &lan.networks[1]);
	cr_assert_eq(of("172.16.207.254"), &lan.networks[1]);
}

Test(lan, has_no_part_in_other_addresses)
{
	static const char *const others[] = {
		"192.168.7.20", /* we */
		"192.168.8.1",	   "172.16.191.255",  "172.16.208.1",
		"10.0.0.1",	   "127.0.0.1",	      "0.0.0.0",
		"198.51.100.7",	   "239.255.255.250", "fe80::1",
		"::ffff:c0a8:801",
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		cr_assert_null(of(others[i]), "%s", others[i]);
}

/* A network of public addresses has hosts of anybody. */
Test(lan, is_private)
{
	static const struct lan wide = {
		.count = 1,
		.networks = { { .ours = { IP_V4, { 10, 0, 0, 2 } },
				.address = 0x0a000002,
				.mask = 0 } },
	};
	struct ip ip = ip_of("198.51.100.7");

	cr_assert_null(lan_of(&wide, &ip));
}

Test(lan, guesses_the_first_address_of_a_network)
{
	struct ip first = ip_of("192.168.7.1"), second = ip_of("172.16.192.1");
	struct ip guess = lan_router(&lan.networks[0]);

	cr_assert(ip_equal(&guess, &first));
	guess = lan_router(&lan.networks[1]);
	cr_assert(ip_equal(&guess, &second));
}

Test(lan, of_this_machine_is_private)
{
	struct lan ours;

	lan_read(&ours);
	cr_assert_leq(ours.count, LAN_MAX);
	for (size_t i = 0; i < ours.count; i++)
		cr_assert_eq(ip_scope(&ours.networks[i].ours),
			     IP_SCOPE_PRIVATE);
}
