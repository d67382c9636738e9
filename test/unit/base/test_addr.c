/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/addr.h"
#include "test/support/unit.h"

Test(addr, text_comes_back_as_it_was)
{
	static const char *const texts[] = {
		"127.0.0.1:30303",   "[::1]:1", "[2001:db8::7]:65535",
		"255.255.255.255:0", ":30303",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char out[ADDR_TEXT_MAX];
		struct addr a;

		cr_assert_eq(addr_parse(&a, texts[i]), ERR_NONE, "%s",
			     texts[i]);
		cr_assert_str_eq(addr_text(out, &a), texts[i]);
	}
}

Test(addr, refuses_what_is_not_one_address)
{
	static const char *const texts[] = {
		"",
		"x",
		"1.2.3:1",
		"1.2.3.4:",
		"1.2.3.4:65536",
		"1.2.3.4:1x",
		"::1:30303",
		"[::1]",
		"[::1:5",
		"[1.2.3.4]:5",
		"1.2.3.4 :1",
		"1.2.3.4:-1",
		"1.2.3.4:000001",
		"[]:1",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a;

		cr_assert_eq(addr_parse(&a, texts[i]), ERR_FORMAT, "%s",
			     texts[i]);
	}
}

Test(addr, knows_the_kinds_of_addresses)
{
	static const struct {
		const char *text;
		bool loopback, lan;
	} rows[] = {
		{ "127.0.0.1", true, true },
		{ "127.9.9.9", true, true },
		{ "::1", true, true },
		{ "::ffff:127.0.0.1", true, true },
		{ "10.1.2.3", false, true },
		{ "172.16.0.1", false, true },
		{ "172.32.0.1", false, false },
		{ "192.168.1.1", false, true },
		{ "169.254.1.1", false, true },
		{ "fe80::1", false, true },
		{ "fd00::1", false, true },
		{ "2001:db8::1", false, false },
		{ "8.8.8.8", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip;

		cr_assert_eq(ip_parse(&ip, rows[i].text), ERR_NONE);
		cr_assert_eq(ip_is_loopback(&ip), rows[i].loopback, "%s",
			     rows[i].text);
		cr_assert_eq(ip_is_lan(&ip), rows[i].lan, "%s", rows[i].text);
	}
}

Test(addr, knows_how_far_addresses_reach)
{
	static const struct {
		const char *text;
		enum ip_scope scope;
		bool multicast;
	} rows[] = {
		{ "0.0.0.0", IP_SCOPE_NONE, false },
		{ "::", IP_SCOPE_NONE, false },
		{ "127.0.0.1", IP_SCOPE_LOOPBACK, false },
		{ "::1", IP_SCOPE_LOOPBACK, false },
		{ "169.254.2.6", IP_SCOPE_LINK, false },
		{ "fe80::1", IP_SCOPE_LINK, false },
		{ "192.168.2.2", IP_SCOPE_PRIVATE, false },
		{ "fd00::abcd:1", IP_SCOPE_PRIVATE, false },
		{ "99.22.33.1", IP_SCOPE_GLOBAL, false },
		{ "2001::ff00:42:8329", IP_SCOPE_GLOBAL, false },
		{ "224.0.0.1", IP_SCOPE_GLOBAL, true },
		{ "239.255.255.255", IP_SCOPE_GLOBAL, true },
		{ "240.0.0.1", IP_SCOPE_GLOBAL, false },
		{ "ff02::1", IP_SCOPE_GLOBAL, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip;

		cr_assert_eq(ip_parse(&ip, rows[i].text), ERR_NONE);
		cr_assert_eq(ip_scope(&ip), rows[i].scope, "%s", rows[i].text);
		cr_assert_eq(ip_is_multicast(&ip), rows[i].multicast, "%s",
			     rows[i].text);
	}
}

Test(addr, takes_ipv4_out_of_ipv6)
{
	struct ip mapped = { .family = IP_V6,
			     .b = { [10] = 0xff, 0xff, 1, 2, 3, 4 } };
	struct ip other = mapped, got = ip_unmapped(&mapped);
	char text[IP_TEXT_MAX];

	cr_assert_str_eq(ip_text(text, &got), "1.2.3.4");
	cr_assert_eq(got.family, IP_V4);
	other.b[0] = 1;
	got = ip_unmapped(&other);
	cr_assert(ip_equal(&got, &other));
}

Test(addr, subnets_are_24_and_64_bits)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, "192.0.2.77"), ERR_NONE);
	ip = ip_subnet(&ip);
	cr_assert_str_eq(ip_text(text, &ip), "192.0.2.0");
	cr_assert_eq(ip_parse(&ip, "2001:db8:1:2:3:4:5:6"), ERR_NONE);
	ip = ip_subnet(&ip);
	cr_assert_str_eq(ip_text(text, &ip), "2001:db8:1:2::");
}
