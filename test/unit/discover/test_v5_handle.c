/* SPDX-License-Identifier: Apache-2.0 */
/* What the core does with what comes unasked. */
#include "test/unit/discover/v5_lab.h"

static struct got5 g;

static struct tester5 *tester(void)
{
	return tester5_at(1, "127.0.0.1:40001", LAB5_FULL);
}

static void read_whoareyou(struct tester5 *t)
{
	struct v5_message m = ping5(1);

	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.packet.flag, V5_WHOAREYOU);
}

Test(v5_handle, drops_what_is_no_packet, LAB5)
{
	static uint8_t bytes[1400];
	struct tester5 *t = tester();

	tester5_feed(t, bytes, 62);
	tester5_feed(t, bytes, 1281);
	cr_assert_eq(lab5_dropped(V5_DROP_SIZE), 2);
	tester5_feed(t, bytes, 100);
	cr_assert_eq(lab5_dropped(V5_DROP_HEADER), 1);
	tester5_feed(t, NULL, 0);
	cr_assert(!tester5_reads(t, &g, 300));
}

Test(v5_handle, a_challenge_is_gone_after_a_second, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(1);
	struct got5 late;

	read_whoareyou(t);
	late = g;
	cr_assert_eq(v5_open(&late.packet, span_of(late.bytes, late.len),
			     &t->contact.id),
		     ERR_NONE);
	lab5_wait(1000);
	tester5_shakes(t, &late, &m);
	cr_assert(!tester5_reads(t, &g, 300));
	cr_assert_eq(lab5_dropped(V5_DROP_HANDSHAKE), 1);

	/* And another is made then. */
	v5_sessions_clear(&t->sessions);
	read_whoareyou(t);
	cr_assert(memcmp(g.bytes, late.bytes, late.len) != 0);
	cr_assert_eq(v5_stats(lab5.v5)->challenges, 2);
}

Test(v5_handle, after_a_bad_signature_a_good_handshake_is_refused, LAB5)
{
	struct tester5 *t = tester();
	struct ecc_keypair key = t->key;
	struct v5_message m = ping5(1);

	read_whoareyou(t);
	t->key = key_of_number(99);
	tester5_shakes(t, &g, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_SIGNATURE), 1);
	t->key = key;
	tester5_shakes(t, &g, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_HANDSHAKE), 1);
	cr_assert(!tester5_reads(t, &g, 300));
}

Test(v5_handle, a_handshake_needs_a_record_of_its_sender, LAB5)
{
	struct tester5 *t = tester();
	struct ecc_keypair other = key_of_number(99);
	struct v5_message m = ping5(1);

	read_whoareyou(t);
	t->contact.record = record_of(&other, 1, NULL);
	tester5_shakes(t, &g, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_RECORD), 1);
	v5_sessions_clear(&t->sessions);
	read_whoareyou(t);
	t->contact.record.len = 0;
	tester5_shakes(t, &g, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_RECORD), 2);
	cr_assert(!tester5_reads(t, &g, 300));
}

Test(v5_handle, a_sender_is_in_the_table_if_its_record_agrees, LAB5)
{
	struct tester5 *t = tester();
	struct tester5 *moved = tester5_at(2, "127.0.0.1:40002", LAB5_FULL);
	struct tester5 *low = tester5_at(3, "127.0.0.1:1024", LAB5_FULL);
	struct tester5 *bare = tester5_at(4, "127.0.0.1:40004", LAB5_BARE);
	struct v5_message m = ping5(1);

	moved->contact.udp.port = 40003;
	cr_assert(tester5_asks(t, &g, &m) && g.is_open);
	cr_assert(tester5_asks(moved, &g, &m) && g.is_open);
	cr_assert(tester5_asks(low, &g, &m) && g.is_open);
	cr_assert(tester5_asks(bare, &g, &m) && g.is_open);
	cr_assert_eq(table_count(v5_table(lab5.v5)), 1);
	cr_assert_not_null(table_find(v5_table(lab5.v5), &t->contact.id));
}

Test(v5_handle, a_mapped_source_gets_a_short_address, LAB5)
{
	struct tester5 *t = tester();
	struct addr plain = t->contact.udp;
	struct v5_message m = ping5(1);

	cr_assert(tester5_asks(t, &g, &m));
	t->contact.udp.ip = (struct ip){ .family = IP_V6,
					 .b = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
						255, 255, 127, 0, 0, 1 } };
	tester5_send(t, &m);
	t->contact.udp = plain;
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.m.pong.recipient.ip.family, IP_V4);
}

Test(v5_handle, odd_distances_get_an_empty_answer, LAB5)
{
	/* FINDNODE [id 1, [4234098]] */
	static const uint8_t far[] = { V5_FINDNODE, 0xc6, 0x01, 0xc4,
				       0x83,	    0x40, 0x9b, 0x72 };
	struct tester5 *t = tester();
	struct v5_message none = find5(1, NULL, 0);

	cr_assert(tester5_asks(t, &g, &none));
	cr_assert(g.is_open && g.m.type == V5_NODES);
	cr_assert_eq(g.m.nodes.total, 1);
	cr_assert_eq(g.m.nodes.count, 0);

	v5_sessions_clear(&t->sessions);
	read_whoareyou(t);
	tester5_shakes_bytes(t, &g, span_of(far, sizeof(far)));
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert(g.is_open && g.m.type == V5_NODES);
	cr_assert_eq(g.m.nodes.total, 1);
	cr_assert_eq(g.m.nodes.count, 0);
}

Test(v5_handle, noise_leaves_the_session, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(1);
	struct v5_sessions kept;

	cr_assert(tester5_asks(t, &g, &m));
	kept = t->sessions;
	v5_sessions_init(&t->sessions, 4, UINT32_MAX);
	read_whoareyou(t);
	t->sessions = kept;
	cr_assert(tester5_asks(t, &g, &m));
	cr_assert(g.is_open);
	cr_assert_eq(g.m.type, V5_PONG);
}

Test(v5_handle, unasked_answers_are_dropped, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(1), pong = pong5(&m, 9);
	struct discover_event e;

	cr_assert(tester5_asks(t, &g, &m));
	tester5_send(t, &pong);
	tester5_challenges(t, &g, 0);
	cr_assert(!tester5_reads(t, &g, 100));
	cr_assert_eq(lab5_dropped(V5_DROP_UNASKED), 1);
	cr_assert_eq(lab5_dropped(V5_DROP_WHOAREYOU), 1);
	cr_assert(!lab5_event(&e, DISCOVER_ENDPOINT));
}

/* What is sent to whom does not prove its address is less than what came. */
Test(v5_handle, a_flood_of_strangers_gets_little, LAB5)
{
	struct tester5 *t = tester5_at(1, "20.1.1.1:30303", LAB5_FULL);
	struct v5_message m = ping5(1);
	uint64_t sent = 0;

	for (unsigned i = 0; i < 200; i++) {
		t->contact.id.b[0] = (uint8_t)i;
		tester5_send(t, &m);
	}
	sent = v5_stats(lab5.v5)->challenges;
	cr_assert_eq(sent, 8, "%u", (unsigned)sent);
	cr_assert_gt(lab5_dropped(V5_DROP_CHALLENGES), 0);
	cr_assert_gt(lab5_dropped(V5_DROP_RATE), 0);
	cr_assert_lt(v5_stats(lab5.v5)->sent_bytes,
		     v5_stats(lab5.v5)->received_bytes);
}

Test(v5_handle, local_testers_have_no_limit, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = ping5(1);

	for (unsigned i = 0; i < 200; i++) {
		t->contact.id.b[0] = (uint8_t)i;
		tester5_send(t, &m);
	}
	cr_assert_eq(v5_stats(lab5.v5)->challenges, 200);
}

Test(v5_handle, talk_is_answered_by_the_owner, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = { .type = V5_TALKREQ, .id = { 1, { 9 } } };
	struct discover_event e;

	m.talkreq.protocol = span_text("foo");
	m.talkreq.request = span_text("question");
	tester5_asks(t, &g, &m);
	cr_assert_eq(g.m.type, V5_TALKRESP);
	cr_assert_eq(g.m.talkresp.response.len, 0);
	v5_take_talks(lab5.v5);
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_TALK));
	cr_assert(span_equal(e.protocol, span_text("foo")));
	cr_assert(span_equal(e.data, span_text("question")));
	cr_assert(node_id_equal(&e.node.id, &t->contact.id));
	cr_assert_eq(v5_talk_reply(lab5.v5, e.token, span_text("answer")),
		     ERR_NONE);
	cr_assert_eq(v5_talk_reply(lab5.v5, e.token, span_text("answer")),
		     ERR_NOT_FOUND);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.m.type, V5_TALKRESP);
	cr_assert(v5_request_id_equal(&g.m.id, &m.id));
	cr_assert(span_equal(g.m.talkresp.response, span_text("answer")));

	/* Nobody waits for a second. */
	tester5_send(t, &m);
	cr_assert(lab5_event(&e, DISCOVER_TALK));
	lab5_wait(V5_TALK_MS);
	lab5_tick();
	cr_assert_eq(v5_talk_reply(lab5.v5, e.token, span_text("answer")),
		     ERR_NOT_FOUND);

	/* A node has its share. */
	for (unsigned i = 0; i < V5_TALKS_NODE + 1; i++)
		tester5_send(t, &m);
	cr_assert_eq(lab5_dropped(V5_DROP_TALKS), 1);
}

Test(v5_handle, the_longest_reply_fits, LAB5)
{
	static const uint8_t long_reply[V5_TALK_REPLY_MAX + 1];
	struct tester5 *t = tester();
	struct v5_message m = { .type = V5_TALKREQ, .id = { 8, { 9 } } };
	struct discover_event e;

	v5_take_talks(lab5.v5);
	m.talkreq.protocol = span_text("foo");
	cr_assert(!tester5_asks(t, &g, &m));
	cr_assert(lab5_event(&e, DISCOVER_TALK));
	cr_assert_eq(v5_talk_reply(lab5.v5, e.token,
				   span_of(long_reply, sizeof(long_reply))),
		     ERR_LIMIT);
	cr_assert_eq(v5_talk_reply(lab5.v5, e.token,
				   span_of(long_reply, sizeof(long_reply) - 1)),
		     ERR_NONE);
	cr_assert(tester5_reads(t, &g, 0));
	cr_assert_eq(g.len, V5_PACKET_MAX);
}

/* Its session is there, whatever others prefer. */
Test(v5_handle, who_comes_from_one_of_two_addresses_is_known_by_that,
     .init = lab5_open, .fini = lab5_close)
{
	static const struct {
		const char *from, *at; /* NULL: not known */
		uint16_t tcp;
	} rows[] = {
		{ "20.2.1.1:3000", "20.2.1.1:3000", 4000 },
		{ "[2a02::1]:3006", "[2a02::1]:3006", 4006 },
		{ "[2a02::1]:3000", NULL, 0 },
		{ "[2a02::2]:3006", NULL, 0 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct tester5 *t = tester5_at(i + 1, rows[i].from, LAB5_BARE);
		struct v5_message m = ping5(1);
		const struct contact *c;
		char text[ADDR_TEXT_MAX];

		t->contact.record = lab5_record_of_both(&t->key);
		cr_assert(tester5_asks(t, &g, &m));
		c = table_find(v5_table(lab5.v5), &t->contact.id);
		cr_assert_eq(c != NULL, rows[i].at != NULL, "%s", rows[i].from);
		if (!c)
			continue;
		cr_assert_str_eq(addr_text(text, &c->udp), rows[i].at);
		cr_assert_eq(c->tcp, rows[i].tcp);
	}
}

/* Sixteen records of nearly the most bytes make six messages of three. */
static void fill_bucket(struct table *table)
{
	struct mono later = mono_add_ms(lab5.now, 3000);
	struct contact c;
	struct enr r;
	size_t n = 0;

	for (unsigned i = 100; n < TABLE_BUCKET; i++) {
		struct ecc_keypair key = key_of_number(i);
		struct node_id id = node_id_of(&key.pub);
		uint8_t pad[152] = { 0xb8, 150 };
		struct enr_draft d = { .seq = 1 };

		if (logdist(&lab5.self.id, &id) != 256)
			continue;
		n++;
		cr_assert_eq(enr_draft_set_ip(&d, &lab5.self.udp.ip), ERR_NONE);
		cr_assert_eq(
			enr_draft_set_port(&d, "udp", (uint16_t)(5000 + i)),
			ERR_NONE);
		cr_assert_eq(enr_draft_set(&d, "x", span_of(pad, sizeof(pad))),
			     ERR_NONE);
		cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
		cr_assert_eq(enr_read(&r, enr_raw(&r), NULL), ERR_NONE);
		cr_assert(contact_of_record(&c, &r, NULL));
		cr_assert_geq(r.len, 251);
		cr_assert_eq(table_add(table, &c, TABLE_FOUND, lab5.now),
			     ERR_NONE);
	}
	while (table_take_check(table, &c, later))
		cr_assert_eq(table_alive(table, &c.id, later), 1);
}

Test(v5_handle, an_answer_is_five_messages_at_most, LAB5)
{
	struct tester5 *t = tester();
	struct v5_message m = find5(1, (uint16_t[]){ 256 }, 1);
	size_t records = 0;

	fill_bucket((struct table *)(uintptr_t)v5_table(lab5.v5));
	cr_assert(tester5_asks(t, &g, &m));
	for (unsigned i = 0; i < V5_NODES_SENT; i++) {
		if (i)
			cr_assert(tester5_reads(t, &g, 0));
		cr_assert(g.is_open && g.m.type == V5_NODES);
		cr_assert_eq(g.m.nodes.total, V5_NODES_SENT);
		records += g.m.nodes.count;
	}
	cr_assert_eq(records, 15);
	cr_assert(!tester5_reads(t, &g, 0));
}

/* Nor are nodes of a LAN told to who is not in it. */
Test(v5_handle, strangers_are_not_told_of_local_nodes, LAB5)
{
	struct tester5 *t = tester5_at(1, "20.1.1.1:30303", LAB5_FULL);
	struct v5_message m = find5(1, (uint16_t[]){ 256 }, 1);

	fill_bucket((struct table *)(uintptr_t)v5_table(lab5.v5));
	cr_assert(tester5_asks(t, &g, &m));
	cr_assert(g.is_open && g.m.type == V5_NODES);
	cr_assert_eq(g.m.nodes.count, 0);
}

Test(v5_handle, keeps_to_its_networks, LAB5)
{
	struct secret32 seed = { { 1 } };
	struct reach reach = { 0 };
	struct v5_config config = { .key = &lab5.key,
				    .seed = &seed,
				    .reach = &reach,
				    .limits = guard_limits_default };
	struct tester5 *t = tester();
	struct v5_message m = ping5(1);
	struct v5 *all = lab5.v5;

	cr_assert_eq(netlist_parse(&reach.nets, "10.0.0.0/8", NULL), ERR_NONE);
	lab5.v5 = v5_new(&config, lab5.now);
	tester5_send(t, &m);
	cr_assert(!tester5_reads(t, &g, 300));
	cr_assert_eq(lab5_dropped(V5_DROP_RESTRICTED), 1);
	t->contact.udp.ip.b[0] = 10;
	tester5_send(t, &m);
	cr_assert(tester5_reads(t, &g, 0));
	v5_free(lab5.v5);
	lab5.v5 = all;
}
