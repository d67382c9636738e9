/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance suite of go-ethereum's v4 (specs: discovery.md, "v4test"),
 * test by test, against the core: two testers on loopback, 300 ms for each
 * read. */
#include "p2p/crypto/keccak.h"
#include "test/unit/discover/v4_lab.h"

enum {
	READ_MS = 300,
};

static const char l1[] = "127.0.0.1:40001", l2[] = "127.0.0.2:40002";

static struct v4_endpoint wrong_endpoint(void)
{
	struct v4_endpoint e = { 0 };

	cr_assert_eq(ip_parse(&e.ip, "192.0.2.0"), ERR_NONE);
	return e;
}

static void check_pong(const struct tester *t, const struct v4_packet *p,
		       const struct v4_packet *ping)
{
	cr_assert_eq(p->type, V4_PONG);
	cr_assert(!memcmp(p->pong.ping_hash, ping->hash, V4_HASH));
	cr_assert(ip_equal(&p->pong.to.ip, &t->contact.udp.ip));
	cr_assert_eq(p->pong.to.udp, t->contact.udp.port);
	cr_assert_eq(p->pong.to.tcp, ping->ping.from.tcp);
	cr_assert_eq(p->pong.enr_seq, lab.record.seq);
}

/* "Exactly one valid PONG and one PING, any order, nothing else between." */
static void expect_pong_and_ping(const struct tester *t,
				 const struct v4_packet *ping)
{
	struct v4_packet p;

	cr_assert(tester_reads(t, &p, READ_MS));
	check_pong(t, &p, ping);
	cr_assert(tester_reads(t, &p, READ_MS));
	cr_assert_eq(p.type, V4_PING);
	cr_assert_eq(p.ping.version, V4_VERSION);
	cr_assert(ip_equal(&p.ping.to.ip, &t->contact.udp.ip));
	cr_assert_eq(p.ping.to.udp, t->contact.udp.port);
	cr_assert_eq(p.ping.to.tcp, 0);
	cr_assert_eq(p.ping.from.udp, 30303);
	cr_assert_eq(p.ping.from.tcp, 30303);
	cr_assert(ip_is_loopback(&p.ping.from.ip));
	cr_assert_eq(p.ping.enr_seq, lab.record.seq);
	cr_assert_eq(p.expiration, lab_unix() + 20);
	cr_assert(lab_is_silent(READ_MS));
}

Test(v4_suite, ping_basic, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = ping_of(&t);

	tester_send(&t, &ping);
	expect_pong_and_ping(&t, &ping);
}

Test(v4_suite, ping_wrong_to, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = ping_of(&t);

	ping.ping.to = wrong_endpoint();
	tester_send(&t, &ping);
	expect_pong_and_ping(&t, &ping);
}

Test(v4_suite, ping_wrong_from, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = ping_of(&t);

	ping.ping.from = wrong_endpoint();
	tester_send(&t, &ping);
	expect_pong_and_ping(&t, &ping);
}

/* Sign bytes that no encoder of ours makes. */
static void send_data(const struct tester *t, struct v4_packet *p, uint8_t type,
		      const char *data)
{
	uint8_t bytes[V4_PACKET_MAX], digest[32];
	struct span body = hex_bytes(data);
	struct ecc_sig sig;

	bytes[97] = type;
	memcpy(bytes + 98, body.data, body.len);
	keccak256(digest, bytes + 97, 1 + body.len);
	ecc_sign(&sig, &t->key.key, digest);
	memcpy(bytes + 32, sig.b, sizeof(sig.b));
	keccak256(bytes, bytes + 32, 66 + body.len);
	memcpy(p->hash, bytes, V4_HASH);
	tester_send_bytes(t, bytes, 98 + body.len);
	free((void *)body.data);
}

Test(v4_suite, ping_extra_data, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = { .type = V4_PING };

	/* [4, [127.0.0.1, 40001, 40001], [127.0.0.1, 30303, 0],
	 * 0x6553f200, 42, 090807060504030201] */
	ping.ping.from.tcp = 40001;
	send_data(&t, &ping, V4_PING,
		  "e704cb847f000001829c41829c41c9847f00000182765f80"
		  "846553f2002a89090807060504030201");
	expect_pong_and_ping(&t, &ping);
}

Test(v4_suite, ping_extra_data_wrong_from, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = { .type = V4_PING };

	send_data(&t, &ping, V4_PING,
		  "ef04d39000000000000000000000ffffc00002008080"
		  "c9847f00000182765f80846553f2002a89090807060504030201");
	expect_pong_and_ping(&t, &ping);
}

Test(v4_suite, ping_past_expiration, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = ping_of(&t);

	ping.expiration = -(lab_unix() + 20);
	tester_send(&t, &ping);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_EXPIRED), 1);
}

Test(v4_suite, ping_wrong_packet_type, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping;

	send_data(&t, &ping, 66,
		  "dc04cb847f000001829c41829c41c9847f00000182765f80846553f200");
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_TYPE), 1);
}

Test(v4_suite, ping_bond_then_ping_with_wrong_from, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet ping = ping_of(&t), p;

	tester_bonds(&t);
	ping.ping.from = wrong_endpoint();
	tester_send(&t, &ping);
	cr_assert(tester_reads(&t, &p, READ_MS));
	check_pong(&t, &p, &ping);
	cr_assert(lab_is_silent(READ_MS));
}

Test(v4_suite, enrrequest, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet request = enrrequest_of(), p;
	struct enr r;

	tester_bonds(&t);
	tester_send(&t, &request);
	cr_assert(tester_reads(&t, &p, READ_MS));
	cr_assert_eq(p.type, V4_ENRRESPONSE);
	cr_assert(!memcmp(p.enrresponse.request_hash, request.hash, V4_HASH));
	cr_assert_eq(enr_read(&r, p.enrresponse.record, NULL), ERR_NONE);
	cr_assert(node_id_equal(&r.id, &lab.id));
	cr_assert_eq(r.seq, lab.record.seq);
}

Test(v4_suite, findnode_without_endpoint_proof, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet p = findnode_of(99);

	tester_send(&t, &p);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 1);
	p = enrrequest_of();
	tester_send(&t, &p);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 2);
}

Test(v4_suite, findnode_basic, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet p = findnode_of(99);

	tester_bonds(&t);
	tester_send(&t, &p);
	cr_assert(tester_reads(&t, &p, READ_MS));
	cr_assert_eq(p.type, V4_NEIGHBORS);
}

Test(v4_suite, findnode_unsolicited_neighbors, LAB)
{
	struct tester t = tester_at(1, l1);
	struct tester fake = tester_at(2, "1.2.3.4:30303");
	struct v4_packet neighbors = { .type = V4_NEIGHBORS,
				       .expiration = lab_unix() + 20 };
	struct v4_packet p = findnode_of(2);

	neighbors.neighbors.count = 1;
	neighbors.neighbors.nodes[0].pub = fake.key.pub;
	neighbors.neighbors.nodes[0].at.ip = fake.contact.udp.ip;
	neighbors.neighbors.nodes[0].at.udp = 30303;
	tester_bonds(&t);
	tester_send(&t, &neighbors);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	tester_send(&t, &p);
	cr_assert(tester_reads(&t, &p, READ_MS));
	cr_assert_eq(p.type, V4_NEIGHBORS);
	for (size_t i = 0; i < p.neighbors.count; i++)
		cr_assert(memcmp(&p.neighbors.nodes[i].pub, &fake.key.pub,
				 sizeof(fake.key.pub)) != 0);
	cr_assert_null(table_find(v4_table(lab.v4), &fake.contact.id));
}

Test(v4_suite, findnode_past_expiration, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet p = findnode_of(99);

	tester_bonds(&t);
	p.expiration = -(lab_unix() + 20);
	tester_send(&t, &p);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_EXPIRED), 1);
}

Test(v4_suite, amplification_invalid_pong_hash, LAB)
{
	struct tester t = tester_at(1, l1);
	struct v4_packet p = ping_of(&t), pong;

	tester_send(&t, &p);
	cr_assert(tester_reads(&t, &p, READ_MS));
	cr_assert(tester_reads(&t, &p, READ_MS));
	cr_assert_eq(p.type, V4_PING);
	pong = pong_to(&p);
	memset(pong.pong.ping_hash, 0, V4_HASH);
	tester_send(&t, &pong);
	cr_assert_eq(lab_dropped(V4_DROP_UNASKED), 1);
	p = findnode_of(99);
	tester_send(&t, &p);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 1);
}

/* "Nothing at all on l2 for 300 ms, not even PING." */
Test(v4_suite, amplification_wrong_ip, LAB)
{
	struct tester t = tester_at(1, l1), elsewhere = tester_at(1, l2);
	struct v4_packet p = findnode_of(99);

	tester_bonds(&t);
	tester_send(&elsewhere, &p);
	cr_assert(lab_is_silent(READ_MS));
	cr_assert_eq(lab_dropped(V4_DROP_UNPROVEN), 1);
}
