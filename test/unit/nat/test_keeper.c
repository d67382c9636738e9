/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/keeper.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/support/unit.h"

/* A keeper and its router on a clock of their own. What is asked and what comes
 * of it is written down as lines, which the tests compare. */
static struct keeper keeper;
static struct mono start, now;
static char story[16 * 1024];

static struct {
	enum err address_err, map_err, unmap_err;
	struct ip ip;
	bool has_uptime;
	struct mono started;
	uint16_t grants; /* instead of the port that is wished for; 0: that */
	uint32_t lifetime_s;
} router;

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
};

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

static void write_line(const char *what)
{
	uint64_t s = mono_since_ms(now, start) / 1000;
	size_t n = strlen(story);

	cr_assert(n + strlen(what) + 32 < sizeof(story));
	snprintf(story + n, sizeof(story) - n, "%u:%02u %s\n",
		 (unsigned)(s / 60), (unsigned)(s % 60), what);
}

static const char *name_of(enum nat_protocol protocol)
{
	return protocol == NAT_TCP ? "tcp" : "udp";
}

static void write_events(void)
{
	char line[128], ip[IP_TEXT_MAX];
	struct keeper_event ev;

	while (keeper_next_event(&keeper, &ev)) {
		const char *name = name_of(ev.protocol);

		ip_text(ip, &ev.ip);
		switch (ev.type) {
		case KEEPER_FOUND:
			snprintf(line, sizeof(line), "! found %s", ip);
			break;
		case KEEPER_INNER:
			snprintf(line, sizeof(line), "! inner %s", ip);
			break;
		case KEEPER_NONSENSE:
			snprintf(line, sizeof(line), "! nonsense %s", ip);
			break;
		case KEEPER_SILENT:
			snprintf(line, sizeof(line), "! silent: %s",
				 err_name(ev.err));
			break;
		case KEEPER_MAPPED:
			snprintf(line, sizeof(line), "! %s is %u", name,
				 (unsigned)ev.port);
			break;
		case KEEPER_REFUSED:
			snprintf(line, sizeof(line), "! %s refused: %s", name,
				 err_name(ev.err));
			break;
		case KEEPER_ANEW:
			snprintf(line, sizeof(line), "! %s anew", name);
			break;
		case KEEPER_RESTARTED:
			snprintf(line, sizeof(line), "! restarted");
			break;
		case KEEPER_REMOVED:
			snprintf(line, sizeof(line), "! %s removed%s", name,
				 ev.err ? " perhaps" : "");
			break;
		case KEEPER_CLOSED:
			snprintf(line, sizeof(line), "! closed");
			break;
		}
		write_line(line);
	}
}

static struct nat_answer answer_of(const struct nat_request *r)
{
	struct nat_answer a = { 0 };
	char line[64];

	switch (r->ask) {
	case NAT_ADDRESS:
		write_line("address?");
		a.err = router.address_err;
		a.ip = router.ip;
		a.has_uptime = router.has_uptime;
		a.uptime_s =
			(uint32_t)(mono_since_ms(now, router.started) / 1000);
		break;
	case NAT_MAP:
		snprintf(line, sizeof(line), "map %s %u from %u for %u s",
			 name_of(r->protocol), (unsigned)r->internal,
			 (unsigned)r->external, (unsigned)r->lifetime_s);
		write_line(line);
		a.err = router.map_err;
		a.external = router.grants ? router.grants : r->external;
		a.lifetime_s = router.lifetime_s;
		break;
	case NAT_UNMAP:
		snprintf(line, sizeof(line), "unmap %s %u from %u",
			 name_of(r->protocol), (unsigned)r->internal,
			 (unsigned)r->external);
		write_line(line);
		a.err = router.unmap_err;
		break;
	}
	return a;
}

/* All that is to be done now. */
static struct mono settle(void)
{
	struct mono due = keeper_tick(&keeper, now);
	struct nat_request r, second;

	while (keeper_next_request(&keeper, &r)) {
		struct nat_answer a = answer_of(&r);

		cr_assert_not(keeper_next_request(&keeper, &second),
			      "one at a time");
		cr_assert_eq(keeper_tick(&keeper, now).ns, MONO_NEVER.ns);
		keeper_answer(&keeper, &a, now);
		write_events();
		due = keeper_tick(&keeper, now);
	}
	write_events();
	return due;
}

static void run_until(uint64_t ms)
{
	struct mono end = mono_add_ms(start, ms);
	struct mono due = settle();

	while (mono_before(due, end)) {
		now = due;
		due = settle();
	}
	now = end;
}

static void begin(uint16_t tcp, uint16_t udp)
{
	struct keeper_config config = { .ports = { tcp, udp } };

	start = now = (struct mono){ 5000000000 };
	story[0] = '\0';
	memset(&router, 0, sizeof(router));
	router.ip = ip_of("198.51.100.7");
	keeper_init(&keeper, &config, now);
}

static void begin_both(void)
{
	begin(30303, 30304);
}

/* What was written since the last call. */
static void expect(const char *wanted)
{
	cr_assert_str_eq(story, wanted);
	story[0] = '\0';
}

#define FIRST                                       \
	"0:00 address?\n"                           \
	"0:00 ! found 198.51.100.7\n"               \
	"0:00 map tcp 30303 from 30303 for 600 s\n" \
	"0:00 ! tcp is 30303\n"                     \
	"0:00 map udp 30304 from 30304 for 600 s\n" \
	"0:00 ! udp is 30304\n"

Test(keeper, asks_every_two_minutes_and_refreshes_after_eight,
     .init = begin_both)
{
	run_until(16 * MINUTE + 1);
	expect(FIRST "2:00 address?\n"
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
	begin(0, 30304);
	run_until(1);
	expect("0:00 address?\n"
	       "0:00 ! found 198.51.100.7\n"
	       "0:00 map udp 30304 from 30304 for 600 s\n"
	       "0:00 ! udp is 30304\n");
	begin(0, 0);
	run_until(9 * MINUTE);
	keeper_close(&keeper);
	settle();
	expect("0:00 address?\n"
	       "0:00 ! found 198.51.100.7\n"
	       "2:00 address?\n"
	       "4:00 address?\n"
	       "6:00 address?\n"
	       "8:00 address?\n"
	       "9:00 ! closed\n");
}

Test(keeper, publishes_and_asks_again_for_the_port_it_got)
{
	begin(30303, 0);
	router.grants = 31000;
	run_until(1);
	expect("0:00 address?\n"
	       "0:00 ! found 198.51.100.7\n"
	       "0:00 map tcp 30303 from 30303 for 600 s\n"
	       "0:00 ! tcp is 31000\n");
	router.grants = 0;
	run_until(8 * MINUTE + 1);
	router.grants = 32000;
	run_until(16 * MINUTE + 1);
	expect("2:00 address?\n"
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

Test(keeper, maps_all_at_once_when_the_address_changes, .init = begin_both)
{
	run_until(1 * MINUTE);
	expect(FIRST);
	router.ip = ip_of("203.0.113.9");
	run_until(3 * MINUTE);
	expect("2:00 address?\n"
	       "2:00 ! found 203.0.113.9\n"
	       "2:00 map tcp 30303 from 30303 for 600 s\n"
	       "2:00 map udp 30304 from 30304 for 600 s\n");
}

/* The address that was told stays, and a silence is told once. */
Test(keeper, keeps_the_last_address_while_the_router_is_silent,
     .init = begin_both)
{
	run_until(1 * MINUTE);
	router.address_err = ERR_TIMEOUT;
	run_until(5 * MINUTE);
	router.address_err = ERR_NONE;
	run_until(7 * MINUTE);
	expect(FIRST "2:00 address?\n"
		     "2:00 ! silent: timed out\n"
		     "4:00 address?\n"
		     "6:00 address?\n"
		     "6:00 map tcp 30303 from 30303 for 600 s\n"
		     "6:00 map udp 30304 from 30304 for 600 s\n");
	cr_assert(ip_equal(&keeper.ip, &router.ip));
}

Test(keeper, maps_all_at_once_when_the_router_was_restarted)
{
	begin(30303, 0);
	router.has_uptime = true;
	router.started = now;
	run_until(3 * MINUTE);
	story[0] = '\0';
	router.started = now; /* at 3:00; at 4:00 it says 60 s, not 240 */
	run_until(5 * MINUTE);
	expect("4:00 address?\n"
	       "4:00 ! restarted\n"
	       "4:00 map tcp 30303 from 30303 for 600 s\n");
	run_until(7 * MINUTE);
	expect("6:00 address?\n");
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

		begin(0, 0);
		a.ip = router.ip;
		cr_assert(keeper_next_request(&keeper, &r));
		keeper_answer(&keeper, &a, now);
		while (keeper_next_event(&keeper, &ev))
			;
		now = mono_add_ms(now, KEEPER_ADDRESS_MS);
		keeper_tick(&keeper, now);
		cr_assert(keeper_next_request(&keeper, &r));
		a.uptime_s = cases[i].uptime_s;
		keeper_answer(&keeper, &a, now);
		while (keeper_next_event(&keeper, &ev))
			told = told || ev.type == KEEPER_RESTARTED;
		cr_assert_eq(told, cases[i].restarted, "%u",
			     (unsigned)cases[i].uptime_s);
	}
}

Test(keeper, tries_again_after_five_minutes)
{
	begin(30303, 0);
	router.map_err = ERR_DENIED;
	run_until(11 * MINUTE);
	expect("0:00 address?\n"
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
	router.map_err = ERR_NONE;
	run_until(16 * MINUTE);
	expect("12:00 address?\n"
	       "14:00 address?\n"
	       "15:00 map tcp 30303 from 30303 for 600 s\n"
	       "15:00 ! tcp is 30303\n");
}

/* "After more than 5 failed refreshes delete the mapping and start without a
 * preferred port." What was published stays. */
Test(keeper, begins_anew_after_more_than_five_failures)
{
	begin(30303, 0);
	router.grants = 31000;
	run_until(1);
	router.grants = 0;
	router.map_err = ERR_DENIED;
	run_until(34 * MINUTE);
	cr_assert(strstr(story, "8:00 map tcp 30303 from 31000 for 600 s\n"
				"8:00 ! tcp refused: not allowed\n"));
	cr_assert(strstr(story, "28:00 map tcp 30303 from 31000 for 600 s\n"));
	cr_assert(strstr(story, "33:00 map tcp 30303 from 31000 for 600 s\n"
				"33:00 ! tcp anew\n"
				"33:00 unmap tcp 30303 from 31000\n"
				"33:00 ! tcp removed\n"
				"33:00 map tcp 30303 from 30303 for 600 s\n"));
	cr_assert_eq(keeper.maps[NAT_TCP].external, 31000);
	story[0] = '\0';
	router.map_err = ERR_NONE;
	run_until(39 * MINUTE);
	expect("34:00 address?\n"
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

		begin(0, 0);
		run_until(1);
		story[0] = '\0';
		router.ip = ip_of(nonsense[i]);
		run_until(5 * MINUTE);
		router.ip = ip_of("198.51.100.7");
		run_until(7 * MINUTE);
		snprintf(line, sizeof(line),
			 "2:00 address?\n2:00 ! nonsense %s\n"
			 "4:00 address?\n6:00 address?\n",
			 nonsense[i]);
		expect(line);
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

		begin(30303, 0);
		router.ip = ip_of(inner[i]);
		run_until(3 * MINUTE);
		snprintf(line, sizeof(line),
			 "0:00 address?\n0:00 ! inner %s\n"
			 "0:00 map tcp 30303 from 30303 for 600 s\n"
			 "0:00 ! tcp is 30303\n2:00 address?\n",
			 inner[i]);
		expect(line);
	}
	begin(0, 0);
	router.ip = ip_of("100.128.0.1");
	run_until(1);
	expect("0:00 address?\n0:00 ! found 100.128.0.1\n");
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
		begin(30303, 0);
		router.lifetime_s = cases[i].lifetime_s;
		settle();
		cr_assert_eq(keeper.maps[NAT_TCP].at.ns,
			     mono_add_ms(now, cases[i].refresh_ms).ns);
	}
}

Test(keeper, takes_no_port_zero)
{
	struct nat_answer a = { 0 };
	struct nat_request r;
	struct keeper_event ev;

	begin(30303, 0);
	a.ip = router.ip;
	cr_assert(keeper_next_request(&keeper, &r));
	keeper_answer(&keeper, &a, now);
	cr_assert(keeper_next_event(&keeper, &ev));
	cr_assert(keeper_next_request(&keeper, &r));
	cr_assert_eq(r.ask, NAT_MAP);
	keeper_answer(&keeper, &a, now);
	cr_assert(keeper_next_event(&keeper, &ev));
	cr_assert_eq(ev.type, KEEPER_REFUSED);
	cr_assert_eq(ev.err, ERR_FORMAT);
}

Test(keeper, removes_what_stands_when_it_closes, .init = begin_both)
{
	router.grants = 31000;
	run_until(1 * MINUTE);
	story[0] = '\0';
	router.unmap_err = ERR_TIMEOUT; /* it is asked once all the same */
	keeper_close(&keeper);
	keeper_close(&keeper);
	settle();
	expect("1:00 unmap tcp 30303 from 31000\n"
	       "1:00 ! tcp removed perhaps\n"
	       "1:00 unmap udp 30304 from 31000\n"
	       "1:00 ! udp removed perhaps\n"
	       "1:00 ! closed\n");
	run_until(60 * MINUTE);
	expect("");
}

/* The answer may have been lost, and not the request. */
Test(keeper, removes_what_may_stand, .init = begin_both)
{
	router.map_err = ERR_CLOSED;
	run_until(1);
	story[0] = '\0';
	keeper_close(&keeper);
	settle();
	expect("0:00 unmap tcp 30303 from 30303\n"
	       "0:00 ! tcp removed\n"
	       "0:00 unmap udp 30304 from 30304\n"
	       "0:00 ! udp removed\n"
	       "0:00 ! closed\n");
}

Test(keeper, waits_for_the_answer_before_it_closes, .init = begin_both)
{
	struct nat_answer a = { .external = 31000 };
	struct nat_request r;

	a.ip = router.ip;
	cr_assert(keeper_next_request(&keeper, &r));
	keeper_answer(&keeper, &a, now);
	write_events();
	cr_assert(keeper_next_request(&keeper, &r));
	keeper_close(&keeper);
	settle();
	keeper_answer(&keeper, &a, now);
	settle();
	expect("0:00 ! found 198.51.100.7\n"
	       "0:00 unmap tcp 30303 from 31000\n"
	       "0:00 ! tcp removed\n"
	       "0:00 ! closed\n");
}

/* Another host may have that port. */
Test(keeper, does_not_remove_what_it_was_refused)
{
	static const enum err refusals[] = { ERR_DENIED, ERR_NOT_FOUND };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		begin_both();
		router.map_err = refusals[i];
		run_until(6 * MINUTE);
		story[0] = '\0';
		keeper_close(&keeper);
		settle();
		expect("6:00 ! closed\n");
	}
	begin(30303, 0);
	run_until(1);
	router.map_err = ERR_DENIED;
	run_until(9 * MINUTE);
	story[0] = '\0';
	keeper_close(&keeper);
	settle();
	expect("9:00 unmap tcp 30303 from 30303\n"
	       "9:00 ! tcp removed\n"
	       "9:00 ! closed\n");
}

/* --- properties ----------------------------------------------------------- */

static uint64_t state;

static uint32_t random_below(uint32_t bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % bound;
}

static struct nat_answer random_answer(void)
{
	static const enum err errors[] = { ERR_NONE, ERR_NONE, ERR_NONE,
					   ERR_TIMEOUT, ERR_DENIED };
	static const char *const ips[] = { "198.51.100.7", "198.51.100.7",
					   "203.0.113.9",  "10.0.0.1",
					   "0.0.0.0",	   "2001:db8::1" };

	return (struct nat_answer){
		.err = errors[random_below(ARRAY_LEN(errors))],
		.ip = ip_of(ips[random_below(ARRAY_LEN(ips))]),
		.external = (uint16_t)random_below(3),
		.lifetime_s = random_below(2) ? 0 : random_below(1000),
		.has_uptime = random_below(2),
		.uptime_s = random_below(1000),
	};
}

/* What was published is what a router granted last, nothing is asked for twice
 * at once, and in the long run no router is asked more than it has to be. */
static void run_random(uint64_t seed)
{
	uint16_t published[NAT_PROTOCOLS] = { 0 },
		 granted[NAT_PROTOCOLS] = { 0 };
	unsigned asked = 0, removed[NAT_PROTOCOLS] = { 0 };
	bool closing = false, closed = false;
	struct keeper_event ev;
	struct nat_request r;

	begin_both();
	state = seed;
	for (int step = 0; step < 400; step++) {
		struct mono due = keeper_tick(&keeper, now);

		while (keeper_next_request(&keeper, &r)) {
			struct nat_answer a = random_answer();

			cr_assert_not(closed);
			asked++;
			if (closing)
				cr_assert_eq(r.ask, NAT_UNMAP);
			if (closing)
				cr_assert_eq(removed[r.protocol]++, 0);
			if (r.ask != NAT_ADDRESS)
				cr_assert(r.internal && r.external);
			if (r.ask == NAT_MAP && !a.err && a.external)
				granted[r.protocol] = a.external;
			keeper_answer(&keeper, &a, now);
			while (keeper_next_event(&keeper, &ev)) {
				if (ev.type == KEEPER_MAPPED)
					published[ev.protocol] = ev.port;
				if (ev.type == KEEPER_FOUND)
					cr_assert_eq(ip_scope(&ev.ip),
						     IP_SCOPE_GLOBAL);
				closed = closed || ev.type == KEEPER_CLOSED;
			}
			for (int i = 0; i < NAT_PROTOCOLS; i++)
				cr_assert_eq(published[i], granted[i]);
			due = keeper_tick(&keeper, now);
		}
		if (!closing) {
			cr_assert(mono_before(now, due));
			cr_assert(!mono_before(
				mono_add_ms(now, KEEPER_ADDRESS_MS), due));
			now = due;
		}
		if (step == 300) {
			closing = true;
			keeper_close(&keeper);
		}
	}
	cr_assert(closed);
	/* Each two minutes an address and, at worst, both mappings for each of
	 * four reasons. */
	cr_assert(asked <
		  10 + 9 * (mono_since_ms(now, start) / KEEPER_REFRESH_MIN_MS));
}

Test(keeper, holds_its_promises_whatever_a_router_says)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		run_random(seed);
}
