/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_wire.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/crypto/keccak.h"
#include "p2p/rlp/rlp_write.h"

enum {
	SIGNATURE_AT = V4_HASH,
	TYPE_AT = SIGNATURE_AT + sizeof(struct ecc_sig),
	DATA_AT = TYPE_AT + 1,
};

/* --- decoding --------------------------------------------------------------
 */

/* "Other lengths make the address invalid but do not invalidate a PING." */
static struct ip read_ip(struct rlp *in)
{
	struct span bytes = rlp_bytes(in);
	struct ip ip = { .family = IP_NONE };

	if (bytes.len != 4 && bytes.len != 16)
		return ip;
	ip.family = bytes.len == 4 ? IP_V4 : IP_V6;
	memcpy(ip.b, bytes.data, bytes.len);
	return ip_unmapped(&ip);
}

static void read_endpoint_parts(struct v4_endpoint *out, struct rlp *in)
{
	out->ip = read_ip(in);
	out->udp = (uint16_t)rlp_uint(in, 2);
	out->tcp = (uint16_t)rlp_uint(in, 2);
}

static void read_endpoint(struct v4_endpoint *out, struct rlp *in)
{
	rlp_enter(in);
	read_endpoint_parts(out, in);
	rlp_leave(in);
}

/* An integer that may be missing. Anything else in its place is one of the
 * elements that a later version added. */
static uint64_t read_seq(const struct rlp *in)
{
	struct rlp ahead = *in;
	uint64_t seq;

	if (!rlp_more(&ahead))
		return 0;
	seq = rlp_u64(&ahead);
	return ahead.fault ? 0 : seq;
}

static void read_ping(struct v4_packet *p, struct rlp *in)
{
	p->ping.version = rlp_u64(in);
	read_endpoint(&p->ping.from, in);
	read_endpoint(&p->ping.to, in);
	p->expiration = rlp_u64(in);
	p->ping.enr_seq = read_seq(in);
}

static void read_pong(struct v4_packet *p, struct rlp *in)
{
	read_endpoint(&p->pong.to, in);
	rlp_fixed(in, p->pong.ping_hash, V4_HASH);
	p->expiration = rlp_u64(in);
	p->pong.enr_seq = read_seq(in);
}

static void read_neighbors(struct v4_packet *p, struct rlp *in)
{
	rlp_enter(in);
	while (rlp_more(in) && p->neighbors.count < V4_NEIGHBORS_MAX) {
		struct v4_neighbor *n =
			&p->neighbors.nodes[p->neighbors.count++];

		rlp_enter(in);
		read_endpoint_parts(&n->at, in);
		rlp_fixed(in, n->pub.b, sizeof(n->pub.b));
		rlp_leave(in);
	}
	rlp_leave(in);
	p->expiration = rlp_u64(in);
}

static void read_data(struct v4_packet *p, struct rlp *in)
{
	switch (p->type) {
	case V4_PING:
		read_ping(p, in);
		break;
	case V4_PONG:
		read_pong(p, in);
		break;
	case V4_FINDNODE:
		rlp_fixed(in, p->findnode.target.b, sizeof(struct ecc_pub));
		p->expiration = rlp_u64(in);
		break;
	case V4_NEIGHBORS:
		read_neighbors(p, in);
		break;
	case V4_ENRREQUEST:
		p->expiration = rlp_u64(in);
		break;
	case V4_ENRRESPONSE:
		rlp_fixed(in, p->enrresponse.request_hash, V4_HASH);
		p->enrresponse.record = rlp_raw(in);
		break;
	}
}

enum err v4_decode(struct v4_packet *out, struct span packet)
{
	struct v4_packet p = { 0 };
	struct rlp in;

	if (packet.len < V4_PACKET_MIN)
		return ERR_SHORT;
	if (packet.len > V4_PACKET_MAX)
		return ERR_LIMIT;
	keccak256(p.hash, packet.data + V4_HASH, packet.len - V4_HASH);
	if (memcmp(p.hash, packet.data, V4_HASH) != 0)
		return ERR_AUTH;
	if (packet.data[TYPE_AT] < V4_PING ||
	    packet.data[TYPE_AT] > V4_ENRRESPONSE)
		return ERR_UNSUPPORTED;
	p.type = packet.data[TYPE_AT];
	in = rlp_of(packet.data + DATA_AT, packet.len - DATA_AT);
	rlp_enter(&in);
	read_data(&p, &in);
	rlp_leave_tail(&in);
	if (rlp_end_prefix(&in))
		return ERR_FORMAT;
	*out = p;
	return ERR_NONE;
}

enum err v4_recover(struct ecc_pub *out, struct span packet)
{
	struct ecc_sig sig;
	uint8_t digest[32];

	memcpy(sig.b, packet.data + SIGNATURE_AT, sizeof(sig.b));
	keccak256(digest, packet.data + TYPE_AT, packet.len - TYPE_AT);
	return ecc_recover(out, &sig, digest);
}

bool v4_is_expired(const struct v4_packet *p, uint64_t unix_seconds)
{
	return p->type != V4_ENRRESPONSE &&
	       (int64_t)p->expiration < (int64_t)unix_seconds;
}

/* --- encoding --------------------------------------------------------------
 */

static void put_endpoint_parts(struct rlp_writer *w,
			       const struct v4_endpoint *e)
{
	static const uint8_t len[] = {
		[IP_NONE] = 0, [IP_V4] = 4, [IP_V6] = 16
	};

	rlp_put_bytes(w, e->ip.b, len[e->ip.family]);
	rlp_put_u64(w, e->udp);
	rlp_put_u64(w, e->tcp);
}

static void put_endpoint(struct rlp_writer *w, const struct v4_endpoint *e)
{
	rlp_put_list(w);
	put_endpoint_parts(w, e);
	rlp_put_end(w);
}

/* "When zero it is omitted on encoding." */
static void put_seq(struct rlp_writer *w, uint64_t seq)
{
	if (seq)
		rlp_put_u64(w, seq);
}

static void put_ping(struct rlp_writer *w, const struct v4_packet *p)
{
	rlp_put_u64(w, p->ping.version);
	put_endpoint(w, &p->ping.from);
	put_endpoint(w, &p->ping.to);
	rlp_put_u64(w, p->expiration);
	put_seq(w, p->ping.enr_seq);
}

static void put_pong(struct rlp_writer *w, const struct v4_packet *p)
{
	put_endpoint(w, &p->pong.to);
	rlp_put_bytes(w, p->pong.ping_hash, V4_HASH);
	rlp_put_u64(w, p->expiration);
	put_seq(w, p->pong.enr_seq);
}

static void put_neighbors(struct rlp_writer *w, const struct v4_packet *p)
{
	assert(p->neighbors.count <= V4_NEIGHBORS_SENT);
	rlp_put_list(w);
	for (size_t i = 0; i < p->neighbors.count; i++) {
		const struct v4_neighbor *n = &p->neighbors.nodes[i];

		rlp_put_list(w);
		put_endpoint_parts(w, &n->at);
		rlp_put_bytes(w, n->pub.b, sizeof(n->pub.b));
		rlp_put_end(w);
	}
	rlp_put_end(w);
	rlp_put_u64(w, p->expiration);
}

static void put_data(struct rlp_writer *w, const struct v4_packet *p)
{
	rlp_put_list(w);
	switch (p->type) {
	case V4_PING:
		put_ping(w, p);
		break;
	case V4_PONG:
		put_pong(w, p);
		break;
	case V4_FINDNODE:
		rlp_put_bytes(w, p->findnode.target.b, sizeof(struct ecc_pub));
		rlp_put_u64(w, p->expiration);
		break;
	case V4_NEIGHBORS:
		put_neighbors(w, p);
		break;
	case V4_ENRREQUEST:
		rlp_put_u64(w, p->expiration);
		break;
	case V4_ENRRESPONSE:
		rlp_put_bytes(w, p->enrresponse.request_hash, V4_HASH);
		rlp_put_raw(w, p->enrresponse.record);
		break;
	}
	rlp_put_end(w);
}

size_t v4_encode(uint8_t out[V4_PACKET_MAX], struct v4_packet *p,
		 const struct secret32 *key)
{
	uint8_t digest[32];
	struct rlp_writer w;
	struct ecc_sig sig;
	struct buf data;
	size_t len;

	buf_init(&data, V4_PACKET_MAX - DATA_AT);
	w = rlp_writer_of(&data);
	put_data(&w, p);
	if (rlp_writer_end(&w))
		abort(); /* a record of 300 bytes and 12 nodes do fit */
	len = DATA_AT + data.len;
	out[TYPE_AT] = (uint8_t)p->type;
	memcpy(out + DATA_AT, data.data, data.len);
	buf_clear(&data);

	keccak256(digest, out + TYPE_AT, len - TYPE_AT);
	ecc_sign(&sig, key, digest);
	memcpy(out + SIGNATURE_AT, sig.b, sizeof(sig.b));
	keccak256(p->hash, out + V4_HASH, len - V4_HASH);
	memcpy(out, p->hash, V4_HASH);
	return len;
}
