/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/votes.h"

#include "test/support/unit.h"

static struct votes votes;
static struct mono now;

static void open_votes(void)
{
	votes_init(&votes);
	now = (struct mono){ 1000000000 };
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	cr_assert_eq(addr_parse(&a, text), ERR_NONE, "%s", text);
	return a;
}

/* Of hosts in n networks, the first of them number `from`. */
static void cast(unsigned from, unsigned n, const char *endpoint)
{
	struct addr e = addr_of(endpoint);

	for (unsigned i = from; i < from + n; i++) {
		struct ip voter = { .family = IP_V4,
				    .b = { 20, (uint8_t)(i >> 8), (uint8_t)i,
					   1 } };

		votes_cast(&votes, &voter, &e, now);
	}
}

static void cast_lan(unsigned from, unsigned n, const char *endpoint)
{
	struct addr e = addr_of(endpoint);

	for (unsigned i = from; i < from + n; i++) {
		struct ip voter = { .family = IP_V4,
				    .b = { 192, 168, 1, (uint8_t)i } };

		votes_cast(&votes, &voter, &e, now);
	}
}

static const char *result(void)
{
	static char text[ADDR_TEXT_MAX];
	struct addr a;

	return votes_result(&votes, &a, now) ? addr_text(text, &a) : "none";
}

Test(votes, need_ten_networks, .init = open_votes)
{
	cr_assert_str_eq(result(), "none");
	cast(0, 9, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "none");
	cast(9, 1, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "99.1.1.1:30303");
}

Test(votes, are_one_for_each_network, .init = open_votes)
{
	struct addr e = addr_of("99.1.1.1:30303");

	for (unsigned i = 0; i < 200; i++) {
		struct ip v4 = { .family = IP_V4,
				 .b = { 20, 1, 1, (uint8_t)i } };
		struct ip v6 = { .family = IP_V6,
				 .b = { 0x2a, 0, 1, 2, 3, 4, (uint8_t)i } };
		struct ip mapped = {
			.family = IP_V6,
			.b = { [10] = 0xff, 0xff, 20, 1, 1, (uint8_t)i }
		};

		votes_cast(&votes, &v4, &e, now);
		votes_cast(&votes, &v6, &e, now);
		votes_cast(&votes, &mapped, &e, now);
	}
	cr_assert_eq(votes.count, 2);
	cr_assert_str_eq(result(), "none");
}

Test(votes, are_changed_by_their_voter, .init = open_votes)
{
	cast(0, 12, "99.1.1.1:30303");
	cast(0, 12, "99.1.1.1:40000");
	cr_assert_str_eq(result(), "99.1.1.1:40000");
	cr_assert_eq(votes.count, 12);
}

/* "Runner-up < 70 % of the winner." */
Test(votes, need_a_clear_majority, .init = open_votes)
{
	cast(0, 20, "99.1.1.1:30303");
	cast(20, 13, "66.6.6.6:30303");
	cr_assert_str_eq(result(), "99.1.1.1:30303");
	cast(33, 1, "66.6.6.6:30303");
	cr_assert_str_eq(result(), "none");
	cast(34, 20, "66.6.6.6:30303");
	cr_assert_str_eq(result(), "66.6.6.6:30303");
}

Test(votes, end_after_five_minutes, .init = open_votes)
{
	struct mono start = now;

	cr_assert_eq(votes_due(&votes, now).ns, MONO_NEVER.ns);
	cast(0, 1, "99.1.1.1:30303");
	now = mono_add_ms(start, 1000);
	cast(1, 9, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "99.1.1.1:30303");
	cr_assert_eq(votes_due(&votes, now).ns,
		     mono_add_ms(start, VOTES_WINDOW_MS).ns);
	now = mono_add_ms(start, VOTES_WINDOW_MS - 1);
	cr_assert_str_eq(result(), "99.1.1.1:30303");
	now = mono_add_ms(start, VOTES_WINDOW_MS);
	cr_assert_str_eq(result(), "none");
	cr_assert_eq(votes_due(&votes, now).ns,
		     mono_add_ms(start, VOTES_WINDOW_MS + 1000).ns);
	cast(0, 1, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "99.1.1.1:30303");
}

Test(votes, of_few_decide_on_a_lan_address, .init = open_votes)
{
	cast_lan(1, 2, "192.168.1.50:30303");
	cr_assert_str_eq(result(), "none");
	cast_lan(3, 1, "192.168.1.50:30303");
	cr_assert_str_eq(result(), "192.168.1.50:30303");
	cast_lan(4, 3, "192.168.1.51:30303"); /* 3 of 6 are no majority */
	cr_assert_str_eq(result(), "none");
	cast_lan(7, 1, "192.168.1.50:30303");
	cr_assert_str_eq(result(), "192.168.1.50:30303");
}

/* Three hosts in a LAN do not decide on an address of the internet. */
Test(votes, of_few_decide_on_nothing_else, .init = open_votes)
{
	cast_lan(1, 9, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "none");
	cast_lan(10, 1, "99.1.1.1:30303");
	cr_assert_str_eq(result(), "99.1.1.1:30303");
}

/* With twenty voters a LAN's address needs as many votes as any. */
Test(votes, of_many_are_counted_alike, .init = open_votes)
{
	cast_lan(1, 9, "192.168.1.50:30303");
	cr_assert_str_eq(result(), "192.168.1.50:30303");
	for (unsigned i = 0; i < 11; i++) {
		char other[ADDR_TEXT_MAX];

		snprintf(other, sizeof(other), "99.1.1.%u:1", i);
		cast(i, 1, other);
	}
	cr_assert_str_eq(result(), "none");
}

Test(votes, are_bounded, .init = open_votes)
{
	cast(0, 1, "66.6.6.6:1");
	now = mono_add_ms(now, 1);
	cast(1, VOTES_MAX - 1, "99.1.1.1:30303");
	now = mono_add_ms(now, 1);
	cast(1000, 1, "99.1.1.1:30303");
	cr_assert_eq(votes.count, VOTES_MAX);
	for (size_t i = 0; i < votes.count; i++)
		cr_assert_eq(votes.all[i].endpoint.port, 30303);
}
