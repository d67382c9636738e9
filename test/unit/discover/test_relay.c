/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/relay.h"

#include "test/support/unit.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

/* The first and the last address of each network, and those beside it. */
Test(relay, knows_the_special_networks_by_their_ends)
{
	static const struct {
		const char *text;
		bool special;
	} rows[] = {
		{ "0.0.0.1", true },	      { "0.255.255.255", true },
		{ "1.0.0.0", false },	      { "192.0.0.0", true },
		{ "192.0.0.7", true },	      { "192.0.0.8", false },
		{ "192.0.0.9", true },	      { "192.0.0.10", false },
		{ "192.0.0.169", false },     { "192.0.0.170", true },
		{ "192.0.0.171", true },      { "192.0.0.172", false },
		{ "192.0.1.255", false },     { "192.0.2.0", true },
		{ "192.0.2.255", true },      { "192.0.3.0", false },
		{ "192.31.196.1", true },     { "192.52.193.1", true },
		{ "192.88.99.1", true },      { "192.175.48.1", true },
		{ "198.17.255.255", false },  { "198.18.0.0", true },
		{ "198.19.255.255", true },   { "198.20.0.0", false },
		{ "198.51.100.7", true },     { "203.0.113.7", true },
		{ "224.0.0.1", true },	      { "239.1.2.3", true },
		{ "255.255.255.254", false }, { "255.255.255.255", true },
		{ "8.8.8.8", false },	      { "127.0.0.1", false },
		{ "10.0.0.1", false },	      { "100::1", true },
		{ "100:0:0:1::", false },     { "2001::1", true },
		{ "2001:1::1", true },	      { "2001:1::2", false },
		{ "2001:2::1", true },	      { "2001:2:1::1", false },
		{ "2001:3::1", true },	      { "2001:4:112::1", true },
		{ "2001:4:113::1", false },   { "2001:5::1", true },
		{ "2001:f::1", false },	      { "2001:10::1", true },
		{ "2001:1f::1", true },	      { "2001:20::1", true },
		{ "2001:2f::1", true },	      { "2001:30::1", false },
		{ "2001:db8::1", true },      { "2001:db9::1", false },
		{ "2002::1", true },	      { "2003::1", false },
		{ "ff02::1", true },	      { "2a00::1", false },
		{ "fe80::1", false },	      { "::1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip = ip_of(rows[i].text);

		cr_assert_eq(relay_is_special(&ip), rows[i].special, "%s",
			     rows[i].text);
	}
}

Test(relay, lets_nobody_point_where_he_is_not)
{
	static const struct {
		const char *sender, *ip;
		bool fine;
	} rows[] = {
		{ "8.8.8.8", "9.9.9.9", true },
		{ "8.8.8.8", "2a00::1", true },
		{ "8.8.8.8", "127.0.0.1", false },
		{ "8.8.8.8", "::1", false },
		{ "8.8.8.8", "10.1.1.1", false },
		{ "8.8.8.8", "172.16.0.1", false },
		{ "8.8.8.8", "192.168.0.1", false },
		{ "8.8.8.8", "169.254.0.1", false },
		{ "8.8.8.8", "fd00::1", false },
		{ "8.8.8.8", "fe80::1", false },
		{ "8.8.8.8", "0.0.0.0", false },
		{ "8.8.8.8", "::", false },
		{ "8.8.8.8", "203.0.113.1", false },
		{ "10.0.0.1", "192.168.0.1", true },
		{ "10.0.0.1", "8.8.8.8", true },
		{ "10.0.0.1", "127.0.0.1", false },
		{ "127.0.0.1", "127.0.0.2", true },
		{ "127.0.0.1", "::1", true },
		{ "127.0.0.1", "10.0.0.1", true },
		{ "127.0.0.1", "203.0.113.1", false },
		{ "127.0.0.1", "0.0.0.0", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip sender = ip_of(rows[i].sender);
		struct ip ip = ip_of(rows[i].ip);

		cr_assert_eq(relay_is_fine(&sender, &ip), rows[i].fine,
			     "%s of %s", rows[i].sender, rows[i].ip);
	}
}

Test(relay, judges_mapped_addresses_as_ipv4)
{
	struct ip mapped = { .family = IP_V6,
			     .b = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	struct ip none = { .family = IP_NONE };
	struct ip world = ip_of("8.8.8.8"), here = ip_of("127.0.0.1");

	cr_assert(!relay_is_fine(&world, &mapped));
	cr_assert(relay_is_fine(&mapped, &here));
	cr_assert(!relay_is_fine(&world, &none));
	mapped.b[12] = 224;
	cr_assert(relay_is_special(&mapped));
}
