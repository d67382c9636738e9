/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of "Handling" (specs: discovery.md), from both sides: what is done,
 * and what it is not done for. */
#include "p2p/discover/v4_bonds.h"
#include "test/unit/discover/v4_lab.h"

#define LAB .init = lab_open, .fini = lab_close

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

/* --- records ----------------------------------------------------------------
 */

/* Answer PINGs with that seq, one of which is the next check, and then the
 * ENRREQUEST with that record. A refresh asks meanwhile, too. */
static void give_record(const struct tester *t, uint64_t seq,
			const struct enr *record)
{
	struct v4_packet p = { .type = V4_ENRRESPONSE }, request, pong;

	do {
		cr_assert(tester_reads(t, &request, 15000));
		pong = pong_to(&request);
		pong.pong.enr_seq = seq;
		if (request.type == V4_PING)
			tester_send(t, &pong);
	} while (request.type != V4_ENRREQUEST);
	memcpy(p.enrresponse.request_hash, request.hash, V4_HASH);
	p.enrresponse.record = enr_raw(record);
	tester_send(t, &p);
}

static uint64_t known_seq(const struct tester *t)
{
	return contact_seq(table_find(v4_table(lab.v4), &t->contact.id));
}

Test(v4_handle, a_higher_seq_has_its_record_fetched, LAB)
{
	struct tester t = tester_at(1, here);
	struct enr second = record_of(&t.key, 2, &t.contact.udp);
	struct enr third = record_of(&t.key, 3, &t.contact.udp);
	struct discover_event ev;
	uint64_t asked;

	tester_bonds(&t);
	give_record(&t, 2, &second);
	cr_assert(lab_event(&ev, DISCOVER_RECORD));
	cr_assert_eq(ev.err, ERR_NONE);
	cr_assert_eq(ev.request, 0);
	cr_assert_eq(ev.node.record.seq, 2);
	cr_assert_eq(known_seq(&t), 2);
	cr_assert(table_is_live(v4_table(lab.v4), &t.contact.id));

	/* The same seq again: nothing is asked. */
	asked = v4_stats(lab.v4)->sent[V4_ENRREQUEST];
	tester_answers_ping(&t, 2, 15000);
	lab_drain();
	cr_assert_eq(v4_stats(lab.v4)->sent[V4_ENRREQUEST], asked);

	give_record(&t, 3, &second); /* it has not got it itself yet */
	cr_assert_eq(known_seq(&t), 2);
	give_record(&t, 3, &third);
	cr_assert_eq(known_seq(&t), 3);
}

Test(v4_handle, a_record_of_another_or_elsewhere_is_not_taken, LAB)
{
	struct tester t = tester_at(1, "20.0.0.1:30303"), other;
	struct tester inside = tester_at(1, "10.0.0.1:30303");
	struct enr bad;

	other = tester_at(2, "20.0.0.1:30303");
	tester_bonds(&t);
	bad = record_of(&other.key, 5, &t.contact.udp);
	give_record(&t, 5, &bad);
	bad = record_of(&t.key, 5, &inside.contact.udp);
	give_record(&t, 5, &bad);
	bad = record_of(&t.key, 5, NULL);
	give_record(&t, 5, &bad);
	bad = record_of(&t.key, 5, &t.contact.udp);
	bad.raw[20] ^= 1;
	give_record(&t, 5, &bad);
	cr_assert_eq(lab_dropped(V4_DROP_RECORD), 4);
	cr_assert_eq(known_seq(&t), 0);
	bad.raw[20] ^= 1;
	give_record(&t, 5, &bad);
	cr_assert_eq(known_seq(&t), 5);
}

Test(v4_handle, a_response_nobody_asked_for_is_dropped, LAB)
{
	struct tester t = tester_at(1, here);
	struct enr r = record_of(&t.key, 5, &t.contact.udp);
	struct v4_packet p = { .type = V4_ENRRESPONSE };

	tester_bonds(&t);
	p.enrresponse.record = enr_raw(&r);
	tester_send(&t, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	cr_assert_eq(known_seq(&t), 0);
}

Test(v4_handle, a_response_signed_by_another_is_dropped, LAB)
{
	struct tester t = tester_at(1, here), other = tester_at(2, here);
	struct enr record = record_of(&t.key, 5, &t.contact.udp);
	struct v4_packet p = { .type = V4_ENRRESPONSE }, request;

	tester_bonds(&t);
	tester_answers_ping(&t, 5, 3000);
	cr_assert(tester_reads(&t, &request, 0));
	cr_assert_eq(request.type, V4_ENRREQUEST);
	memcpy(p.enrresponse.request_hash, request.hash, V4_HASH);
	p.enrresponse.record = enr_raw(&record);
	tester_send(&other, &p);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	cr_assert_eq(known_seq(&t), 0);
	tester_send(&t, &p);
	cr_assert_eq(known_seq(&t), 5);
}

Test(v4_handle, a_ping_with_a_new_seq_hastens_the_check, LAB)
{
	struct tester t = tester_at(1, here);
	struct v4_packet p;

	tester_bonds(&t);
	tester_answers_ping(&t, 0, 3000);
	for (unsigned i = 0; i < 10; i++) {
		p = ping_of(&t);
		p.ping.enr_seq = 9;
		tester_send(&t, &p);
		cr_assert_leq(tester_answers_ping(&t, 0, 3000), 3000);
	}
}

/* --- what is dropped --------------------------------------------------------
 */

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

Test(v4_handle, five_hundred_identities_of_one_network_get_ten_places, LAB)
{
	char at[32];

	for (unsigned i = 0; i < 500; i++) {
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

/* --- the clock --------------------------------------------------------------
 */

static void send_late(unsigned host, uint64_t seconds)
{
	char at[32];
	struct tester t;
	struct v4_packet p;

	snprintf(at, sizeof(at), "20.0.%u.1:30303", host);
	t = tester_at(host, at);
	p = ping_of(&t);
	p.expiration -= seconds;
	tester_send(&t, &p);
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
