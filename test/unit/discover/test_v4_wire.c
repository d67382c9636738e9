/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_wire.h"

#include "p2p/crypto/keccak.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static json_t *root;
static struct secret32 key;

static void open_vectors(void)
{
	crypto_init();
	root = vectors_load("discv4.json");
	hex_copy(key.b, sizeof(key.b), vectors_text(root, "signing_key"));
}

static void close_vectors(void)
{
	json_decref(root);
}

static const char *text_at(json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	cr_assert_not_null(text, "%s", name);
	return text;
}

static uint64_t number_at(json_t *row, const char *name)
{
	json_t *value = json_object_get(row, name);

	cr_assert_not_null(value, "%s", name);
	/* One is too large for a JSON number. */
	if (json_is_string(value))
		return strtoull(json_string_value(value), NULL, 10);
	return (uint64_t)json_integer_value(value);
}

static void check_bytes(json_t *row, const char *name, const void *got,
			size_t len)
{
	struct span want = hex_bytes(text_at(row, name));

	cr_assert(span_equal(want, span_of(got, len)), "%s", name);
	free((void *)want.data);
}

static void check_endpoint(json_t *row, const struct v4_endpoint *got)
{
	const char *text = json_string_value(json_object_get(row, "ip"));
	struct ip want = { .family = IP_NONE };

	if (text)
		cr_assert_eq(ip_parse(&want, text), ERR_NONE);
	cr_assert(ip_equal(&got->ip, &want), "%s", text ? text : "none");
	cr_assert_eq(got->udp, number_at(row, "udp"));
	cr_assert_eq(got->tcp, number_at(row, "tcp"));
}

static void check_neighbors(const struct v4_packet *p, json_t *fields)
{
	json_t *nodes = json_object_get(fields, "nodes");
	json_t *node;
	size_t i;

	cr_assert_eq(p->neighbors.count, json_array_size(nodes));
	json_array_foreach(nodes, i, node)
	{
		const struct v4_neighbor *got = &p->neighbors.nodes[i];

		check_endpoint(node, &got->at);
		check_bytes(node, "pubkey", got->pub.b, sizeof(got->pub.b));
		cr_assert_eq(
			ecc_pub_valid(&got->pub),
			json_is_true(json_object_get(node, "pubkey_on_curve")));
	}
}

static void check_fields(const struct v4_packet *p, json_t *fields)
{
	if (p->type != V4_ENRRESPONSE)
		cr_assert_eq(p->expiration, number_at(fields, "expiration"));
	switch (p->type) {
	case V4_PING:
		cr_assert_eq(p->ping.version, number_at(fields, "version"));
		check_endpoint(json_object_get(fields, "from"), &p->ping.from);
		check_endpoint(json_object_get(fields, "to"), &p->ping.to);
		cr_assert_eq(p->ping.enr_seq, number_at(fields, "enr_seq"));
		break;
	case V4_PONG:
		check_endpoint(json_object_get(fields, "to"), &p->pong.to);
		check_bytes(fields, "ping_hash", p->pong.ping_hash, V4_HASH);
		cr_assert_eq(p->pong.enr_seq, number_at(fields, "enr_seq"));
		break;
	case V4_FINDNODE:
		check_bytes(fields, "target", p->findnode.target.b, 64);
		break;
	case V4_NEIGHBORS:
		check_neighbors(p, fields);
		break;
	case V4_ENRREQUEST:
		break;
	case V4_ENRRESPONSE:
		check_bytes(fields, "request_hash", p->enrresponse.request_hash,
			    V4_HASH);
		check_bytes(fields, "record_rlp", p->enrresponse.record.data,
			    p->enrresponse.record.len);
		break;
	}
}

/* Packets whose signature RFC 6979 gives are made again from their fields: but
 * for the one address that is told in another form than we use. */
static bool check_encoding(struct v4_packet *p, json_t *row, struct span want)
{
	uint8_t out[V4_PACKET_MAX];
	size_t len;

	if (!json_is_true(json_object_get(row, "signature_is_rfc6979")) ||
	    strcmp(text_at(row, "name"), "ping-mapped-ipv6-from") == 0)
		return false;
	memset(p->hash, 0, sizeof(p->hash));
	len = v4_encode(out, p, &key);
	cr_assert(span_equal(span_of(out, len), want), "%s",
		  text_at(row, "name"));
	check_bytes(row, "hash", p->hash, sizeof(p->hash));
	return true;
}

Test(v4_wire, agrees_with_the_vectors, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "packets");
	size_t i, encoded = 0;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		struct span packet = hex_bytes(text_at(row, "packet"));
		struct v4_packet p;
		struct ecc_pub pub;

		cr_assert_eq(v4_decode(&p, packet), ERR_NONE, "%s",
			     text_at(row, "name"));
		cr_assert_eq(p.type, number_at(row, "type"));
		check_bytes(row, "hash", p.hash, sizeof(p.hash));
		check_fields(&p, json_object_get(row, "fields"));
		cr_assert_eq(v4_recover(&pub, packet), ERR_NONE);
		check_bytes(row, "sender_pubkey", pub.b, sizeof(pub.b));
		encoded += check_encoding(&p, row, packet);
		free((void *)packet.data);
	}
	cr_assert_eq(i, 14);
	cr_assert_eq(encoded, 7);
}

Test(v4_wire, refuses_what_the_vectors_refuse, .init = open_vectors,
     .fini = close_vectors)
{
	static const enum err want[] = { ERR_AUTH, ERR_SHORT, ERR_UNSUPPORTED };
	json_t *rows = vectors_at(root, "rejected_packets");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span packet = hex_bytes(text_at(row, "packet"));
		struct v4_packet p;

		cr_assert_eq(v4_decode(&p, packet), want[i], "%s",
			     text_at(row, "name"));
		free((void *)packet.data);
	}
	cr_assert_eq(i, ARRAY_LEN(want));
}

Test(v4_wire, knows_what_is_past)
{
	struct v4_packet p = { .type = V4_PING, .expiration = 1000 };

	cr_assert(!v4_is_expired(&p, 999));
	cr_assert(!v4_is_expired(&p, 1000));
	cr_assert(v4_is_expired(&p, 1001));
	p.expiration = UINT64_MAX - 1000; /* below zero */
	cr_assert(v4_is_expired(&p, 0));
	p.expiration = INT64_MAX;
	cr_assert(!v4_is_expired(&p, 2000000000));
	p.type = V4_ENRRESPONSE;
	p.expiration = 0;
	cr_assert(!v4_is_expired(&p, 1001));
}

/* A packet around any data, with a hash that is right and a signature that is
 * none. */
static struct span wrap(uint8_t out[V4_PACKET_MAX + 64], enum v4_type type,
			const uint8_t *data, size_t len)
{
	memset(out, 0, 97);
	out[97] = (uint8_t)type;
	memcpy(out + 98, data, len);
	keccak256(out, out + 32, 66 + len);
	return span_of(out, 98 + len);
}

Test(v4_wire, refuses_malformed_data, .init = crypto_init)
{
	static const struct {
		enum v4_type type;
		const char *data;
	} rows[] = {
		{ V4_PING, "" },	   /* nothing */
		{ V4_PING, "80" },	   /* a text */
		{ V4_PING, "c104" },	   /* only a version */
		{ V4_PING, "c404c0c005" }, /* endpoints without ports */
		/* a UDP port of 65536 */
		{ V4_PING, "d004c983010000" },
		{ V4_PING, "d404c984010203048301000005c58401020304010105" },
		/* an expiration with a zero in front */
		{ V4_ENRREQUEST, "c3820005" },
		{ V4_ENRREQUEST, "c0" },
		{ V4_ENRREQUEST, "c1c0" },
		/* 9 bytes of it */
		{ V4_ENRREQUEST, "ca89010203040506070809" },
		{ V4_FINDNODE, "c20105" }, /* a target of one byte */
		{ V4_NEIGHBORS, "c20105" },
		{ V4_NEIGHBORS, "c2c105" },
		{ V4_NEIGHBORS, "c3c10505" }, /* a node that is no list */
		{ V4_NEIGHBORS, "c1c0" },     /* no expiration */
		{ V4_ENRRESPONSE, "c101" },
	};
	uint8_t out[V4_PACKET_MAX + 64];
	struct v4_packet p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span data = hex_bytes(rows[i].data);

		cr_assert_eq(v4_decode(&p, wrap(out, rows[i].type, data.data,
						data.len)),
			     ERR_FORMAT, "%s", rows[i].data);
		free((void *)data.data);
	}
}

/* Addresses of other lengths are nobody's, and no reason to refuse a PING. */
Test(v4_wire, takes_odd_addresses_for_none, .init = crypto_init)
{
	static const uint8_t data[] = { 0xcd, 4,    0xc5, 0x82, 1, 2, 7,
					8,    0xc3, 0x80, 5,	6, 9, 0x80 };
	uint8_t out[V4_PACKET_MAX + 64];
	struct v4_packet p;

	cr_assert_eq(v4_decode(&p, wrap(out, V4_PING, data, sizeof(data))),
		     ERR_NONE);
	cr_assert_eq(p.ping.from.ip.family, IP_NONE);
	cr_assert_eq(p.ping.from.udp, 7);
	cr_assert_eq(p.ping.from.tcp, 8);
	cr_assert_eq(p.ping.to.ip.family, IP_NONE);
	cr_assert_eq(p.expiration, 9);
	cr_assert_eq(p.ping.enr_seq, 0);
}

Test(v4_wire, keeps_to_1280_bytes, .init = crypto_init)
{
	uint8_t out[V4_PACKET_MAX + 64];
	uint8_t data[V4_PACKET_MAX] = { 0xc1, 5 };
	struct v4_packet p;

	cr_assert_eq(v4_decode(&p, wrap(out, V4_ENRREQUEST, data, 1280 - 98)),
		     ERR_NONE);
	cr_assert_eq(v4_decode(&p, wrap(out, V4_ENRREQUEST, data, 1281 - 98)),
		     ERR_LIMIT);
	cr_assert_eq(v4_decode(&p, span_of(out, 97)), ERR_SHORT);
}

/* "12 maximal IPv6 nodes make 1205 bytes." */
Test(v4_wire, sends_twelve_nodes_of_the_largest_kind, .init = crypto_init)
{
	struct v4_packet p = { .type = V4_NEIGHBORS, .expiration = UINT64_MAX };
	uint8_t out[V4_PACKET_MAX];
	struct v4_packet got;
	struct secret32 any;
	size_t len;

	rng_key(&any);
	p.neighbors.count = V4_NEIGHBORS_SENT;
	for (size_t i = 0; i < V4_NEIGHBORS_SENT; i++) {
		struct v4_neighbor *n = &p.neighbors.nodes[i];

		n->at.ip.family = IP_V6;
		memset(n->at.ip.b, 0xee, 16);
		n->at.udp = n->at.tcp = 65535;
		memset(n->pub.b, (int)i, sizeof(n->pub.b));
	}
	len = v4_encode(out, &p, &any);
	cr_assert_eq(len, 1205);
	cr_assert_eq(v4_decode(&got, span_of(out, len)), ERR_NONE);
	cr_assert_eq(got.neighbors.count, V4_NEIGHBORS_SENT);
	cr_assert_eq(got.neighbors.nodes[11].pub.b[63], 11);
}

/* As many as fit into a packet when each is as small as can be. */
Test(v4_wire, reads_every_node_of_the_smallest_kind, .init = crypto_init)
{
	uint8_t out[V4_PACKET_MAX + 64], data[V4_PACKET_MAX];
	struct v4_packet p;
	size_t at = 6, count = 0;

	while (at + 71 + 1 <= 1280 - 98) {
		static const uint8_t node[] = { 0xf8, 69,   0x80, 0x80,
						0x80, 0xb8, 64 };

		memcpy(data + at, node, sizeof(node));
		memset(data + at + 7, 1, 64);
		at += 71;
		count++;
	}
	data[at] = 5;
	data[0] = 0xf9;
	data[1] = (uint8_t)((at - 2) >> 8);
	data[2] = (uint8_t)(at - 2);
	data[3] = 0xf9;
	data[4] = (uint8_t)((at - 6) >> 8);
	data[5] = (uint8_t)(at - 6);
	cr_assert_eq(v4_decode(&p, wrap(out, V4_NEIGHBORS, data, at + 1)),
		     ERR_NONE);
	cr_assert_eq(p.neighbors.count, count);
	cr_assert_leq(count, V4_NEIGHBORS_MAX);
}

Test(v4_wire, finds_no_sender_in_a_broken_signature, .init = crypto_init)
{
	struct v4_packet p = { .type = V4_ENRREQUEST, .expiration = 5 };
	uint8_t out[V4_PACKET_MAX];
	struct secret32 any;
	struct ecc_pub pub;
	size_t len;

	rng_key(&any);
	len = v4_encode(out, &p, &any);
	cr_assert_eq(v4_recover(&pub, span_of(out, len)), ERR_NONE);
	out[96] = 27; /* v is 0..3 here */
	cr_assert_eq(v4_recover(&pub, span_of(out, len)), ERR_AUTH);
	memset(out + 32, 0xff, 64);
	out[96] = 0;
	cr_assert_eq(v4_recover(&pub, span_of(out, len)), ERR_AUTH);
}
