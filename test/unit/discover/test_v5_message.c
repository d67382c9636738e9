/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_message.h"

#include "p2p/enode/enr.h"
#include "test/support/unit.h"

static json_t *root;

static void open_vectors(void)
{
	root = vectors_load("discv5.json");
}

static void close_vectors(void)
{
	json_decref(root);
}

static void check_bytes(json_t *fields, const char *name, struct span got)
{
	struct span want =
		hex_bytes(json_string_value(json_object_get(fields, name)));

	cr_assert(span_equal(want, got), "%s", name);
	free((void *)want.data);
}

static json_int_t number(json_t *fields, const char *name)
{
	json_t *value = json_object_get(fields, name);

	cr_assert(json_is_integer(value), "%s", name);
	return json_integer_value(value);
}

static void check_records(const struct v5_message *m, json_t *fields)
{
	json_t *records = json_object_get(fields, "records");
	json_t *record;
	size_t i;

	cr_assert_eq((json_int_t)m->nodes.total, number(fields, "total"));
	cr_assert_eq(m->nodes.count, json_array_size(records));
	json_array_foreach(records, i, record)
	{
		struct enr want;

		cr_assert_eq(enr_parse(&want, json_string_value(record), NULL),
			     ERR_NONE);
		cr_assert(span_equal(m->nodes.records[i], enr_raw(&want)));
	}
}

static void check_fields(const struct v5_message *m, json_t *fields)
{
	char text[IP_TEXT_MAX];

	check_bytes(fields, "request_id", span_of(m->id.b, m->id.len));
	switch (m->type) {
	case V5_PING:
		cr_assert_eq((json_int_t)m->ping.enr_seq,
			     number(fields, "enr_seq"));
		break;
	case V5_PONG:
		cr_assert_eq((json_int_t)m->pong.enr_seq,
			     number(fields, "enr_seq"));
		cr_assert_str_eq(ip_text(text, &m->pong.recipient.ip),
				 json_string_value(json_object_get(
					 fields, "recipient_ip")));
		cr_assert_eq(m->pong.recipient.port,
			     number(fields, "recipient_port"));
		break;
	case V5_FINDNODE:
		cr_assert_eq(m->findnode.count, 1);
		cr_assert_eq(m->findnode.distances[0], 256);
		break;
	case V5_NODES:
		check_records(m, fields);
		break;
	case V5_TALKREQ:
		check_bytes(fields, "protocol", m->talkreq.protocol);
		check_bytes(fields, "request", m->talkreq.request);
		break;
	case V5_TALKRESP:
		check_bytes(fields, "response", m->talkresp.response);
		break;
	}
}

/* Each decodes to its fields, encodes to its bytes, and no other length of it
 * decodes. */
Test(v5_message, agrees_with_the_vectors, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "messages");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span plaintext = hex_bytes(json_string_value(
			json_object_get(row, "message_plaintext")));
		uint8_t longer[2048] = { 0 };
		struct v5_message m;
		struct buf out;

		cr_assert_eq(v5_message_decode(&m, plaintext), ERR_NONE);
		cr_assert_eq(m.type, number(row, "type"));
		check_fields(&m, json_object_get(row, "fields"));
		buf_init(&out, 2048);
		cr_assert_eq(v5_message_encode(&out, &m), ERR_NONE);
		cr_assert(span_equal(span_of(out.data, out.len), plaintext));
		buf_clear(&out);

		for (size_t n = 0; n < plaintext.len; n++)
			cr_assert_eq(v5_message_decode(
					     &m, span_of(plaintext.data, n)),
				     ERR_FORMAT);
		memcpy(longer, plaintext.data, plaintext.len);
		cr_assert_eq(v5_message_decode(
				     &m, span_of(longer, plaintext.len + 1)),
			     ERR_FORMAT);
		free((void *)plaintext.data);
	}
	cr_assert_eq(i, 9);
}

Test(v5_message, refuses_what_the_vectors_refuse, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "rejected_messages");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span plaintext = hex_bytes(json_string_value(
			json_object_get(row, "message_plaintext")));
		struct v5_message m;

		cr_assert_eq(v5_message_decode(&m, plaintext), ERR_FORMAT);
		free((void *)plaintext.data);
	}
	cr_assert_eq(i, 5);
}

static enum err decode(struct v5_message *m, const char *hex)
{
	struct span plaintext = hex_bytes(hex);
	enum err rc = v5_message_decode(m, plaintext);

	free((void *)plaintext.data);
	return rc;
}

Test(v5_message, is_exact)
{
	struct v5_message m;

	cr_assert_eq(decode(&m, "01c20101"), ERR_NONE);
	cr_assert_eq(decode(&m, "01c3010101"), ERR_FORMAT); /* one more */
	cr_assert_eq(decode(&m, "01c101"), ERR_FORMAT);	    /* one less */
	cr_assert_eq(decode(&m, "01c3018100"), ERR_FORMAT); /* zero as 00 */
	cr_assert_eq(decode(&m, "00c20101"), ERR_UNSUPPORTED);
	cr_assert_eq(decode(&m, "07c20101"), ERR_UNSUPPORTED);
	/* An id of 8 bytes, of 9, and a list. */
	cr_assert_eq(decode(&m, "01ca88000000000000000001"), ERR_NONE);
	cr_assert_eq(m.id.len, 8);
	cr_assert_eq(decode(&m, "01cb8900000000000000000001"), ERR_LIMIT);
	cr_assert_eq(decode(&m, "01c2c001"), ERR_FORMAT);
	/* An id of none. */
	cr_assert_eq(decode(&m, "01c28001"), ERR_NONE);
	cr_assert_eq(m.id.len, 0);
	/* PONG: an address of 3 bytes; a port of 65536. */
	cr_assert_eq(decode(&m, "02c901018301020305"), ERR_FORMAT);
	cr_assert_eq(decode(&m, "02c80101830102030505"), ERR_FORMAT);
	cr_assert_eq(decode(&m, "02c701018301020305"), ERR_FORMAT);
	cr_assert_eq(decode(&m, "02cb0101840102030483010000"), ERR_FORMAT);
	cr_assert_eq(decode(&m, "02ca01018401020304"
				"82ffff"),
		     ERR_NONE);
	cr_assert_eq(m.pong.recipient.port, 65535);
}

Test(v5_message, takes_mapped_addresses_for_ipv4)
{
	struct v5_message m;

	cr_assert_eq(decode(&m, "02d40101"
				"9000000000000000000000ffff01020304"
				"05"),
		     ERR_NONE);
	cr_assert_eq(m.pong.recipient.ip.family, IP_V4);
	cr_assert_eq(m.pong.recipient.ip.b[3], 4);
}

/* "FINDNODE [4234098] and [] get an empty NODES": they decode, to nothing. */
Test(v5_message, leaves_out_distances_there_are_not)
{
	struct v5_message m;

	cr_assert_eq(decode(&m, "03c201c0"), ERR_NONE);
	cr_assert_eq(m.findnode.count, 0);
	cr_assert_eq(decode(&m, "03c601c483409b52"), ERR_NONE);
	cr_assert_eq(m.findnode.count, 0);
	/* 3, 256, 3, 257, 0 */
	cr_assert_eq(decode(&m, "03cb01c90382010003820101"
				"80"),
		     ERR_NONE);
	cr_assert_eq(m.findnode.count, 3);
	cr_assert_eq(m.findnode.distances[0], 3);
	cr_assert_eq(m.findnode.distances[1], 256);
	cr_assert_eq(m.findnode.distances[2], 0);
}

Test(v5_message, holds_every_distance_and_sixteen_records)
{
	struct v5_message m = { .type = V5_FINDNODE }, got;
	struct buf out;

	for (unsigned d = 0; d <= 256; d++)
		m.findnode.distances[m.findnode.count++] = (uint16_t)d;
	buf_init(&out, 2048);
	cr_assert_eq(v5_message_encode(&out, &m), ERR_NONE);
	cr_assert_eq(v5_message_decode(&got, span_of(out.data, out.len)),
		     ERR_NONE);
	cr_assert_eq(got.findnode.count, V5_DISTANCES_MAX);
	buf_clear(&out);

	cr_assert_eq(decode(&got, "04d30101d0"
				  "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"),
		     ERR_NONE);
	cr_assert_eq(got.nodes.count, V5_RECORDS_MAX);
	cr_assert_eq(decode(&got, "04d40101d1"
				  "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"),
		     ERR_LIMIT);
}

Test(v5_message, takes_back_what_does_not_fit)
{
	struct v5_message m = { .type = V5_PING };
	struct buf out;

	buf_init(&out, 5);
	cr_assert_eq(buf_append(&out, "xy", 2), ERR_NONE);
	m.ping.enr_seq = 0x01020304;
	cr_assert_eq(v5_message_encode(&out, &m), ERR_LIMIT);
	cr_assert_eq(out.len, 2);
	buf_clear(&out);
}

Test(v5_message, asks_for_the_distances_of_the_vectors, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "lookup_distances");
	uint16_t out[V5_LOOKUP_DISTANCES];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *want = json_object_get(row, "want");

		v5_lookup_distances(
			out, (unsigned)number(row, "logdist_target_to_dest"));
		for (size_t k = 0; k < V5_LOOKUP_DISTANCES; k++)
			cr_assert_eq(out[k], json_integer_value(
						     json_array_get(want, k)));
	}
	cr_assert_eq(i, 5);
	v5_lookup_distances(out, 0);
	cr_assert(out[0] == 0 && out[1] == 1 && out[2] == 2);
}

Test(v5_message, compares_ids_by_all_their_bytes)
{
	struct v5_request_id a = { .len = 1, .b = { 0 } };
	struct v5_request_id b = { .len = 2, .b = { 0 } }, c = a;

	cr_assert(v5_request_id_equal(&a, &c));
	cr_assert(!v5_request_id_equal(&a, &b));
	c.b[0] = 1;
	cr_assert(!v5_request_id_equal(&a, &c));
}

/* The order is that of the subtrees as they lie from the target. */
Test(v5_message, asks_one_near_the_target_for_what_is_closest_first)
{
	struct node_id peer = { { 0 } }, target = { { 0 } };
	uint16_t out[V5_NEAR_DISTANCES];
	bool seen[257] = { false };

	target.b[0] = 0x05; /* 251 and 249 */
	v5_near_distances(out, &target, &peer, 253);
	cr_assert_eq(out[0], 251);
	cr_assert_eq(out[1], 249);
	cr_assert_eq(out[2], 238);
	cr_assert_eq(out[15], 253);
	for (size_t i = 0; i < V5_NEAR_DISTANCES; i++) {
		cr_assert(out[i] >= 238 && out[i] <= 253 && !seen[out[i]]);
		seen[out[i]] = true;
		if (i > 2)
			cr_assert_gt(out[i], out[i - 1]);
	}
}
