/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_message.h"

#include "p2p/rlp/rlp_write.h"

enum {
	DISTANCE_MAX = 256,
};

/* --- decoding ---------------------------------------------------------------
 */

static void read_pong(struct v5_message *m, struct rlp *in)
{
	struct ip ip = { .family = IP_NONE };
	struct span bytes;

	m->pong.enr_seq = rlp_u64(in);
	bytes = rlp_bytes(in);
	if (bytes.len == 4 || bytes.len == 16) {
		ip.family = bytes.len == 4 ? IP_V4 : IP_V6;
		memcpy(ip.b, bytes.data, bytes.len);
	}
	m->pong.recipient.ip = ip_unmapped(&ip);
	m->pong.recipient.port = (uint16_t)rlp_uint(in, 2);
}

static void read_findnode(struct v5_message *m, struct rlp *in)
{
	bool seen[V5_DISTANCES_MAX] = { false };

	rlp_enter(in);
	while (rlp_more(in)) {
		uint64_t distance = rlp_u64(in);

		if (in->fault || distance > DISTANCE_MAX || seen[distance])
			continue;
		seen[distance] = true;
		m->findnode.distances[m->findnode.count++] = (uint16_t)distance;
	}
	rlp_leave(in);
}

/* Returns whether there were too many records. */
static bool read_nodes(struct v5_message *m, struct rlp *in)
{
	bool too_many = false;

	m->nodes.total = rlp_u64(in);
	rlp_enter(in);
	while (rlp_more(in)) {
		struct span record = rlp_raw(in);

		if (m->nodes.count < V5_RECORDS_MAX)
			m->nodes.records[m->nodes.count++] = record;
		else
			too_many = true;
	}
	rlp_leave(in);
	return too_many;
}

/* Returns whether something was too long. */
static bool read_body(struct v5_message *m, struct rlp *in)
{
	switch (m->type) {
	case V5_PING:
		m->ping.enr_seq = rlp_u64(in);
		return false;
	case V5_PONG:
		read_pong(m, in);
		return false;
	case V5_FINDNODE:
		read_findnode(m, in);
		return false;
	case V5_NODES:
		return read_nodes(m, in);
	case V5_TALKREQ:
		m->talkreq.protocol = rlp_bytes(in);
		m->talkreq.request = rlp_bytes(in);
		return false;
	case V5_TALKRESP:
		m->talkresp.response = rlp_bytes(in);
		return false;
	}
	return false;
}

/* "A byte string of 0..8 bytes." */
static bool read_id(struct v5_request_id *id, struct rlp *in)
{
	struct span bytes = rlp_bytes(in);

	if (bytes.len > V5_REQUEST_ID_MAX)
		return true;
	id->len = (uint8_t)bytes.len;
	if (bytes.len)
		memcpy(id->b, bytes.data, bytes.len);
	return false;
}

enum err v5_message_decode(struct v5_message *out, struct span plaintext)
{
	struct v5_message m = { 0 };
	bool too_long;
	struct rlp in;

	if (plaintext.len == 0)
		return ERR_FORMAT;
	if (plaintext.data[0] < V5_PING || plaintext.data[0] > V5_TALKRESP)
		return ERR_UNSUPPORTED;
	m.type = plaintext.data[0];
	in = rlp_of(plaintext.data + 1, plaintext.len - 1);
	rlp_enter(&in);
	too_long = read_id(&m.id, &in);
	too_long |= read_body(&m, &in);
	rlp_leave(&in);
	if (rlp_end(&in))
		return ERR_FORMAT;
	if (too_long)
		return ERR_LIMIT;
	if (m.type == V5_PONG && !m.pong.recipient.ip.family)
		return ERR_FORMAT;
	*out = m;
	return ERR_NONE;
}

/* --- encoding ---------------------------------------------------------------
 */

static void put_pong(struct rlp_writer *w, const struct v5_message *m)
{
	const struct ip *ip = &m->pong.recipient.ip;

	rlp_put_u64(w, m->pong.enr_seq);
	rlp_put_bytes(w, ip->b, ip->family == IP_V4 ? 4 : 16);
	rlp_put_u64(w, m->pong.recipient.port);
}

static void put_findnode(struct rlp_writer *w, const struct v5_message *m)
{
	rlp_put_list(w);
	for (size_t i = 0; i < m->findnode.count; i++)
		rlp_put_u64(w, m->findnode.distances[i]);
	rlp_put_end(w);
}

static void put_nodes(struct rlp_writer *w, const struct v5_message *m)
{
	rlp_put_u64(w, m->nodes.total);
	rlp_put_list(w);
	for (size_t i = 0; i < m->nodes.count; i++)
		rlp_put_raw(w, m->nodes.records[i]);
	rlp_put_end(w);
}

static void put_bytes(struct rlp_writer *w, struct span s)
{
	rlp_put_bytes(w, s.data, s.len);
}

static void put_body(struct rlp_writer *w, const struct v5_message *m)
{
	switch (m->type) {
	case V5_PING:
		rlp_put_u64(w, m->ping.enr_seq);
		break;
	case V5_PONG:
		put_pong(w, m);
		break;
	case V5_FINDNODE:
		put_findnode(w, m);
		break;
	case V5_NODES:
		put_nodes(w, m);
		break;
	case V5_TALKREQ:
		put_bytes(w, m->talkreq.protocol);
		put_bytes(w, m->talkreq.request);
		break;
	case V5_TALKRESP:
		put_bytes(w, m->talkresp.response);
		break;
	}
}

enum err v5_message_encode(struct buf *out, const struct v5_message *m)
{
	uint8_t type = (uint8_t)m->type;
	size_t before = out->len;
	struct rlp_writer w;
	enum err rc = buf_append(out, &type, 1);

	if (rc)
		return rc;
	w = rlp_writer_of(out);
	rlp_put_list(&w);
	rlp_put_bytes(&w, m->id.b, m->id.len);
	put_body(&w, m);
	rlp_put_end(&w);
	rc = rlp_writer_end(&w);
	if (rc)
		buf_truncate(out, before);
	return rc;
}

bool v5_request_id_equal(const struct v5_request_id *a,
			 const struct v5_request_id *b)
{
	return a->len == b->len && !memcmp(a->b, b->b, a->len);
}

void v5_lookup_distances(uint16_t out[V5_LOOKUP_DISTANCES], unsigned distance)
{
	size_t n = 0;

	if (distance <= DISTANCE_MAX)
		out[n++] = (uint16_t)distance;
	for (unsigned away = 1; n < V5_LOOKUP_DISTANCES; away++) {
		if (distance + away <= DISTANCE_MAX)
			out[n++] = (uint16_t)(distance + away);
		if (n < V5_LOOKUP_DISTANCES && distance > away)
			out[n++] = (uint16_t)(distance - away);
	}
}

/* Is that bit of a XOR b set? 256 is the first. */
static bool differ_at(const struct node_id *a, const struct node_id *b,
		      unsigned bit)
{
	unsigned at = DISTANCE_MAX - bit;

	return ((a->b[at / 8] ^ b->b[at / 8]) & (0x80 >> at % 8)) != 0;
}

/* Nodes at a distance from the peer differ from it in that bit, and in any
 * below. Where the peer differs from the target too they are closer to it than
 * the peer, most with the highest such bit; elsewhere farther, least with the
 * lowest. */
void v5_near_distances(uint16_t out[V5_NEAR_DISTANCES],
		       const struct node_id *target, const struct node_id *peer,
		       unsigned reach)
{
	unsigned lowest = reach - V5_NEAR_DISTANCES + 1;
	size_t n = 0;

	for (unsigned d = reach; d >= lowest; d--)
		if (differ_at(target, peer, d))
			out[n++] = (uint16_t)d;
	for (unsigned d = lowest; d <= reach; d++)
		if (!differ_at(target, peer, d))
			out[n++] = (uint16_t)d;
}
