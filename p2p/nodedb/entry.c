/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/entry.h"

#include <stdlib.h>

#include "p2p/crypto/hash.h"
#include "p2p/crypto/siphash.h"
#include "p2p/rlp/rlp_write.h"

/* --- keys ----------------------------------------------------------------- */

static struct entry_key key_of_id(char kind, const struct node_id *id)
{
	struct entry_key key = { { (uint8_t)kind } };

	memcpy(key.b + 1, id->b, NODE_ID_LEN);
	return key;
}

struct entry_key entry_node_key(const struct node_id *id)
{
	return key_of_id('n', id);
}

struct entry_key entry_seq_key(const struct node_id *self)
{
	return key_of_id('s', self);
}

struct entry_key entry_list_key(const char *url)
{
	struct entry_key key = { { 'l' } };

	sha256(key.b + 1, span_text(url));
	return key;
}

static bool is_key(struct span key, const struct entry_key *expected)
{
	return span_equal(key, span_of(expected->b, sizeof(expected->b)));
}

/* --- the checksum --------------------------------------------------------- */

static uint64_t check_of(struct span content)
{
	static const struct siphash_key key = { { 0 } };

	return siphash(&key, content.data, content.len);
}

static void put_check(struct buf *out, size_t start)
{
	uint64_t sum = check_of(span_of(out->data + start, out->len - start));
	uint8_t b[ENTRY_CHECK];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(sum >> 8 * i);
	if (buf_append(out, b, sizeof(b)))
		abort();
}

/* What is in front of a checksum that is right; else empty. */
static struct span checked(struct span value)
{
	struct span content;
	uint64_t sum = 0;

	if (value.len <= ENTRY_CHECK || value.len > ENTRY_MAX)
		return (struct span){ 0 };
	content = span_of(value.data, value.len - ENTRY_CHECK);
	for (size_t i = 0; i < ENTRY_CHECK; i++)
		sum |= (uint64_t)value.data[content.len + i] << 8 * i;
	return sum == check_of(content) ? content : (struct span){ 0 };
}

/* --- parts ---------------------------------------------------------------- */

static size_t ip_len(const struct ip *ip)
{
	switch (ip->family) {
	case IP_NONE:
		return 0;
	case IP_V4:
		return 4;
	case IP_V6:
		return 16;
	}
	return 0;
}

static void put_ip(struct rlp_writer *w, const struct ip *ip)
{
	rlp_put_bytes(w, ip->b, ip_len(ip));
}

/* IP_NONE: it is no address that we would write. */
static struct ip get_ip(struct rlp *r)
{
	struct span b = rlp_bytes(r);
	struct ip ip = { .family = b.len == 4	 ? IP_V4
				   : b.len == 16 ? IP_V6
						 : IP_NONE };

	if (ip.family == IP_NONE)
		return ip;
	memcpy(ip.b, b.data, b.len);
	if (ip_unmapped(&ip).family != ip.family || ip_is_unspecified(&ip))
		return (struct ip){ .family = IP_NONE };
	return ip;
}

static void put_address(struct rlp_writer *w, const struct entry_address *a)
{
	rlp_put_list(w);
	put_ip(w, &a->ip);
	rlp_put_u64(w, a->ping);
	rlp_put_u64(w, a->pong);
	rlp_put_u64(w, a->failures);
	rlp_put_end(w);
}

static struct entry_address get_address(struct rlp *r)
{
	struct entry_address a;

	rlp_enter(r);
	a.ip = get_ip(r);
	a.ping = (uint32_t)rlp_uint(r, 4);
	a.pong = (uint32_t)rlp_uint(r, 4);
	a.failures = (uint32_t)rlp_uint(r, 4);
	rlp_leave(r);
	return a;
}

static bool is_new(const struct entry_node *node, const struct ip *ip)
{
	if (ip->family == IP_NONE)
		return false;
	for (size_t i = 0; i < node->count; i++)
		if (ip_equal(&node->at[i].ip, ip))
			return false;
	return true;
}

/* Whose the record is; who signed it is another question. */
static bool read_record(struct ecc_pub *out, struct span record)
{
	uint8_t key[ECC_COMPRESSED];
	struct span item;
	struct enr enr;
	struct rlp r;

	if (enr_decode(&enr, record, NULL) ||
	    !enr_get(&enr, "secp256k1", &item))
		return false;
	r = rlp_of(item.data, item.len);
	rlp_fixed(&r, key, sizeof(key));
	return !rlp_end(&r) && !ecc_pub_expand(out, key);
}

static bool read_pub(struct ecc_pub *out, struct span pub)
{
	if (pub.len != sizeof(out->b))
		return false;
	memcpy(out->b, pub.data, sizeof(out->b));
	return ecc_pub_valid(out);
}

static bool read_either(struct ecc_pub *out, struct span pub,
			struct span record)
{
	return record.len ? !pub.len && read_record(out, record)
			  : read_pub(out, pub);
}

/* --- nodes ---------------------------------------------------------------- */

void entry_node_encode(struct buf *out, const struct entry_node *node)
{
	struct rlp_writer w = rlp_writer_of(out);
	size_t start = out->len;

	rlp_put_list(&w);
	rlp_put_bytes(&w, node->pub.b,
		      node->record.len ? 0 : sizeof(node->pub.b));
	rlp_put_bytes(&w, node->record.data, node->record.len);
	rlp_put_list(&w);
	put_ip(&w, &node->udp.ip);
	rlp_put_u64(&w, node->udp.port);
	rlp_put_end(&w);
	rlp_put_u64(&w, node->tcp);
	rlp_put_list(&w);
	for (size_t i = 0; i < node->count; i++)
		put_address(&w, &node->at[i]);
	rlp_put_end(&w);
	rlp_put_end(&w);
	if (rlp_writer_end(&w))
		abort();
	put_check(out, start);
}

enum err entry_node_decode(struct entry_node *out, struct span key,
			   struct span value)
{
	struct span content = checked(value);
	struct entry_node node = { .count = 0 };
	struct rlp r = rlp_of(content.data, content.len);
	struct entry_key expected;
	struct node_id id;
	struct span pub;

	rlp_enter(&r);
	pub = rlp_bytes(&r);
	node.record = rlp_bytes(&r);
	rlp_enter(&r);
	node.udp.ip = get_ip(&r);
	node.udp.port = (uint16_t)rlp_uint(&r, 2);
	rlp_leave(&r);
	node.tcp = (uint16_t)rlp_uint(&r, 2);
	rlp_enter(&r);
	while (rlp_more(&r)) {
		struct entry_address a = get_address(&r);

		if (node.count == ENTRY_ADDRESSES || !is_new(&node, &a.ip))
			return ERR_FORMAT;
		node.at[node.count++] = a;
	}
	rlp_leave(&r);
	rlp_leave(&r);
	if (rlp_end(&r) || !read_either(&node.pub, pub, node.record))
		return ERR_FORMAT;
	if (node.udp.ip.family == IP_NONE || !node.udp.port)
		return ERR_FORMAT;
	id = node_id_of(&node.pub);
	expected = entry_node_key(&id);
	if (!is_key(key, &expected))
		return ERR_FORMAT;
	*out = node;
	return ERR_NONE;
}

/* --- lists ---------------------------------------------------------------- */

void entry_list_encode(struct buf *out, const struct entry_list *list)
{
	struct rlp_writer w = rlp_writer_of(out);
	size_t start = out->len;

	rlp_put_list(&w);
	rlp_put_text(&w, list->url);
	rlp_put_u64(&w, list->seq);
	rlp_put_u64(&w, list->used);
	rlp_put_end(&w);
	if (rlp_writer_end(&w))
		abort();
	put_check(out, start);
}

enum err entry_list_decode(struct entry_list *out, struct span key,
			   struct span value)
{
	struct span content = checked(value);
	struct entry_list list = { .seq = 0 };
	struct rlp r = rlp_of(content.data, content.len);
	struct entry_key expected;
	struct span url;

	rlp_enter(&r);
	url = rlp_bytes(&r);
	list.seq = rlp_u64(&r);
	list.used = rlp_u64(&r);
	rlp_leave(&r);
	if (rlp_end(&r) || !url.len || url.len >= sizeof(list.url) ||
	    memchr(url.data, 0, url.len))
		return ERR_FORMAT;
	memcpy(list.url, url.data, url.len);
	expected = entry_list_key(list.url);
	if (!is_key(key, &expected))
		return ERR_FORMAT;
	*out = list;
	return ERR_NONE;
}

/* --- our own number --------------------------------------------------------
 */

void entry_seq_encode(struct buf *out, const struct node_id *self, uint64_t seq)
{
	struct rlp_writer w = rlp_writer_of(out);
	size_t start = out->len;

	rlp_put_list(&w);
	rlp_put_bytes(&w, self->b, sizeof(self->b));
	rlp_put_u64(&w, seq);
	rlp_put_end(&w);
	if (rlp_writer_end(&w))
		abort();
	put_check(out, start);
}

enum err entry_seq_decode(uint64_t *out, struct span key, struct span value)
{
	struct span content = checked(value);
	struct rlp r = rlp_of(content.data, content.len);
	struct entry_key expected;
	struct node_id self;
	uint64_t seq;

	rlp_enter(&r);
	rlp_fixed(&r, self.b, sizeof(self.b));
	seq = rlp_u64(&r);
	rlp_leave(&r);
	if (rlp_end(&r))
		return ERR_FORMAT;
	expected = entry_seq_key(&self);
	if (!is_key(key, &expected))
		return ERR_FORMAT;
	*out = seq;
	return ERR_NONE;
}
