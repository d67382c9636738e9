/* SPDX-License-Identifier: Apache-2.0 */
/* What the core asks one node for its owner: bonds first, then answers. */
#include "test/unit/discover/v4_lab.h"

static const char there[] = "20.0.0.1:30303";

Test(v4_calls, a_ping_tells_its_time, LAB)
{
	struct tester t = tester_at(1, there);
	uint32_t request = v4_ping(lab.v4, &t.contact);
	struct v4_packet p, pong;
	struct discover_event ev;

	tester_expects(&t, &p, V4_PING, 0);
	lab_wait(123);
	pong = pong_to(&p);
	tester_send(&t, &pong);
	cr_assert(lab_event(&ev, DISCOVER_PINGED));
	cr_assert_eq(ev.request, request);
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.rtt_ns, 123000000);
	cr_assert(node_id_equal(&ev.node.id, &t.contact.id));
	cr_assert_null(table_find(v4_table(lab.v4), &t.contact.id));
}

Test(v4_calls, a_ping_without_answer_ends_after_half_a_second, LAB)
{
	struct tester t = tester_at(1, there);
	struct discover_event ev;

	v4_ping(lab.v4, &t.contact);
	lab_wait(499);
	cr_assert(!lab_event(&ev, DISCOVER_PINGED));
	lab_wait(1);
	cr_assert(lab_event(&ev, DISCOVER_PINGED));
	cr_assert_eq(ev.err, ERR_TIMEOUT);
}

/* "Send PING, wait for PONG (500 ms at most), then wait another 500 ms." */
Test(v4_calls, a_question_waits_for_the_bond, LAB)
{
	struct tester t = tester_at(1, there);
	uint32_t request = v4_request_record(lab.v4, &t.contact);
	struct enr record = record_of(&t.key, 4, &t.contact.udp);
	struct v4_packet asked;
	struct discover_event ev;

	tester_expects_ping(&t);
	tester_expects(&t, &asked, V4_ENRREQUEST, 500);
	tester_sends_record(&t, &asked, &record);
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.request, request);
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.node.record.seq, 4);
}

Test(v4_calls, a_question_goes_out_when_both_pings_have_passed, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p;

	v4_request_record(lab.v4, &t.contact);
	tester_expects_ping(&t);
	lab_wait(100);
	p = ping_of(&t);
	tester_send(&t, &p);
	tester_expects(&t, &p, V4_PONG, 0);
	tester_expects(&t, &p, V4_ENRREQUEST, 50);
}

/* Its PING came before its PONG: it has just proven to trust us. */
Test(v4_calls, a_question_waits_less_where_a_ping_came_first, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p, ping;

	v4_request_record(lab.v4, &t.contact);
	tester_expects(&t, &ping, V4_PING, 0);
	p = ping_of(&t);
	tester_send(&t, &p);
	tester_expects(&t, &p, V4_PONG, 0);
	p = pong_to(&ping);
	tester_send(&t, &p);
	tester_expects(&t, &p, V4_ENRREQUEST, 50);
}

Test(v4_calls, a_record_older_than_ours_is_not_taken, LAB)
{
	struct tester t = tester_at(1, there);
	struct enr old = record_of(&t.key, 5, &t.contact.udp);
	struct v4_packet asked;
	struct discover_event ev;

	t.contact.record = record_of(&t.key, 9, &t.contact.udp);
	v4_request_record(lab.v4, &t.contact);
	tester_expects_ping(&t);
	tester_expects(&t, &asked, V4_ENRREQUEST, 500);
	tester_sends_record(&t, &asked, &old);
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.node.record.seq, 9);
}

/* Nodes of one address, asked within a second: their ENRREQUESTs are the same
 * packet. */
Test(v4_calls, records_of_neighbors_in_one_house_are_told_apart, LAB)
{
	struct tester t[2] = { tester_at(1, "20.0.0.1:30303"),
			       tester_at(2, "20.0.0.1:30304") };
	uint32_t requests[2];
	struct v4_packet asked[2];

	for (size_t i = 0; i < 2; i++) {
		tester_bonds(&t[i]);
		lab_wait(1000);
		lab_drain();
	}
	for (size_t i = 0; i < 2; i++) {
		requests[i] = v4_request_record(lab.v4, &t[i].contact);
		tester_expects(&t[i], &asked[i], V4_ENRREQUEST, 0);
	}
	cr_assert_arr_eq(asked[0].hash, asked[1].hash, V4_HASH);
	for (size_t i = 2; i-- > 0;) {
		struct enr r = record_of(&t[i].key, 3, &t[i].contact.udp);
		struct discover_event ev;

		tester_sends_record(&t[i], &asked[i], &r);
		cr_assert(lab_event(&ev, DISCOVER_RECORD));
		cr_assert_eq(ev.request, requests[i]);
		cr_assert_eq(ev.err, ERR_NONE);
		cr_assert(node_id_equal(&ev.node.id, &t[i].contact.id));
	}
}

/* Signatures are looked at for one answer so often; a node that is silent does
 * not take that from another of its address. */
Test(v4_calls, a_silent_node_does_not_silence_its_neighbor, LAB)
{
	struct tester silent = tester_at(1, "20.0.0.1:30303");
	struct tester t = tester_at(2, "20.0.0.1:30304");
	struct discover_event ev;
	struct v4_packet asked;

	tester_bonds(&silent);
	lab_wait(1000);
	lab_drain();
	tester_bonds(&t);
	lab_wait(1000);
	lab_drain();
	v4_request_record(lab.v4, &silent.contact);
	tester_expects(&silent, &asked, V4_ENRREQUEST, 0);
	for (size_t i = 0; i < 100; i++) {
		struct enr r = record_of(&t.key, i, &t.contact.udp);

		v4_request_record(lab.v4, &t.contact);
		tester_expects(&t, &asked, V4_ENRREQUEST, 0);
		tester_sends_record(&t, &asked, &r);
		cr_assert(lab_event(&ev, DISCOVER_RECORD));
		cr_assert_eq(ev.err, ERR_NONE, "%zu", i);
	}
}

Test(v4_calls, who_pinged_us_within_twelve_hours_is_asked_at_once, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p;

	tester_bonds(&t);
	lab_wait(1000);
	lab_drain();
	v4_request_record(lab.v4, &t.contact);
	tester_expects(&t, &p, V4_ENRREQUEST, 0);
	lab_wait(12 * 3600 * 1000 - 1001);
	lab_drain();
	v4_request_record(lab.v4, &t.contact);
	tester_expects(&t, &p, V4_ENRREQUEST, 0);
	lab_wait(1);
	v4_request_record(lab.v4, &t.contact);
	tester_expects(&t, &p, V4_PING, 0);
}

/* Testers of the suite read one packet after a bond, and it is theirs. */
Test(v4_calls, who_has_just_come_is_asked_nothing_for_a_second, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p;

	tester_bonds(&t);
	v4_request_record(lab.v4, &t.contact);
	v4_lookup(lab.v4, &t.key.pub);
	cr_assert(lab_is_silent(999));
	tester_expects(&t, &p, V4_ENRREQUEST, 1);
}

Test(v4_calls, no_answer_to_a_question_is_a_timeout, LAB)
{
	struct tester t = tester_at(1, there);
	struct discover_event ev;
	struct v4_packet p;

	v4_request_record(lab.v4, &t.contact);
	tester_expects(&t, &p, V4_PING, 0);
	lab_wait(500); /* no PONG */
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.err, ERR_TIMEOUT);
	v4_request_record(lab.v4, &t.contact);
	tester_expects_ping(&t);
	tester_expects(&t, &p, V4_ENRREQUEST, 500);
	lab_wait(499);
	cr_assert(!lab_event(&ev, DISCOVER_RECORD));
	lab_wait(1);
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.err, ERR_TIMEOUT);
}

Test(v4_calls, requests_of_the_owner_are_counted, LAB)
{
	struct tester t = tester_at(1, there);
	struct discover_event ev;

	for (unsigned i = 0; i < DISCOVER_REQUESTS; i++)
		cr_assert_neq(v4_ping(lab.v4, &t.contact), 0);
	cr_assert_eq(v4_ping(lab.v4, &t.contact), 0);
	lab_wait(500);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_PING], 1);
	for (unsigned i = 0; i < DISCOVER_REQUESTS; i++) {
		cr_assert_eq(v4_ping(lab.v4, &t.contact) != 0, i > 0);
		cr_assert(lab_event(&ev, DISCOVER_PINGED));
	}
}
