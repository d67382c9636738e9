/* SPDX-License-Identifier: Apache-2.0 */
/* What the core asks, and what it makes of the answers. */
#include "test/unit/discover/v5_lab.h"

static struct got5 g;
static struct discover_event e;

static struct tester5 *tester(void)
{
	return tester5_at(1, "127.0.0.1:40001", LAB5_FULL);
}

/* The core's request is in what was read, or behind a handshake. */
static void read_shaken(struct tester5 *t, enum v5_type type)
{
	if (!g.is_open) {
		tester5_challenges(t, &g, 0);
		cr_assert(tester5_reads(t, &g, 0));
		tester5_takes(t, &g);
	}
	cr_assert_eq(g.m.type, type);
}

static void read_request(struct tester5 *t, enum v5_type type)
{
	cr_assert(tester5_reads(t, &g, 0));
	read_shaken(t, type);
}

static struct v5_message nodes(uint64_t total, const struct enr *r)
{
	struct v5_message m = { .type = V5_NODES, .id = g.m.id };

	m.nodes.total = total;
	if (r) {
		m.nodes.count = 1;
		m.nodes.records[0] = enr_raw(r);
	}
	return m;
}

Test(v5_calls, a_ping_shakes_and_gets_its_pong, LAB5)
{
	struct tester5 *t = tester();
	uint32_t request = v5_ping(lab5.v5, &t->contact);
	struct v5_message pong;

	read_request(t, V5_PING);
	cr_assert_gt(g.packet.handshake.record.len, 0);
	pong = pong5(&g.m, 1);
	lab5_wait(20);
	tester5_send(t, &pong);
	cr_assert(lab5_event(&e, DISCOVER_ENDPOINT));
	cr_assert_eq(e.endpoint.port, 30303);
	cr_assert(lab5_event(&e, DISCOVER_PINGED));
	cr_assert_eq(e.request, request);
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert_geq(e.rtt_ns, 20000000);

	/* The next needs no handshake. */
	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert(g.is_open);
}

Test(v5_calls, are_made_twice_and_end_without_an_answer, LAB5)
{
	struct tester5 *t = tester();
	struct got5 first;

	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &first, 0));
	cr_assert(!tester5_reads(t, &g, 699));
	cr_assert(tester5_reads(t, &g, 1));
	/* Others challenge the first of them for a second, whatever comes. */
	tester5_challenges(t, &first, 0);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.packet.flag, V5_HANDSHAKE);
	cr_assert(!tester5_reads(t, &g, 699));
	cr_assert(!lab5_event(&e, DISCOVER_PINGED));
	cr_assert(!tester5_reads(t, &g, 1));
	lab5_tick();
	cr_assert(lab5_event(&e, DISCOVER_PINGED));
	cr_assert_eq(e.err, ERR_TIMEOUT);
}

Test(v5_calls, a_lost_handshake_is_made_again, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message pong;

	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &g, 0));
	tester5_challenges(t, &g, 0);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.packet.flag, V5_HANDSHAKE);
	cr_assert(tester5_reads(t, &g, 700));
	cr_assert_eq(g.packet.flag, V5_MESSAGE);
	read_shaken(t, V5_PING);
	pong = pong5(&g.m, 1);
	tester5_send(t, &pong);
	cr_assert(lab5_event(&e, DISCOVER_PINGED));
	cr_assert_eq(e.err, ERR_NONE);
}

Test(v5_calls, a_second_whoareyou_is_ignored, LAB5)
{
	struct tester5 *t = tester();
	struct got5 first;

	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &first, 0));
	tester5_challenges(t, &first, 0);
	cr_assert(tester5_reads(t, &g, 0));
	tester5_challenges(t, &first, 0);
	tester5_challenges(t, &g, 0);
	cr_assert_eq(lab5_dropped(V5_DROP_WHOAREYOU), 2);
	cr_assert(!tester5_reads(t, &g, 300));
}

Test(v5_calls, a_whoareyou_from_elsewhere_is_ignored, LAB5)
{
	struct tester5 *t = tester();
	uint16_t port = t->contact.udp.port;

	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &g, 0));
	t->contact.udp.port++;
	tester5_challenges(t, &g, 0);
	cr_assert_eq(lab5_dropped(V5_DROP_WHOAREYOU), 1);
	t->contact.udp.port = port;
	tester5_challenges(t, &g, 1);
	cr_assert(tester5_reads(t, &g, 0));
	tester5_takes(t, &g);
	/* It has our record already. */
	cr_assert_eq(g.packet.handshake.record.len, 0);
}

Test(v5_calls, a_pong_from_elsewhere_or_of_another_id_is_ignored, LAB5)
{
	struct tester5 *t = tester();
	struct tester5 *moved = tester5_at(1, "127.0.0.1:40009", LAB5_FULL);
	struct v5_message m = ping5(1), pong, other;
	struct got5 h;

	v5_ping(lab5.v5, &t->contact);
	read_request(t, V5_PING);
	pong = pong5(&g.m, 1);
	cr_assert(tester5_asks(moved, &h, &m) && h.is_open);
	tester5_send(moved, &pong);
	cr_assert_eq(lab5_dropped(V5_DROP_UNASKED), 1);
	other = pong;
	other.id.b[0] ^= 1;
	tester5_send(t, &other);
	cr_assert_eq(lab5_dropped(V5_DROP_UNASKED), 2);
	other = nodes(1, NULL);
	tester5_send(t, &other);
	cr_assert_eq(lab5_dropped(V5_DROP_UNASKED), 3);
	cr_assert(!lab5_event(&e, DISCOVER_PINGED));
	tester5_send(t, &pong);
	cr_assert(lab5_event(&e, DISCOVER_PINGED));
}

Test(v5_calls, go_to_a_node_one_after_the_other, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message pong;
	size_t busy = 0;

	for (unsigned i = 0; i < V5_QUEUED + 1; i++)
		cr_assert_gt(v5_ping(lab5.v5, &t->contact), 0);
	lab5_tick();
	while (lab5_event(&e, DISCOVER_PINGED))
		busy += e.err == ERR_BUSY;
	cr_assert_eq(busy, 1);
	read_request(t, V5_PING);
	pong = pong5(&g.m, 1);
	for (unsigned i = 1; i < V5_QUEUED; i++) {
		struct got5 none;

		cr_assert(!tester5_reads(t, &none, 0));
		tester5_send(t, &pong);
		read_request(t, V5_PING);
		pong = pong5(&g.m, 1);
	}
	tester5_send(t, &pong);
	cr_assert(!tester5_reads(t, &g, 0));
}

Test(v5_calls, the_owner_has_so_many, LAB5)
{
	struct tester5 *t = tester();
	size_t ended = 0;

	for (unsigned i = 0; i < DISCOVER_REQUESTS; i++)
		cr_assert_gt(v5_ping(lab5.v5, &t->contact), 0);
	cr_assert_eq(v5_ping(lab5.v5, &t->contact), 0);
	cr_assert_eq(v5_lookup(lab5.v5, &t->contact.id), 0);
	lab5_wait(60000);
	while (lab5_event(&e, DISCOVER_PINGED))
		ended++;
	cr_assert_eq(ended, DISCOVER_REQUESTS);
	cr_assert_gt(v5_ping(lab5.v5, &t->contact), 0);
}

/* --- NODES ------------------------------------------------------------------
 */

Test(v5_calls, two_replies_may_take_twice_the_time, LAB5)
{
	struct tester5 *t = tester();
	struct ecc_keypair one = key_of_number(50), two = key_of_number(51);
	struct addr at = { .ip = { .family = IP_V4, .b = { 127, 0, 0, 1 } },
			   .port = 5000 };
	struct enr r1 = record_of(&one, 1, &at);
	struct enr r2 = record_of(&two, 1, &at);
	uint16_t d[2] = { (uint16_t)logdist(&t->contact.id, &r1.id),
			  (uint16_t)logdist(&t->contact.id, &r2.id) };
	size_t n = d[0] == d[1] ? 1 : 2;
	struct v5_message m;

	v5_find(lab5.v5, &t->contact, d, n);
	read_request(t, V5_FINDNODE);
	lab5_wait(650);
	m = nodes(2, &r1);
	tester5_send(t, &m);
	lab5_wait(650);
	m = nodes(2, &r2);
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_NODES));
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert_eq(e.count, 2);
	cr_assert(node_id_equal(&e.found[0].id, &r1.id));
}

Test(v5_calls, six_messages_are_read_and_no_more, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m;

	v5_find(lab5.v5, &t->contact, (uint16_t[]){ 256 }, 1);
	read_request(t, V5_FINDNODE);
	m = nodes(200, NULL);
	for (unsigned i = 0; i < V5_NODES_READ; i++) {
		cr_assert(!lab5_event(&e, DISCOVER_NODES));
		tester5_send(t, &m);
	}
	cr_assert(lab5_event(&e, DISCOVER_NODES));
	tester5_send(t, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_UNASKED), 1);
}

static void check_told(struct tester5 *by, const char *at, uint16_t tcp)
{
	struct ecc_keypair key = key_of_number(50);
	struct enr r = lab5_record_of_both(&key);
	uint16_t d = (uint16_t)logdist(&by->contact.id, &r.id);
	char text[ADDR_TEXT_MAX];
	struct v5_message m;

	v5_find(lab5.v5, &by->contact, &d, 1);
	read_request(by, V5_FINDNODE);
	m = nodes(1, &r);
	tester5_send(by, &m);
	cr_assert(lab5_event(&e, DISCOVER_NODES));
	cr_assert_eq(e.count, 1);
	cr_assert_str_eq(addr_text(text, &e.found[0].udp), at);
	cr_assert_eq(e.found[0].tcp, tcp);
}

Test(v5_calls, a_node_of_both_families_is_met_where_we_reach_it,
     .init = lab5_open, .fini = lab5_close)
{
	struct reach v4 = reach_family(IP_V4), v6 = reach_family(IP_V6);

	check_told(tester5_at(1, "20.1.1.1:30303", LAB5_FULL), "20.2.1.1:3000",
		   4000);
	v5_set_reach(lab5.v5, &v6);
	check_told(tester5_at(2, "[2a01::1]:30303", LAB5_FULL),
		   "[2a02::1]:3006", 4006);
	v5_set_reach(lab5.v5, &v4);
	check_told(tester5_at(3, "20.1.2.1:30303", LAB5_FULL), "20.2.1.1:3000",
		   4000);
}

/* Each of them is what it should not be in one way. */
Test(v5_calls, records_that_may_not_be_told_are_dropped, LAB5)
{
	struct tester5 *t = tester5_at(1, "20.1.1.1:30303", LAB5_FULL);
	struct addr fine = { .ip = { .family = IP_V4, .b = { 20, 2, 1, 1 } },
			     .port = 1025 };
	struct addr low = fine, lan = fine, special = fine;
	struct ecc_keypair key = key_of_number(50), far = key_of_number(51);
	struct enr r[6];
	struct v5_message m;
	uint16_t d;

	low.port = 1024;
	lan.ip.b[0] = 10;
	special.ip = (struct ip){ .family = IP_V4, .b = { 192, 0, 2, 1 } };
	r[0] = record_of(&key, 1, &low);
	r[1] = record_of(&key, 1, &lan);
	r[2] = record_of(&key, 1, &special);
	r[3] = record_of(&key, 1, NULL);
	r[4] = record_of(&key, 1, &fine);
	r[4].raw[10] ^= 1; /* of the signature */
	d = (uint16_t)logdist(&t->contact.id, &r[0].id);
	for (unsigned i = 52;; i++) {
		r[5] = record_of(&far, 1, &fine);
		if (logdist(&t->contact.id, &r[5].id) != d)
			break;
		far = key_of_number(i);
	}
	v5_find(lab5.v5, &t->contact, &d, 1);
	read_request(t, V5_FINDNODE);
	m = nodes(3, NULL);
	m.nodes.count = 6;
	for (size_t i = 0; i < 6; i++)
		m.nodes.records[i] = enr_raw(&r[i]);
	m.nodes.count = 3;
	tester5_send(t, &m);
	memmove(m.nodes.records, &m.nodes.records[3],
		3 * sizeof(m.nodes.records[0]));
	tester5_send(t, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_NODE), 6);
	r[4].raw[10] ^= 1;
	m = nodes(3, &r[4]);
	m.nodes.count = 2;
	m.nodes.records[1] = m.nodes.records[0];
	tester5_send(t, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_NODE), 7, "the second is the first");
	cr_assert(lab5_event(&e, DISCOVER_NODES));
	cr_assert_eq(e.count, 1);
}

/* --- records ----------------------------------------------------------------
 */

Test(v5_calls, a_newer_record_is_fetched_after_a_check, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(1);
	struct enr newer = record_of(&t->key, 5, &t->contact.udp);

	cr_assert(tester5_asks(t, &g, &m));
	cr_assert(tester5_reads(t, &g, 3000));
	cr_assert(g.is_open && g.m.type == V5_PING);
	m = pong5(&g.m, 5);
	tester5_send(t, &m);
	read_request(t, V5_FINDNODE);
	cr_assert_eq(g.m.findnode.count, 1);
	cr_assert_eq(g.m.findnode.distances[0], 0);
	m = nodes(1, &newer);
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_RECORD));
	cr_assert_eq(e.node.record.seq, 5);
	cr_assert_eq(contact_seq(table_find(v5_table(lab5.v5), &t->contact.id)),
		     5);
}

Test(v5_calls, a_record_is_requested, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m;

	v5_request_record(lab5.v5, &t->contact);
	read_request(t, V5_FINDNODE);
	m = nodes(1, &t->contact.record);
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_RECORD));
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert_eq(e.node.record.seq, 1);

	v5_request_record(lab5.v5, &t->contact);
	read_request(t, V5_FINDNODE);
	m = nodes(1, &lab5.self.record);
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_RECORD));
	cr_assert_eq(e.err, ERR_AUTH);
}

Test(v5_calls, talk, LAB5)
{
	static const uint8_t much[1200];
	struct tester5 *t = tester();
	struct v5_message m = { .type = V5_TALKRESP };

	cr_assert_eq(v5_talk(lab5.v5, &t->contact, span_text("foo"),
			     span_of(much, sizeof(much))),
		     0);
	cr_assert_gt(v5_talk(lab5.v5, &t->contact, span_text("foo"),
			     span_of(much, 700)),
		     0);
	read_request(t, V5_TALKREQ);
	cr_assert_eq(g.m.talkreq.request.len, 700);
	m.id = g.m.id;
	m.talkresp.response = span_text("answer");
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_TALKED));
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert(span_equal(e.data, span_text("answer")));

	/* Never asked twice. */
	v5_talk(lab5.v5, &t->contact, span_text("foo"), span_text("once"));
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert(!tester5_reads(t, &g, 699));
	cr_assert(!tester5_reads(t, &g, 1));
	lab5_tick();
	cr_assert(lab5_event(&e, DISCOVER_TALKED));
	cr_assert_eq(e.err, ERR_TIMEOUT);
}

/* Both begin at once; each sees the other's noise first. */
Test(v5_calls, crossed_handshakes_both_end_well, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(3), pong;
	struct got5 theirs, mine;

	v5_ping(lab5.v5, &t->contact);
	cr_assert(tester5_reads(t, &theirs, 0));
	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &mine, 0));
	cr_assert_eq(mine.packet.flag, V5_WHOAREYOU);
	tester5_challenges(t, &theirs, 0);
	cr_assert(tester5_reads(t, &g, 0));
	tester5_shakes(t, &mine, &m);
	tester5_takes(t, &g);
	pong = pong5(&g.m, 1);
	tester5_send(t, &pong);
	cr_assert(lab5_event(&e, DISCOVER_PINGED));
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert(g.is_open);
	cr_assert_eq(g.m.type, V5_PONG);
}

Test(v5_calls, resolve_asks_the_node_itself, LAB5)
{
	struct tester5 *t = tester();
	struct enr newer = record_of(&t->key, 5, &t->contact.udp);
	uint32_t request;
	struct v5_message m;

	cr_assert_gt(v5_resolve(lab5.v5, &t->contact.id, NULL), 0);
	lab5_tick();
	cr_assert(lab5_event(&e, DISCOVER_RESOLVED));
	cr_assert_eq(e.err, ERR_NOT_FOUND);

	request = v5_resolve(lab5.v5, &t->contact.id, &t->contact);
	read_request(t, V5_FINDNODE);
	m = nodes(1, &newer);
	tester5_send(t, &m);
	lab5_tick();
	cr_assert(lab5_event(&e, DISCOVER_RESOLVED));
	cr_assert_eq(e.request, request);
	cr_assert_eq(e.err, ERR_NONE);
	cr_assert_eq(e.node.record.seq, 5);
}

Test(v5_calls, a_lookup_knocks_at_two_doors_of_a_network, LAB5)
{
	unsigned distance = 256, sent = 0;
	struct datagram d;

	for (unsigned i = 1; distance > 253; i++) {
		struct ecc_keypair key = key_of_number(i);
		struct addr at = { .ip = { .family = IP_V4,
					   .b = { 20, 5, 5, (uint8_t)i } },
				   .port = 30303 };
		struct enr r = record_of(&key, 1, &at);
		struct contact c;

		if (logdist(&lab5.self.id, &r.id) != distance)
			continue;
		distance--;
		cr_assert(contact_of_record(&c, &r, NULL));
		v5_seed(lab5.v5, &c, lab5.now);
	}
	cr_assert_eq(table_count(v5_table(lab5.v5)), 3);
	cr_assert_gt(v5_lookup(lab5.v5, &lab5.self.id), 0);
	lab5_tick();
	while (v5_next_datagram(lab5.v5, &d))
		sent++;
	cr_assert_eq(sent, 2);
}
