/* SPDX-License-Identifier: Apache-2.0 */
/* Records: when the core fetches one, and which it takes. */
#include "test/unit/discover/v4_lab.h"

static const char here[] = "127.0.0.1:40001";

/* Answer PINGs with that seq, one of which is the next check, and then the
 * ENRREQUEST with that record. A refresh asks meanwhile, too. */
static void give_record(const struct tester *t, uint64_t seq,
			const struct enr *record)
{
	struct v4_packet request, pong;

	do {
		cr_assert(tester_reads(t, &request, 15000));
		pong = pong_to(&request);
		pong.pong.enr_seq = seq;
		if (request.type == V4_PING)
			tester_send(t, &pong);
	} while (request.type != V4_ENRREQUEST);
	tester_sends_record(t, &request, record);
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
	struct v4_packet request;

	tester_bonds(&t);
	tester_answers_ping(&t, 5, 3000);
	cr_assert(tester_reads(&t, &request, 0));
	cr_assert_eq(request.type, V4_ENRREQUEST);
	tester_sends_record(&other, &request, &record);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	cr_assert_eq(known_seq(&t), 0);
	tester_sends_record(&t, &request, &record);
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
