/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/txt.h"

#include <fcntl.h>
#include <stdio.h>

#include "test/unit/net/name_server.h"

enum {
	PATIENCE_MS = 20000, /* longer than a test may take */
};

static char large[5000];

static const struct name_row rows[] = {
	{ "one.example", SAYS_VALUES, { "hello" } },
	{ "empty.example", SAYS_VALUES, { "" } },
	{ "two.example", SAYS_VALUES, { "in|several||parts", "and another" } },
	{ "large.example", SAYS_LATER, { large } },
	{ "cut.example", SAYS_CUT, { "one", "two" } },
	{ "later-cut.example", SAYS_LATER_CUT, { "one", "two" } },
	{ "lying.example", SAYS_LYING, { "one" } },
	{ "many.example", SAYS_MANY, { NULL } },
	{ "nothing.example", SAYS_NOTHING, { NULL } },
	{ "failure.example", SAYS_FAILURE, { NULL } },
	{ "no.example", SAYS_NO, { NULL } },
	{ "silent.example", SAYS_SILENT, { NULL } },
	{ NULL, SAYS_VALUES, { NULL } },
};

/* A server of these rows, and who asks it. */
static struct {
	struct scene sc;
	struct name_server server;
	struct net_txt *t;
} bed;

#define BED .init = bed_open, .fini = bed_close

static void bed_open_at(struct addr at)
{
	for (size_t i = 0; i < sizeof(large) - 1; i++)
		large[i] = (char)('a' + i % 26);
	scene_open(&bed.sc);
	name_server_open(&bed.sc, &bed.server, rows, at);
	bed.t = net_txt_open(bed.sc.loop, &bed.server.at);
}

static void bed_open(void)
{
	bed_open_at(loopback4(0));
}

static void bed_close(void)
{
	net_txt_close(bed.t);
	name_server_close(&bed.server);
	scene_close(&bed.sc);
}

/* What came of a query. */
struct asked {
	struct net_txt_query *q;
	unsigned answered;
	enum err rc;
	size_t count;
	char first[8192], second[64];
	size_t len;
	struct why why;
	void (*hook)(struct asked *a);
};

static void on_answered(void *ctx, enum err rc, const struct span *values,
			size_t count, const struct why *why)
{
	struct asked *a = ctx;

	cr_assert_eq(rc == ERR_NONE, count > 0);
	a->answered++;
	a->rc = rc;
	a->count = count;
	a->why = *why;
	if (count) {
		a->len = values[0].len;
		snprintf(a->first, sizeof(a->first), "%.*s", (int)values[0].len,
			 (const char *)values[0].data);
	}
	if (count > 1)
		snprintf(a->second, sizeof(a->second), "%.*s",
			 (int)values[1].len, (const char *)values[1].data);
	if (a->hook)
		a->hook(a);
	net_loop_stop(bed.sc.loop);
}

static void ask_for(struct asked *a, const char *name, uint64_t timeout_ms)
{
	*a = (struct asked){ .hook = a->hook };
	a->q = net_txt_ask(bed.t, name, timeout_ms, on_answered, a);
	cr_assert_eq(a->answered, 0, "told from inside");
}

static void ask(struct asked *a, const char *name)
{
	ask_for(a, name, PATIENCE_MS);
}

static struct asked look_up(const char *name)
{
	struct asked a = { 0 };

	ask(&a, name);
	UNTIL(&bed.sc, a.answered);
	net_txt_query_close(a.q);
	return a;
}

static struct asked find(const char *name)
{
	struct asked a = look_up(name);

	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	return a;
}

Test(txt, gives_the_values_of_a_name, BED)
{
	struct asked a = find("one.example");

	cr_assert_eq(a.count, 1);
	cr_assert_str_eq(a.first, "hello");

	a = find("empty.example");
	cr_assert_eq(a.count, 1);
	cr_assert_eq(a.len, 0);
	cr_assert_eq(a.answered, 1);
	cr_assert_eq(bed.server.asked_tcp, 0);
}

Test(txt, puts_the_strings_of_a_record_together, BED)
{
	struct asked a = find("two.example");

	cr_assert_eq(a.count, 2);
	cr_assert_str_eq(a.first, "inseveralparts");
	cr_assert_str_eq(a.second, "and another");
}

Test(txt, asks_by_tcp_for_what_does_not_fit, BED)
{
	struct asked a = find("large.example");

	cr_assert_eq(a.count, 1);
	cr_assert_str_eq(a.first, large);
	cr_assert_geq(bed.server.asked_udp, 1);
	cr_assert_eq(bed.server.asked_tcp, 1);
}

Test(txt, asks_a_server_by_ipv6)
{
	/* By IPv4 where there is no other, so that something is asked. */
	bed_open_at(has_ipv6() ? loopback6(0) : loopback4(0));
	find("one.example");
	find("large.example");
	cr_assert_eq(bed.server.asked_tcp, 1);
	bed_close();
}

Test(txt, tells_each_way_to_fail, BED)
{
	static const struct {
		const char *name;
		enum err rc;
		const char *says;
	} fails[] = {
		{ "nobody.example", ERR_NOT_FOUND, "no such name" },
		{ "nothing.example", ERR_NOT_FOUND, "no TXT record" },
		{ "failure.example", ERR_SYSTEM, "SERVFAIL" },
		{ "no.example", ERR_DENIED, "refused" },
		{ "cut.example", ERR_FORMAT, "malformed" },
		{ "later-cut.example", ERR_FORMAT, "malformed" },
		{ "lying.example", ERR_FORMAT, "malformed" },
		{ "many.example", ERR_LIMIT, "over 256" },
		{ "two..dots", ERR_FORMAT, "not a DNS name" },
		{ "sixty-four-bytes-are-one-more-than-a-part-of-a-name-"
		  "may-have-xxx.example",
		  ERR_FORMAT, "not a DNS name" },
	};

	for (size_t i = 0; i < ARRAY_LEN(fails); i++) {
		struct asked a = look_up(fails[i].name);

		cr_assert_eq(a.rc, fails[i].rc, "%s: %d, %s", fails[i].name,
			     a.rc, a.why.text);
		cr_assert_not_null(strstr(a.why.text, fails[i].says), "%s: %s",
				   fails[i].name, a.why.text);
	}
	/* And goes on. */
	find("one.example");
}

Test(txt, gives_up_on_a_silent_server_in_time, BED)
{
	struct mono start = net_loop_now(bed.sc.loop);
	struct asked a = { 0 };

	ask_for(&a, "silent.example", 50);
	UNTIL(&bed.sc, a.answered);
	cr_assert_eq(a.rc, ERR_TIMEOUT);
	cr_assert_geq(mono_since_ms(net_loop_now(bed.sc.loop), start), 50);
	net_txt_query_close(a.q);
	/* What c-ares still waits for holds nothing else up. */
	find("one.example");
}

Test(txt, hears_of_a_port_where_nobody_is, BED)
{
	struct addr nobody;
	struct asked a;

	nobody = bed.server.at;
	net_txt_close(bed.t);
	net_udp_close(bed.server.udp);
	name_server_close_tcp(&bed.server);
	bed.server.udp = NULL;
	bed.t = net_txt_open(bed.sc.loop, &nobody);
	a = look_up("one.example");
	/* By ICMP, and so before any timeout. */
	cr_assert_eq(a.rc, ERR_SYSTEM, "%s", a.why.text);
	cr_assert_not_null(strstr(a.why.text, "no DNS server"), "%s",
			   a.why.text);
}

Test(txt, hears_that_nobody_is_there_by_tcp, BED)
{
	struct asked a;

	name_server_close_tcp(&bed.server);
	a = look_up("large.example");
	cr_assert_eq(a.rc, ERR_SYSTEM, "%s", a.why.text);
}

Test(txt, asks_many_at_once_and_no_more_than_it_may, BED)
{
	struct asked a[NET_TXT_QUERIES_MAX + 1] = { 0 };
	struct asked *last = &a[NET_TXT_QUERIES_MAX];

	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		ask(&a[i], "one.example");
	for (size_t i = 0; i < ARRAY_LEN(a); i++) {
		UNTIL(&bed.sc, a[i].answered);
		net_txt_query_close(a[i].q);
		cr_assert_eq(a[i].rc, &a[i] == last ? ERR_BUSY : ERR_NONE, "%s",
			     a[i].why.text);
	}
	find("one.example");
}

Test(txt, says_nothing_of_a_query_that_was_closed, BED)
{
	struct asked a = { 0 };

	ask(&a, "one.example");
	net_txt_query_close(a.q);
	/* Behind the first, so the answer to that has come. */
	find("two.example");
	cr_assert_eq(a.answered, 0);
	/* One whose end is known and not told yet. */
	ask(&a, "two..dots");
	net_txt_query_close(a.q);
	scene_turns(&bed.sc, 3);
	cr_assert_eq(a.answered, 0);
}

Test(txt, is_closed_with_queries_under_way)
{
	struct asked a[3] = { 0 };

	bed_open();
	ask(&a[0], "silent.example");
	ask(&a[1], "two..dots");
	ask(&a[2], "silent.example");
	net_txt_query_close(a[2].q);
	bed_close();
	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		cr_assert_eq(a[i].answered, 0);
}

static void close_all(struct asked *a UNUSED)
{
	net_txt_close(bed.t);
}

/* Two are told in the same turn; the first closes everything. */
Test(txt, is_closed_from_inside_of_an_answer, BED)
{
	struct asked a = { .hook = close_all }, other = { 0 };

	ask(&a, "two..dots");
	ask(&other, "two..dots");
	UNTIL(&bed.sc, a.answered);
	scene_turns(&bed.sc, 3);
	cr_assert_eq(other.answered, 0);
	bed.t = NULL;
}

static void close_query_and_ask(struct asked *a)
{
	net_txt_query_close(a->q);
	a->hook = NULL;
	a->q = net_txt_ask(bed.t, "one.example", PATIENCE_MS, on_answered, a);
}

Test(txt, is_asked_again_from_inside_of_an_answer, BED)
{
	struct asked a = { .hook = close_query_and_ask };

	ask(&a, "one.example");
	UNTIL(&bed.sc, a.answered == 2);
	cr_assert_eq(a.rc, ERR_NONE);
	net_txt_query_close(a.q);
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(txt, keeps_no_socket_while_nothing_is_asked, BED)
{
	unsigned before = open_files(), during;
	struct asked a = { 0 };

	ask(&a, "one.example");
	during = open_files();
	UNTIL(&bed.sc, a.answered);
	net_txt_query_close(a.q);
	scene_turns(&bed.sc, 2);
	cr_assert_gt(during, before);
	cr_assert_eq(open_files(), before);
}

/* Whatever the system has: no server may be there, and so no name. */
Test(txt, asks_the_servers_of_the_system, BED)
{
	struct asked a;

	net_txt_close(bed.t);
	bed.t = net_txt_open(bed.sc.loop, NULL);
	a = look_up("two..dots");
	cr_assert_eq(a.rc, ERR_FORMAT, "%s", a.why.text);
	cr_assert_eq(bed.server.asked_udp, 0);
}
