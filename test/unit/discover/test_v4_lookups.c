/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups, and finding one node by its key. */
#include "test/unit/discover/v4_lab.h"

static const char there[] = "20.0.0.1:30303";

/* Borrowed until the next call. */
/* One node is known, as a bootnode, and not checked yet. */
static struct tester only_node(void)
{
	struct tester t = tester_at(1, there);

	v4_seed(lab.v4, &t.contact, 1000000000, lab.now);
	return t;
}

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
	tester_expects_ping(t);
	tester_expects(t, &p, V4_FINDNODE, 500);
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
		all[i] = tester_of_network(10 + i);
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
		cr_assert_eq(tester_next_question(&t, &p, 2000), V4_FINDNODE);
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
	struct tester t = only_node(), other = tester_of_network(10);
	struct v4_packet p;
	struct discover_event ev;

	ask_for(&t, 500);
	lab_wait(400);
	p = neighbors_of(&other, 1);
	tester_send(&t, &p);
	tester_expects(&other, &p, V4_PING, 0);
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
		all[i] = tester_of_network(10 + i);
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
	struct tester t = only_node(), fake = tester_of_network(10);
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
	tester_expects(&t, &p, V4_PONG, 0);
	tester_expects(&t, &p, V4_FINDNODE, 500);
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
	cr_assert_eq(tester_next_question(&t, &p, 2000), V4_FINDNODE);
	for (unsigned i = 1; i < 7; i++) {
		struct mono before = lab.now;

		cr_assert_eq(tester_next_question(&t, &p, 2000), V4_FINDNODE);
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
	struct tester t = only_node(), other = tester_of_network(10);
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

static void answer_enrrequest(const struct tester *t, uint64_t seq)
{
	struct enr record = record_of(&t->key, seq, &t->contact.udp);
	struct v4_packet asked;

	tester_expects_ping(t);
	tester_expects(t, &asked, V4_ENRREQUEST, 500);
	tester_sends_record(t, &asked, &record);
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
	struct tester t = only_node(), sought = tester_of_network(10);
	struct enr record = record_of(&sought.key, 3, &sought.contact.udp);
	struct v4_packet p, asked;
	struct discover_event ev;

	v4_resolve(lab.v4, &sought.key.pub, NULL);
	tester_expects_ping(&t);
	tester_expects(&t, &p, V4_FINDNODE, 500);
	p = neighbors_of(&sought, 1);
	tester_send(&t, &p);
	/* It is asked as any that was found, and then for its record. */
	tester_expects_ping(&sought);
	p = ping_of(&sought);
	tester_send(&sought, &p);
	tester_expects(&sought, &p, V4_PONG, 0);
	tester_expects(&sought, &p, V4_FINDNODE, 50);
	p = neighbors_of(&t, 1);
	tester_send(&sought, &p);
	tester_expects(&sought, &asked, V4_ENRREQUEST, 500);
	tester_sends_record(&sought, &asked, &record);
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
