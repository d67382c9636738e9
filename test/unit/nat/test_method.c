/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/method.h"

#include <stdio.h>

#include "test/support/unit.h"

/* What is read, written back. */
static const char *again(const char *text)
{
	static char out[NAT_METHOD_TEXT];
	struct why why = WHY_NONE;
	struct nat_method m;

	if (nat_method_parse(&m, text, &why)) {
		cr_assert(why.text[0], "%s: no word of what is wrong", text);
		return "";
	}
	return nat_method_text(out, &m);
}

static const char *fault(const char *text)
{
	static struct why why;
	struct nat_method m = { .kind = NAT_UPNP };

	why.text[0] = '\0';
	cr_assert(nat_method_parse(&m, text, &why), "%s", text);
	cr_assert_eq(m.kind, NAT_UPNP);
	return why.text;
}

Test(method, knows_every_name)
{
	static const char *const forms[][2] = {
		{ "", "none" },
		{ "none", "none" },
		{ "off", "none" },
		{ "any", "any" },
		{ "auto", "any" },
		{ "on", "any" },
		{ "upnp", "upnp" },
		{ "UPnP", "upnp" },
		{ "pmp", "pmp" },
		{ "natpmp", "pmp" },
		{ "NAT-PMP", "pmp" },
		{ "pmp:192.168.1.1", "pmp:192.168.1.1" },
		{ "extip:198.51.100.7", "extip:198.51.100.7" },
		{ "ip:2001:db8::7", "extip:2001:db8::7" },
		{ "ExtIP:::ffff:198.51.100.7", "extip:198.51.100.7" },
		{ "stun:stun.example.org", "stun:stun.example.org" },
		{ "stun:stun.example.org:3478", "stun:stun.example.org" },
		{ "stun:192.0.2.1:19302", "stun:192.0.2.1:19302" },
		{ "stun:[2001:db8::1]", "stun:[2001:db8::1]" },
		{ "stun:[2001:db8::1]:1,b,c:2", "stun:[2001:db8::1]:1,b,c:2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		char once[NAT_METHOD_TEXT];

		snprintf(once, sizeof(once), "%s", again(forms[i][0]));
		cr_assert_str_eq(once, forms[i][1]);
		cr_assert_str_eq(again(once), once);
	}
}

Test(method, says_what_is_wrong)
{
	cr_assert_str_eq(fault("nat"),
			 "\"nat\" is none of none, any, upnp, pmp[:GATEWAY], "
			 "stun:SERVER and extip:IP");
	cr_assert_str_eq(fault("upnp:192.168.1.1"),
			 "nothing goes behind \"upnp\"");
	cr_assert_str_eq(fault("none:"), "nothing goes behind \"none\"");
	cr_assert_str_eq(fault("extip"), "the address is missing: extip:IP");
	cr_assert_str_eq(fault("extip:"), "the address is missing: extip:IP");
	cr_assert_str_eq(fault("extip:here"), "\"here\" is no IP address");
	cr_assert_str_eq(fault("extip:0.0.0.0"),
			 "0.0.0.0 is the address of no host");
	cr_assert_str_eq(fault("extip:224.0.0.1"),
			 "224.0.0.1 is the address of no host");
	cr_assert_str_eq(fault("pmp:"), "\"\" is no IP address");
	cr_assert_str_eq(fault("pmp:router"), "\"router\" is no IP address");
	cr_assert_str_eq(fault("pmp:fe80::1"),
			 "NAT-PMP is for IPv4, fe80::1 is not");
	cr_assert_str_eq(fault("stun"),
			 "no STUN server is built in: name one, as in "
			 "stun:stun.example.org or stun:192.0.2.1:3478");
	cr_assert_str_eq(fault("stun:"), fault("stun"));
	cr_assert_str_eq(fault("stun:a,b,c,d"), "more than 3 STUN servers");
	cr_assert_str_eq(fault("stun:a,,b"),
			 "STUN server: \"\" is no name of a server");
	cr_assert_str_eq(fault("stun:a:0"),
			 "STUN server: \"0\" is no port: give 1 to 65535");
	cr_assert_str_eq(fault("stun:a:65536"),
			 "STUN server: \"65536\" is no port: give 1 to 65535");
	cr_assert_str_eq(fault("stun:a:"),
			 "STUN server: \"\" is no port: give 1 to 65535");
	cr_assert_str_eq(fault("stun:2001:db8::1"),
			 "STUN server: put the IPv6 address in brackets: "
			 "[2001:db8::1]");
	cr_assert_str_eq(fault("stun:[2001:db8::1"),
			 "STUN server: \"[2001:db8::1\" is no [IPv6]:PORT");
	cr_assert_str_eq(fault("stun:[192.0.2.1]"),
			 "STUN server: \"192.0.2.1\" is no IPv6 address");
	cr_assert_str_eq(fault("stun:a b"),
			 "STUN server: \"a b\" is no name of a server");
}

Test(method, limits_names_of_servers)
{
	char text[5 + NAT_HOST_MAX + 1] = "stun:";
	struct why why = WHY_NONE;
	struct nat_method m;

	memset(text + 5, 'a', NAT_HOST_MAX - 1);
	text[5 + NAT_HOST_MAX - 1] = '\0';
	cr_assert_eq(nat_method_parse(&m, text, &why), ERR_NONE);
	cr_assert_eq(strlen(m.servers[0].host), NAT_HOST_MAX - 1);
	memset(text + 5, 'a', NAT_HOST_MAX);
	text[5 + NAT_HOST_MAX] = '\0';
	cr_assert_eq(nat_method_parse(&m, text, &why), ERR_FORMAT);
}
