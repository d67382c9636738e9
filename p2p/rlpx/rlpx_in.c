/* SPDX-License-Identifier: Apache-2.0 */
/* rlpx_in.c - what comes in once the keys are agreed. */
#include <assert.h>
#include <stdlib.h>

#include "p2p/rlp/rlp.h"
#include "p2p/rlpx/inside.h"
#include "p2p/rlpx/snappy_block.h"

void rlpx_drop_eaten(struct rlpx *x)
{
	if (!x->eaten)
		return;
	x->small = x->eaten < x->in.room / 4 ? x->small + 1 : 0;
	buf_drop(&x->in, x->eaten);
	x->eaten = 0;
	if (x->small >= SMALL_FRAMES && x->in.room > KEPT_ROOM) {
		buf_shrink(&x->in);
		x->small = 0;
	}
}

/* --- frames --------------------------------------------------------------- */

/* A body on the wire, but for its MAC. */
static size_t body_size(const struct rlpx *x)
{
	return frame_room(x->size) - FRAME_HEADER - FRAME_MAC;
}

/* The body is to be moved as little as can be while it comes: room for all of
 * it, and for what of the next frame comes with its end. But the size is what a
 * peer only announced, so a block for it is bounded by what came. */
static void make_room(struct rlpx *x, size_t coming)
{
	size_t there = x->in.len + coming;
	size_t whole = body_size(x) + FRAME_MAC;
	size_t room = whole + READ_AHEAD;

	if (there >= whole)
		return;
	if (room > x->in.room && room > GROWTH * there)
		room = GROWTH * there;
	buf_reserve(&x->in, room);
}

size_t rlpx_open_part(struct rlpx *x, const uint8_t *data, size_t len)
{
	size_t left = body_size(x) - x->opened;
	size_t n = len < left ? len : left;
	uint8_t *at;

	if (n == 0)
		return 0;
	/* What came with the header was opened by next_frame. */
	assert(x->in.len == x->opened);
	make_room(x, n);
	at = buf_grow(&x->in, n);
	if (!at)
		return 0;
	frame_open_part(&x->codec, at, data, n);
	buf_commit(&x->in, n);
	x->opened += n;
	return n;
}

static void open_what_came(struct rlpx *x)
{
	size_t size = body_size(x);
	size_t end = x->in.len < size ? x->in.len : size;
	uint8_t *at;

	if (end == x->opened)
		return;
	at = x->in.data + x->opened;
	frame_open_part(&x->codec, at, at, end - x->opened);
	x->opened = end;
}

/* The next whole frame's data; good until the next call. A body is hashed and
 * decrypted as it arrives, so no turn of the loop has a large frame to do at
 * once, and looked at when all of it proved authentic. */
static enum err next_frame(struct rlpx *x, struct span *data)
{
	if (!x->in_body) {
		if (x->in.len < FRAME_HEADER)
			return ERR_SHORT;
		if (frame_open_header(&x->codec, &x->size, x->in.data,
				      x->in.len))
			return rlpx_die(x, RLPX_FAULT_MAC);
		if (x->size == 0 || x->size > x->frame_limit)
			return rlpx_die(x, RLPX_FAULT_FRAME_SIZE);
		buf_drop(&x->in, FRAME_HEADER);
		x->in.limit = frame_room(x->size) + RLPX_PENDING_MAX;
		x->in_body = true;
		x->opened = 0;
		make_room(x, 0);
	}
	open_what_came(x);
	if (x->in.len < body_size(x) + FRAME_MAC)
		return ERR_SHORT;
	if (frame_open_end(&x->codec, x->in.data + body_size(x)))
		return rlpx_die(x, RLPX_FAULT_MAC);
	*data = span_of(x->in.data, x->size);
	x->eaten = body_size(x) + FRAME_MAC;
	x->in_body = false;
	x->frames++;
	return ERR_NONE;
}

static enum err end_by_peer(struct rlpx *x, struct rlpx_event *ev,
			    struct span payload)
{
	x->state = STATE_ENDED;
	*ev = (struct rlpx_event){ .kind = RLPX_DISCONNECT,
				   .reason = disconnect_read(payload) };
	return ERR_NONE;
}

/* "If code is 0x01 and snappy decoding fails, try the raw bytes as an
 * uncompressed Disconnect before giving up" (specs: "Snappy"). */
static enum err compressed_disconnect(struct rlpx *x, struct rlpx_event *ev,
				      struct span payload)
{
	uint8_t plain[HELLO_MAX];
	size_t size;

	if (x->snappy && !snappy_block_size(&size, payload, sizeof(plain)) &&
	    !snappy_block_unpack(plain, size, payload))
		return end_by_peer(x, ev, span_of(plain, size));
	return end_by_peer(x, ev, payload);
}

/* After both Hellos: what is shared, and how large a frame can get. */
static void open_session(struct rlpx *x)
{
	struct capability_claim *claims;
	size_t count;

	claims = calloc(x->hello->caps_count + 1u, sizeof(*claims));
	x->matches = calloc(x->local_count + 1, sizeof(*x->matches));
	if (!claims || !x->matches)
		abort();
	count = hello_claims(x->hello, claims);
	x->match_count = capability_match(x->matches, x->local, x->local_count,
					  claims, count);
	free(claims);

	for (size_t i = 0; i < x->match_count; i++) {
		uint32_t max = x->local[x->matches[i].index].max_message;
		size_t need = FRAME_SIZE_MAX;

		if (max && snappy_block_room(max) + CODE_MAX < need)
			need = snappy_block_room(max) + CODE_MAX;
		if (need > x->frame_limit)
			x->frame_limit = need;
	}
	x->state = STATE_OPEN;
}

/* Most of them are far shorter than they may be, and each session keeps its. */
static struct hello *without_room(struct hello *h)
{
	struct hello *less =
		realloc(h, offsetof(struct hello, payload) + h->len);

	return less ? less : h;
}

static enum err first_message(struct rlpx *x, struct rlpx_event *ev,
			      uint64_t code, struct span payload)
{
	if (code == BASE_DISCONNECT)
		return end_by_peer(x, ev, payload);
	if (code != BASE_HELLO)
		return rlpx_die(x, RLPX_FAULT_FIRST);

	x->hello = malloc(sizeof(*x->hello));
	if (!x->hello)
		abort();
	if (hello_read(x->hello, payload))
		return rlpx_die(x, RLPX_FAULT_HELLO);
	x->hello = without_room(x->hello);
	/* "Switch-over point: after our Hello is written and the peer's Hello
	 * is read" (specs: "Snappy"): so for a refusal of it as well. */
	x->snappy =
		x->version >= BASE_VERSION && x->hello->version >= BASE_VERSION;
	/* "The public key in Hello must hash to the handshake identity." */
	if (memcmp(x->hello->id.b, x->remote.b, sizeof(x->remote.b)))
		return rlpx_die(x, RLPX_FAULT_IDENTITY);
	open_session(x);
	*ev = (struct rlpx_event){ .kind = RLPX_HELLO };
	return ERR_NONE;
}

/* Our capability whose range holds the code; its position in the matches. */
static const struct capability *find_match(const struct rlpx *x, uint64_t code,
					   uint32_t *position)
{
	for (size_t i = 0; i < x->match_count; i++) {
		const struct capability *c = &x->local[x->matches[i].index];

		if (code >= x->matches[i].offset &&
		    code - x->matches[i].offset < c->codes) {
			*position = (uint32_t)i;
			return c;
		}
	}
	return NULL;
}

/* The payload as a message of its own. The declared size is checked before a
 * byte is allocated for it, and what is allocated is bounded by what came. */
static enum rlpx_fault take_message(struct rlpx *x, struct msg **out,
				    uint32_t code, struct span payload,
				    size_t max)
{
	size_t size = payload.len;
	struct msg *m;
	enum err rc;

	if (x->snappy) {
		rc = snappy_block_size(&size, payload, RLPX_MESSAGE_MAX);
		if (rc)
			return rc == ERR_LIMIT ? RLPX_FAULT_BOMB
					       : RLPX_FAULT_SNAPPY;
	}
	if (size > max)
		return RLPX_FAULT_MESSAGE_MAX;
	m = msg_new(code, size);
	if (!x->snappy && size) {
		memcpy(m->payload, payload.data, size);
	} else if (x->snappy &&
		   snappy_block_unpack(m->payload, size, payload)) {
		msg_put(m);
		return RLPX_FAULT_SNAPPY;
	}
	*out = m;
	return RLPX_FAULT_NONE;
}

static enum err protocol_message(struct rlpx *x, struct rlpx_event *ev,
				 uint64_t code, struct span payload)
{
	const struct capability *c;
	enum rlpx_fault fault;
	uint32_t position;
	struct msg *m;

	c = find_match(x, code, &position);
	if (!c)
		return rlpx_die(x, RLPX_FAULT_RANGE);
	fault = take_message(
		x, &m, (uint32_t)(code - x->matches[position].offset), payload,
		c->max_message ? c->max_message : RLPX_MESSAGE_MAX);
	if (fault)
		return rlpx_die(x, fault);
	*ev = (struct rlpx_event){
		.kind = RLPX_MESSAGE,
		.msg = m,
		.match = position,
		.wire = x->eaten + FRAME_HEADER,
	};
	return ERR_NONE;
}

/* ERR_SHORT: the message is one that is dropped without a word. Payloads of
 * Ping and Pong are not looked at: "receivers must not validate it". */
static enum err base_message(struct rlpx *x, struct rlpx_event *ev,
			     uint64_t code, struct span payload)
{
	switch (code) {
	case BASE_DISCONNECT:
		return compressed_disconnect(x, ev, payload);
	case BASE_PING:
		*ev = (struct rlpx_event){ .kind = RLPX_PING };
		return ERR_NONE;
	case BASE_PONG:
		*ev = (struct rlpx_event){ .kind = RLPX_PONG };
		return ERR_NONE;
	default:
		return ERR_SHORT;
	}
}

/* One frame's worth of event; ERR_SHORT with x->eaten set when a frame was
 * taken that gives no event. */
static enum err next_message(struct rlpx *x, struct rlpx_event *ev)
{
	struct span data, payload;
	uint64_t code;
	enum err rc = next_frame(x, &data);

	if (rc)
		return rc;
	if (rlp_split_code(&code, &payload, data))
		return rlpx_die(x, RLPX_FAULT_CODE);
	if (x->state == STATE_FIRST)
		return first_message(x, ev, code, payload);
	if (code < CAPABILITY_BASE_CODES)
		return base_message(x, ev, code, payload);
	return protocol_message(x, ev, code, payload);
}

enum err rlpx_next_message(struct rlpx *x, struct rlpx_event *ev)
{
	enum err rc;

	/* A frame that gives no event is dropped, and the next one tried. */
	do {
		rlpx_drop_eaten(x);
		rc = next_message(x, ev);
	} while (rc == ERR_SHORT && x->eaten);
	return rc;
}
