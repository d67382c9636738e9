/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/discover/v5_lab.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"

enum {
	TESTERS = 32
};

struct lab5 lab5;
static struct tester5 testers[TESTERS];
static size_t tester_count;

struct enr lab5_record_of_both(const struct ecc_keypair *key)
{
	static const struct {
		const char *key;
		uint16_t port;
	} ports[] = { { "udp", 3000 },
		      { "udp6", 3006 },
		      { "tcp", 4000 },
		      { "tcp6", 4006 } };
	static const char *const ips[] = { "20.2.1.1", "2a02::1" };
	struct enr_draft d = { .seq = 1 };
	struct enr r;
	struct ip ip;

	for (size_t i = 0; i < ARRAY_LEN(ips); i++) {
		cr_assert_eq(ip_parse(&ip, ips[i]), ERR_NONE);
		cr_assert_eq(enr_draft_set_ip(&d, &ip), ERR_NONE);
	}
	for (size_t i = 0; i < ARRAY_LEN(ports); i++)
		cr_assert_eq(
			enr_draft_set_port(&d, ports[i].key, ports[i].port),
			ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, key), ERR_NONE);
	cr_assert_eq(enr_read(&r, enr_raw(&r), NULL), ERR_NONE);
	return r;
}

static struct contact contact_at(const struct ecc_keypair *key,
				 const char *addr, enum lab5_endpoint endpoint)
{
	struct contact c = { .pub = key->pub, .id = node_id_of(&key->pub) };

	cr_assert_eq(addr_parse(&c.udp, addr), ERR_NONE);
	c.record = record_of(key, 1, endpoint == LAB5_FULL ? &c.udp : NULL);
	return c;
}

void lab5_open(void)
{
	struct secret32 seed = { { 7 } }, other = { { 8 } };
	struct v5_config config = { .key = &lab5.key,
				    .seed = &seed,
				    .limits = guard_limits_default };

	crypto_init();
	drbg_init(&lab5.rng, &other);
	lab5.key = key_of_number(0);
	lab5.self = contact_at(&lab5.key, "127.0.0.1:30303", LAB5_FULL);
	lab5.now = (struct mono){ 1000000000 };
	lab5.v5 = v5_new(&config, lab5.now);
	v5_set_record(lab5.v5, &lab5.self.record);
	lab5_wait(0);
}

void lab5_close(void)
{
	while (tester_count)
		v5_sessions_clear(&testers[--tester_count].sessions);
	v5_free(lab5.v5);
}

struct tester5 *tester5_at(unsigned number, const char *addr,
			   enum lab5_endpoint endpoint)
{
	struct tester5 *t = &testers[tester_count++];

	cr_assert_leq(tester_count, TESTERS);
	t->key = key_of_number(number);
	t->contact = contact_at(&t->key, addr, endpoint);
	v5_sessions_init(&t->sessions, 4, UINT32_MAX);
	return t;
}

void lab5_tick(void)
{
	lab5.due = v5_tick(lab5.v5, lab5.now);
}

void lab5_wait(uint64_t ms)
{
	struct mono end = mono_add_ms(lab5.now, ms);
	size_t ticks = 0;

	lab5_tick();
	while (!mono_before(end, lab5.due)) {
		if (mono_before(lab5.now, lab5.due))
			lab5.now = lab5.due;
		lab5_tick();
		cr_assert_lt(++ticks, 100000, "the deadline does not pass");
	}
	lab5.now = end;
}

bool lab5_event(struct discover_event *out, enum discover_event_type type)
{
	while (v5_next_event(lab5.v5, out))
		if (out->type == type)
			return true;
	return false;
}

uint64_t lab5_dropped(enum v5_drop d)
{
	return v5_stats(lab5.v5)->dropped[d];
}

/* --- testers ----------------------------------------------------------------
 */

static struct v5_peer core(void)
{
	return v5_peer_of(&lab5.self.id, &lab5.self.udp);
}

void tester5_feed(struct tester5 *t, const void *data, size_t len)
{
	v5_feed(lab5.v5, &t->contact.udp, data, len, lab5.now);
	lab5_tick();
}

static struct v5_cover new_cover(void)
{
	struct v5_cover c = { .dest = lab5.self.id };

	drbg_bytes(&lab5.rng, c.iv, V5_IV);
	drbg_bytes(&lab5.rng, c.nonce, V5_NONCE);
	return c;
}

static void encode(struct buf *plain, const struct v5_message *m)
{
	buf_init(plain, V5_PLAINTEXT_MAX);
	cr_assert_eq(v5_message_encode(plain, m), ERR_NONE);
}

void tester5_send(struct tester5 *t, const struct v5_message *m)
{
	static const uint8_t noise[20] = { 1, 2, 3 };
	uint8_t out[V5_PACKET_MAX], key[V5_KEY];
	struct v5_cover cover = new_cover();
	struct v5_peer peer = core();
	struct buf plain;
	size_t len;

	encode(&plain, m);
	if (v5_sessions_seal(&t->sessions, key, cover.nonce, &peer, &lab5.rng))
		len = v5_make_message(out, &cover, &t->contact.id, key,
				      span_of(plain.data, plain.len));
	else
		len = v5_make_random(out, &cover, &t->contact.id,
				     span_of(noise, sizeof(noise)));
	buf_clear(&plain);
	memcpy(t->nonce, cover.nonce, V5_NONCE);
	tester5_feed(t, out, len);
}

static void open_message(struct tester5 *t, struct got5 *g)
{
	struct v5_peer peer = core();
	size_t len;

	if (v5_sessions_open(&t->sessions, g->plain, &len, &peer, &g->packet))
		return;
	g->is_open = true;
	cr_assert_eq(v5_message_decode(&g->m, span_of(g->plain, len)),
		     ERR_NONE);
}

bool tester5_reads(struct tester5 *t, struct got5 *out, uint64_t ms)
{
	struct mono end = mono_add_ms(lab5.now, ms);
	struct datagram d;

	lab5_tick();
	while (!v5_next_datagram(lab5.v5, &d)) {
		if (mono_before(end, lab5.due)) {
			lab5.now = end;
			return false;
		}
		if (mono_before(lab5.now, lab5.due))
			lab5.now = lab5.due;
		lab5_tick();
	}
	cr_assert(ip_equal(&d.to.ip, &t->contact.udp.ip) &&
			  d.to.port == t->contact.udp.port,
		  "a packet to somebody else");
	memset(out, 0, sizeof(*out));
	memcpy(out->bytes, d.bytes, d.len);
	out->len = d.len;
	cr_assert_eq(v5_open(&out->packet, span_of(out->bytes, d.len),
			     &t->contact.id),
		     ERR_NONE);
	if (out->packet.flag == V5_MESSAGE)
		open_message(t, out);
	return true;
}

void tester5_shakes_bytes(struct tester5 *t, const struct got5 *whoareyou,
			  struct span plain)
{
	uint8_t out[V5_PACKET_MAX], challenge[V5_CHALLENGE], sig[ECC_RS],
		ephemeral[ECC_COMPRESSED];
	struct v5_cover cover = new_cover();
	struct v5_peer peer = core();
	struct ecc_keypair eph;
	struct v5_keys keys;
	size_t len;

	drbg_key(&lab5.rng, &eph.key);
	ecc_pub_of(&eph.pub, &eph.key);
	ecc_pub_compress(ephemeral, &eph.pub);
	v5_challenge_of(challenge, &whoareyou->packet);
	v5_sign_id(sig, &t->key.key, challenge, ephemeral, &lab5.self.id);
	cr_assert_eq(v5_derive(&keys, &eph.key, &lab5.self.pub, &t->contact.id,
			       &lab5.self.id, challenge),
		     ERR_NONE);
	len = v5_make_handshake(out, &cover, &t->contact.id, sig, ephemeral,
				enr_raw(&t->contact.record), keys.initiator,
				plain);
	v5_sessions_put(&t->sessions, &peer, &keys, V5_INITIATOR);
	tester5_feed(t, out, len);
}

void tester5_shakes(struct tester5 *t, const struct got5 *whoareyou,
		    const struct v5_message *m)
{
	struct buf plain;

	encode(&plain, m);
	tester5_shakes_bytes(t, whoareyou, span_of(plain.data, plain.len));
	buf_clear(&plain);
}

bool tester5_asks(struct tester5 *t, struct got5 *out,
		  const struct v5_message *m)
{
	tester5_send(t, m);
	if (!tester5_reads(t, out, 300))
		return false;
	if (out->packet.flag != V5_WHOAREYOU)
		return true;
	cr_assert(!memcmp(out->packet.nonce, t->nonce, V5_NONCE));
	tester5_shakes(t, out, m);
	return tester5_reads(t, out, 300);
}

void tester5_challenges(struct tester5 *t, const struct got5 *to,
			uint64_t enr_seq)
{
	static const uint8_t id_nonce[V5_ID_NONCE] = { 9 };
	struct v5_cover cover = new_cover();
	uint8_t out[V5_PACKET_MAX];
	size_t len;

	memcpy(cover.nonce, to->packet.nonce, V5_NONCE);
	len = v5_make_whoareyou(out, t->challenge, &cover, id_nonce, enr_seq);
	tester5_feed(t, out, len);
}

void tester5_takes(struct tester5 *t, struct got5 *g)
{
	struct v5_peer peer = core();
	struct ecc_pub eph;
	struct v5_keys keys;

	cr_assert_eq(g->packet.flag, V5_HANDSHAKE);
	cr_assert(v5_verify_id(g->packet.handshake.signature, &lab5.self.pub,
			       t->challenge, g->packet.handshake.ephemeral,
			       &t->contact.id));
	cr_assert_eq(ecc_pub_expand(&eph, g->packet.handshake.ephemeral),
		     ERR_NONE);
	cr_assert_eq(v5_derive(&keys, &t->key.key, &eph, &lab5.self.id,
			       &t->contact.id, t->challenge),
		     ERR_NONE);
	v5_sessions_put(&t->sessions, &peer, &keys, V5_RECIPIENT);
	open_message(t, g);
	cr_assert(g->is_open);
}

/* --- messages ---------------------------------------------------------------
 */

struct v5_message ping5(uint8_t id)
{
	struct v5_message m = { .type = V5_PING, .id = { 4, { 0, 0, 0, id } } };

	m.ping.enr_seq = 1;
	return m;
}

struct v5_message find5(uint8_t id, const uint16_t *distances, size_t count)
{
	struct v5_message m = { .type = V5_FINDNODE,
				.id = { 4, { 0, 0, 0, id } } };

	m.findnode.count = count;
	if (count)
		memcpy(m.findnode.distances, distances,
		       count * sizeof(distances[0]));
	return m;
}

struct v5_message pong5(const struct v5_message *ping, uint64_t enr_seq)
{
	struct v5_message m = { .type = V5_PONG, .id = ping->id };

	m.pong.enr_seq = enr_seq;
	m.pong.recipient = lab5.self.udp;
	return m;
}
