/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite of v5 (specs: discovery.md, "v5test"), played against
 * the core. */
#include "test/unit/discover/v5_lab.h"

static void expect_pong(const struct got5 *g, const struct tester5 *t,
			uint8_t id)
{
	cr_assert(g->is_open);
	cr_assert_eq(g->m.type, V5_PONG);
	cr_assert_eq(g->m.id.len, 4);
	cr_assert_eq(g->m.id.b[3], id);
	cr_assert(ip_equal(&g->m.pong.recipient.ip, &t->contact.udp.ip));
	cr_assert_eq(g->m.pong.recipient.port, t->contact.udp.port);
	cr_assert_eq(g->m.pong.enr_seq, 1);
}

Test(v5_suite, ping, LAB5)
{
	struct tester5 *t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct v5_message m = ping5(7);
	struct got5 g;

	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &g, 300));
	cr_assert_eq(g.packet.flag, V5_WHOAREYOU);
	cr_assert_eq(g.packet.whoareyou.enr_seq, 0);
	cr_assert(!memcmp(g.packet.nonce, t->nonce, V5_NONCE));
	tester5_shakes(t, &g, &m);
	cr_assert(tester5_reads(t, &g, 300));
	expect_pong(&g, t, 7);
	cr_assert(!tester5_reads(t, &g, 1000));
}

Test(v5_suite, ping_large_request_id, LAB5)
{
	/* PING [nine zeros, 1] */
	static const uint8_t plain[] = { V5_PING, 0xcb, 0x89, 0, 0, 0, 0,
					 0,	  0,	0,    0, 0, 1 };
	struct tester5 *t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct v5_message m = ping5(1);
	struct got5 g;

	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &g, 300));
	tester5_shakes_bytes(t, &g, span_of(plain, sizeof(plain)));
	cr_assert(!tester5_reads(t, &g, 300));
	cr_assert_eq(lab5_dropped(V5_DROP_MESSAGE), 1);
}

Test(v5_suite, ping_multi_ip, LAB5)
{
	struct tester5 *one = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct tester5 *two = tester5_at(1, "127.0.0.2:40002", LAB5_BARE);
	struct v5_message m = ping5(1);
	struct v5_sessions own;
	struct got5 g;

	cr_assert(tester5_asks(one, &g, &m));
	expect_pong(&g, one, 1);
	own = two->sessions;
	two->sessions = one->sessions;
	tester5_send(two, &m);
	one->sessions = two->sessions;
	two->sessions = own;
	cr_assert(tester5_reads(two, &g, 300));
	cr_assert_eq(g.packet.flag, V5_WHOAREYOU);
	tester5_shakes(two, &g, &m);
	cr_assert(tester5_reads(two, &g, 300));
	expect_pong(&g, two, 1);
	own = one->sessions;
	one->sessions = two->sessions;
	tester5_send(one, &m);
	one->sessions = own;
	cr_assert(tester5_reads(one, &g, 300));
	cr_assert_eq(g.packet.flag, V5_WHOAREYOU);
}

Test(v5_suite, handshake_resend, LAB5)
{
	struct tester5 *t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct v5_message m = ping5(1);
	struct got5 first, second;

	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &first, 300));
	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &second, 300));
	cr_assert(span_equal(span_of(first.bytes, first.len),
			     span_of(second.bytes, second.len)));
	/* It still works, and only for a second is it the same. */
	tester5_shakes(t, &second, &m);
	cr_assert(tester5_reads(t, &second, 300));
	expect_pong(&second, t, 1);
}

Test(v5_suite, talk_request, LAB5)
{
	struct tester5 *t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct v5_message m = { .type = V5_TALKREQ,
				.id = { 4, { 0, 0, 0, 5 } } };
	struct got5 g;

	m.talkreq.protocol = span_text("test-protocol");
	for (int i = 0; i < 2; i++) {
		cr_assert(tester5_asks(t, &g, &m));
		cr_assert(g.is_open);
		cr_assert_eq(g.m.type, V5_TALKRESP);
		cr_assert(v5_request_id_equal(&g.m.id, &m.id));
		cr_assert_eq(g.m.talkresp.response.len, 0);
		m.id.len = 0;
	}
}

Test(v5_suite, findnode_zero_distance, LAB5)
{
	struct tester5 *t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	struct v5_message m = find5(3, (uint16_t[]){ 0 }, 1);
	struct enr r;
	struct got5 g;

	cr_assert(tester5_asks(t, &g, &m));
	cr_assert(g.is_open);
	cr_assert_eq(g.m.type, V5_NODES);
	cr_assert_eq(g.m.nodes.total, 1);
	cr_assert_eq(g.m.nodes.count, 1);
	cr_assert_eq(enr_read(&r, g.m.nodes.records[0], NULL), ERR_NONE);
	cr_assert(node_id_equal(&r.id, &lab5.self.id));
}

/* They ignore what they cannot decrypt: our PING has to come in the session
 * that they began. */
Test(v5_suite, findnode_results, LAB5)
{
	struct tester5 *by[5], *t;
	struct v5_message m = ping5(1), find = find5(2, NULL, 0);
	size_t found = 0, total = 1;
	struct discover_event e;
	struct got5 g;

	for (unsigned i = 0; i < 5; i++) {
		char at[ADDR_TEXT_MAX];

		snprintf(at, sizeof(at), "127.0.0.1:%u", 41000 + i);
		by[i] = tester5_at(10 + i, at, LAB5_FULL);
		cr_assert(tester5_asks(by[i], &g, &m));
		expect_pong(&g, by[i], 1);
	}
	while (table_live(v5_table(lab5.v5)) < 5) {
		struct datagram d;

		if (!v5_next_datagram(lab5.v5, &d)) {
			cr_assert_lt(lab5.now.ns, 5000000000);
			lab5_wait(10);
			continue;
		}
		for (unsigned i = 0; i < 5; i++) {
			struct v5_peer peer =
				v5_peer_of(&lab5.self.id, &lab5.self.udp);
			struct v5_message pong;
			size_t len;

			if (d.to.port != by[i]->contact.udp.port)
				continue;
			cr_assert(!v5_open(&g.packet, span_of(d.bytes, d.len),
					   &by[i]->contact.id));
			cr_assert(!v5_sessions_open(&by[i]->sessions, g.plain,
						    &len, &peer, &g.packet));
			cr_assert(!v5_message_decode(&g.m,
						     span_of(g.plain, len)));
			cr_assert_eq(g.m.type, V5_PING);
			pong = pong5(&g.m, 1);
			tester5_send(by[i], &pong);
			cr_assert(lab5_event(&e, DISCOVER_LIVE));
		}
	}
	for (unsigned i = 0; i < 5; i++) {
		uint16_t at =
			(uint16_t)logdist(&lab5.self.id, &by[i]->contact.id);
		bool is_new = true;

		for (size_t k = 0; k < find.findnode.count; k++)
			is_new &= find.findnode.distances[k] != at;
		if (is_new)
			find.findnode.distances[find.findnode.count++] = at;
	}
	t = tester5_at(1, "127.0.0.1:40001", LAB5_BARE);
	cr_assert(tester5_asks(t, &g, &find));
	for (size_t i = 0; i < total; i++) {
		if (i)
			cr_assert(tester5_reads(t, &g, 300));
		cr_assert_eq(g.m.type, V5_NODES);
		total = g.m.nodes.total;
		found += g.m.nodes.count;
	}
	cr_assert_eq(found, 5);
	cr_assert_eq(total, 1);
}
