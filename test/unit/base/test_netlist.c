/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/netlist.h"

#include <stdio.h>

#include "test/support/unit.h"

static bool has(const char *list, const char *address)
{
	struct netlist l;
	struct ip ip;

	cr_assert_eq(netlist_parse(&l, list, NULL), ERR_NONE, "%s", list);
	cr_assert_eq(ip_parse(&ip, address), ERR_NONE, "%s", address);
	return netlist_has(&l, &ip);
}

Test(netlist, has_what_is_inside_and_nothing_beside)
{
	static const struct {
		const char *list, *inside, *outside;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
		{ "10.1.2.3/8", "10.0.0.0", "9.255.255.255" },
		{ "192.0.2.128/25", "192.0.2.128", "192.0.2.127" },
		{ "192.0.2.7/32", "192.0.2.7", "192.0.2.6" },
		{ "0.0.0.0/0", "203.0.113.9", "2001:db8::1" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
		{ "::1/128", "::1", "::2" },
		{ "1.0.0.0/8 , 2001:db8::/32", "2001:db8::5", "2.0.0.0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert(has(rows[i].list, rows[i].inside), "%s %s",
			  rows[i].list, rows[i].inside);
		cr_assert_not(has(rows[i].list, rows[i].outside), "%s %s",
			      rows[i].list, rows[i].outside);
	}
}

Test(netlist, an_empty_one_has_every_address)
{
	struct netlist none = { 0 };
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, "203.0.113.9"), ERR_NONE);
	cr_assert(netlist_has(&none, &ip));
}

Test(netlist, refuses_what_is_no_network_and_names_it)
{
	static const char *const texts[] = {
		"",	      "10.0.0.0",      "10.0.0.0/", "10.0.0.0/33",
		"::/129",     "10.0.0.0/8,",   "10.0.0/8",  "10.0.0.0/-1",
		"10.0.0.0/x", "10.0.0.0/8 /8", "/8",	    "10.0.0.0/0008",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct why why = WHY_NONE;
		struct netlist l = { .count = 7 };

		cr_assert_eq(netlist_parse(&l, texts[i], &why), ERR_FORMAT,
			     "%s", texts[i]);
		cr_assert_not_null(strstr(why.text, "not a network"));
		cr_assert_eq(l.count, 7, "nothing is set");
	}
}

Test(netlist, holds_64_networks_and_not_65)
{
	char text[NETLIST_MAX * 16 + 32] = "";
	struct netlist l;

	for (int i = 0; i < NETLIST_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s10.%d.0.0/16", i ? "," : "", i);
	cr_assert_eq(netlist_parse(&l, text, NULL), ERR_NONE);
	cr_assert_eq(l.count, NETLIST_MAX);
	strcat(text, ",11.0.0.0/8");
	cr_assert_eq(netlist_parse(&l, text, NULL), ERR_LIMIT);
}
