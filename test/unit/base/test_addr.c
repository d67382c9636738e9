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
