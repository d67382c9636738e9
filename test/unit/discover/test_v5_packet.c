/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_packet.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static json_t *root;
static struct node_id id_a, id_b;
static struct secret32 key_a, key_b;
static struct ecc_pub pub_a, pub_b;

static void fixed(void *out, size_t n, json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	cr_assert_not_null(text, "%s", name);
	hex_copy(out, n, text);
}

static struct span bytes_at(json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	cr_assert_not_null(text, "%s", name);
	return hex_bytes(text);
}

static void open_vectors(void)
{
	crypto_init();
	root = vectors_load("discv5.json");
	fixed(id_a.b, 32, root, "node_a_id");
	fixed(id_b.b, 32, root, "node_b_id");
	fixed(key_a.b, 32, root, "node_a_key");
	fixed(key_b.b, 32, root, "node_b_key");
	ecc_pub_of(&pub_a, &key_a);
	ecc_pub_of(&pub_b, &key_b);
}

static void close_vectors(void)
{
	json_decref(root);
}

static json_t *packet_named(const char *name)
{
	json_t *rows = vectors_at(root, "packets");
	json_t *row;
	size_t i;

	json_array_foreach(
		rows, i,
		row) if (!strcmp(json_string_value(json_object_get(row,
								   "name")),
				 name)) return row;
	cr_assert(false, "%s", name);
	return NULL;
}

/* All parts of an official packet. */
struct official {
	struct span packet, head, sealed, plaintext, record;
	uint8_t read_key[V5_KEY];
	json_t *decoded, *inputs;
};

static void official_open(struct official *o, const char *name)
{
	json_t *row = packet_named(name);

	o->inputs = json_object_get(row, "inputs");
	o->decoded = json_object_get(row, "decoded");
	o->packet = bytes_at(row, "packet");
	o->head = bytes_at(o->decoded, "message_ad");
	o->sealed = bytes_at(o->decoded, "message_ciphertext");
	o->plaintext = (struct span){ 0 };
	o->record = (struct span){ 0 };
	if (json_object_get(o->decoded, "message_plaintext")) {
		o->plaintext = bytes_at(o->decoded, "message_plaintext");
		fixed(o->read_key, V5_KEY, o->inputs, "read_key");
	}
	if (json_object_get(o->decoded, "record_rlp"))
		o->record = bytes_at(o->decoded, "record_rlp");
}

static void official_close(struct official *o)
{
	free((void *)o->packet.data);
	free((void *)o->head.data);
	free((void *)o->sealed.data);
	free((void *)o->plaintext.data);
	free((void *)o->record.data);
}

static void cover_of(struct v5_cover *c, const struct v5_packet *p,
		     const struct node_id *dest)
{
	memcpy(c->iv, p->head, V5_IV);
	memcpy(c->nonce, p->nonce, V5_NONCE);
	c->dest = *dest;
}

static void open_official(struct v5_packet *p, const struct official *o)
{
	cr_assert(v5_is_packet(o->packet, &id_b));
	cr_assert(!v5_is_packet(o->packet, &id_a));
	cr_assert_eq(v5_open(p, o->packet, &id_b), ERR_NONE);
	cr_assert(span_equal(span_of(p->head, p->head_len), o->head));
	cr_assert(span_equal(p->sealed, o->sealed));
}

static void check_plaintext(const struct v5_packet *p, const struct official *o)
{
	uint8_t plaintext[V5_PACKET_MAX], wrong[V5_KEY] = { 9 };
	size_t len;

	cr_assert_eq(v5_decrypt(plaintext, &len, p, o->read_key), ERR_NONE);
	cr_assert(span_equal(span_of(plaintext, len), o->plaintext));
	cr_assert_eq(v5_decrypt(plaintext, &len, p, wrong), ERR_AUTH);
}

Test(v5_packet, agrees_on_the_message, .init = open_vectors,
     .fini = close_vectors)
{
	uint8_t out[V5_PACKET_MAX];
	struct official o;
	struct v5_packet p;
	struct v5_cover c;
	size_t len;

	official_open(&o, "v5.1-ping-message");
	open_official(&p, &o);
	cr_assert_eq(p.flag, V5_MESSAGE);
	cr_assert(node_id_equal(&p.message.src, &id_a));
	check_plaintext(&p, &o);
	cover_of(&c, &p, &id_b);
	len = v5_make_message(out, &c, &id_a, o.read_key, o.plaintext);
	cr_assert(span_equal(span_of(out, len), o.packet));
	official_close(&o);
}

Test(v5_packet, agrees_on_whoareyou, .init = open_vectors,
     .fini = close_vectors)
{
	uint8_t out[V5_PACKET_MAX], want[V5_ID_NONCE];
	uint8_t made[V5_CHALLENGE], read[V5_CHALLENGE], given[V5_CHALLENGE];
	struct official o;
	struct v5_packet p;
	struct v5_cover c;
	size_t len;

	official_open(&o, "v5.1-whoareyou");
	open_official(&p, &o);
	cr_assert_eq(p.flag, V5_WHOAREYOU);
	fixed(want, sizeof(want), o.decoded, "id_nonce");
	cr_assert_arr_eq(p.whoareyou.id_nonce, want, sizeof(want));
	cr_assert_eq(p.whoareyou.enr_seq, 0);
	fixed(given, sizeof(given), o.inputs, "whoareyou_challenge_data");
	v5_challenge_of(read, &p);
	cr_assert_arr_eq(read, given, sizeof(given));
	cover_of(&c, &p, &id_b);
	len = v5_make_whoareyou(out, made, &c, want, 0);
	cr_assert_eq(len, V5_PACKET_MIN);
	cr_assert(span_equal(span_of(out, len), o.packet));
	cr_assert_arr_eq(made, given, sizeof(given));
	len = v5_make_whoareyou(out, made, &c, want, 0x0102030405060708);
	cr_assert_eq(v5_open(&p, span_of(out, len), &id_b), ERR_NONE);
	cr_assert_eq(p.whoareyou.enr_seq, 0x0102030405060708);
	official_close(&o);
}

/* Both sides: A makes the packet from its ephemeral key, B opens it with the
 * static one. */
static void check_handshake(const char *name)
{
	uint8_t out[V5_PACKET_MAX], challenge[V5_CHALLENGE], want[V5_KEY];
	uint8_t signature[ECC_RS], ephemeral[ECC_COMPRESSED];
	struct v5_keys at_a, at_b;
	struct secret32 eph_key;
	struct ecc_pub eph_pub;
	struct official o;
	struct v5_packet p;
	struct v5_cover c;
	size_t len;

	official_open(&o, name);
	open_official(&p, &o);
	cr_assert_eq(p.flag, V5_HANDSHAKE);
	cr_assert(node_id_equal(&p.handshake.src, &id_a));
	cr_assert(span_equal(p.handshake.record, o.record));
	fixed(challenge, sizeof(challenge), o.inputs,
	      "whoareyou_challenge_data");

	cr_assert(v5_verify_id(p.handshake.signature, &pub_a, challenge,
			       p.handshake.ephemeral, &id_b));
	cr_assert(!v5_verify_id(p.handshake.signature, &pub_a, challenge,
				p.handshake.ephemeral, &id_a));
	cr_assert(!v5_verify_id(p.handshake.signature, &pub_b, challenge,
				p.handshake.ephemeral, &id_b));
	cr_assert_eq(ecc_pub_expand(&eph_pub, p.handshake.ephemeral), ERR_NONE);
	cr_assert_eq(
		v5_derive(&at_b, &key_b, &eph_pub, &id_a, &id_b, challenge),
		ERR_NONE);
	fixed(want, V5_KEY, o.decoded, "initiator_key");
	cr_assert_arr_eq(at_b.initiator, want, V5_KEY);
	cr_assert_arr_eq(at_b.initiator, o.read_key, V5_KEY);
	fixed(want, V5_KEY, o.decoded, "recipient_key");
	cr_assert_arr_eq(at_b.recipient, want, V5_KEY);
	check_plaintext(&p, &o);

	fixed(eph_key.b, 32, o.inputs, "ephemeral_key");
	ecc_pub_of(&eph_pub, &eph_key);
	ecc_pub_compress(ephemeral, &eph_pub);
	cr_assert_eq(
		v5_derive(&at_a, &eph_key, &pub_b, &id_a, &id_b, challenge),
		ERR_NONE);
	cr_assert_arr_eq(&at_a, &at_b, sizeof(at_a));
	v5_sign_id(signature, &key_a, challenge, ephemeral, &id_b);
	cover_of(&c, &p, &id_b);
	len = v5_make_handshake(out, &c, &id_a, signature, ephemeral, o.record,
				at_a.initiator, o.plaintext);
	cr_assert(span_equal(span_of(out, len), o.packet));
	official_close(&o);
}

Test(v5_packet, agrees_on_the_handshake, .init = open_vectors,
     .fini = close_vectors)
{
	check_handshake("v5.1-ping-handshake");
}

Test(v5_packet, agrees_on_the_handshake_with_record, .init = open_vectors,
     .fini = close_vectors)
{
	check_handshake("v5.1-ping-handshake-enr");
}

Test(v5_packet, masks_as_others_do, .init = open_vectors, .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "header_masking");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span packet = bytes_at(row, "packet");
		struct span header = bytes_at(row, "unmasked_header");
		uint8_t out[V5_PACKET_MAX];
		struct node_id dest;

		fixed(dest.b, 32, row, "dest_id");
		v5_mask(out, packet.data + V5_IV, header.len, packet.data,
			&dest);
		cr_assert_arr_eq(out, header.data, header.len);
		v5_mask(out, header.data, header.len, packet.data, &dest);
		cr_assert_arr_eq(out, packet.data + V5_IV, header.len);
		free((void *)packet.data);
		free((void *)header.data);
	}
	cr_assert_eq(i, 5);
}

Test(v5_packet, refuses_what_the_vectors_refuse, .init = open_vectors,
     .fini = close_vectors)
{
	static const enum err want[] = { ERR_SHORT, ERR_SHORT, ERR_FORMAT };
	json_t *rows = vectors_at(root, "malformed");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span packet = bytes_at(row, "packet");
		struct v5_packet p;

		cr_assert_eq(v5_open(&p, packet, &id_a), want[i]);
		free((void *)packet.data);
	}
	cr_assert_eq(i, ARRAY_LEN(want));
}

/* A packet to B of any header, behind which stand zeros. */
static struct span header_to_b(uint8_t out[2 * V5_PACKET_MAX], const char *hex,
			       size_t len)
{
	struct span header = hex_bytes(hex);

	memset(out, 0, 2 * V5_PACKET_MAX);
	v5_mask(out + V5_IV, header.data, header.len, out, &id_b);
	free((void *)header.data);
	return span_of(out, len);
}

#define DISCV5 "646973637635"
#define NONCE "000102030405060708090a0b"
#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

Test(v5_packet, refuses_malformed_headers, .init = open_vectors,
     .fini = close_vectors)
{
	static const struct {
		const char *header;
		size_t len;
		enum err want;
	} rows[] = {
		{ DISCV5 "000100" NONCE "0020" ID, 87, ERR_NONE },
		{ DISCV5 "000100" NONCE "0020" ID, 86, ERR_SHORT },
		{ DISCV5 "000100" NONCE "0020" ID, 62, ERR_SHORT },
		{ DISCV5 "000100" NONCE "0020" ID, 1280, ERR_NONE },
		{ DISCV5 "000100" NONCE "0020" ID, 1281, ERR_LIMIT },
		{ "646973637634000100" NONCE "0020" ID, 87, ERR_FORMAT },
		{ DISCV5 "000000" NONCE "0020" ID, 87, ERR_UNSUPPORTED },
		{ DISCV5 "000200" NONCE "0020" ID, 87, ERR_UNSUPPORTED },
		{ DISCV5 "000103" NONCE "0020" ID, 87, ERR_UNSUPPORTED },
		{ DISCV5 "000100" NONCE "001f" ID, 87, ERR_FORMAT },
		{ DISCV5 "000100" NONCE "0021" ID, 87, ERR_FORMAT },
		{ DISCV5 "000100" NONCE "ffff" ID, 87, ERR_FORMAT },
		{ DISCV5 "000101" NONCE "0018" ID, 63, ERR_NONE },
		{ DISCV5 "000101" NONCE "0018" ID, 64, ERR_FORMAT },
		{ DISCV5 "000101" NONCE "0017" ID, 63, ERR_FORMAT },
		{ DISCV5 "000101" NONCE "0019" ID, 63, ERR_FORMAT },
		{ DISCV5 "000102" NONCE "0083" ID "4021", 186, ERR_NONE },
		{ DISCV5 "000102" NONCE "0083" ID "4121", 186, ERR_FORMAT },
		{ DISCV5 "000102" NONCE "0083" ID "4020", 186, ERR_FORMAT },
		{ DISCV5 "000102" NONCE "0082" ID "4021", 186, ERR_FORMAT },
		{ DISCV5 "000102" NONCE "0094" ID "4021", 186, ERR_FORMAT },
	};
	uint8_t out[2 * V5_PACKET_MAX];
	struct v5_packet p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(
			v5_open(&p,
				header_to_b(out, rows[i].header, rows[i].len),
				&id_b),
			rows[i].want, "row %zu", i);
}

Test(v5_packet, opens_conversations_with_noise, .init = open_vectors,
     .fini = close_vectors)
{
	uint8_t out[V5_PACKET_MAX], noise[20], key[V5_KEY] = { 0 };
	uint8_t plaintext[V5_PACKET_MAX];
	struct v5_cover c = { .dest = id_b };
	struct v5_packet p;
	size_t len;

	rng_bytes(noise, sizeof(noise));
	len = v5_make_random(out, &c, &id_a, span_of(noise, sizeof(noise)));
	cr_assert_eq(len, 91);
	cr_assert_eq(v5_open(&p, span_of(out, len), &id_b), ERR_NONE);
	cr_assert(node_id_equal(&p.message.src, &id_a));
	cr_assert_eq(v5_decrypt(plaintext, &len, &p, key), ERR_AUTH);
}

Test(v5_packet, fills_1280_bytes_and_no_more, .init = open_vectors,
     .fini = close_vectors)
{
	uint8_t out[V5_PACKET_MAX], plaintext[V5_PACKET_MAX] = { 1 };
	uint8_t key[V5_KEY] = { 7 }, opened[V5_PACKET_MAX];
	uint8_t signature[ECC_RS] = { 0 }, ephemeral[ECC_COMPRESSED] = { 2 };
	struct v5_cover c = { .dest = id_b };
	struct span record = span_of(plaintext, ENR_MAX);
	size_t room = V5_PLAINTEXT_MAX - V5_HANDSHAKE_EXTRA - ENR_MAX, len;
	struct v5_packet p;

	len = v5_make_message(out, &c, &id_a, key,
			      span_of(plaintext, V5_PLAINTEXT_MAX));
	cr_assert_eq(len, V5_PACKET_MAX);
	cr_assert_eq(v5_open(&p, span_of(out, len), &id_b), ERR_NONE);
	cr_assert_eq(v5_decrypt(opened, &len, &p, key), ERR_NONE);
	cr_assert_eq(len, V5_PLAINTEXT_MAX);

	cr_assert_eq(v5_make_handshake(out, &c, &id_a, signature, ephemeral,
				       record, key, span_of(plaintext, room)),
		     V5_PACKET_MAX);
	cr_assert_eq(v5_make_handshake(out, &c, &id_a, signature, ephemeral,
				       record, key,
				       span_of(plaintext, room + 1)),
		     0);
}
