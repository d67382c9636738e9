/* SPDX-License-Identifier: Apache-2.0 */
/* What the core asks others by itself or for its owner: bonds first, answers,
 * lookups, refresh and walk. */
#include "test/unit/discover/v4_lab.h"

#define LAB .init = lab_open, .fini = lab_close

static const char there[] = "20.0.0.1:30303";

static void expect(const struct tester *t, struct v4_packet *out,
		   enum v4_type type, uint64_t ms)
{
	struct mono before = lab.now;

	cr_assert(tester_reads(t, out, ms));
	cr_assert_eq(out->type, type);
	cr_assert_eq(mono_since_ms(lab.now, before), ms);
}

static void answer_ping(const struct tester *t)
{
	struct v4_packet p, pong;

	expect(t, &p, V4_PING, 0);
	pong = pong_to(&p);
	tester_send(t, &pong);
}

/* One node is known, as a bootnode, and not checked yet. */
static struct tester only_node(void)
{
	struct tester t = tester_at(1, there);

	v4_seed(lab.v4, &t.contact, 1000000000, lab.now);
	return t;
}

/* The next that is no PING; those are answered. */
static enum v4_type next_question(const struct tester *t, struct v4_packet *out,
				  uint64_t ms)
{
	struct mono end = mono_add_ms(lab.now, ms);

	while (tester_reads(t, out, mono_since_ms(end, lab.now))) {
		struct v4_packet pong;

		if (out->type != V4_PING)
			return out->type;
		pong = pong_to(out);
		tester_send(t, &pong);
	}
	cr_assert(false, "no question");
	return 0;
}

static struct v4_packet neighbors_of(const struct tester *all, size_t count)
{
	struct v4_packet p = { .type = V4_NEIGHBORS,
			       .expiration = lab_unix() + 20 };

	for (size_t i = 0; i < count; i++) {
		struct v4_neighbor *n = &p.neighbors.nodes[p.neighbors.count++];

		n->pub = all[i].key.pub;
		n->at.ip = all[i].contact.udp.ip;
		n->at.udp = all[i].contact.udp.port;
		n->at.tcp = all[i].contact.tcp;
	}
	return p;
}

static struct tester numbered(unsigned n)
{
	char at[32];

	snprintf(at, sizeof(at), "30.0.%u.1:30303", n);
	return tester_at(n, at);
}

/* --- one question ----------------------------------------------------------
 */

Test(v4_calls, a_ping_tells_its_time, LAB)
{
	struct tester t = tester_at(1, there);
	uint32_t request = v4_ping(lab.v4, &t.contact);
	struct v4_packet p, pong;
	struct discover_event ev;

	expect(&t, &p, V4_PING, 0);
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
	struct v4_packet p = { .type = V4_ENRRESPONSE }, asked;
	struct discover_event ev;

	answer_ping(&t);
	expect(&t, &asked, V4_ENRREQUEST, 500);
	memcpy(p.enrresponse.request_hash, asked.hash, V4_HASH);
	p.enrresponse.record = enr_raw(&record);
	tester_send(&t, &p);
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
	answer_ping(&t);
	lab_wait(100);
	p = ping_of(&t);
	tester_send(&t, &p);
	expect(&t, &p, V4_PONG, 0);
	expect(&t, &p, V4_ENRREQUEST, 50);
}

/* Its PING came before its PONG: it has just proven to trust us. */
Test(v4_calls, a_question_waits_less_where_a_ping_came_first, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p, ping;

	v4_request_record(lab.v4, &t.contact);
	expect(&t, &ping, V4_PING, 0);
	p = ping_of(&t);
	tester_send(&t, &p);
	expect(&t, &p, V4_PONG, 0);
	p = pong_to(&ping);
	tester_send(&t, &p);
	expect(&t, &p, V4_ENRREQUEST, 50);
}

Test(v4_calls, a_record_older_than_ours_is_not_taken, LAB)
{
	struct tester t = tester_at(1, there);
	struct enr old = record_of(&t.key, 5, &t.contact.udp);
	struct v4_packet p = { .type = V4_ENRRESPONSE }, asked;
	struct discover_event ev;

	t.contact.record = record_of(&t.key, 9, &t.contact.udp);
	v4_request_record(lab.v4, &t.contact);
	answer_ping(&t);
	expect(&t, &asked, V4_ENRREQUEST, 500);
	memcpy(p.enrresponse.request_hash, asked.hash, V4_HASH);
	p.enrresponse.record = enr_raw(&old);
	tester_send(&t, &p);
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
		expect(&t[i], &asked[i], V4_ENRREQUEST, 0);
	}
	cr_assert_arr_eq(asked[0].hash, asked[1].hash, V4_HASH);
	for (size_t i = 2; i-- > 0;) {
		struct enr r = record_of(&t[i].key, 3, &t[i].contact.udp);
		struct v4_packet p = { .type = V4_ENRRESPONSE };
		struct discover_event ev;

		memcpy(p.enrresponse.request_hash, asked[i].hash, V4_HASH);
		p.enrresponse.record = enr_raw(&r);
		tester_send(&t[i], &p);
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
	expect(&silent, &asked, V4_ENRREQUEST, 0);
	for (size_t i = 0; i < 100; i++) {
		struct enr r = record_of(&t.key, i, &t.contact.udp);
		struct v4_packet p = { .type = V4_ENRRESPONSE };

		v4_request_record(lab.v4, &t.contact);
		expect(&t, &asked, V4_ENRREQUEST, 0);
		memcpy(p.enrresponse.request_hash, asked.hash, V4_HASH);
		p.enrresponse.record = enr_raw(&r);
		tester_send(&t, &p);
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
	expect(&t, &p, V4_ENRREQUEST, 0);
	lab_wait(12 * 3600 * 1000 - 1001);
	lab_drain();
	v4_request_record(lab.v4, &t.contact);
	expect(&t, &p, V4_ENRREQUEST, 0);
	lab_wait(1);
	v4_request_record(lab.v4, &t.contact);
	expect(&t, &p, V4_PING, 0);
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
	expect(&t, &p, V4_ENRREQUEST, 1);
}

Test(v4_calls, no_answer_to_a_question_is_a_timeout, LAB)
{
	struct tester t = tester_at(1, there);
	struct discover_event ev;
	struct v4_packet p;

	v4_request_record(lab.v4, &t.contact);
	expect(&t, &p, V4_PING, 0);
	lab_wait(500); /* no PONG */
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.err, ERR_TIMEOUT);
	v4_request_record(lab.v4, &t.contact);
	answer_ping(&t);
	expect(&t, &p, V4_ENRREQUEST, 500);
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

/* --- lookups ----------------------------------------------------------------
 */

/* Borrowed until the next call. */
static const struct ecc_pub *target_of(unsigned number)
{
	static struct ecc_pub target;

	target = key_of_number(number).pub;
	return &target;
}

static void ask_for(const struct tester *t, unsigned target)
{
	struct v4_packet p;

	cr_assert_neq(v4_lookup(lab.v4, target_of(target)), 0);
	answer_ping(t);
	expect(t, &p, V4_FINDNODE, 500);
	cr_assert(!memcmp(&p.findnode.target, target_of(target),
			  sizeof(p.findnode.target)));
}

Test(v4_calls, neighbors_in_two_packets_are_one_answer, LAB)
{
	struct tester t = only_node(), all[16];
	struct v4_packet p;
	struct discover_event ev;

	ask_for(&t, 500);
	for (unsigned i = 0; i < 16; i++)
		all[i] = numbered(10 + i);
	p = neighbors_of(all, 12);
	tester_send(&t, &p);
	/* Two of them are asked, with their bond first. */
	cr_assert_eq(lab_drain(), 2);
	p = neighbors_of(all + 12, 4);
	tester_send(&t, &p);
	/* Sixteen is all: so there is a third. */
	cr_assert_eq(lab_drain(), 1);
	for (unsigned i = 0; i < 16; i++) {
		cr_assert(lab_event(&ev, DISCOVER_SEEN));
		cr_assert(node_id_equal(&ev.node.id, &all[i].contact.id));
		cr_assert_eq(ev.node.tcp, 30303);
		cr_assert_not_null(
			table_find(v4_table(lab.v4), &all[i].contact.id));
	}
	/* None of them answers, so none of them is found. */
	lab_wait(30 * 1000);
	cr_assert(lab_event(&ev, DISCOVER_FOUND));
	cr_assert_eq(ev.count, 1);
	cr_assert(node_id_equal(&ev.found[0].id, &t.contact.id));
}

/* Six times, and from the second on with a new bond: it may have lost ours. */
Test(v4_calls, a_silent_node_is_asked_again_with_a_bond_first, LAB)
{
	struct tester t = only_node();
	struct discover_event ev;
	struct v4_packet p;
	struct mono begin;

	tester_bonds(&t);
	lab_wait(1000);
	v4_lookup(lab.v4, target_of(500));
	for (unsigned i = 0; i < 6; i++) {
		size_t pings = v4_stats(lab.v4)->sent[V4_PING];

		begin = lab.now;
		cr_assert_eq(next_question(&t, &p, 2000), V4_FINDNODE);
		if (i)
			cr_assert_gt(v4_stats(lab.v4)->sent[V4_PING], pings);
	}
	cr_assert_leq(mono_since_ms(lab.now, begin), 1000);
	cr_assert(!lab_event(&ev, DISCOVER_FOUND));
	lab_wait(500);
	/* Its PONGs came: it is there. */
	cr_assert(lab_event(&ev, DISCOVER_FOUND));
	cr_assert_eq(ev.count, 1);
}

/* Told of many in a victim's network, we knock at two doors at a time. */
Test(v4_calls, two_of_a_network_are_pinged_at_a_time, LAB)
{
	struct tester t = only_node(), all[10];
	struct v4_packet p;
	char at[32];

	ask_for(&t, 500);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(at, sizeof(at), "30.0.0.%u:30303", i + 1);
		all[i] = tester_at(10 + i, at);
	}
	p = neighbors_of(all, 10);
	tester_send(&t, &p);
	cr_assert_neq(v4_lookup(lab.v4, target_of(501)), 0);
	cr_assert_neq(v4_lookup(lab.v4, target_of(502)), 0);
	for (unsigned i = 0; i < 40; i++) {
		lab_wait(i ? 500 : 0);
		cr_assert_leq(lab_drain(), 5); /* two are checked, t is asked */
	}
	cr_assert_geq(v4_stats(lab.v4)->sent[V4_PING], 10);
}

Test(v4_calls, an_answer_is_over_half_a_second_after_the_question, LAB)
{
	struct tester t = only_node(), other = numbered(10);
	struct v4_packet p;
	struct discover_event ev;

	ask_for(&t, 500);
	lab_wait(400);
	p = neighbors_of(&other, 1);
	tester_send(&t, &p);
	expect(&other, &p, V4_PING, 0);
	lab_wait(99);
	p = neighbors_of(&other, 1);
	tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 0);
	lab_wait(1);
	tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	lab_wait(4000); /* the other is tried for so long */
	cr_assert(lab_event(&ev, DISCOVER_FOUND));
	cr_assert_eq(ev.count, 1);
}

Test(v4_calls, neighbors_that_may_not_be_are_left_out, LAB)
{
	struct tester t = only_node(), all[7];
	struct v4_packet p;
	struct discover_event ev;

	ask_for(&t, 500);
	for (unsigned i = 0; i < 7; i++)
		all[i] = numbered(10 + i);
	all[0].contact.udp.port = 1024;
	all[1].contact.udp.port = 1025;
	all[2] = tester_at(10 + 2, "10.0.0.1:30303");
	all[3] = tester_at(10 + 3, "127.0.0.1:30303");
	all[4] = tester_at(10 + 4, "192.0.2.1:30303");
	all[5].key.pub.b[0] ^= 1;
	all[6] = tester_at(10 + 6, "0.0.0.0:30303");
	p = neighbors_of(all, 7);
	tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_NEIGHBOR), 6);
	cr_assert(lab_event(&ev, DISCOVER_SEEN));
	cr_assert(node_id_equal(&ev.node.id, &all[1].contact.id));
	cr_assert(!lab_event(&ev, DISCOVER_SEEN));
}

Test(v4_calls, neighbors_of_others_are_not_taken, LAB)
{
	struct tester t = only_node(), fake = numbered(10);
	struct tester elsewhere = tester_at(1, "20.0.0.2:30303");
	struct tester other = tester_at(2, there);
	struct v4_packet p;

	ask_for(&t, 500);
	p = neighbors_of(&fake, 1);
	tester_send(&elsewhere, &p);
	tester_send(&other, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 2);
	p.expiration = lab_unix() - 1;
	tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_EXPIRED), 1);
	cr_assert_null(table_find(v4_table(lab.v4), &fake.contact.id));
}

/* NEIGHBORS do not say which FINDNODE they answer. */
Test(v4_calls, one_findnode_is_under_way_to_a_node, LAB)
{
	struct tester t = only_node();
	struct v4_packet p;

	ask_for(&t, 500);
	cr_assert_neq(v4_lookup(lab.v4, target_of(501)), 0);
	p = ping_of(&t);
	tester_send(&t, &p);
	expect(&t, &p, V4_PONG, 0);
	expect(&t, &p, V4_FINDNODE, 500);
	cr_assert(!memcmp(&p.findnode.target, target_of(501),
			  sizeof(p.findnode.target)));
}

Test(v4_calls, a_node_that_tells_nothing_has_to_bond_again, LAB)
{
	struct tester t = only_node();
	struct v4_packet p;

	tester_bonds(&t);
	lab_wait(1000);
	v4_set_walk(lab.v4, DISCOVER_WALK); /* asks once, each second */
	cr_assert_eq(next_question(&t, &p, 2000), V4_FINDNODE);
	for (unsigned i = 1; i < 7; i++) {
		struct mono before = lab.now;

		cr_assert_eq(next_question(&t, &p, 2000), V4_FINDNODE);
		cr_assert_eq(mono_since_ms(lab.now, before),
			     i < 6 ? 1000 : 1500);
	}
}

Test(v4_calls, lookups_of_the_owner_are_counted, LAB)
{
	struct discover_event ev;

	only_node();
	for (unsigned i = 0; i < DISCOVER_LOOKUPS - 2; i++)
		cr_assert_neq(v4_lookup(lab.v4, target_of(i)), 0);
	cr_assert_eq(v4_lookup(lab.v4, target_of(99)), 0);
	lab_wait(10 * 1000);
	for (unsigned i = 0; i < DISCOVER_LOOKUPS - 2; i++)
		cr_assert(lab_event(&ev, DISCOVER_FOUND));
	cr_assert_neq(v4_lookup(lab.v4, target_of(99)), 0);
}

/* A node is met again, without the record that we have of it. */
Test(v4_calls, a_node_that_is_met_comes_with_the_record_we_have, LAB)
{
	struct tester t = only_node(), other = numbered(10);
	struct v4_packet p;
	struct discover_event ev;

	ask_for(&t, 500);
	other.contact.record = record_of(&other.key, 7, &other.contact.udp);
	v4_seed(lab.v4, &other.contact, 0, lab.now);
	p = neighbors_of(&other, 1);
	tester_send(&t, &p);
	cr_assert(lab_event(&ev, DISCOVER_SEEN));
	cr_assert_eq(ev.node.record.seq, 7);
}

/* Statements by the thousand, and nobody looks: but a request ends. */
Test(v4_calls, what_ends_a_request_has_room_among_the_events, LAB)
{
	struct tester t = tester_at(1, "127.0.0.1:40001");
	struct discover_event ev;
	struct v4_packet p;
	size_t n = 0;

	tester_bonds(&t);
	while (v4_next_event(lab.v4, &ev))
		n++;
	p = ping_of(&t);
	for (n = 0; n < DISCOVER_EVENTS + 10; n++) {
		tester_send(&t, &p);
		lab_drain();
	}
	cr_assert_eq(lab_dropped(V4_DROP_EVENT), 10);
	v4_ping(lab.v4, &t.contact);
	lab_wait(500);
	for (n = 0; v4_next_event(lab.v4, &ev); n++)
		cr_assert_eq(ev.type, n < DISCOVER_EVENTS ? DISCOVER_ENDPOINT
							  : DISCOVER_PINGED);
	cr_assert_eq(n, DISCOVER_EVENTS + 1);
}

Test(v4_calls, lookups_of_nobody_end_at_once, LAB)
{
	uint32_t request = v4_lookup(lab.v4, target_of(5));
	struct discover_event ev;

	lab_tick();
	cr_assert(lab_event(&ev, DISCOVER_FOUND));
	cr_assert_eq(ev.request, request);
	cr_assert_eq(ev.count, 0);
}

/* --- finding one node -------------------------------------------------------
 */

static void answer_enrrequest(const struct tester *t, uint64_t seq)
{
	struct enr record = record_of(&t->key, seq, &t->contact.udp);
	struct v4_packet p = { .type = V4_ENRRESPONSE }, asked;

	answer_ping(t);
	expect(t, &asked, V4_ENRREQUEST, 500);
	memcpy(p.enrresponse.request_hash, asked.hash, V4_HASH);
	p.enrresponse.record = enr_raw(&record);
	tester_send(t, &p);
}

Test(v4_calls, a_known_node_is_resolved_by_itself, LAB)
{
	struct tester t = tester_at(1, there);
	uint32_t request = v4_resolve(lab.v4, &t.key.pub, &t.contact);
	struct discover_event ev;

	answer_enrrequest(&t, 8);
	cr_assert(lab_event(&ev, DISCOVER_RESOLVED));
	cr_assert_eq(ev.request, request);
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.node.record.seq, 8);
}

Test(v4_calls, an_unknown_node_is_resolved_by_a_lookup, LAB)
{
	struct tester t = only_node(), sought = numbered(10);
	struct enr record = record_of(&sought.key, 3, &sought.contact.udp);
	struct v4_packet p, asked;
	struct discover_event ev;

	v4_resolve(lab.v4, &sought.key.pub, NULL);
	answer_ping(&t);
	expect(&t, &p, V4_FINDNODE, 500);
	p = neighbors_of(&sought, 1);
	tester_send(&t, &p);
	/* It is asked as any that was found, and then for its record. */
	answer_ping(&sought);
	p = ping_of(&sought);
	tester_send(&sought, &p);
	expect(&sought, &p, V4_PONG, 0);
	expect(&sought, &p, V4_FINDNODE, 50);
	p = neighbors_of(&t, 1);
	tester_send(&sought, &p);
	expect(&sought, &asked, V4_ENRREQUEST, 500);
	memcpy(p.enrresponse.request_hash, asked.hash, V4_HASH);
	p.type = V4_ENRRESPONSE;
	p.enrresponse.record = enr_raw(&record);
	tester_send(&sought, &p);
	cr_assert(lab_event(&ev, DISCOVER_RESOLVED));
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.node.record.seq, 3);
	cr_assert(node_id_equal(&ev.node.id, &sought.contact.id));
}

Test(v4_calls, nobody_resolves_what_is_not_there, LAB)
{
	struct tester t = tester_at(1, there);
	struct discover_event ev;

	v4_resolve(lab.v4, &t.key.pub, &t.contact);
	lab_wait(500);
	cr_assert(lab_event(&ev, DISCOVER_RESOLVED));
	cr_assert_eq(ev.err, ERR_NOT_FOUND);
	cr_assert(node_id_equal(&ev.node.id, &t.contact.id));
}

/* --- refresh and walk -------------------------------------------------------
 */

Test(v4_plan, without_a_bootnode_nothing_is_sent, LAB)
{
	struct discover_event ev;

	cr_assert(v4_next_event(lab.v4, &ev));
	cr_assert_eq(ev.type, DISCOVER_SEEDS);
	cr_assert(v4_next_event(lab.v4, &ev));
	cr_assert_eq(ev.type, DISCOVER_READY);
	v4_set_walk(lab.v4, DISCOVER_WALK);
	cr_assert(lab_is_silent(3600 * 1000));
}

Test(v4_plan, a_refresh_comes_every_quarter_to_half_an_hour, LAB)
{
	struct mono last = lab.now;
	struct discover_event ev;

	cr_assert(lab_event(&ev, DISCOVER_SEEDS));
	for (unsigned i = 0; i < 20; i++) {
		uint64_t ms;

		while (!lab_event(&ev, DISCOVER_SEEDS)) {
			if (mono_before(lab.now, lab.due))
				lab.now = lab.due;
			lab_tick();
		}
		ms = mono_since_ms(lab.now, last);
		cr_assert_geq(ms, 15 * 60 * 1000);
		cr_assert_leq(ms, 30 * 60 * 1000);
		last = lab.now;
		lab_wait(0);
	}
}

/* And then for ourselves as if we knew the bootnodes alone. */
Test(v4_plan, a_refresh_looks_for_ourselves_two_others_and_ourselves, LAB)
{
	struct tester t = tester_at(1, there);
	struct v4_packet p;

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	lab_wait(10 * 1000);
	answer_ping(&t);
	expect(&t, &p, V4_FINDNODE, 500);
	cr_assert(!memcmp(&p.findnode.target, &lab.key.pub, 64));
	p = neighbors_of(NULL, 0);
	tester_send(&t, &p);
	p = ping_of(&t);
	tester_send(&t, &p);
	expect(&t, &p, V4_PONG, 0);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(next_question(&t, &p, 500), V4_FINDNODE);
		cr_assert_eq(memcmp(&p.findnode.target, &lab.key.pub, 64) == 0,
			     i == 2);
	}
}

Test(v4_plan, while_nobody_is_there_bootnodes_are_tried_every_ten_seconds, LAB)
{
	struct tester t = tester_at(1, there);
	size_t before;

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	lab_wait(30 * 1000);
	before = v4_stats(lab.v4)->sent[V4_PING];
	cr_assert_geq(before, 3);
	lab_drain();
	lab_wait(100 * 1000);
	cr_assert_geq(v4_stats(lab.v4)->sent[V4_PING] - before, 9);
	cr_assert_leq(v4_stats(lab.v4)->sent[V4_PING] - before, 90);
}

Test(v4_plan, a_seed_that_proved_itself_lately_is_answered, LAB)
{
	struct tester fresh = tester_at(1, there);
	struct tester old = tester_at(2, "20.0.1.1:30303");
	struct v4_packet p = findnode_of(9);

	lab_wait(48 * 3600 * 1000); /* so that there was such a time */
	v4_seed(lab.v4, &fresh.contact, 23 * 3600 * 1000, lab.now);
	v4_seed(lab.v4, &old.contact, 25 * 3600 * 1000, lab.now);
	lab_drain();
	p.expiration = lab_unix() + 20;
	tester_send(&old, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 1);
	tester_send(&fresh, &p);
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_NEIGHBORS], 1);
}

/* As the only node there is, tell of itself. */
static void live_with(const struct tester *t, uint64_t ms)
{
	struct v4_packet p;

	for (uint64_t i = 0; i < ms / 100; i++) {
		lab_wait(100);
		while (tester_reads(t, &p, 0)) {
			struct v4_packet out = pong_to(&p);

			if (p.type == V4_FINDNODE)
				out = neighbors_of(t, 1);
			tester_send(t, &out);
		}
	}
}

static size_t findnodes(void)
{
	return v4_stats(lab.v4)->sent[V4_FINDNODE];
}

/* A lookup asks the only node once. */
Test(v4_plan, a_walk_begins_a_lookup_once_a_second, LAB)
{
	struct tester t = tester_at(1, there);
	size_t before;

	tester_bonds(&t);
	live_with(&t, 20000);
	before = findnodes();
	v4_set_walk(lab.v4, DISCOVER_WALK);
	live_with(&t, 30000);
	cr_assert_geq(findnodes() - before, 29);
	cr_assert_leq(findnodes() - before, 31);
	v4_set_walk(lab.v4, DISCOVER_REST);
	live_with(&t, 1000);
	before = findnodes();
	live_with(&t, 10000);
	cr_assert_eq(findnodes(), before);
}

/* Those who joined with us could not be told of yet. */
Test(v4_plan, a_refresh_that_began_with_nobody_is_soon_repeated, LAB)
{
	struct tester t = tester_at(1, there);

	tester_bonds(&t);
	live_with(&t, 8900);
	cr_assert_eq(findnodes(), 0);
	live_with(&t, 5000);
	cr_assert_eq(findnodes(), 4);
	live_with(&t, 14 * 60 * 1000);
	cr_assert_eq(findnodes(), 4);
}

Test(v4_plan, after_the_last_node_died_bootnodes_are_tried_again, LAB)
{
	struct tester t = tester_at(1, there);

	cr_assert_eq(v4_bootnode(lab.v4, &t.contact), ERR_NONE);
	live_with(&t, 60 * 1000);
	cr_assert_eq(table_live(v4_table(lab.v4)), 1);
	/* Of the checks that it answered, all are lost in a few minutes. */
	while (table_live(v4_table(lab.v4))) {
		lab_wait(1000);
		lab_drain();
	}
	lab_wait(500);
	lab_drain();
	live_with(&t, 15 * 1000);
	cr_assert_eq(table_live(v4_table(lab.v4)), 1);
}

Test(v4_plan, bootnodes_are_counted, LAB)
{
	for (unsigned i = 0; i <= DISCOVER_BOOTNODES; i++) {
		struct tester t = numbered(i);

		cr_assert_eq(v4_bootnode(lab.v4, &t.contact),
			     i < DISCOVER_BOOTNODES ? ERR_NONE : ERR_LIMIT);
	}
}
