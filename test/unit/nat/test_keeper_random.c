/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper promises, against routers that answer anything. */
#include "test/unit/nat/lab.h"

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

	lab_begin_both();
	state = seed;
	for (int step = 0; step < 400; step++) {
		struct mono due = keeper_tick(&lab.keeper, lab.now);

		while (keeper_next_request(&lab.keeper, &r)) {
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
			keeper_answer(&lab.keeper, &a, lab.now);
			while (keeper_next_event(&lab.keeper, &ev)) {
				if (ev.type == KEEPER_MAPPED)
					published[ev.protocol] = ev.port;
				if (ev.type == KEEPER_FOUND)
					cr_assert_eq(ip_scope(&ev.ip),
						     IP_SCOPE_GLOBAL);
				closed = closed || ev.type == KEEPER_CLOSED;
			}
			for (int i = 0; i < NAT_PROTOCOLS; i++)
				cr_assert_eq(published[i], granted[i]);
			due = keeper_tick(&lab.keeper, lab.now);
		}
		if (!closing) {
			cr_assert(mono_before(lab.now, due));
			cr_assert(!mono_before(
				mono_add_ms(lab.now, KEEPER_ADDRESS_MS), due));
			lab.now = due;
		}
		if (step == 300) {
			closing = true;
			keeper_close(&lab.keeper);
		}
	}
	cr_assert(closed);
	/* Each two minutes an address and, at worst, both mappings for each of
	 * four reasons. */
	cr_assert(asked < 10 + 9 * (mono_since_ms(lab.now, lab.start) /
				    KEEPER_REFRESH_MIN_MS));
}

Test(keeper, holds_its_promises_whatever_a_router_says)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		run_random(seed);
}
