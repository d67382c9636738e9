/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of "Handling" (specs: discovery.md), from both sides: what is done,
 * and what it is not done for. */
#include "p2p/discover/v4_bonds.h"
#include "test/unit/discover/v4_lab.h"

enum {
	HOUR_MS = 3600 * 1000,
};

static const char here[] = "127.0.0.1:40001";

static bool is_known(const struct tester *t)
{
	return table_find(v4_table(lab.v4), &t->contact.id) != NULL;
}

/* --- PING -------------------------------------------------------------------
 */

Test(v4_handle, a_node_is_known_once_it_proved_its_endpoint, LAB)
{
	struct tester t = tester_at(1, here);
	struct v4_packet p = ping_of(&t);
	const struct contact *c;

	p.ping.from.udp = 9; /* nothing but the TCP port is used of it */
	p.ping.from.tcp = 777;
	tester_send(&t, &p);
	cr_assert(!is_known(&t));
	tester_answers_ping(&t, 0, 0);
	c = table_find(v4_table(lab.v4), &t.contact.id);
	cr_assert_not_null(c);
	cr_assert_eq(c->udp.port, 40001);
	cr_assert_eq(c->tcp, 777);
	cr_assert(!table_is_live(v4_table(lab.v4), &t.contact.id));
}

Test(v4_handle, one_ping_is_under_way_to_an_id_and_address, LAB)
{
	struct tester t = tester_at(1, here), other = tester_at(2, here);
	struct v4_packet p = ping_of(&t);

	tester_send(&t, &p);
	cr_assert_eq(lab_drain(), 2);
	tester_send(&t, &p);
	cr_assert_eq(lab_drain(), 1);
	tester_send(&other, &p);
	cr_assert_eq(lab_drain(), 2);
	lab_wait(500);
	tester_send(&t, &p);
	cr_assert_eq(lab_drain(), 2);
}

Test(v4_handle, a_proven_node_that_moved_port_is_taken_at_once, LAB)
{
	struct tester t = tester_at(1, here);
	struct tester moved = tester_at(1, "127.0.0.1:40002");
	struct v4_packet p = ping_of(&t);

	tester_bonds(&t);
	tester_send(&moved, &p);
	cr_assert(tester_reads(&moved, &p, 0));
	cr_assert_eq(p.type, V4_PONG);
	cr_assert_eq(lab_drain(), 0);
	cr_assert_eq(table_find(v4_table(lab.v4), &t.contact.id)->udp.port,
		     40002);
}

Test(v4_handle, the_first_check_comes_one_to_three_seconds_after, LAB)
{
	for (unsigned i = 1; i <= 20; i++) {
		struct tester t = tester_at(i, here);
		uint64_t ms;

		tester_bonds(&t);
		ms = tester_answers_ping(&t, 0, 3000);
		cr_assert_geq(ms, 1000);
		cr_assert(table_is_live(v4_table(lab.v4), &t.contact.id));
		lab_close();
		lab_open();
	}
}

/* One packet lost is no node lost; a second is. */
Test(v4_handle, a_check_without_answer_is_sent_again, LAB)
{
	struct tester t = tester_at(1, "20.0.0.1:30303");
	struct discover_event ev;
	struct v4_packet p, pong;

	v4_seed(lab.v4, &t.contact, 1000000000, lab.now);
	cr_assert(tester_reads(&t, &p, 3000));
	lab_wait(499);
	cr_assert(tester_reads(&t, &p, 1));
	cr_assert_eq(p.type, V4_PING);
	pong = pong_to(&p);
	tester_send(&t, &pong);
	cr_assert(table_is_live(v4_table(lab.v4), &t.contact.id));

	cr_assert(tester_reads(&t, &p, 9000));
	lab_wait(999);
	lab_drain();
	cr_assert_not_null(table_find(v4_table(lab.v4), &t.contact.id));
	lab_wait(1);
	cr_assert_null(table_find(v4_table(lab.v4), &t.contact.id));
	cr_assert(lab_event(&ev, DISCOVER_LOST));
}

/* --- PONG -------------------------------------------------------------------
 */

/* Be pinged, and answer by hand. */
static struct v4_packet be_pinged(const struct tester *t)
{
	struct v4_packet p = ping_of(t);

	tester_send(t, &p);
	cr_assert(tester_reads(t, &p, 0));
	cr_assert(tester_reads(t, &p, 0));
	cr_assert_eq(p.type, V4_PING);
	return p;
}

static bool is_proven(const struct tester *t)
{
	struct v4_packet p = findnode_of(99);

	lab_drain();
	tester_send(t, &p);
	return lab_drain() > 0;
}

Test(v4_handle, a_pong_counts_for_half_a_second, LAB)
{
	struct tester a = tester_at(1, here), b = tester_at(2, here);
	struct v4_packet ping, pong;

	ping = be_pinged(&a);
	lab_wait(499);
	pong = pong_to(&ping);
	tester_send(&a, &pong);
	cr_assert(is_proven(&a));

	ping = be_pinged(&b);
	lab_wait(500);
	pong = pong_to(&ping);
	tester_send(&b, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	cr_assert(!is_proven(&b));
}

Test(v4_handle, a_pong_proves_its_own_id_and_address_alone, LAB)
{
	struct tester t = tester_at(1, here), other = tester_at(2, here);
	struct tester away = tester_at(1, "127.0.0.2:40001");
	struct tester port = tester_at(1, "127.0.0.1:40009");
	struct v4_packet ping = be_pinged(&t), pong = pong_to(&ping);

	tester_send(&other, &pong);
	tester_send(&away, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 2);
	cr_assert(!is_proven(&t) && !is_proven(&other) && !is_proven(&away));
	pong.expiration = lab_unix() - 1;
	tester_send(&t, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_EXPIRED), 1);
	cr_assert(!is_proven(&t));

	/* "The proof binds ID and IP, not the port." */
	pong.expiration = lab_unix();
	tester_send(&port, &pong);
	cr_assert(is_proven(&t) && is_proven(&port));
	cr_assert(!is_proven(&away));
	/* It is used up. */
	tester_send(&port, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 3);
}

Test(v4_handle, a_bond_lasts_a_day, LAB)
{
	struct tester t = tester_at(1, here);

	tester_bonds(&t);
	lab_wait(24 * HOUR_MS - 1);
	cr_assert(is_proven(&t));
	lab_wait(1);
	cr_assert(!is_proven(&t));
	cr_assert(!is_known(&t)); /* it never answered a check */
}

Test(v4_handle, wrong_signatures_are_looked_at_so_often_for_one_answer, LAB)
{
	struct tester t = tester_at(1, "20.0.0.1:30303");
	struct tester other = tester_at(2, "20.0.0.1:30303");
	struct v4_packet ping = be_pinged(&t), pong = pong_to(&ping);

	for (unsigned i = 0; i < 40; i++)
		tester_send(&other, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 32);
	cr_assert_eq(lab_dropped(V4_DROP_SOURCE_RATE), 8);
}

/* --- statements -------------------------------------------------------------
 */

Test(v4_handle, who_proved_its_endpoint_says_what_ours_is, LAB)
{
	struct tester t = tester_at(1, here);
	struct v4_packet ping = be_pinged(&t), p;
	struct discover_event ev;

	cr_assert(!lab_event(&ev, DISCOVER_ENDPOINT));
	p = pong_to(&ping);
	cr_assert_eq(ip_parse(&p.pong.to.ip, "5.6.7.8"), ERR_NONE);
	p.pong.to.udp = 1234;
	tester_send(&t, &p);
	cr_assert(lab_event(&ev, DISCOVER_ENDPOINT));
	cr_assert(ev.is_answer);
	cr_assert_eq(ev.endpoint.port, 1234);
	cr_assert_eq(ev.endpoint.ip.b[0], 5);
	cr_assert(node_id_equal(&ev.node.id, &t.contact.id));

	p = ping_of(&t);
	tester_send(&t, &p);
	cr_assert(lab_event(&ev, DISCOVER_ENDPOINT));
	cr_assert(!ev.is_answer);
	cr_assert_eq(ev.endpoint.port, 30303);
}

/* --- FINDNODE ---------------------------------------------------------------
 */

static size_t rank_among(const struct tester *all, size_t count,
			 const struct node_id *target,
			 const struct ecc_pub *who)
{
	struct node_id id = node_id_of(who);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += is_closer(target, &all[i].contact.id, &id);
	return n;
}

Test(v4_handle, the_closest_sixteen_go_out_as_twelve_and_four, LAB)
{
	struct tester all[30];
	struct v4_packet p = findnode_of(999), first, second;
	struct node_id target = node_id_of(&p.findnode.target);
	size_t n = 0;

	lab_fill(all, ARRAY_LEN(all), 1);
	p.expiration = lab_unix() + 20;
	tester_send(&all[0], &p);
	cr_assert(tester_reads(&all[0], &first, 0));
	cr_assert(tester_reads(&all[0], &second, 0));
	cr_assert_eq(lab_drain(), 0);
	cr_assert_eq(first.type, V4_NEIGHBORS);
	cr_assert_eq(first.neighbors.count, 12);
	cr_assert_eq(second.neighbors.count, 4);
	for (size_t i = 0; i < 12; i++)
		cr_assert_eq(rank_among(all, 30, &target,
					&first.neighbors.nodes[i].pub),
			     n++);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(rank_among(all, 30, &target,
					&second.neighbors.nodes[i].pub),
			     n++);
	cr_assert_eq(first.neighbors.nodes[0].at.tcp,
		     first.neighbors.nodes[0].at.udp);
}

Test(v4_handle, while_none_is_live_the_proven_are_told_of, LAB)
{
	struct tester a = tester_at(1, here);
	struct tester b = tester_at(2, "127.0.0.1:40002");
	struct v4_packet p = findnode_of(99);

	tester_bonds(&a);
	tester_bonds(&b);
	tester_send(&a, &p);
	cr_assert(tester_reads(&a, &p, 0));
	cr_assert_eq(p.neighbors.count, 2);
	tester_answers_ping(&a, 0, 3000);
	lab_drain();
	p = findnode_of(99);
	tester_send(&a, &p);
	cr_assert(tester_reads(&a, &p, 0));
	cr_assert_eq(p.neighbors.count, 1); /* a, which is live */
}

Test(v4_handle, the_public_is_not_told_of_our_network, LAB)
{
	struct tester local = tester_at(1, here);
	struct tester lan = tester_at(2, "10.1.1.1:30303");
	struct tester near = tester_at(3, "20.0.0.1:30303");
	struct v4_packet p;

	tester_bonds(&local);
	tester_bonds(&lan);
	tester_bonds(&near);
	p = findnode_of(99);
	tester_send(&near, &p);
	cr_assert(tester_reads(&near, &p, 0));
	cr_assert_eq(p.neighbors.count, 1);
	p = findnode_of(99);
	tester_send(&lan, &p);
	cr_assert(tester_reads(&lan, &p, 0));
	cr_assert_eq(p.neighbors.count, 2);
	p = findnode_of(99);
	tester_send(&local, &p);
	cr_assert(tester_reads(&local, &p, 0));
	cr_assert_eq(p.neighbors.count, 3);
}
