/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/txt.h"

#include <fcntl.h>
#include <stdio.h>

#include "test/unit/net/name_server.h"

enum {
	PATIENCE_MS = 20000, /* longer than a test may take */
};

/* What came of a query. */
struct asked {
	struct scene *sc;
	struct net_txt *t;
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
	net_loop_stop(a->sc->loop);
}

static void ask(struct scene *sc, struct asked *a, struct net_txt *t,
		const char *name, uint64_t timeout_ms)
{
	*a = (struct asked){ .sc = sc, .t = t, .hook = a->hook };
	a->q = net_txt_ask(t, name, timeout_ms, on_answered, a);
	cr_assert_eq(a->answered, 0, "told from inside");
}

static void ask_and_wait(struct scene *sc, struct asked *a, struct net_txt *t,
			 const char *name)
{
	a->hook = NULL;
	ask(sc, a, t, name, PATIENCE_MS);
	UNTIL(sc, a->answered);
	net_txt_query_close(a->q);
}

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

struct bed {
	struct scene sc;
	struct name_server server;
	struct net_txt *t;
};

static void bed_open_at(struct bed *b, struct addr at)
{
	for (size_t i = 0; i < sizeof(large) - 1; i++)
		large[i] = (char)('a' + i % 26);
	scene_open(&b->sc);
	name_server_open(&b->sc, &b->server, rows, at);
	b->t = net_txt_open(b->sc.loop, &b->server.at);
}

static void bed_open(struct bed *b)
{
	bed_open_at(b, loopback4(0));
}

static void bed_close(struct bed *b)
{
	net_txt_close(b->t);
	name_server_close(&b->server);
	scene_close(&b->sc);
}

Test(txt, gives_the_values_of_a_name)
{
	struct asked a;
	struct bed b;

	bed_open(&b);
	ask_and_wait(&b.sc, &a, b.t, "one.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	cr_assert_eq(a.count, 1);
	cr_assert_str_eq(a.first, "hello");

	ask_and_wait(&b.sc, &a, b.t, "empty.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	cr_assert_eq(a.count, 1);
	cr_assert_eq(a.len, 0);
	cr_assert_eq(a.answered, 1);
	cr_assert_eq(b.server.asked_tcp, 0);
	bed_close(&b);
}

Test(txt, puts_the_strings_of_a_record_together)
{
	struct asked a;
	struct bed b;

	bed_open(&b);
	ask_and_wait(&b.sc, &a, b.t, "two.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	cr_assert_eq(a.count, 2);
	cr_assert_str_eq(a.first, "inseveralparts");
	cr_assert_str_eq(a.second, "and another");
	bed_close(&b);
}

Test(txt, asks_by_tcp_for_what_does_not_fit)
{
	struct asked a;
	struct bed b;

	bed_open(&b);
	ask_and_wait(&b.sc, &a, b.t, "large.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	cr_assert_eq(a.count, 1);
	cr_assert_str_eq(a.first, large);
	cr_assert_geq(b.server.asked_udp, 1);
	cr_assert_eq(b.server.asked_tcp, 1);
	bed_close(&b);
}

Test(txt, asks_a_server_by_ipv6)
{
	struct asked a;
	struct bed b;

	/* By IPv4 where there is no other, so that something is asked. */
	bed_open_at(&b, has_ipv6() ? loopback6(0) : loopback4(0));
	ask_and_wait(&b.sc, &a, b.t, "one.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	ask_and_wait(&b.sc, &a, b.t, "large.example");
	cr_assert_eq(a.rc, ERR_NONE, "%s", a.why.text);
	cr_assert_eq(b.server.asked_tcp, 1);
	bed_close(&b);
}

Test(txt, tells_each_way_to_fail)
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
		{ "sixty-four-bytes-are-one-more-than-a-part-of-a-name-may-"
		  "have-"
		  "xxx.example",
		  ERR_FORMAT, "not a DNS name" },
	};
	struct asked a;
	struct bed b;

	bed_open(&b);
	for (size_t i = 0; i < ARRAY_LEN(fails); i++) {
		ask_and_wait(&b.sc, &a, b.t, fails[i].name);
		cr_assert_eq(a.rc, fails[i].rc, "%s: %d, %s", fails[i].name,
			     a.rc, a.why.text);
		cr_assert_not_null(strstr(a.why.text, fails[i].says), "%s: %s",
				   fails[i].name, a.why.text);
	}
	/* And goes on. */
	ask_and_wait(&b.sc, &a, b.t, "one.example");
	cr_assert_eq(a.rc, ERR_NONE);
	bed_close(&b);
}

Test(txt, gives_up_on_a_silent_server_in_time)
{
	struct mono start;
	struct asked a;
	struct bed b;

	bed_open(&b);
	start = net_loop_now(b.sc.loop);
	a.hook = NULL;
	ask(&b.sc, &a, b.t, "silent.example", 50);
	UNTIL(&b.sc, a.answered);
	cr_assert_eq(a.rc, ERR_TIMEOUT);
	cr_assert_geq(mono_since_ms(net_loop_now(b.sc.loop), start), 50);
	net_txt_query_close(a.q);
	/* What c-ares still waits for holds nothing else up. */
	ask_and_wait(&b.sc, &a, b.t, "one.example");
	cr_assert_eq(a.rc, ERR_NONE);
	bed_close(&b);
}

Test(txt, hears_of_a_port_where_nobody_is)
{
	struct addr nobody;
	struct asked a;
	struct bed b;

	bed_open(&b);
	nobody = b.server.at;
	net_txt_close(b.t);
	net_udp_close(b.server.udp);
	name_server_close_tcp(&b.server);
	b.server.udp = NULL;
	b.t = net_txt_open(b.sc.loop, &nobody);
	ask_and_wait(&b.sc, &a, b.t, "one.example");
	/* By ICMP, and so before any timeout. */
	cr_assert_eq(a.rc, ERR_SYSTEM, "%s", a.why.text);
	cr_assert_not_null(strstr(a.why.text, "no DNS server"), "%s",
			   a.why.text);
	bed_close(&b);
}

Test(txt, hears_that_nobody_is_there_by_tcp)
{
	struct asked a;
	struct bed b;

	bed_open(&b);
	name_server_close_tcp(&b.server);
	ask_and_wait(&b.sc, &a, b.t, "large.example");
	cr_assert_eq(a.rc, ERR_SYSTEM, "%s", a.why.text);
	bed_close(&b);
}

Test(txt, asks_many_at_once_and_no_more_than_it_may)
{
	struct asked a[NET_TXT_QUERIES_MAX + 1], *last;
	struct bed b;

	bed_open(&b);
	last = &a[NET_TXT_QUERIES_MAX];
	for (size_t i = 0; i < ARRAY_LEN(a); i++) {
		a[i].hook = NULL;
		ask(&b.sc, &a[i], b.t, "one.example", PATIENCE_MS);
	}
	for (size_t i = 0; i < ARRAY_LEN(a); i++) {
		UNTIL(&b.sc, a[i].answered);
		net_txt_query_close(a[i].q);
		cr_assert_eq(a[i].rc, &a[i] == last ? ERR_BUSY : ERR_NONE, "%s",
			     a[i].why.text);
	}
	ask_and_wait(&b.sc, &a[0], b.t, "one.example");
	cr_assert_eq(a[0].rc, ERR_NONE);
	bed_close(&b);
}

Test(txt, says_nothing_of_a_query_that_was_closed)
{
	struct asked a = { 0 }, later;
	struct bed b;

	bed_open(&b);
	ask(&b.sc, &a, b.t, "one.example", PATIENCE_MS);
	net_txt_query_close(a.q);
	/* Behind the first, so the answer to that has come. */
	ask_and_wait(&b.sc, &later, b.t, "two.example");
	cr_assert_eq(later.rc, ERR_NONE);
	cr_assert_eq(a.answered, 0);
	/* One whose end is known and not told yet. */
	ask(&b.sc, &a, b.t, "two..dots", PATIENCE_MS);
	net_txt_query_close(a.q);
	scene_turns(&b.sc, 3);
	cr_assert_eq(a.answered, 0);
	bed_close(&b);
}

Test(txt, is_closed_with_queries_under_way)
{
	struct asked a[3] = { 0 };
	struct bed b;

	bed_open(&b);
	ask(&b.sc, &a[0], b.t, "silent.example", PATIENCE_MS);
	ask(&b.sc, &a[1], b.t, "two..dots", PATIENCE_MS);
	ask(&b.sc, &a[2], b.t, "silent.example", PATIENCE_MS);
	net_txt_query_close(a[2].q);
	bed_close(&b);
	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		cr_assert_eq(a[i].answered, 0);
}

static void close_all(struct asked *a)
{
	net_txt_close(a->t);
}

/* Two are told in the same turn; the first closes everything. */
Test(txt, is_closed_from_inside_of_an_answer)
{
	struct asked a = { .hook = close_all }, other = { 0 };
	struct bed b;

	bed_open(&b);
	ask(&b.sc, &a, b.t, "two..dots", PATIENCE_MS);
	ask(&b.sc, &other, b.t, "two..dots", PATIENCE_MS);
	UNTIL(&b.sc, a.answered);
	scene_turns(&b.sc, 3);
	cr_assert_eq(other.answered, 0);
	b.t = NULL;
	bed_close(&b);
}

static void close_query_and_ask(struct asked *a)
{
	net_txt_query_close(a->q);
	a->hook = NULL;
	a->q = net_txt_ask(a->t, "one.example", PATIENCE_MS, on_answered, a);
}

Test(txt, is_asked_again_from_inside_of_an_answer)
{
	struct asked a = { .hook = close_query_and_ask };
	struct bed b;

	bed_open(&b);
	ask(&b.sc, &a, b.t, "one.example", PATIENCE_MS);
	UNTIL(&b.sc, a.answered == 2);
	cr_assert_eq(a.rc, ERR_NONE);
	net_txt_query_close(a.q);
	bed_close(&b);
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(txt, keeps_no_socket_while_nothing_is_asked)
{
	unsigned before, during;
	struct asked a = { 0 };
	struct bed b;

	bed_open(&b);
	before = open_files();
	ask(&b.sc, &a, b.t, "one.example", PATIENCE_MS);
	during = open_files();
	UNTIL(&b.sc, a.answered);
	net_txt_query_close(a.q);
	scene_turns(&b.sc, 2);
	cr_assert_gt(during, before);
	cr_assert_eq(open_files(), before);
	bed_close(&b);
}

/* Whatever the system has: no server may be there, and so no name. */
Test(txt, asks_the_servers_of_the_system)
{
	struct asked a;
	struct bed b;

	bed_open(&b);
	net_txt_close(b.t);
	b.t = net_txt_open(b.sc.loop, NULL);
	ask_and_wait(&b.sc, &a, b.t, "two..dots");
	cr_assert_eq(a.rc, ERR_FORMAT, "%s", a.why.text);
	cr_assert_eq(b.server.asked_udp, 0);
	bed_close(&b);
}
