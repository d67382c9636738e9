/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/nat/lab.h"

#include <stdio.h>

struct lab lab;

struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE, "%s", text);
	return ip;
}

static void write_line(const char *what)
{
	uint64_t s = mono_since_ms(lab.now, lab.start) / 1000;
	size_t n = strlen(lab.story);

	cr_assert(n + strlen(what) + 32 < sizeof(lab.story));
	snprintf(lab.story + n, sizeof(lab.story) - n, "%u:%02u %s\n",
		 (unsigned)(s / 60), (unsigned)(s % 60), what);
}

static const char *name_of(enum nat_protocol protocol)
{
	return protocol == NAT_TCP ? "tcp" : "udp";
}

void lab_write_events(void)
{
	char line[128], ip[IP_TEXT_MAX];
	struct keeper_event ev;

	while (keeper_next_event(&lab.keeper, &ev)) {
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
	const struct router *router = &lab.router;
	struct nat_answer a = { 0 };
	char line[64];

	switch (r->ask) {
	case NAT_ADDRESS:
		write_line("address?");
		a.err = router->address_err;
		a.ip = router->ip;
		a.has_uptime = router->has_uptime;
		a.uptime_s =
			(uint32_t)(mono_since_ms(lab.now, router->started) /
				   1000);
		break;
	case NAT_MAP:
		snprintf(line, sizeof(line), "map %s %u from %u for %u s",
			 name_of(r->protocol), (unsigned)r->internal,
			 (unsigned)r->external, (unsigned)r->lifetime_s);
		write_line(line);
		a.err = router->map_err;
		a.external = router->grants ? router->grants : r->external;
		a.lifetime_s = router->lifetime_s;
		break;
	case NAT_UNMAP:
		snprintf(line, sizeof(line), "unmap %s %u from %u",
			 name_of(r->protocol), (unsigned)r->internal,
			 (unsigned)r->external);
		write_line(line);
		a.err = router->unmap_err;
		break;
	}
	return a;
}

struct mono lab_settle(void)
{
	struct mono due = keeper_tick(&lab.keeper, lab.now);
	struct nat_request r, second;

	while (keeper_next_request(&lab.keeper, &r)) {
		struct nat_answer a = answer_of(&r);

		cr_assert_not(keeper_next_request(&lab.keeper, &second),
			      "one at a time");
		cr_assert_eq(keeper_tick(&lab.keeper, lab.now).ns,
			     MONO_NEVER.ns);
		keeper_answer(&lab.keeper, &a, lab.now);
		lab_write_events();
		due = keeper_tick(&lab.keeper, lab.now);
	}
	lab_write_events();
	return due;
}

void lab_run_until(uint64_t ms)
{
	struct mono end = mono_add_ms(lab.start, ms);
	struct mono due = lab_settle();

	while (mono_before(due, end)) {
		lab.now = due;
		due = lab_settle();
	}
	lab.now = end;
}

void lab_begin(uint16_t tcp, uint16_t udp)
{
	struct keeper_config config = { .ports = { tcp, udp } };

	lab.start = lab.now = (struct mono){ 5000000000 };
	lab_forget();
	lab.router = (struct router){ .ip = ip_of("198.51.100.7") };
	keeper_init(&lab.keeper, &config, lab.now);
}

void lab_begin_both(void)
{
	lab_begin(30303, 30304);
}

void lab_forget(void)
{
	lab.story[0] = '\0';
}

void lab_expect(const char *wanted)
{
	cr_assert_str_eq(lab.story, wanted);
	lab_forget();
}
