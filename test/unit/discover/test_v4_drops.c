/* SPDX-License-Identifier: Apache-2.0 */
/* What is dropped, how much of it is looked at, and a clock that is wrong. */
#include "p2p/discover/v4_bonds.h"
#include "test/unit/discover/v4_lab.h"

static const char here[] = "127.0.0.1:40001";

Test(v4_handle, what_is_no_packet_is_counted_by_its_cause, LAB)
{
	struct tester t = tester_at(1, here), us = { .key = lab.key };
	struct v4_packet p = ping_of(&t);
	uint8_t bytes[V4_PACKET_MAX + 1] = { 0 };
	size_t len = v4_encode(bytes, &p, &t.key.key);

	tester_send_bytes(&t, bytes, 0);
	tester_send_bytes(&t, bytes, V4_PACKET_MIN - 1);
	tester_send_bytes(&t, bytes, sizeof(bytes));
	cr_assert_eq(lab_dropped(V4_DROP_SIZE), 3);
	bytes[len - 1] ^= 1;
	tester_send_bytes(&t, bytes, len);
	cr_assert_eq(lab_dropped(V4_DROP_HASH), 1);
	us.contact = t.contact;
	tester_send(&us, &p);
	cr_assert_eq(lab_dropped(V4_DROP_OURSELVES), 1);
	cr_assert_eq(lab_drain(), 0);
	for (int d = 0; d < V4_DROPS; d++)
		cr_assert_not_null(v4_drop_name(d));
}

/* As many PINGs as fit into no time. Returns how many were answered. */
static size_t flood(const char *before, const char *behind, unsigned hosts,
		    unsigned each)
{
	size_t pongs = v4_stats(lab.v4)->sent[V4_PONG];
	char at[64];

	for (unsigned h = 0; h < hosts; h++) {
		struct tester t;
		struct v4_packet p;

		snprintf(at, sizeof(at), "%s%u%s:30303", before, h + 1, behind);
		t = tester_at(h + 1, at);
		p = ping_of(&t);
		for (unsigned i = 0; i < each; i++) {
			tester_send(&t, &p);
			lab_drain();
		}
	}
	return v4_stats(lab.v4)->sent[V4_PONG] - pongs;
}

Test(v4_handle, ten_pings_of_a_host_and_thirty_of_a_network_are_answered, LAB)
{
	cr_assert_eq(flood("20.0.0.", "", 1, 15), 10);
	cr_assert_eq(lab_dropped(V4_DROP_PING_RATE), 5);
	cr_assert_eq(flood("20.0.1.", "", 10, 5), 30);
	cr_assert_eq(flood("127.0.0.", "", 5, 20), 100);
	cr_assert_eq(flood("192.168.0.", "", 5, 20), 100);
	cr_assert_eq(lab_dropped(V4_DROP_PING_RATE), 25);
	lab_wait(1000);
	cr_assert_eq(flood("20.0.0.", "", 1, 15), 10);
}

Test(v4_handle, questions_have_their_share_of_signatures, LAB)
{
	struct tester t = tester_at(1, "20.0.0.1:30303");
	struct v4_packet p = findnode_of(99);

	for (unsigned i = 0; i < 50; i++)
		tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 30);
	cr_assert_eq(lab_dropped(V4_DROP_SOURCE_RATE), 20);
}

/* Sources are forged easily: nothing must grow with them, and what waits for
 * PONGs has a place for our own PINGs left. */
Test(v4_handle, a_flood_of_forged_sources_is_bounded, LAB)
{
	cr_assert_eq(flood("20.", ".0.1", 255, 2), 510);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_PING], 255);
	cr_assert_eq(flood("21.", ".0.1", 255, 1), 255);
	cr_assert_eq(flood("22.", ".0.1", 255, 1), 255);
	/* The same IDs, but at other addresses. */
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_PING], 765);
	cr_assert_eq(flood("23.", ".0.1", 255, 1), 255);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_PING], 768);
	cr_assert_eq(lab_dropped(V4_DROP_PINGS_FULL), 252);
	cr_assert_eq(table_count(v4_table(lab.v4)), 0);
	lab_wait(500);
	cr_assert_eq(flood("20.", ".0.1", 1, 1), 1);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_PING], 769);
}

Test(v4_handle, what_nobody_reads_is_dropped_at_the_limit, LAB)
{
	struct tester t = tester_at(1, here);
	struct v4_packet p = ping_of(&t);

	for (unsigned i = 0; i < OUTBOX_MAX; i++)
		tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_QUEUE), 1); /* PONGs and a PING */
	cr_assert_eq(lab_drain(), OUTBOX_MAX);
}

/* Nobody makes us send much more than it sends: 2.6 times as much is what the
 * protocol forces. */
Test(v4_handle, forged_sources_get_what_the_protocol_forces, LAB)
{
	struct tester t = tester_at(1, "20.0.0.1:30303");
	const struct v4_stats *stats = v4_stats(lab.v4);
	struct v4_packet p;

	flood("20.", ".0.1", 255, 2);
	cr_assert_leq(stats->sent_bytes, stats->received_bytes * 26 / 10);
	for (unsigned i = 0; i < 1000; i++) {
		p = i % 2 ? findnode_of(9) : enrrequest_of();
		tester_send(&t, &p);
	}
	cr_assert_eq(lab_drain(), 0);
}

Test(v4_handle, any_number_of_one_network_gets_ten_places, LAB)
{
#ifdef TEST_VALGRIND
	const unsigned identities = 50; /* each signs, which is slow there */
#else
	const unsigned identities = 500;
#endif
	char at[32];

	for (unsigned i = 0; i < identities; i++) {
		struct tester t;

		snprintf(at, sizeof(at), "20.0.0.%u:30303", 1 + i % 250);
		t = tester_at(1 + i, at);
		lab_wait(50);
		lab_drain();
		tester_bonds(&t);
		cr_assert_leq(table_count(v4_table(lab.v4)), 10);
	}
	cr_assert_geq(table_count(v4_table(lab.v4)), 2);
}

Test(v4_handle, elsewhere_than_it_is_restricted_to_there_is_nobody)
{
	struct tester in, out;
	struct v4_packet p;

	lab_open_in("10.1.0.0/16");
	in = tester_at(1, "10.1.0.1:30303");
	out = tester_at(2, "10.2.0.1:30303");
	p = ping_of(&out);
	tester_send(&out, &p);
	cr_assert_eq(lab_dropped(V4_DROP_RESTRICTED), 1);
	cr_assert_eq(lab_drain(), 0);
	v4_seed(lab.v4, &out.contact, 0, lab.now);
	cr_assert_eq(table_count(v4_table(lab.v4)), 0);
	tester_bonds(&in);
	cr_assert_eq(table_count(v4_table(lab.v4)), 1);
	lab_close();
}

/* As by a clock that is so far ahead of ours. */
static void send_off(unsigned host, int64_t seconds)
{
	char at[32];
	struct tester t;
	struct v4_packet p;

	snprintf(at, sizeof(at), "20.0.%u.1:30303", host);
	t = tester_at(host, at);
	p = ping_of(&t);
	p.expiration += (uint64_t)seconds;
	tester_send(&t, &p);
}

static void send_late(unsigned host, uint64_t seconds)
{
	send_off(host, -(int64_t)seconds);
}

Test(v4_handle, five_that_agree_say_that_our_clock_is_wrong, LAB)
{
	struct discover_event ev;

	for (unsigned i = 0; i < 4; i++) {
		send_late(i, 100 + i);
		send_late(i, 100 + i); /* one voice */
		send_late(10 + i, 1000 * i + 200);
	}
	cr_assert(!lab_event(&ev, DISCOVER_CLOCK));
	send_late(4, 105);
	cr_assert(lab_event(&ev, DISCOVER_CLOCK));
	cr_assert_eq(ev.clock_off, 105);
	send_late(5, 105);
	cr_assert(!lab_event(&ev, DISCOVER_CLOCK));
	lab_wait(10 * 60 * 1000);
	send_late(6, 105);
	cr_assert(lab_event(&ev, DISCOVER_CLOCK));
}

Test(v4_handle, five_that_are_ahead_and_deaf_say_that_our_clock_is_behind, LAB)
{
	struct discover_event ev;

	for (unsigned i = 0; i < 4; i++) {
		send_off(1 + i, 3600 + i);
		send_off(10 + i, 5000 * i + 5000);
	}
	lab_wait(2000);
	for (unsigned i = 0; i < 4; i++)
		send_off(1 + i, 3600 + i); /* one voice */
	send_off(5, 3605);
	cr_assert(!lab_event(&ev, DISCOVER_CLOCK), "it may answer yet");
	lab_wait(1999);
	send_off(5, 3605);
	cr_assert(!lab_event(&ev, DISCOVER_CLOCK));
	lab_wait(1);
	send_off(5, 3605);
	cr_assert(lab_event(&ev, DISCOVER_CLOCK));
	cr_assert_eq(ev.clock_off, -3605);
	send_off(5, 3605);
	cr_assert(!lab_event(&ev, DISCOVER_CLOCK), "it was told");
}

/* As the packets of some implementations do. */
Test(v4_handle, nodes_whose_packets_live_long_say_nothing_of_our_clock, LAB)
{
	struct discover_event ev;

	for (unsigned i = 0; i < 8; i++) {
		char at[32];
		struct tester t;

		snprintf(at, sizeof(at), "20.0.%u.1:30303", 1 + i);
		t = tester_at(1 + i, at);
		tester_bonds(&t);
	}
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 8; i++) {
			send_off(1 + i, 86400);
			send_off(20 + i, 119);
		}
		cr_assert(!lab_event(&ev, DISCOVER_CLOCK));
		lab_wait(5000);
	}
}

/* Nor do those who count something else than seconds. */
Test(v4_handle, times_of_another_century_say_nothing_of_our_clock, LAB)
{
	struct discover_event ev;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 8; i++)
			send_off(1 + i, INT64_C(1700000000000));
		cr_assert(!lab_event(&ev, DISCOVER_CLOCK));
		lab_wait(5000);
	}
}

Test(v4_handle, a_clock_that_began_in_1970_is_behind, LAB)
{
	struct discover_event ev;

	for (unsigned i = 0; i < 5; i++)
		send_off(1 + i, INT64_C(1700000000));
	lab_wait(2000);
	send_off(1, INT64_C(1700000000));
	cr_assert(lab_event(&ev, DISCOVER_CLOCK));
	cr_assert_eq(ev.clock_off, INT64_C(-1700000000));
}
