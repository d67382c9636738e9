/* SPDX-License-Identifier: Apache-2.0 */
/* When the keeper asks, what it asks for and what it tells of the answers. */
#include <stdio.h>

#include "test/unit/nat/lab.h"

#define FIRST                                       \
	"0:00 address?\n"                           \
	"0:00 ! found 198.51.100.7\n"               \
	"0:00 map tcp 30303 from 30303 for 600 s\n" \
	"0:00 ! tcp is 30303\n"                     \
	"0:00 map udp 30304 from 30304 for 600 s\n" \
	"0:00 ! udp is 30304\n"

Test(keeper, asks_every_two_minutes_and_refreshes_after_eight,
     .init = lab_begin_both)
{
	lab_run_until(16 * MINUTE + 1);
	lab_expect(FIRST "2:00 address?\n"
			 "4:00 address?\n"
			 "6:00 address?\n"
			 "8:00 address?\n"
			 "8:00 map tcp 30303 from 30303 for 600 s\n"
			 "8:00 map udp 30304 from 30304 for 600 s\n"
			 "10:00 address?\n"
			 "12:00 address?\n"
			 "14:00 address?\n"
			 "16:00 address?\n"
			 "16:00 map tcp 30303 from 30303 for 600 s\n"
			 "16:00 map udp 30304 from 30304 for 600 s\n");
}

Test(keeper, maps_only_what_listens)
{
	lab_begin(0, 30304);
	lab_run_until(1);
	lab_expect("0:00 address?\n"
		   "0:00 ! found 198.51.100.7\n"
		   "0:00 map udp 30304 from 30304 for 600 s\n"
		   "0:00 ! udp is 30304\n");
	lab_begin(0, 0);
	lab_run_until(9 * MINUTE);
	keeper_close(&lab.keeper);
	lab_settle();
	lab_expect("0:00 address?\n"
		   "0:00 ! found 198.51.100.7\n"
		   "2:00 address?\n"
		   "4:00 address?\n"
		   "6:00 address?\n"
		   "8:00 address?\n"
		   "9:00 ! closed\n");
}

Test(keeper, publishes_and_asks_again_for_the_port_it_got)
{
	lab_begin(30303, 0);
	lab.router.grants = 31000;
	lab_run_until(1);
	lab_expect("0:00 address?\n"
		   "0:00 ! found 198.51.100.7\n"
		   "0:00 map tcp 30303 from 30303 for 600 s\n"
		   "0:00 ! tcp is 31000\n");
	lab.router.grants = 0;
	lab_run_until(8 * MINUTE + 1);
	lab.router.grants = 32000;
	lab_run_until(16 * MINUTE + 1);
	lab_expect("2:00 address?\n"
		   "4:00 address?\n"
		   "6:00 address?\n"
		   "8:00 address?\n"
		   "8:00 map tcp 30303 from 31000 for 600 s\n"
		   "10:00 address?\n"
		   "12:00 address?\n"
		   "14:00 address?\n"
		   "16:00 address?\n"
		   "16:00 map tcp 30303 from 31000 for 600 s\n"
		   "16:00 ! tcp is 32000\n");
}

Test(keeper, maps_all_at_once_when_the_address_changes, .init = lab_begin_both)
{
	lab_run_until(1 * MINUTE);
	lab_expect(FIRST);
	lab.router.ip = ip_of("203.0.113.9");
	lab_run_until(3 * MINUTE);
	lab_expect("2:00 address?\n"
		   "2:00 ! found 203.0.113.9\n"
		   "2:00 map tcp 30303 from 30303 for 600 s\n"
		   "2:00 map udp 30304 from 30304 for 600 s\n");
}

/* The address that was told stays, and a silence is told once. */
Test(keeper, keeps_the_last_address_while_the_router_is_silent,
     .init = lab_begin_both)
{
	lab_run_until(1 * MINUTE);
	lab.router.address_err = ERR_TIMEOUT;
	lab_run_until(5 * MINUTE);
	lab.router.address_err = ERR_NONE;
	lab_run_until(7 * MINUTE);
	lab_expect(FIRST "2:00 address?\n"
			 "2:00 ! silent: timed out\n"
			 "4:00 address?\n"
			 "6:00 address?\n"
			 "6:00 map tcp 30303 from 30303 for 600 s\n"
			 "6:00 map udp 30304 from 30304 for 600 s\n");
	cr_assert(ip_equal(&lab.keeper.ip, &lab.router.ip));
}

Test(keeper, maps_all_at_once_when_the_router_was_restarted)
{
	lab_begin(30303, 0);
	lab.router.has_uptime = true;
	lab.router.started = lab.now;
	lab_run_until(3 * MINUTE);
	lab_forget();
	lab.router.started =
		lab.now; /* at 3:00; at 4:00 it says 60 s, not 240 */
	lab_run_until(5 * MINUTE);
	lab_expect("4:00 address?\n"
		   "4:00 ! restarted\n"
		   "4:00 map tcp 30303 from 30303 for 600 s\n");
	lab_run_until(7 * MINUTE);
	lab_expect("6:00 address?\n");
}

/* "7/8 of the time elapsed", and two seconds besides. */
Test(keeper, allows_for_a_slow_clock_of_the_router)
{
	static const struct {
		uint32_t uptime_s;
		bool restarted;
	} cases[] = { { 1120, false },
		      { 1105, false },
		      { 1103, false },
		      { 1102, true },
		      { 0, true } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nat_answer a = { .has_uptime = true, .uptime_s = 1000 };
		struct nat_request r;
		bool told = false;
		struct keeper_event ev;

		lab_begin(0, 0);
		a.ip = lab.router.ip;
		cr_assert(keeper_next_request(&lab.keeper, &r));
		keeper_answer(&lab.keeper, &a, lab.now);
		while (keeper_next_event(&lab.keeper, &ev))
			;
		lab.now = mono_add_ms(lab.now, KEEPER_ADDRESS_MS);
		keeper_tick(&lab.keeper, lab.now);
		cr_assert(keeper_next_request(&lab.keeper, &r));
		a.uptime_s = cases[i].uptime_s;
		keeper_answer(&lab.keeper, &a, lab.now);
		while (keeper_next_event(&lab.keeper, &ev))
			told = told || ev.type == KEEPER_RESTARTED;
		cr_assert_eq(told, cases[i].restarted, "%u",
			     (unsigned)cases[i].uptime_s);
	}
}

Test(keeper, tries_again_after_five_minutes)
{
	lab_begin(30303, 0);
	lab.router.map_err = ERR_DENIED;
	lab_run_until(11 * MINUTE);
	lab_expect("0:00 address?\n"
		   "0:00 ! found 198.51.100.7\n"
		   "0:00 map tcp 30303 from 30303 for 600 s\n"
		   "0:00 ! tcp refused: not allowed\n"
		   "2:00 address?\n"
		   "4:00 address?\n"
		   "5:00 map tcp 30303 from 30303 for 600 s\n"
		   "6:00 address?\n"
		   "8:00 address?\n"
		   "10:00 address?\n"
		   "10:00 map tcp 30303 from 30303 for 600 s\n");
	lab.router.map_err = ERR_NONE;
	lab_run_until(16 * MINUTE);
	lab_expect("12:00 address?\n"
		   "14:00 address?\n"
		   "15:00 map tcp 30303 from 30303 for 600 s\n"
		   "15:00 ! tcp is 30303\n");
}

/* "After more than 5 failed refreshes delete the mapping and start without a
 * preferred port." What was published stays. */
Test(keeper, begins_anew_after_more_than_five_failures)
{
	lab_begin(30303, 0);
	lab.router.grants = 31000;
	lab_run_until(1);
	lab.router.grants = 0;
	lab.router.map_err = ERR_DENIED;
	lab_run_until(34 * MINUTE);
	cr_assert(strstr(lab.story, "8:00 map tcp 30303 from 31000 for 600 s\n"
				    "8:00 ! tcp refused: not allowed\n"));
	cr_assert(strstr(lab.story,
			 "28:00 map tcp 30303 from 31000 for 600 s\n"));
	cr_assert(strstr(lab.story,
			 "33:00 map tcp 30303 from 31000 for 600 s\n"
			 "33:00 ! tcp anew\n"
			 "33:00 unmap tcp 30303 from 31000\n"
			 "33:00 ! tcp removed\n"
			 "33:00 map tcp 30303 from 30303 for 600 s\n"));
	cr_assert_eq(lab.keeper.maps[NAT_TCP].external, 31000);
	lab_forget();
	lab.router.map_err = ERR_NONE;
	lab_run_until(39 * MINUTE);
	lab_expect("34:00 address?\n"
		   "36:00 address?\n"
		   "38:00 address?\n"
		   "38:00 map tcp 30303 from 30303 for 600 s\n"
		   "38:00 ! tcp is 30303\n");
}

Test(keeper, tells_nonsense_once)
{
	static const char *const nonsense[] = { "0.0.0.0",	   "127.0.0.1",
						"224.0.0.1",	   "240.0.0.1",
						"255.255.255.255", "0.1.2.3",
						"169.254.1.1" };

	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		char line[128];

		lab_begin(0, 0);
		lab_run_until(1);
		lab_forget();
		lab.router.ip = ip_of(nonsense[i]);
		lab_run_until(5 * MINUTE);
		lab.router.ip = ip_of("198.51.100.7");
		lab_run_until(7 * MINUTE);
		snprintf(line, sizeof(line),
			 "2:00 address?\n2:00 ! nonsense %s\n"
			 "4:00 address?\n6:00 address?\n",
			 nonsense[i]);
		lab_expect(line);
	}
}

/* An address behind another router is not published; what it maps may still
 * help. */
Test(keeper, does_not_publish_an_address_that_leads_nowhere)
{
	static const char *const inner[] = { "10.0.0.2", "192.168.7.1",
					     "172.16.0.1", "100.64.0.1",
					     "100.127.255.254" };

	for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
		char line[256];

		lab_begin(30303, 0);
		lab.router.ip = ip_of(inner[i]);
		lab_run_until(3 * MINUTE);
		snprintf(line, sizeof(line),
			 "0:00 address?\n0:00 ! inner %s\n"
			 "0:00 map tcp 30303 from 30303 for 600 s\n"
			 "0:00 ! tcp is 30303\n2:00 address?\n",
			 inner[i]);
		lab_expect(line);
	}
	lab_begin(0, 0);
	lab.router.ip = ip_of("100.128.0.1");
	lab_run_until(1);
	lab_expect("0:00 address?\n0:00 ! found 100.128.0.1\n");
}

Test(keeper, refreshes_sooner_what_is_granted_for_less)
{
	static const struct {
		uint32_t lifetime_s;
		uint64_t refresh_ms;
	} cases[] = {
		{ 0, KEEPER_REFRESH_MS },     { 600, KEEPER_REFRESH_MS },
		{ 86400, KEEPER_REFRESH_MS }, { UINT32_MAX, KEEPER_REFRESH_MS },
		{ 300, 240 * SECOND },	      { 1, KEEPER_REFRESH_MIN_MS },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		lab_begin(30303, 0);
		lab.router.lifetime_s = cases[i].lifetime_s;
		lab_settle();
		cr_assert_eq(lab.keeper.maps[NAT_TCP].at.ns,
			     mono_add_ms(lab.now, cases[i].refresh_ms).ns);
	}
}

Test(keeper, takes_no_port_zero)
{
	struct nat_answer a = { 0 };
	struct nat_request r;
	struct keeper_event ev;

	lab_begin(30303, 0);
	a.ip = lab.router.ip;
	cr_assert(keeper_next_request(&lab.keeper, &r));
	keeper_answer(&lab.keeper, &a, lab.now);
	cr_assert(keeper_next_event(&lab.keeper, &ev));
	cr_assert(keeper_next_request(&lab.keeper, &r));
	cr_assert_eq(r.ask, NAT_MAP);
	keeper_answer(&lab.keeper, &a, lab.now);
	cr_assert(keeper_next_event(&lab.keeper, &ev));
	cr_assert_eq(ev.type, KEEPER_REFUSED);
	cr_assert_eq(ev.err, ERR_FORMAT);
}
