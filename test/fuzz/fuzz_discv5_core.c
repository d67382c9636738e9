/* SPDX-License-Identifier: Apache-2.0 */
/* A whole Discovery v5 core: a sequence of what its neighbors do. Each step is
 * a head of 4 bytes and data:
 *
 *     what    0: a message; 1: one that answers what the core asked last; 2:
 *             time passes; 3: a request of the owner; 4: raw
 *     who     one of 4 keys, at one of 4 addresses
 *     length  of the data, 2 bytes; for time, milliseconds
 *
 * Handshakes are made validly in both directions, or nothing would be seen of
 * what is behind them. The core must keep within its limits, send nothing but
 * what opens, and rest. */

#include "p2p/base/reader.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "p2p/discover/v5.h"
#include "p2p/discover/v5_session.h"
#include "test/fuzz/fuzz.h"

enum {
	KEYS = 4,
	STEPS = 48,
	DO_MESSAGE = 0,
	DO_ANSWER,
	DO_TIME,
	DO_REQUEST,
	DO_RAW,
	DOS,
};

static struct ecc_keypair keys[KEYS + 1]; /* the last is the core's */
static struct enr records[KEYS + 1];

static struct {
	struct v5 *v5;
	struct mono now;
	struct drbg rng;
	struct v5_sessions sessions; /* of all neighbors, by the neighbor */
	struct v5_message last;	     /* that the core asked */
	uint64_t token;
	size_t plain_len; /* of what waits for a WHOAREYOU */
	uint8_t plain[V5_PLAINTEXT_MAX];
} f;

static struct addr address(uint8_t who)
{
	static const uint8_t firsts[4] = { 127, 10, 20, 30 };

	return (struct addr){ .ip = { .family = IP_V4,
				      .b = { firsts[who / KEYS % 4], 0, 0,
					     1 } },
			      .port = (uint16_t)(30303 + who % KEYS) };
}

static void make_keys(void)
{
	crypto_init();
	for (size_t i = 0; i <= KEYS; i++) {
		struct addr at = address((uint8_t)i);
		struct enr_draft d = { .seq = 1 };

		memset(keys[i].key.b, 1 + (int)i, sizeof(keys[i].key.b));
		ecc_pub_of(&keys[i].pub, &keys[i].key);
		MUST(!enr_draft_set_ip(&d, &at.ip));
		MUST(!enr_draft_set_port(&d, "udp", at.port));
		MUST(!enr_sign(&records[i], &d, &keys[i]));
		MUST(!enr_read(&records[i], enr_raw(&records[i]), NULL));
	}
}

static struct contact contact(uint8_t who)
{
	struct contact c;

	MUST(contact_of_record(&c, &records[who % KEYS], NULL));
	c.udp = address(who);
	return c;
}

static struct v5_cover new_cover(void)
{
	struct v5_cover c = { .dest = records[KEYS].id };

	drbg_bytes(&f.rng, c.iv, V5_IV);
	drbg_bytes(&f.rng, c.nonce, V5_NONCE);
	return c;
}

static void feed(const struct contact *by, const uint8_t *bytes, size_t len)
{
	v5_feed(f.v5, &by->udp, bytes, len, f.now);
}

/* --- handshakes -------------------------------------------------------------
 */

static void shake(const struct contact *by, const struct ecc_keypair *key,
		  const struct v5_packet *p)
{
	uint8_t out[V5_PACKET_MAX], challenge[V5_CHALLENGE], sig[ECC_RS];
	uint8_t ephemeral[ECC_COMPRESSED];
	struct v5_peer peer = v5_peer_of(&by->id, &by->udp);
	struct v5_cover cover = new_cover();
	struct ecc_keypair eph;
	struct v5_keys session;
	size_t len;

	drbg_key(&f.rng, &eph.key);
	ecc_pub_of(&eph.pub, &eph.key);
	ecc_pub_compress(ephemeral, &eph.pub);
	v5_challenge_of(challenge, p);
	v5_sign_id(sig, &key->key, challenge, ephemeral, &cover.dest);
	MUST(!v5_derive(&session, &eph.key, &keys[KEYS].pub, &by->id,
			&cover.dest, challenge));
	len = v5_make_handshake(out, &cover, &by->id, sig, ephemeral,
				enr_raw(&by->record), session.initiator,
				span_of(f.plain, f.plain_len));
	if (!len)
		return;
	v5_sessions_put(&f.sessions, &peer, &session, V5_INITIATOR);
	feed(by, out, len);
}

/* The core's handshake is to a challenge that is made here at once. */
static void challenge(const struct contact *by, const uint8_t *nonce,
		      uint8_t data[V5_CHALLENGE])
{
	static const uint8_t id_nonce[V5_ID_NONCE];
	struct v5_cover cover = new_cover();
	uint8_t out[V5_PACKET_MAX];
	size_t len;

	memcpy(cover.nonce, nonce, V5_NONCE);
	len = v5_make_whoareyou(out, data, &cover, id_nonce, 0);
	feed(by, out, len);
}

static void open_message(const struct v5_peer *peer, const struct v5_packet *p)
{
	uint8_t plain[V5_PACKET_MAX];
	struct v5_message m;
	size_t len;

	if (v5_sessions_open(&f.sessions, plain, &len, peer, p))
		return;
	MUST(!v5_message_decode(&m, span_of(plain, len)));
	if (m.type == V5_PING || m.type == V5_FINDNODE || m.type == V5_TALKREQ)
		f.last = m; /* its id alone is looked at */
}

static void take_handshake(const struct v5_peer *peer, const struct contact *by,
			   const struct ecc_keypair *key,
			   const struct v5_packet *p, const uint8_t *data)
{
	struct v5_keys session;
	struct ecc_pub eph;

	MUST(!ecc_pub_expand(&eph, p->handshake.ephemeral));
	MUST(!v5_derive(&session, &key->key, &eph, &records[KEYS].id, &by->id,
			data));
	v5_sessions_put(&f.sessions, peer, &session, V5_RECIPIENT);
	open_message(peer, p);
}

static void take(const struct datagram *d)
{
	static uint8_t data[V5_CHALLENGE];
	struct v5_packet p;

	for (uint8_t who = 0; who < KEYS * 4; who++) {
		struct contact by = contact(who);
		const struct ecc_keypair *key = &keys[who % KEYS];
		struct v5_peer peer = v5_peer_of(&by.id, &by.udp);

		if (!ip_equal(&by.udp.ip, &d->to.ip) ||
		    by.udp.port != d->to.port)
			continue;
		if (v5_open(&p, span_of(d->bytes, d->len), &by.id))
			continue;
		switch (p.flag) {
		case V5_WHOAREYOU:
			shake(&by, key, &p);
			return;
		case V5_HANDSHAKE:
			take_handshake(&peer, &by, key, &p, data);
			return;
		case V5_MESSAGE:
			if (!v5_sessions_has(&f.sessions, &peer))
				challenge(&by, p.nonce, data);
			else
				open_message(&peer, &p);
			return;
		}
	}
}

/* --- steps ------------------------------------------------------------------
 */

static void settle(void)
{
	struct datagram d;
	struct discover_event ev;
	struct mono due;
	size_t rounds = 0;

	do {
		due = v5_tick(f.v5, f.now);
		while (v5_next_datagram(f.v5, &d))
			take(&d);
		while (v5_next_event(f.v5, &ev)) {
			MUST(ev.count <= V5_RESULTS);
			if (ev.type == DISCOVER_TALK)
				f.token = ev.token;
		}
		MUST(++rounds < 1000); /* or it never rests */
	} while (!mono_before(f.now, due));
	MUST(table_count(v5_table(f.v5)) <= TABLE_MAX);
}

static void pass(uint64_t ms)
{
	struct mono end = mono_add_ms(f.now, ms), due;

	for (size_t i = 0; i < 100; i++) {
		due = v5_tick(f.v5, f.now);
		if (mono_before(end, due))
			break;
		if (mono_before(f.now, due))
			f.now = due;
		settle();
	}
	f.now = end;
	settle();
}

static void send_plain(const struct contact *by, struct span plain)
{
	static const uint8_t noise[20];
	struct v5_peer peer = v5_peer_of(&by->id, &by->udp);
	uint8_t out[V5_PACKET_MAX], key[V5_KEY];
	struct v5_cover cover = new_cover();
	size_t len;

	if (plain.len > sizeof(f.plain))
		return;
	f.plain_len = plain.len;
	if (plain.len)
		memcpy(f.plain, plain.data, plain.len);
	if (v5_sessions_seal(&f.sessions, key, cover.nonce, &peer, &f.rng))
		len = v5_make_message(out, &cover, &by->id, key, plain);
	else
		len = v5_make_random(out, &cover, &by->id,
				     span_of(noise, sizeof(noise)));
	feed(by, out, len);
}

/* Random bytes are nobody's record, and no id that was asked for. */
static void send_answer(const struct contact *by, struct span plain)
{
	struct v5_message m;
	struct buf out;

	if (v5_message_decode(&m, plain))
		return;
	m.id = f.last.id;
	for (size_t i = 0; m.type == V5_NODES && i < m.nodes.count; i++)
		if (m.nodes.records[i].len <= 1)
			m.nodes.records[i] = enr_raw(&records[i % KEYS]);
	buf_init(&out, V5_PLAINTEXT_MAX);
	if (!v5_message_encode(&out, &m))
		send_plain(by, span_of(out.data, out.len));
	buf_clear(&out);
}

static void request(const struct contact *c, struct span data)
{
	static const uint16_t distances[] = { 0, 256, 255 };
	enum err err;

	switch (data.len % 8) {
	case 0:
		v5_ping(f.v5, c);
		break;
	case 1:
		v5_request_record(f.v5, c);
		break;
	case 2:
		v5_find(f.v5, c, distances, 3);
		break;
	case 3:
		v5_talk(f.v5, c, span_text("foo"), data);
		break;
	case 4:
		v5_lookup(f.v5, &c->id);
		break;
	case 5:
		v5_resolve(f.v5, &c->id, NULL);
		break;
	case 6:
		v5_seed(f.v5, c, f.now);
		break;
	case 7:
		err = v5_talk_reply(f.v5, f.token, data);
		MUST(err != ERR_FORMAT);
		break;
	}
}

static void step(struct reader *r)
{
	uint8_t what = rd_u8(r) % DOS, who = rd_u8(r);
	uint16_t length = rd_be16(r);
	struct contact by = contact(who);
	struct span data;

	if (what == DO_TIME) {
		pass(length);
		return;
	}
	data = rd_take(r, length < r->left ? length : r->left);
	if (what == DO_MESSAGE)
		send_plain(&by, data);
	else if (what == DO_ANSWER)
		send_answer(&by, data);
	else if (what == DO_REQUEST)
		request(&by, data);
	else
		feed(&by, data.data, data.len);
	settle();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret32 seed = { { 1 } };
	struct v5_config config = { .key = &keys[KEYS],
				    .seed = &seed,
				    .limits = guard_limits_default };
	struct reader r = reader_of(data, size);

	if (!records[KEYS].len)
		make_keys();
	memset(&f, 0, sizeof(f));
	drbg_init(&f.rng, &seed);
	v5_sessions_init(&f.sessions, KEYS * 4, UINT32_MAX);
	f.now = (struct mono){ 1000000000 };
	f.v5 = v5_new(&config, f.now);
	v5_set_record(f.v5, &records[KEYS]);
	v5_take_talks(f.v5);
	settle();
	for (size_t i = 0; i < STEPS && r.left; i++)
		step(&r);
	v5_free(f.v5);
	v5_sessions_clear(&f.sessions);
	return 0;
}
