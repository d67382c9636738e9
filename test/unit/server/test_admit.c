/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "p2p/server/limits.h"
#include "test/support/unit.h"

static struct mono at(uint64_t ms)
{
	return mono_add_ms((struct mono){ 0 }, ms);
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

/* Address n of its own /24, all of them public. */
static struct ip stranger(unsigned n)
{
	char text[IP_TEXT_MAX];

	snprintf(text, sizeof(text), "8.%u.%u.1", n / 250, n % 250);
	return ip_of(text);
}

static struct admit_slot slots[300];

static enum admit_verdict take(struct admit *a, size_t slot, const char *from,
			       uint64_t ms)
{
	struct ip ip = ip_of(from);

	return admit_take(a, &slots[slot], &ip, at(ms));
}

static void open_admit(struct admit *a, size_t max_pending)
{
	memset(slots, 0, sizeof(slots));
	admit_init(a, &server_limits_default.admit, max_pending);
}

Test(admit, lets_an_address_try_once_in_thirty_seconds)
{
	struct admit a;

	open_admit(&a, 50);
	cr_assert_eq(take(&a, 0, "8.8.8.8", 0), ADMIT_YES);
	admit_release(&a, &slots[0]);
	/* A refused attempt does not extend the time. */
	cr_assert_eq(take(&a, 1, "8.8.8.8", 1), ADMIT_THROTTLED);
	cr_assert_eq(take(&a, 1, "8.8.8.8", 29999), ADMIT_THROTTLED);
	cr_assert_not(slots[1].held);
	cr_assert_eq(take(&a, 1, "8.8.4.4", 29999), ADMIT_YES);
	cr_assert_eq(take(&a, 2, "8.8.8.8", 30000), ADMIT_YES);
	cr_assert_eq(take(&a, 3, "8.8.8.8", 30001), ADMIT_THROTTLED);
	admit_clear(&a);
}

Test(admit, takes_a_64_for_one_address)
{
	struct admit a;

	open_admit(&a, 50);
	cr_assert_eq(take(&a, 0, "2a00:1:2:3::1", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 1, "2a00:1:2:3:ffff::9", 1), ADMIT_THROTTLED);
	cr_assert_eq(take(&a, 1, "2a00:1:2:4::1", 1), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, never_throttles_loopback_and_lan)
{
	static const char *const texts[] = {
		"127.0.0.1", "::1", "10.0.0.7", "192.168.1.1", "fe80::1",
	};
	struct admit a;

	open_admit(&a, 50);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		cr_assert_eq(take(&a, 2 * i, texts[i], 0), ADMIT_YES);
		cr_assert_eq(take(&a, 2 * i + 1, texts[i], 0), ADMIT_YES);
	}
	admit_clear(&a);
}

/* To be known helps to a slot, and to nothing else. */
Test(admit, throttles_known_addresses_too)
{
	struct ip known = ip_of("9.9.9.9");
	struct admit a;

	open_admit(&a, 50);
	admit_know(&a, &known);
	cr_assert_eq(take(&a, 0, "9.9.9.9", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 1, "9.9.9.9", 29999), ADMIT_THROTTLED);
	cr_assert_eq(take(&a, 1, "9.9.9.9", 30000), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, gives_a_64_a_quarter_of_the_slots)
{
	char text[IP_TEXT_MAX];
	struct admit a;

	/* The /64 tries once in thirty seconds, and holds on to each slot. */
	open_admit(&a, 8);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "2a00:1:2:3::%zx", i + 1);
		cr_assert_eq(take(&a, i, text, i * 30000), ADMIT_YES);
	}
	cr_assert_eq(take(&a, 2, "2a00:1:2:3:9::", 60000), ADMIT_SHARE);
	cr_assert_eq(take(&a, 2, "2a00:1:2:4::1", 60000), ADMIT_YES);
	admit_clear(&a);
}

/* One slot is a subnet's even where a quarter is none. */
Test(admit, gives_each_subnet_a_slot)
{
	struct admit a;

	open_admit(&a, 3);
	cr_assert_eq(take(&a, 0, "8.8.8.1", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 1, "8.8.8.2", 0), ADMIT_SHARE);
	cr_assert_eq(take(&a, 1, "8.8.9.1", 0), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, gives_a_subnet_a_quarter_of_the_slots)
{
	char text[IP_TEXT_MAX];
	struct admit a;

	open_admit(&a, 50);
	for (size_t i = 0; i < 12; i++) {
		snprintf(text, sizeof(text), "8.8.8.%zu", i);
		cr_assert_eq(take(&a, i, text, 0), ADMIT_YES);
	}
	cr_assert_eq(take(&a, 12, "8.8.8.200", 0), ADMIT_SHARE);
	cr_assert_eq(take(&a, 13, "8.8.9.1", 0), ADMIT_YES);
	/* Who was refused for the share may come again at once. */
	admit_release(&a, &slots[3]);
	cr_assert_eq(take(&a, 12, "8.8.8.200", 1), ADMIT_YES);
	cr_assert_eq(take(&a, 14, "8.8.8.201", 1), ADMIT_SHARE);
	admit_clear(&a);
}

Test(admit, has_no_share_for_lan_and_known_addresses)
{
	struct ip known = ip_of("8.8.8.99");
	char text[IP_TEXT_MAX];
	struct admit a;

	open_admit(&a, 50);
	admit_know(&a, &known);
	for (size_t i = 0; i < 12; i++) {
		snprintf(text, sizeof(text), "8.8.8.%zu", i);
		cr_assert_eq(take(&a, i, text, 0), ADMIT_YES);
		cr_assert_eq(take(&a, 100 + i, "10.0.0.1", 0), ADMIT_YES);
	}
	cr_assert_eq(take(&a, 200, "10.0.0.1", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 201, "8.8.8.99", 0), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, keeps_four_slots_for_known_addresses)
{
	struct ip known = ip_of("9.9.9.9");
	struct admit a;

	open_admit(&a, 50);
	admit_know(&a, &known);
	for (unsigned i = 0; i < 46; i++) {
		struct ip ip = stranger(i);

		cr_assert_eq(admit_take(&a, &slots[i], &ip, at(0)), ADMIT_YES,
			     "%u", i);
	}
	cr_assert_eq(take(&a, 60, "7.7.7.7", 0), ADMIT_FULL);
	cr_assert_eq(take(&a, 60, "127.0.0.1", 0), ADMIT_FULL);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(take(&a, 46 + i, "9.9.9.9", i * 30000), ADMIT_YES);
	cr_assert_eq(take(&a, 60, "9.9.9.9", 200000), ADMIT_FULL);
	cr_assert_eq(a.pending, 50);
	/* A slot that comes back from a stranger is a stranger's again once
	 * fewer than 46 are in use. */
	for (unsigned i = 0; i < 4; i++)
		admit_release(&a, &slots[i]);
	cr_assert_eq(take(&a, 60, "7.7.7.7", 200000), ADMIT_FULL);
	admit_release(&a, &slots[4]);
	cr_assert_eq(take(&a, 60, "7.7.7.7", 200000), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, always_has_a_slot_for_a_stranger)
{
	static const struct {
		size_t max_pending, strangers;
	} rows[] = {
		{ 1, 1 }, { 2, 1 }, { 4, 2 }, { 8, 4 }, { 9, 5 }, { 200, 196 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t got = 0;
		struct admit a;

		open_admit(&a, rows[i].max_pending);
		while (take(&a, got, "127.0.0.1", 0) == ADMIT_YES)
			got++;
		cr_assert_eq(got, rows[i].strangers, "row %zu", i);
		admit_clear(&a);
	}
}

Test(admit, gives_a_slot_back_once)
{
	struct admit a;

	open_admit(&a, 50);
	cr_assert_eq(take(&a, 0, "8.8.8.8", 0), ADMIT_YES);
	admit_release(&a, &slots[0]);
	admit_release(&a, &slots[0]);
	cr_assert_eq(a.pending, 0);
	admit_clear(&a);
}

Test(admit, forgets_the_oldest_when_its_table_is_full)
{
	static const struct admit_limits small = {
		.throttle_ms = 30000,
		.throttle_max = 3,
		.known_max = 2,
	};
	struct admit a;

	memset(slots, 0, sizeof(slots));
	admit_init(&a, &small, 100);
	cr_assert_eq(take(&a, 0, "8.0.0.1", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 1, "8.0.1.1", 1), ADMIT_YES);
	cr_assert_eq(take(&a, 2, "8.0.2.1", 2), ADMIT_YES);
	cr_assert_eq(take(&a, 3, "8.0.0.1", 3), ADMIT_THROTTLED);
	cr_assert_eq(take(&a, 3, "8.0.3.1", 3), ADMIT_YES);
	cr_assert_eq(take(&a, 4, "8.0.1.1", 4), ADMIT_THROTTLED);
	cr_assert_eq(take(&a, 5, "8.0.0.1", 4), ADMIT_YES);
	admit_clear(&a);
}

Test(admit, knows_a_bounded_number_of_addresses)
{
	static const struct admit_limits small = {
		.throttle_ms = 1,
		.throttle_max = 100,
		.reserve = 4,
		.known_max = 1,
	};
	struct ip first = ip_of("9.9.9.9"), second = ip_of("9.9.8.8");
	struct admit a;

	memset(slots, 0, sizeof(slots));
	admit_init(&a, &small, 8);
	admit_know(&a, &first);
	admit_know(&a, &first);
	admit_know(&a, &second);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(take(&a, i, "127.0.0.1", 0), ADMIT_YES);
	cr_assert_eq(take(&a, 5, "9.9.8.8", 0), ADMIT_FULL);
	cr_assert_eq(take(&a, 5, "9.9.9.9", 0), ADMIT_YES);
	admit_clear(&a);
}
