/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/entry.h"

#include "p2p/crypto/rng.h"
#include "p2p/crypto/siphash.h"
#include "p2p/rlp/rlp_write.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/nodes.h"

static struct buf value;

static void open_value(void)
{
	crypto_init();
	buf_init(&value, ENTRY_MAX);
}

static void close_value(void)
{
	buf_clear(&value);
}

static struct span bytes(void)
{
	return span_of(value.data, value.len);
}

static struct span key_span(const struct entry_key *key)
{
	return span_of(key->b, sizeof(key->b));
}

static struct entry_node whole_node(struct known_contact *c)
{
	struct entry_node node;

	*c = node_signed(1, 2, 3, 77);
	node = node_entry(c, 1000);
	node.count = ENTRY_ADDRESSES;
	for (size_t i = 1; i < node.count; i++)
		node.at[i] = (struct entry_address){
			.ip = { .family = IP_V6, .b = { 0x20, [15] = 1 } },
			.ping = UINT32_MAX - (uint32_t)i,
			.pong = (uint32_t)i << 24,
			.failures = UINT32_MAX,
		};
	node.at[2].ip.b[15] = 2;
	node.at[3].ip.b[15] = 3;
	return node;
}

/* Encode, and say whether it decodes. */
static enum err there_and_back(struct entry_node *node)
{
	struct node_id id = node_id_of(&node->pub);
	struct entry_key key = entry_node_key(&id);
	struct entry_node out;

	buf_truncate(&value, 0);
	entry_node_encode(&value, node);
	return entry_node_decode(&out, key_span(&key), bytes());
}

Test(entry, a_node_comes_back_as_it_was, .init = open_value,
     .fini = close_value)
{
	struct known_contact c;
	struct entry_node node = whole_node(&c), out;
	struct entry_key key = entry_node_key(&c.id);

	entry_node_encode(&value, &node);
	cr_assert_eq(entry_node_decode(&out, key_span(&key), bytes()), 0);
	cr_assert(!memcmp(&out.pub, &node.pub, sizeof(out.pub)));
	cr_assert(ip_equal(&out.udp.ip, &node.udp.ip));
	cr_assert_eq(out.udp.port, node.udp.port);
	cr_assert_eq(out.tcp, node.tcp);
	cr_assert(span_equal(out.record, node.record));
	cr_assert_eq(out.count, node.count);
	for (size_t i = 0; i < out.count; i++) {
		cr_assert(ip_equal(&out.at[i].ip, &node.at[i].ip));
		cr_assert_eq(out.at[i].ping, node.at[i].ping);
		cr_assert_eq(out.at[i].pong, node.at[i].pong);
		cr_assert_eq(out.at[i].failures, node.at[i].failures);
	}
}

Test(entry, the_longest_node_fits, .init = open_value, .fini = close_value)
{
	struct known_contact c;
	struct entry_node node = whole_node(&c);

	entry_node_encode(&value, &node);
	/* This record, and ENR_MAX bytes of one. */
	cr_assert_leq(value.len + ENR_MAX - node.record.len, ENTRY_MAX);
}

Test(entry, no_bit_of_a_node_may_differ, .init = open_value,
     .fini = close_value)
{
	struct known_contact c;
	struct entry_node node = whole_node(&c), out;
	struct entry_key key = entry_node_key(&c.id);

	entry_node_encode(&value, &node);
	for (size_t i = 0; i < value.len * 8; i++) {
		value.data[i / 8] ^= (uint8_t)(1u << i % 8);
		cr_assert_eq(entry_node_decode(&out, key_span(&key), bytes()),
			     ERR_FORMAT, "bit %zu", i);
		value.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t n = 0; n < value.len; n++)
		cr_assert_eq(entry_node_decode(&out, key_span(&key),
					       span_of(value.data, n)),
			     ERR_FORMAT, "%zu bytes", n);
}

Test(entry, a_node_is_only_good_for_its_own_key, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3), other = node_at(2, 2, 3);
	struct entry_node node = node_entry(&c, 5), out;
	struct entry_key key = entry_node_key(&other.id);

	entry_node_encode(&value, &node);
	cr_assert_eq(entry_node_decode(&out, key_span(&key), bytes()),
		     ERR_FORMAT);
	key = entry_node_key(&c.id);
	cr_assert_eq(entry_node_decode(&out, key_span(&key), bytes()), 0);
	key.b[0] = 'l';
	cr_assert_eq(entry_node_decode(&out, key_span(&key), bytes()),
		     ERR_FORMAT);
}

Test(entry, a_record_of_another_node_is_refused, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3), other;
	struct entry_node node = node_entry(&c, 5);

	other = node_signed(2, 2, 3, 1);
	node.record = enr_raw(&other.record);
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
	node.record = span_text("no record");
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
	node.record = (struct span){ 0 };
	cr_assert_eq(there_and_back(&node), 0);
}

/* A value as it is not encoded, but with a checksum that is right. */
static enum err decode_odd(const struct known_contact *c, struct span pub,
			   struct span record, uint64_t pong)
{
	static const struct siphash_key zero = { { 0 } };
	struct entry_key key = entry_node_key(&c->id);
	struct rlp_writer w = rlp_writer_of(&value);
	struct entry_node out;
	uint64_t sum;

	buf_truncate(&value, 0);
	rlp_put_list(&w);
	rlp_put_bytes(&w, pub.data, pub.len);
	rlp_put_bytes(&w, record.data, record.len);
	rlp_put_list(&w);
	rlp_put_bytes(&w, c->udp.ip.b, 4);
	rlp_put_u64(&w, c->udp.port);
	rlp_put_end(&w);
	rlp_put_u64(&w, c->tcp);
	rlp_put_list(&w);
	rlp_put_list(&w);
	rlp_put_bytes(&w, c->udp.ip.b, 4);
	rlp_put_u64(&w, 0);
	rlp_put_u64(&w, pong);
	rlp_put_u64(&w, 0);
	rlp_put_end(&w);
	rlp_put_end(&w);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), 0);
	sum = siphash(&zero, value.data, value.len);
	for (size_t i = 0; i < ENTRY_CHECK; i++)
		cr_assert_eq(buf_append(&value,
					&(uint8_t){ sum >> 8 * i & 0xff }, 1),
			     0);
	return entry_node_decode(&out, key_span(&key), bytes());
}

Test(entry, a_node_has_either_a_key_or_a_record, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_signed(1, 2, 3, 77);
	struct span pub = span_of(c.pub.b, sizeof(c.pub.b));
	struct span record = enr_raw(&c.record), none = { 0 };
	uint8_t longer[sizeof(c.pub.b) + 1] = { 0 };

	cr_assert_eq(decode_odd(&c, pub, none, 1), 0);
	cr_assert_eq(decode_odd(&c, none, record, 1), 0);
	cr_assert_eq(decode_odd(&c, pub, record, 1), ERR_FORMAT);
	cr_assert_eq(decode_odd(&c, none, none, 1), ERR_FORMAT);
	memcpy(longer, pub.data, pub.len);
	pub = span_of(longer, sizeof(longer));
	cr_assert_eq(decode_odd(&c, pub, none, 1), ERR_FORMAT);
}

Test(entry, a_time_has_32_bits, .init = open_value, .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3);
	struct span pub = span_of(c.pub.b, sizeof(c.pub.b)), none = { 0 };

	cr_assert_eq(decode_odd(&c, pub, none, UINT32_MAX), 0);
	cr_assert_eq(decode_odd(&c, pub, none, (uint64_t)UINT32_MAX + 1),
		     ERR_FORMAT);
}

Test(entry, addresses_that_nobody_has_are_refused, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3);
	struct entry_node good = node_entry(&c, 5), node = good;

	node.udp.port = 0;
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
	node = good;
	node.udp.ip = (struct ip){ .family = IP_V4 };
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
	node.udp.ip = (struct ip){ .family = IP_NONE };
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
	node.udp.ip = (struct ip){ .family = IP_V6,
				   .b = { [10] = 255, 255, 20, 2, 3, 1 } };
	cr_assert_eq(there_and_back(&node), ERR_FORMAT, "IPv4 in IPv6");
	node = good;
	node.at[node.count++] = node.at[0];
	cr_assert_eq(there_and_back(&node), ERR_FORMAT, "twice");
	cr_assert_eq(there_and_back(&good), 0);
}

Test(entry, a_key_off_the_curve_is_refused, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3);
	struct entry_node node = node_entry(&c, 5);

	node.pub.b[63] ^= 1;
	cr_assert_eq(there_and_back(&node), ERR_FORMAT);
}

Test(entry, a_list_comes_back_as_it_was, .init = open_value,
     .fini = close_value)
{
	struct entry_list list = { .seq = UINT64_MAX, .used = 12 }, out;
	struct entry_key key;

	memset(list.url, 'u', sizeof(list.url) - 1);
	key = entry_list_key(list.url);
	entry_list_encode(&value, &list);
	cr_assert_eq(entry_list_decode(&out, key_span(&key), bytes()), 0);
	cr_assert_str_eq(out.url, list.url);
	cr_assert_eq(out.seq, list.seq);
	cr_assert_eq(out.used, list.used);
	key = entry_list_key("enrtree://other");
	cr_assert_eq(entry_list_decode(&out, key_span(&key), bytes()),
		     ERR_FORMAT);
}

Test(entry, our_own_number_is_only_good_for_our_key, .init = open_value,
     .fini = close_value)
{
	struct known_contact c = node_at(1, 2, 3), other = node_at(2, 2, 3);
	struct entry_key key = entry_seq_key(&c.id);
	uint64_t seq = 0;

	entry_seq_encode(&value, &c.id, 1700000000123);
	cr_assert_eq(entry_seq_decode(&seq, key_span(&key), bytes()), 0);
	cr_assert_eq(seq, 1700000000123);
	value.data[value.len - ENTRY_CHECK - 1] ^= 1;
	cr_assert_eq(entry_seq_decode(&seq, key_span(&key), bytes()),
		     ERR_FORMAT);
	value.data[value.len - ENTRY_CHECK - 1] ^= 1;
	key = entry_seq_key(&other.id);
	cr_assert_eq(entry_seq_decode(&seq, key_span(&key), bytes()),
		     ERR_FORMAT);
}
