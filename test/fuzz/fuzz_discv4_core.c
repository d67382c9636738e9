/* SPDX-License-Identifier: Apache-2.0 */
/* A whole Discovery v4 core: a sequence of what its neighbors do. Each step is
 * a head of 4 bytes and data:
 *
 *     what    below 6: a packet of that type, or one in answer to the last that
 *             the core sent; 6: time passes; 7: a request of the owner; 8: raw
 *     who     one of 4 keys, at one of 8 addresses
 *     length  of the data, 2 bytes; for time, milliseconds
 *
 * Packets are decoded from the data, and then signed validly. The core must
 * keep within its limits, send nothing but what decodes, and end. */

#include "p2p/base/reader.h"
#include "p2p/crypto/keccak.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "p2p/discover/v4.h"
#include "test/fuzz/fuzz.h"

enum {
	KEYS = 4,
	STEPS = 48,
	UNIX = 1700000000,
	TYPE_AT = 97,
	DO_TIME = 6,
	DO_REQUEST,
	DO_RAW,
	DOS,
};

static struct ecc_keypair keys[KEYS + 1]; /* the last is the core's */

static struct {
	struct v4 *v4;
	struct mono now;
	struct v4_packet last; /* that the core sent */
} f;

static void make_keys(void)
{
	crypto_init();
	for (size_t i = 0; i <= KEYS; i++) {
		memset(keys[i].key.b, 1 + (int)i, sizeof(keys[i].key.b));
		ecc_pub_of(&keys[i].pub, &keys[i].key);
	}
}

static struct addr address(uint8_t who)
{
	static const uint8_t firsts[8][4] = {
		{ 127, 0, 0, 1 }, { 127, 0, 0, 2 }, { 10, 0, 0, 1 },
		{ 20, 0, 0, 1 },  { 20, 0, 0, 2 },  { 20, 0, 1, 1 },
		{ 30, 0, 0, 1 },  { 224, 0, 0, 1 },
	};
	struct addr at = { .ip = { .family = IP_V4 },
			   .port = (uint16_t)(30303 + who % KEYS) };

	memcpy(at.ip.b, firsts[who / KEYS % 8], 4);
	return at;
}

static struct contact contact(uint8_t who)
{
	struct contact c = { .pub = keys[who % KEYS].pub,
			     .udp = address(who),
			     .tcp = 30303 };

	c.id = node_id_of(&c.pub);
	return c;
}

static uint64_t unix_seconds(void)
{
	return UNIX + f.now.ns / 1000000000;
}

static void settle(void)
{
	struct datagram d;
	struct discover_event ev;
	struct mono due;
	size_t rounds = 0;

	do {
		due = v4_tick(f.v4, f.now, unix_seconds());
		while (v4_next_datagram(f.v4, &d))
			MUST(!v4_decode(&f.last, span_of(d.bytes, d.len)));
		while (v4_next_event(f.v4, &ev))
			MUST(ev.count <= V4_RESULTS);
		MUST(++rounds < 100); /* or it never rests */
	} while (!mono_before(f.now, due));
	MUST(table_count(v4_table(f.v4)) <= TABLE_MAX);
}

static void pass(uint64_t ms)
{
	struct mono end = mono_add_ms(f.now, ms), due;

	for (size_t i = 0; i < 200; i++) {
		due = v4_tick(f.v4, f.now, unix_seconds());
		if (mono_before(end, due))
			break;
		if (mono_before(f.now, due))
			f.now = due;
		settle();
	}
	f.now = end;
	settle();
}

/* Most of what is random is no packet: so answers are made to fit. */
static void send_packet(uint8_t type, uint8_t who, struct span data)
{
	const struct ecc_keypair *key = &keys[who % KEYS];
	uint8_t bytes[V4_PACKET_MAX] = { 0 };
	struct addr from = address(who);
	struct v4_packet p;
	size_t len = TYPE_AT + 1 + data.len;

	if (len > sizeof(bytes))
		return;
	bytes[TYPE_AT] = type;
	memcpy(bytes + TYPE_AT + 1, data.data, data.len);
	keccak256(bytes, bytes + V4_HASH, len - V4_HASH);
	if (v4_decode(&p, span_of(bytes, len)))
		return;
	p.expiration = unix_seconds() + 20;
	if (p.type == V4_PONG)
		memcpy(p.pong.ping_hash, f.last.hash, V4_HASH);
	if (p.type == V4_ENRRESPONSE)
		memcpy(p.enrresponse.request_hash, f.last.hash, V4_HASH);
	if (p.type == V4_NEIGHBORS && p.neighbors.count > V4_NEIGHBORS_SENT)
		p.neighbors.count = V4_NEIGHBORS_SENT;
	for (size_t i = 0; p.type == V4_NEIGHBORS && i < p.neighbors.count; i++)
		if (p.neighbors.nodes[i].pub.b[0] < 128)
			p.neighbors.nodes[i].pub =
				keys[p.neighbors.nodes[i].pub.b[0] % KEYS].pub;
	len = v4_encode(bytes, &p, &key->key);
	v4_feed(f.v4, &from, bytes, len, f.now, unix_seconds());
}

static void request(uint8_t who, struct span data)
{
	struct contact c = contact(who);

	switch (data.len ? data.data[0] % 6 : 0) {
	case 0:
		v4_ping(f.v4, &c);
		break;
	case 1:
		v4_request_record(f.v4, &c);
		break;
	case 2:
		v4_lookup(f.v4, &c.pub);
		break;
	case 3:
		v4_resolve(f.v4, &c.pub, who & 128 ? &c : NULL);
		break;
	case 4:
		v4_set_walk(f.v4, who & 1 ? DISCOVER_WALK : DISCOVER_REST);
		break;
	case 5:
		v4_seed(f.v4, &c, 1000, f.now);
		break;
	}
}

static void step(uint8_t what, uint8_t who, struct reader *r)
{
	uint16_t len = rd_be16(r);
	struct addr from = address(who);
	struct span data;

	if (what == DO_TIME) {
		pass(len);
		return;
	}
	data = rd_take(r, len % 512);
	if (r->failed)
		return;
	if (what == DO_REQUEST)
		request(who, data);
	else if (what == DO_RAW)
		v4_feed(f.v4, &from, data.data, data.len, f.now,
			unix_seconds());
	else
		send_packet((uint8_t)(what + 1), who, data);
	settle();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	struct secret32 seed = { { 1 } };
	struct v4_config config = { .key = &keys[KEYS],
				    .seed = &seed,
				    .limits = guard_limits_default,
				    .ping_version = V4_VERSION };

	if (!keys[0].key.b[0])
		make_keys();
	f.now = (struct mono){ 1000000000 };
	memset(&f.last, 0, sizeof(f.last));
	f.v4 = v4_new(&config, f.now);
	settle();
	for (size_t i = 0; i < STEPS && !r.failed; i++) {
		uint8_t what = rd_u8(&r) % DOS, who = rd_u8(&r);

		step(what, who, &r);
	}
	v4_free(f.v4);
	return 0;
}
