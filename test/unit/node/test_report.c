/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

static struct enode node_with(uint8_t first, uint16_t port)
{
	struct enode node = {
		.ip = { IP_V4, { 127, 0, 0, 1 } },
		.tcp = port,
		.udp = port,
	};

	node.id.b[0] = first;
	return node;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

Test(report, tells_a_failing_dial_once_as_text)
{
	struct enode a = node_with(1, 1);
	struct enode b = node_with(2, 2);
	struct server_event added = { .peers = 1 };
	struct peer_facts facts = { .id = a.id };
	struct hello hello = { 0 };
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, SHOW_AS_TEXT, 2);
	for (int i = 0; i < 3; i++) {
		report_dial_failed(&r, &a, "connection refused",
				   REPORT_TRIED_AGAIN);
		report_dial_failed(&r, &b, "connection refused",
				   REPORT_TRIED_AGAIN);
	}
	cr_assert_eq(lines(page_text(&p)), 2);
	report_dial_failed(&r, &a, "timed out", REPORT_TRIED_AGAIN);
	cr_assert_eq(lines(page_text(&p)), 3);

	/* Once it was a peer, the next failure is news. */
	added.peer = &facts;
	added.hello = &hello;
	report_peer_added(&r, &added);
	report_dial_failed(&r, &a, "timed out", REPORT_TRIED_AGAIN);
	cr_assert_eq(lines(page_text(&p)), 5);
	report_clear(&r);
	page_close(&p);
}

Test(report, tells_every_failed_dial_as_json)
{
	struct enode a = node_with(1, 1);
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, SHOW_AS_JSON, 1);
	report_dial_failed(&r, &a, "connection refused", REPORT_TRIED_AGAIN);
	report_dial_failed(&r, &a, "connection refused", REPORT_TRIED_AGAIN);
	cr_assert_eq(lines(page_text(&p)), 2);
	cr_assert_not(
		strncmp(page_text(&p), "{\"event\":\"dial_failed\",", 23));
	report_clear(&r);
	page_close(&p);
}

/* A Hello whose name would set the terminal's title and forge a line. */
static void hostile_hello(struct hello *h)
{
	static const char name[] = "Geth\x1b]0;owned\x07\n{\"event\":\"x\"}";

	*h = (struct hello){ .name_len = sizeof(name) - 1 };
	memcpy(h->payload, name, sizeof(name) - 1);
}

static void check_peer_lines(enum show_form form)
{
	static const struct capability shared = { .name = "foobar",
						  .version = 1 };
	const struct capability *list[] = { &shared };
	struct peer_facts facts = {
		.remote = { { IP_V6, { [15] = 1 } }, 30303 },
		.inbound = true,
	};
	struct hello hello;
	struct server_event ev = {
		.peer = &facts,
		.hello = &hello,
		.shared = list,
		.shared_count = 1,
		.cause = "client quitting (received)\x1b",
		.reason = DISC_QUITTING,
		.peers = 1,
	};
	struct report r;
	struct page p;

	hostile_hello(&hello);
	page_open(&p);
	report_init(&r, p.out, form, 0);
	report_peer_added(&r, &ev);
	cr_assert_eq(lines(page_text(&p)), 1);
	cr_assert(strstr(page_text(&p), "[::1]:30303"));
	cr_assert(strstr(page_text(&p), "foobar/1"));
	report_peer_dropped(&r, &ev);
	cr_assert_eq(lines(page_text(&p)), 2);
	cr_assert_null(strchr(page_text(&p), 0x1b));
	cr_assert_null(strchr(page_text(&p), 0x07));
	report_clear(&r);
	page_close(&p);
}

static void check_source(enum show_form form, const char *text)
{
	struct peer_facts facts = { .remote = { { IP_V4, { 127, 0, 0, 1 } },
						30303 } };
	struct hello hello = { 0 };
	struct server_event ev = { .peer = &facts, .hello = &hello };
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, form, 0);
	report_peer_added(&r, &ev);
	cr_assert_null(strstr(page_text(&p), text), "%s", page_text(&p));
	strcpy(facts.source, "v5");
	report_peer_added(&r, &ev);
	cr_assert_not_null(strstr(page_text(&p), text), "%s", page_text(&p));
	report_clear(&r);
	page_close(&p);
}

Test(report, tells_who_told_of_a_peer)
{
	check_source(SHOW_AS_TEXT, "connected to 127.0.0.1:30303 (v5)  ");
	check_source(SHOW_AS_JSON, "\"source\":\"v5\"");
}

Test(report, escapes_what_peers_say_as_text)
{
	check_peer_lines(SHOW_AS_TEXT);
}

Test(report, escapes_what_peers_say_as_json)
{
	check_peer_lines(SHOW_AS_JSON);
}

static const struct log_field said[] = {
	{ LOG_KIND_TEXT, .key = "id",
	  .text = { (const uint8_t *)"abcdef0123", 10 } },
	{ LOG_KIND_TEXT, .key = "sent",
	  .text = { (const uint8_t *)"fo\x1bo", 4 } },
	{ .kind = LOG_KIND_END },
};

static const struct capability offered = { .name = "foobar", .version = 1 };

Test(report, gives_the_members_of_the_contract_in_json)
{
	static const char *const urls[] = { "enode://00@127.0.0.1:3456" };
	static const char head[] = "{\"event\":\"started\","
				   "\"enode\":\"enode://00@127.0.0.1:3456\","
				   "\"listen\":\"127.0.0.1:3456\","
				   "\"name\":\"weft/v0/test\",\"pid\":";
	struct report_start start = {
		.name = "weft/v0/test",
		.key_path = "d/nodekey",
		.datadir = "d",
		.urls = urls,
		.url_count = 1,
		.listen = { { IP_V4, { 127, 0, 0, 1 } }, 3456 },
		.offered = &offered,
		.offered_count = 1,
	};
	struct server_counters sums = { .sessions = 1, .messages_in = 2 };
	struct log_line line = { LOG_INFO, "foobar", "said", said };
	struct report r;
	struct page p;
	const char *text;

	sums.faults[RLPX_FAULT_MAC] = 7;
	page_open(&p);
	report_init(&r, p.out, SHOW_AS_JSON, 0);
	report_started(&r, &start);
	report_plugin(&r, &line);
	report_stopped(&r, &sums, 1500000000);
	text = page_text(&p);
	cr_assert_not(strncmp(text, head, strlen(head)), "%s", text);
	cr_assert(strstr(text, "{\"event\":\"foobar\","));
	cr_assert(strstr(text, "{\"event\":\"stopped\",\"sessions\":1,"
			       "\"messages_in\":2,\"messages_out\":0,"));
	cr_assert(strstr(text, "\"faults\":{\"bad-mac\":7},\"seconds\":1.5}"));
	cr_assert_eq(lines(text), 3);
	report_clear(&r);
	page_close(&p);
}

/* --- discovery ---------------------------------------------------------------
 */

static const struct ecc_keypair *our_key(void)
{
	static struct ecc_keypair key = { .key.b = { [31] = 1 } };

	crypto_init();
	ecc_pub_of(&key.pub, &key.key);
	return &key;
}

static struct discovery *some_discovery(unsigned versions)
{
	static const struct secret32 seed;

	return discovery_new(
		&(struct discovery_config){
			.local = { .key = our_key(),
				   .unix_ms = 1,
				   .stored = LOCAL_STORED_NEVER,
				   .fallback = { IP_V4, { 127, 0, 0, 1 } },
				   .udp = 30303 },
			.seed = &seed,
			.versions = versions,
			.limits = guard_limits_default,
			.ping_version = V4_VERSION,
		},
		(struct mono){ 1 });
}

static void tells_start(const struct discovery *d, size_t bootnodes,
			uint16_t udp, const char *expected)
{
	static const char *const urls[] = { "enode://00@127.0.0.1:30303" };
	struct report_start start = {
		.name = "weft",
		.key_path = "k",
		.urls = urls,
		.url_count = 1,
		.listen = { { IP_V4, { 127, 0, 0, 1 } }, 30303 },
		.asked = { { IP_V4, { 127, 0, 0, 1 } }, udp },
		.discovery = d,
		.bootnodes = bootnodes,
	};
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, SHOW_AS_TEXT, 0);
	report_started(&r, &start);
	cr_assert_not_null(strstr(page_text(&p), expected), "%s",
			   page_text(&p));
	report_clear(&r);
	page_close(&p);
}

Test(report, tells_how_nodes_are_found)
{
	struct discovery *both = some_discovery(DISCOVER_V4 | DISCOVER_V5);
	struct discovery *v5 = some_discovery(DISCOVER_V5);
	char record[ENR_TEXT_MAX];

	tells_start(
		both, 2, 30303,
		"finds     nodes by discovery v4 and v5, beginning with 2\n");
	tells_start(
		v5, 0, 30304,
		"finds     nodes by discovery v5 on UDP port 30304, as they "
		"come: no --bootnode\n");
	tells_start(v5, 0, 30304, enr_text(record, discovery_record(v5)));
	discovery_free(both);
	discovery_free(v5);
}

/* What it tells of these events, after a start with so many bootnodes. */
static void check_found(enum show_form form, size_t bootnodes,
			const enum discover_event_type *events, size_t count,
			const char *expected)
{
	struct discovery *d = some_discovery(DISCOVER_V4);
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, form, 0);
	r.has_bootnodes = bootnodes > 0;
	for (size_t i = 0; i < count; i++) {
		struct discover_event ev = { .type = events[i],
					     .version = DISCOVER_V4 };

		ev.node.record = *discovery_record(d);
		report_found(&r, d, &ev);
	}
	cr_assert_eq(lines(page_text(&p)), count > 0 && *expected, "%s",
		     page_text(&p));
	cr_assert_not_null(strstr(page_text(&p), expected), "%s",
			   page_text(&p));
	report_clear(&r);
	page_close(&p);
	discovery_free(d);
}

Test(report, tells_what_discovery_came_to)
{
	static const enum discover_event_type ready[] = { DISCOVER_READY };
	static const enum discover_event_type again[] = {
		DISCOVER_SEEDS, /* of the first refresh */
		DISCOVER_READY, DISCOVER_SEEDS, DISCOVER_SEEDS, /* told once */
	};
	static const enum discover_event_type self[] = { DISCOVER_SELF };
	static const enum discover_event_type others[] = {
		DISCOVER_SEEDS,
		DISCOVER_SEEN,
		DISCOVER_LIVE,
		DISCOVER_LOST,
	};

	check_found(SHOW_AS_TEXT, 0, ready, 1, "ready, and knows no node yet");
	check_found(SHOW_AS_TEXT, 1, ready, 1, "");
	check_found(SHOW_AS_TEXT, 1, again, ARRAY_LEN(again),
		    "no bootnode answers");
	check_found(SHOW_AS_JSON, 1, again, ARRAY_LEN(again),
		    "\"known\":0,\"live\":0}\n");
	check_found(SHOW_AS_JSON, 1, ready, 1,
		    "{\"event\":\"discovery\",\"version\":\"v4\","
		    "\"known\":0,\"live\":0}\n");
	check_found(SHOW_AS_TEXT, 0, self, 1, "enr:-");
	check_found(SHOW_AS_JSON, 0, self, 1,
		    "{\"event\":\"record\",\"enr\":\"enr:-");
	check_found(SHOW_AS_TEXT, 0, others, ARRAY_LEN(others), "");
	check_found(SHOW_AS_JSON, 0, others, ARRAY_LEN(others), "");
}

static void report_says(enum show_form form, const struct log_line *line,
			const char *expected)
{
	struct report r;
	struct page p;

	page_open(&p);
	report_init(&r, p.out, form, 0);
	report_plugin(&r, line);
	cr_assert_eq(lines(page_text(&p)), 1);
	cr_assert_not_null(strstr(page_text(&p), expected), "%s",
			   page_text(&p));
	report_clear(&r);
	page_close(&p);
}

Test(report, tells_what_plugins_say)
{
	struct log_line line = { LOG_INFO, "foobar", "said", said };

	report_says(SHOW_AS_TEXT, &line, "foobar  abcdef01  -> fo\\x1bo\n");
	report_says(SHOW_AS_JSON, &line,
		    "{\"event\":\"foobar\",\"id\":\"abcdef0123\","
		    "\"sent\":\"fo\\\\x1bo\",\"message\":\"said\"}\n");
	line.fields = said + 1;
	report_says(SHOW_AS_TEXT, &line, "-> fo\\x1bo\n");
	line.fields = said + 2;
	report_says(SHOW_AS_TEXT, &line, "said\n");
}

/* Nobody takes a plugin's word for the node's. */
Test(report, gives_no_plugin_the_name_of_an_event)
{
	const struct log_line line = { LOG_INFO, "stopped", "said", said };

	report_says(SHOW_AS_JSON, &line, "{\"event\":\"plugin_stopped\",");
}

Test(report, notices_that_nobody_reads)
{
	FILE *full = fopen("/dev/full", "w");
	struct enode a = node_with(1, 1);
	struct report r;

	report_init(&r, full, SHOW_AS_TEXT, 1);
	cr_assert_not(report_is_broken(&r));
	report_dial_failed(&r, &a, "connection refused", REPORT_TRIED_AGAIN);
	outlet_drain(r.outlet, 60000);
	cr_assert(report_is_broken(&r));
	report_clear(&r);
	fclose(full);
}
