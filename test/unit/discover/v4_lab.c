/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/discover/v4_lab.h"

#include "p2p/crypto/rng.h"

struct lab lab;

uint64_t lab_unix(void)
{
	return LAB_UNIX + lab.now.ns / 1000000000;
}

void lab_open(void)
{
	lab_open_in("");
}

void lab_open_in(const char *networks)
{
	struct reach reach = { 0 };
	struct secret32 seed = { { 7 } };
	struct v4_config config = { .key = &lab.key,
				    .seed = &seed,
				    .reach = &reach,
				    .limits = guard_limits_default,
				    .ping_version = V4_VERSION };
	struct addr at;

	crypto_init();
	if (*networks)
		cr_assert_eq(netlist_parse(&reach.nets, networks, NULL),
			     ERR_NONE);
	lab.key = key_of_number(0);
	lab.id = node_id_of(&lab.key.pub);
	lab.now = (struct mono){ 1000000000 };
	cr_assert_eq(addr_parse(&at, "127.0.0.1:30303"), ERR_NONE);
	lab.record = record_of(&lab.key, 1, &at);
	lab.v4 = v4_new(&config, lab.now);
	v4_set_record(lab.v4, &lab.record);
	lab_wait(0);
}

void lab_close(void)
{
	v4_free(lab.v4);
}

void lab_tick(void)
{
	lab.due = v4_tick(lab.v4, lab.now, lab_unix());
}

void lab_wait(uint64_t ms)
{
	struct mono end = mono_add_ms(lab.now, ms);
	size_t ticks = 0;

	lab_tick();
	while (!mono_before(end, lab.due)) {
		if (mono_before(lab.now, lab.due))
			lab.now = lab.due;
		lab_tick();
		cr_assert_lt(++ticks, 100000, "the deadline does not pass");
	}
	lab.now = end;
}

struct tester tester_at(unsigned number, const char *addr)
{
	struct tester t = { .key = key_of_number(number) };

	t.contact.pub = t.key.pub;
	t.contact.id = node_id_of(&t.key.pub);
	cr_assert_eq(addr_parse(&t.contact.udp, addr), ERR_NONE);
	t.contact.tcp = t.contact.udp.port;
	return t;
}

struct tester tester_of_network(unsigned n)
{
	char at[32];

	snprintf(at, sizeof(at), "30.0.%u.1:30303", n);
	return tester_at(n, at);
}

void tester_send_bytes(const struct tester *t, const void *data, size_t len)
{
	v4_feed(lab.v4, &t->contact.udp, data, len, lab.now, lab_unix());
	lab_tick();
}

void tester_send(const struct tester *t, struct v4_packet *p)
{
	uint8_t bytes[V4_PACKET_MAX];
	size_t len = v4_encode(bytes, p, &t->key.key);

	tester_send_bytes(t, bytes, len);
}

struct v4_packet ping_of(const struct tester *t)
{
	struct v4_packet p = { .type = V4_PING, .expiration = lab_unix() + 20 };

	p.ping.version = V4_VERSION;
	p.ping.from.ip = t->contact.udp.ip;
	p.ping.from.udp = t->contact.udp.port;
	p.ping.from.tcp = t->contact.tcp;
	cr_assert_eq(ip_parse(&p.ping.to.ip, "127.0.0.1"), ERR_NONE);
	p.ping.to.udp = 30303;
	return p;
}

struct v4_packet pong_to(const struct v4_packet *ping)
{
	struct v4_packet p = { .type = V4_PONG, .expiration = lab_unix() + 20 };

	memcpy(p.pong.ping_hash, ping->hash, V4_HASH);
	p.pong.to = ping->ping.from;
	return p;
}

struct v4_packet findnode_of(unsigned target)
{
	struct v4_packet p = { .type = V4_FINDNODE,
			       .expiration = lab_unix() + 20 };

	p.findnode.target = key_of_number(target).pub;
	return p;
}

struct v4_packet enrrequest_of(void)
{
	return (struct v4_packet){ .type = V4_ENRREQUEST,
				   .expiration = lab_unix() + 20 };
}

struct v4_packet neighbors_of(const struct tester *all, size_t count)
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

static void read_datagram(const struct tester *t, struct v4_packet *out,
			  const struct datagram *d)
{
	static uint8_t kept[V4_PACKET_MAX]; /* a record borrows from it */
	struct ecc_pub by;

	cr_assert(ip_equal(&d->to.ip, &t->contact.udp.ip) &&
			  d->to.port == t->contact.udp.port,
		  "a packet to somebody else");
	memcpy(kept, d->bytes, d->len);
	cr_assert_eq(v4_decode(out, span_of(kept, d->len)), ERR_NONE);
	cr_assert_eq(v4_recover(&by, span_of(kept, d->len)), ERR_NONE);
	cr_assert(!memcmp(&by, &lab.key.pub, sizeof(by)));
	cr_assert(!v4_is_expired(out, lab_unix()));
}

bool tester_reads(const struct tester *t, struct v4_packet *out, uint64_t ms)
{
	struct mono end = mono_add_ms(lab.now, ms);
	struct datagram d;

	lab_tick();
	while (!v4_next_datagram(lab.v4, &d)) {
		if (mono_before(end, lab.due)) {
			lab.now = end;
			return false;
		}
		if (mono_before(lab.now, lab.due))
			lab.now = lab.due;
		lab_tick();
	}
	read_datagram(t, out, &d);
	return true;
}

void tester_sends_record(const struct tester *t,
			 const struct v4_packet *request,
			 const struct enr *record)
{
	struct v4_packet p = { .type = V4_ENRRESPONSE };

	memcpy(p.enrresponse.request_hash, request->hash, V4_HASH);
	p.enrresponse.record = enr_raw(record);
	tester_send(t, &p);
}

void tester_expects(const struct tester *t, struct v4_packet *out,
		    enum v4_type type, uint64_t ms)
{
	struct mono before = lab.now;

	cr_assert(tester_reads(t, out, ms));
	cr_assert_eq(out->type, type);
	cr_assert_eq(mono_since_ms(lab.now, before), ms);
}

void tester_expects_ping(const struct tester *t)
{
	struct v4_packet p, pong;

	tester_expects(t, &p, V4_PING, 0);
	pong = pong_to(&p);
	tester_send(t, &pong);
}

enum v4_type tester_next_question(const struct tester *t, struct v4_packet *out,
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

void tester_bonds(const struct tester *t)
{
	struct v4_packet ping = ping_of(t), p, pong;

	tester_send(t, &ping);
	cr_assert(tester_reads(t, &p, 0));
	cr_assert_eq(p.type, V4_PONG);
	cr_assert(!memcmp(p.pong.ping_hash, ping.hash, V4_HASH));
	cr_assert(tester_reads(t, &p, 0));
	cr_assert_eq(p.type, V4_PING);
	pong = pong_to(&p);
	tester_send(t, &pong);
}

uint64_t tester_answers_ping(const struct tester *t, uint64_t enr_seq,
			     uint64_t within_ms)
{
	struct mono begin = lab.now;
	struct v4_packet p, pong;

	do {
		uint64_t passed = mono_since_ms(lab.now, begin);

		cr_assert_leq(passed, within_ms);
		cr_assert(tester_reads(t, &p, within_ms - passed));
	} while (p.type != V4_PING);
	pong = pong_to(&p);
	pong.pong.enr_seq = enr_seq;
	tester_send(t, &pong);
	return mono_since_ms(lab.now, begin);
}

/* Answer every PING as the one it went to. */
static void answer_pings(const struct tester *all, size_t count)
{
	struct datagram d;
	struct v4_packet p, pong;

	while (v4_next_datagram(lab.v4, &d)) {
		cr_assert_eq(v4_decode(&p, span_of(d.bytes, d.len)), ERR_NONE);
		if (p.type != V4_PING)
			continue;
		pong = pong_to(&p);
		for (size_t i = 0; i < count; i++)
			if (all[i].contact.udp.port == d.to.port)
				tester_send(&all[i], &pong);
	}
}

void lab_fill(struct tester *out, size_t count, unsigned first)
{
	char at[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(at, sizeof(at), "127.0.0.1:%zu", 40000 + i);
		out[i] = tester_at(first + (unsigned)i, at);
		tester_bonds(&out[i]);
	}
	for (size_t i = 0; i < 40; i++) {
		lab_wait(100);
		answer_pings(out, count);
	}
	cr_assert_eq(table_live(v4_table(lab.v4)), count);
}

size_t lab_drain(void)
{
	struct datagram d;
	size_t n = 0;

	while (v4_next_datagram(lab.v4, &d))
		n++;
	return n;
}

bool lab_is_silent(uint64_t ms)
{
	struct datagram d;

	lab_wait(ms);
	return !v4_next_datagram(lab.v4, &d);
}

bool lab_event(struct discover_event *out, enum discover_event_type type)
{
	while (v4_next_event(lab.v4, out))
		if (out->type == type)
			return true;
	return false;
}

uint64_t lab_dropped(enum v4_drop d)
{
	return v4_stats(lab.v4)->dropped[d];
}
