/* SPDX-License-Identifier: Apache-2.0 */
/* rlpx_out.c - what we send: each call appends one frame. */
#include <assert.h>

#include "p2p/rlp/rlp_write.h"
#include "p2p/rlpx/inside.h"
#include "p2p/rlpx/snappy_block.h"

/* Seal the n bytes of frame data that stand at `at` + FRAME_HEADER. */
static enum err seal(struct rlpx *x, struct buf *out, uint8_t *at, size_t n)
{
	if (n > FRAME_SIZE_MAX) {
		/* Nothing was committed, but what was written is plaintext. */
		return ERR_LIMIT;
	}
	frame_seal(&x->codec, at, n);
	buf_commit(out, frame_room(n));
	/* There was room for it uncompressed. */
	if (out->room > KEPT_ROOM && out->len < out->room / 4)
		buf_shrink(out);
	return ERR_NONE;
}

/* Behind our Hello everything is compressed for whoever read that, theirs read
 * or not: so a Disconnect with which we give up waiting for it is. (To a peer
 * of version 4, who is rare, it is then no Disconnect.) */
static bool is_compressed(const struct rlpx *x)
{
	return x->snappy ||
	       (x->hello_sent && !x->hello && x->version >= BASE_VERSION);
}

static enum err send_frame(struct rlpx *x, struct buf *out, uint64_t code,
			   struct span payload)
{
	bool compressed = is_compressed(x);
	size_t most = CODE_MAX + (compressed ? snappy_block_room(payload.len)
					     : payload.len);
	uint8_t *at, *data;
	size_t n;

	if (payload.len > RLPX_MESSAGE_MAX)
		return ERR_LIMIT;
	at = buf_grow(out, frame_room(most));
	if (!at)
		return ERR_LIMIT;
	data = at + FRAME_HEADER;
	n = rlp_put_code(data, code);
	if (compressed) {
		n += snappy_block_pack(data + n, payload);
	} else if (payload.len) {
		memcpy(data + n, payload.data, payload.len);
		n += payload.len;
	}
	return seal(x, out, at, n);
}

static enum err send_frame_packed(struct rlpx *x, struct buf *out,
				  uint64_t code, struct packed *payload)
{
	uint8_t *at, *data;
	struct span bytes;
	size_t n;

	if (payload->raw.len > RLPX_MESSAGE_MAX)
		return ERR_LIMIT;
	bytes = x->snappy ? packed_block(payload) : payload->raw;
	at = buf_grow(out, frame_room(CODE_MAX + bytes.len));
	if (!at)
		return ERR_LIMIT;
	data = at + FRAME_HEADER;
	n = rlp_put_code(data, code);
	if (bytes.len)
		memcpy(data + n, bytes.data, bytes.len);
	return seal(x, out, at, n + bytes.len);
}

enum err rlpx_hello(struct rlpx *x, struct buf *out)
{
	struct buf payload;
	enum err rc;

	if (x->state != STATE_FIRST || x->hello_sent || x->disconnect_sent)
		return ERR_CLOSED;
	buf_init(&payload, HELLO_MAX);
	rc = hello_make(&payload, x->version, x->name, x->local, x->local_count,
			&x->id, (struct span){ 0 });
	if (!rc)
		rc = send_frame(x, out, BASE_HELLO,
				span_of(payload.data, payload.len));
	buf_clear(&payload);
	x->hello_sent = !rc;
	return rc;
}

/* The empty list, the payload of Ping and Pong. */
static const uint8_t empty_list[] = { 0xc0 };

static enum err send_base(struct rlpx *x, struct buf *out, enum base_code code,
			  struct span payload)
{
	if (x->state != STATE_OPEN || !x->hello_sent || x->disconnect_sent)
		return ERR_CLOSED;
	return send_frame(x, out, code, payload);
}

enum err rlpx_ping(struct rlpx *x, struct buf *out)
{
	return send_base(x, out, BASE_PING,
			 span_of(empty_list, sizeof(empty_list)));
}

enum err rlpx_pong(struct rlpx *x, struct buf *out)
{
	return send_base(x, out, BASE_PONG,
			 span_of(empty_list, sizeof(empty_list)));
}

static bool can_say_goodbye(const struct rlpx *x)
{
	if (x->disconnect_sent)
		return false;
	if (x->state == STATE_DEAD)
		return rlpx_fault_reason(x->fault) != DISC_NETWORK;
	return x->state == STATE_FIRST || x->state == STATE_OPEN ||
	       x->state == STATE_ENDED;
}

enum err rlpx_disconnect(struct rlpx *x, struct buf *out, uint8_t reason)
{
	uint8_t payload[DISCONNECT_MAX];
	size_t len;
	enum err rc;

	if (!can_say_goodbye(x))
		return ERR_CLOSED;
	len = disconnect_make(payload, reason);
	rc = send_frame(x, out, BASE_DISCONNECT, span_of(payload, len));
	x->disconnect_sent = !rc;
	return rc;
}

/* May this be sent now? *wire is the code on the wire. */
static enum err check_code(const struct rlpx *x, uint32_t match, uint32_t code,
			   uint64_t *wire)
{
	const struct capability_match *m;

	if (x->state != STATE_OPEN || !x->hello_sent || x->disconnect_sent)
		return ERR_CLOSED;
	assert(match < x->match_count);
	m = &x->matches[match];
	if (code >= x->local[m->index].codes)
		return ERR_FORMAT;
	*wire = (uint64_t)m->offset + code;
	return ERR_NONE;
}

enum err rlpx_send(struct rlpx *x, struct buf *out, uint32_t match,
		   uint32_t code, struct span payload)
{
	uint64_t wire;
	enum err rc = check_code(x, match, code, &wire);

	return rc ? rc : send_frame(x, out, wire, payload);
}

enum err rlpx_send_packed(struct rlpx *x, struct buf *out, uint32_t match,
			  uint32_t code, struct packed *payload)
{
	uint64_t wire;
	enum err rc = check_code(x, match, code, &wire);

	return rc ? rc : send_frame_packed(x, out, wire, payload);
}
