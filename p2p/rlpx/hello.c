/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/hello.h"

#include "p2p/rlp/rlp.h"
#include "p2p/rlp/rlp_write.h"

enum {
	DISCONNECT_READ_MAX = 100, /* bytes; as go-ethereum limits it */
};

/* The shortest capability is c28080, the list of "" and 0, so a payload holds
 * at most 2048 / 3 = 682: once the size is checked, no count is too large. */
_Static_assert(HELLO_MAX / 3 < CAPABILITIES_PEER_MAX, "bound of the claims");
_Static_assert(HELLO_MAX <= UINT16_MAX, "offsets into the payload");

/* Where a part of the payload lies. An empty part may have no address. */
static uint16_t offset_in(const struct hello *h, struct span part)
{
	return part.len ? (uint16_t)(part.data - h->payload) : 0;
}

/* One entry of the list: "exactly" [name, version]. */
static struct capability_claim read_claim(struct rlp *r)
{
	struct capability_claim c;

	rlp_enter(r);
	c.name = rlp_bytes(r);
	c.version = rlp_u64(r);
	rlp_leave(r);
	return c;
}

/* The capability list: its items as one span, and how many there are. */
static void read_caps(struct hello *h, struct rlp *r)
{
	struct rlp look = *r;
	struct span items;

	rlp_enter(&look);
	items = rlp_tail(&look);
	h->caps_at = offset_in(h, items);
	h->caps_len = (uint16_t)items.len;
	h->caps_count = 0;

	rlp_enter(r);
	while (rlp_more(r)) {
		read_claim(r);
		h->caps_count++;
	}
	rlp_leave(r);
}

static bool is_zero(const struct ecc_pub *id)
{
	static const struct ecc_pub zero;

	return !memcmp(id->b, zero.b, sizeof(zero.b));
}

struct span hello_name(const struct hello *h)
{
	return span_of(h->payload + h->name_at, h->name_len);
}

struct span hello_tail(const struct hello *h)
{
	return span_of(h->payload + h->tail_at, h->tail_len);
}

size_t hello_claims(const struct hello *h, struct capability_claim *out)
{
	struct rlp r = rlp_of(h->payload + h->caps_at, h->caps_len);
	size_t n = 0;

	while (n < h->caps_count && rlp_more(&r))
		out[n++] = read_claim(&r);
	return n;
}

/* "[ version: u64, name: text, caps: [[name: text, version: uint], ...],
 * listen-port: u64, id: bytes(64), ...ignored ]" (specs: "Hello") */
enum err hello_read(struct hello *out, struct span payload)
{
	struct span name, tail;
	struct rlp r;

	if (payload.len > HELLO_MAX)
		return ERR_LIMIT;
	out->len = (uint16_t)payload.len;
	if (payload.len)
		memcpy(out->payload, payload.data, payload.len);

	r = rlp_of(out->payload, out->len);
	rlp_enter(&r);
	out->version = rlp_u64(&r);
	name = rlp_bytes(&r);
	read_caps(out, &r);
	out->listen_port = rlp_u64(&r);
	rlp_fixed(&r, out->id.b, sizeof(out->id.b));
	tail = rlp_tail(&r);
	/* "Bytes after the list are ignored by servers." */
	if (rlp_end_prefix(&r))
		return ERR_FORMAT;
	if (is_zero(&out->id))
		return ERR_FORMAT;

	out->name_at = offset_in(out, name);
	out->name_len = (uint16_t)name.len;
	out->tail_at = offset_in(out, tail);
	out->tail_len = (uint16_t)tail.len;
	return ERR_NONE;
}

enum err hello_make(struct buf *out, uint64_t version, const char *name,
		    const struct capability *local, size_t count,
		    const struct ecc_pub *id, struct span tail)
{
	struct rlp_writer w = rlp_writer_of(out);
	size_t start = out->len;
	enum err rc;

	rlp_put_list(&w);
	rlp_put_u64(&w, version);
	rlp_put_text(&w, name);
	rlp_put_list(&w);
	for (size_t i = 0; i < count; i++) {
		rlp_put_list(&w);
		rlp_put_text(&w, local[i].name);
		rlp_put_u64(&w, local[i].version);
		rlp_put_end(&w);
	}
	rlp_put_end(&w);
	rlp_put_u64(&w, 0); /* "listen-port is sent as 0 by both and ignored" */
	rlp_put_bytes(&w, id->b, sizeof(id->b));
	rlp_put_raw(&w, tail);
	rlp_put_end(&w);
	rc = rlp_writer_end(&w);
	if (!rc && out->len - start > HELLO_MAX) {
		buf_truncate(out, start);
		rc = ERR_LIMIT;
	}
	return rc;
}

/* A reason is taken as a string of at most one byte, not as an integer, for
 * old nodes write 0 as the byte 00, which no canonical integer is. */
uint8_t disconnect_read(struct span payload)
{
	struct rlp r = rlp_of(payload.data, payload.len);
	struct span reason = { 0 };

	if (payload.len > DISCONNECT_READ_MAX)
		return DISC_INVALID;
	if (rlp_peek(&r) == RLP_LIST) {
		rlp_enter(&r);
		if (rlp_more(&r)) /* c0: "reason omitted; treat as 0" */
			reason = rlp_bytes(&r);
		rlp_leave_tail(&r); /* "further items ignored" */
	} else {
		reason = rlp_bytes(&r);
	}
	if (rlp_end(&r) || reason.len > 1)
		return DISC_INVALID;
	return reason.len ? reason.data[0] : DISC_REQUESTED;
}

size_t disconnect_make(uint8_t out[DISCONNECT_MAX], uint8_t reason)
{
	if (reason < 0x80) {
		out[0] = 0xc1;
		out[1] = reason ? reason : 0x80;
		return 2;
	}
	out[0] = 0xc2;
	out[1] = 0x81;
	out[2] = reason;
	return 3;
}

const char *disconnect_name(uint8_t reason)
{
	switch ((enum disconnect_reason)reason) {
	case DISC_REQUESTED:
		return "requested";
	case DISC_NETWORK:
		return "network error";
	case DISC_PROTOCOL:
		return "breach of protocol";
	case DISC_USELESS:
		return "useless peer";
	case DISC_TOO_MANY_PEERS:
		return "too many peers";
	case DISC_ALREADY_CONNECTED:
		return "already connected";
	case DISC_INCOMPATIBLE:
		return "incompatible version";
	case DISC_NULL_IDENTITY:
		return "null identity";
	case DISC_QUITTING:
		return "client quitting";
	case DISC_UNEXPECTED_IDENTITY:
		return "unexpected identity";
	case DISC_SELF:
		return "connected to self";
	case DISC_TIMEOUT:
		return "timeout";
	case DISC_SUBPROTOCOL:
		return "subprotocol error";
	case DISC_INVALID:
		return "invalid reason";
	}
	return "unknown reason";
}
