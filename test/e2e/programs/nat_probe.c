/* SPDX-License-Identifier: Apache-2.0 */
/* nat_probe METHOD TCP-PORT UDP-PORT - what keeps a router's mappings, on a
 * clock that runs when it is told to: hours of it take as long as the router
 * takes to answer. On standard input, a line each:
 *
 *     pass SECONDS   let that time pass and do what is due then; answered with
 *                    "done SECONDS", until the next is
 *     close          take all back; ends with "closed"
 *
 * What happens is told with the second in which it does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/nat/keeper.h"
#include "p2p/nat/router.h"

static struct keeper keeper;
static struct router *router;
static struct mono now = { 1000000000000 };
static uint64_t random_state = 88172645463325252u;
static bool closed;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void tell(const struct keeper_event *ev, const struct why *why)
{
	static const char *const names[] = {
		[KEEPER_FOUND] = "found",
		[KEEPER_INNER] = "inner",
		[KEEPER_NONSENSE] = "nonsense",
		[KEEPER_SILENT] = "silent",
		[KEEPER_MAPPED] = "mapped",
		[KEEPER_REFUSED] = "refused",
		[KEEPER_ANEW] = "anew",
		[KEEPER_RESTARTED] = "restarted",
		[KEEPER_REMOVED] = "removed",
		[KEEPER_CLOSED] = "closed",
	};
	char ip[IP_TEXT_MAX], text[ROUTER_TEXT];

	printf("%u %s %s %s %u %s; %s; %s\n",
	       (unsigned)(mono_since_ms(now, (struct mono){ 1000000000000 }) /
			  1000),
	       names[ev->type], ev->protocol == NAT_TCP ? "tcp" : "udp",
	       ip_text(ip, &ev->ip), (unsigned)ev->port, err_name(ev->err),
	       router_text(text, router), why->text);
	closed = closed || ev->type == KEEPER_CLOSED;
}

static struct mono settle(void)
{
	struct mono due = keeper_tick(&keeper, now);
	struct keeper_event ev;
	struct nat_request r;

	while (keeper_next_request(&keeper, &r)) {
		struct why why = WHY_NONE;
		struct nat_answer a;

		router_ask(router, &a, &r, next_random(), &why);
		keeper_answer(&keeper, &a, now);
		while (keeper_next_event(&keeper, &ev))
			tell(&ev, &why);
		due = keeper_tick(&keeper, now);
	}
	while (keeper_next_event(&keeper, &ev))
		tell(&ev, &(struct why)WHY_NONE);
	return due;
}

static void pass(uint64_t seconds)
{
	struct mono due;

	now = mono_add_ms(now, seconds * 1000);
	due = settle();
	printf("done %u\n", (unsigned)((mono_since_ms(due, now) + 999) / 1000));
}

int main(int argc, char **argv)
{
	struct keeper_config config;
	struct nat_method method;
	struct why why = WHY_NONE;
	char line[64];

	if (argc != 4 || nat_method_parse(&method, argv[1], &why)) {
		fprintf(stderr, "nat_probe: %s\n", why.text);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	config.ports[NAT_TCP] = (uint16_t)atoi(argv[2]);
	config.ports[NAT_UDP] = (uint16_t)atoi(argv[3]);
	keeper_init(&keeper, &config, now);
	router = router_new(&method);
	if (!router)
		return 1;
	while (!closed && fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "pass ", 5)) {
			pass(strtoull(line + 5, NULL, 10));
			continue;
		}
		router_leave(router);
		keeper_close(&keeper);
		settle();
	}
	router_free(router);
	return 0;
}
