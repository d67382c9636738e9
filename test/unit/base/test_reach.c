/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/reach.h"

#include <string.h>

#include "test/support/unit.h"

enum {
	IPS_MAX = 4
};

/* Addresses separated by blanks, of which "-" is none. */
static size_t ips_of(struct ip out[IPS_MAX], const char *text)
{
	char copy[128], *rest = copy, *word;
	size_t n = 0;

	cr_assert_lt(strlen(text), sizeof(copy));
	strcpy(copy, text);
	while ((word = strsep(&rest, " "))) {
		out[n] = (struct ip){ .family = IP_NONE };
		if (strcmp(word, "-"))
			cr_assert_eq(ip_parse(&out[n], word), ERR_NONE, "%s",
				     word);
		n++;
	}
	return n;
}

static void expect(const struct reach *reach, const char *text,
		   const char *best)
{
	struct ip ips[IPS_MAX];
	const struct ip *got = reach_choose(reach, ips, ips_of(ips, text));
	char shown[IP_TEXT_MAX];

	cr_assert_str_eq(got ? ip_text(shown, got) : "-", best, "of %s", text);
}

static struct reach within(const char *nets)
{
	struct reach reach = { 0 };

	cr_assert_eq(netlist_parse(&reach.nets, nets, NULL), ERR_NONE);
	return reach;
}

static const char both[] = "192.0.2.1 2001:db8::1";

Test(reach, without_limits_prefers_the_wider_scope_and_then_ipv4)
{
	struct reach everywhere = { 0 };

	for (int i = 0; i < 2; i++) {
		const struct reach *reach = i ? &everywhere : NULL;

		expect(reach, both, "192.0.2.1");
		expect(reach, "2001:db8::1 192.0.2.1", "192.0.2.1");
		expect(reach, "10.0.0.1 2001:db8::1", "2001:db8::1");
		expect(reach, "192.0.2.1 fd00::1", "192.0.2.1");
		expect(reach, "127.0.0.1 ::1", "127.0.0.1");
		expect(reach, "192.0.2.1 192.0.2.2", "192.0.2.1");
		expect(reach, "- 2001:db8::1", "2001:db8::1");
		expect(reach, "- -", "-");
	}
	cr_assert_null(reach_choose(NULL, NULL, 0));
}

Test(reach, of_one_family_takes_the_address_of_that)
{
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);

	expect(&v6, both, "2001:db8::1");
	expect(&v4, both, "192.0.2.1");
	expect(&v4, "10.0.0.1 2001:db8::1", "10.0.0.1");
	expect(&v6, "192.0.2.1 ::1", "::1");
}

Test(reach, takes_what_there_is_where_nothing_is_inside)
{
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);
	struct reach nets = within("10.0.0.0/8");

	expect(&v4, "- 2001:db8::1", "2001:db8::1");
	expect(&v6, "192.0.2.1 -", "192.0.2.1");
	expect(&nets, both, "192.0.2.1");
}

Test(reach, in_some_networks_takes_the_address_in_them)
{
	struct reach nets = within("10.0.0.0/8,2001:db8::/32");

	expect(&nets, both, "2001:db8::1");
	expect(&nets, "10.0.0.1 2001:db8::1", "2001:db8::1");
	expect(&nets, "10.0.0.1 2002:db8::1", "10.0.0.1");
}

Test(reach, without_a_way_out_takes_the_other_family_for_far_nodes)
{
	struct reach no4 = { .no_way4 = true }, no6 = { .no_way6 = true };

	expect(&no4, both, "2001:db8::1");
	expect(&no6, both, "192.0.2.1");
	expect(&no6, "10.0.0.1 2001:db8::1", "10.0.0.1");
	expect(&no4, "192.0.2.1 -", "192.0.2.1");

	/* What is local is there, whatever the ways out. */
	expect(&no4, "10.0.0.1 fd00::1", "10.0.0.1");
	expect(&no4, "127.0.0.1 ::1", "127.0.0.1");
}

/* A socket's family is a wall, and a missing way a reason. */
Test(reach, counts_the_networks_before_the_ways)
{
	struct reach v4 = reach_family(IP_V4);

	v4.no_way4 = true;
	expect(&v4, both, "192.0.2.1");
}

Test(reach, has_an_ipv4_address_that_is_mapped_by_its_own_family)
{
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);
	struct ip mapped = { .family = IP_V6,
			     .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	struct ip ips[2] = { mapped };

	cr_assert_eq(ip_parse(&ips[1], "2001:db8::1"), ERR_NONE);
	cr_assert_eq(reach_choose(&v4, ips, 2), &ips[0]);
	cr_assert_eq(reach_choose(&v6, ips, 2), &ips[1]);
}

Test(reach, has_everything_unless_it_was_told_of_networks)
{
	struct reach everywhere = { 0 }, v6 = reach_family(IP_V6);
	struct ip ips[IPS_MAX];

	ips_of(ips, both);
	cr_assert(reach_has(NULL, &ips[0]));
	cr_assert(reach_has(&everywhere, &ips[1]));
	cr_assert(reach_has(&v6, &ips[1]));
	cr_assert_not(reach_has(&v6, &ips[0]));
}
