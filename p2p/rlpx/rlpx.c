/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/rlpx.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/base/reader.h"
#include "p2p/rlp/rlp.h"
#include "p2p/rlp/rlp_write.h"
#include "p2p/rlpx/frame.h"
#include "p2p/rlpx/job.h"
#include "p2p/rlpx/snappy_block.h"

enum {
	CODE_MAX = 9, /* bytes of a message code in a frame */

	/* Before Hello nothing but Hello or Disconnect may come; after it a
	 * base message still needs room when every capability is small. */
	FRAME_LIMIT_MIN = HELLO_MAX + CODE_MAX,

	/* A buffer that was grown for a large frame is kept for the next, and
	 * given back after so many frames that did not need it. */
	SMALL_FRAMES = 16,
	KEPT_ROOM = 64 * 1024,
};

enum state {
	STATE_AUTH_DUE, /* initiator: the job that makes auth is to be yielded
			 */
	STATE_AUTH_WAIT,
	STATE_ACK_WAIT,
	STATE_JOB_OUT,
	STATE_SECURED_DUE, /* keys are there; the event is to be yielded */
	STATE_FIRST,	   /* the next frame must be Hello or Disconnect */
	STATE_OPEN,
	STATE_ENDED, /* the peer's Disconnect was yielded */
	STATE_DEAD,  /* a fault: nothing more is read */
};

struct rlpx {
	enum state state;
	enum rlpx_fault fault;
	bool hello_sent;
	bool disconnect_sent;
	bool snappy;

	/* The incoming stream. */
	struct buf in;
	size_t eaten;	 /* bytes of `in` that the last event came from */
	unsigned small;	 /* frames in a row that a far smaller `in` would do */
	bool in_body;	 /* a header was read, its body is next */
	size_t size;	 /* of that frame */
	size_t absorbed; /* bytes of its body that are hashed already */
	size_t frame_limit;
	struct frame_codec codec;

	struct rlpx_job *job; /* until the keys are agreed */
	struct ecc_pub remote;
	struct span tail; /* of auth or ack; allocated */
	struct hello *hello;
	struct capability_match *matches;
	size_t match_count;

	uint64_t version;
	const char *name;
	const struct capability *local;
	size_t local_count;
	struct ecc_pub id; /* ours */
	enum rlpx_plain plain;
};

enum err rlpx_new(struct rlpx **out, const struct rlpx_config *config)
{
	struct rlpx *x;

	if (config->side == HANDSHAKE_INITIATOR &&
	    !ecc_pub_valid(&config->remote))
		return ERR_FORMAT;
	x = calloc(1, sizeof(*x));
	if (!x)
		abort();
	x->state = config->side == HANDSHAKE_INITIATOR ? STATE_AUTH_DUE
						       : STATE_AUTH_WAIT;
	buf_init(&x->in, HANDSHAKE_MAX + RLPX_PENDING_MAX);
	x->frame_limit = FRAME_LIMIT_MIN;
	x->job = rlpx_job_new(config);
	x->remote = config->remote;
	x->version = config->version;
	x->name = config->name;
	x->local = config->local;
	x->local_count = config->local_count;
	x->id = config->us->pub;
	x->plain = config->plain;
	*out = x;
	return ERR_NONE;
}

void rlpx_free(struct rlpx *x)
{
	if (!x)
		return;
	if (x->state != STATE_JOB_OUT)
		rlpx_job_free(x->job);
	frame_codec_clear(&x->codec);
	buf_clear(&x->in);
	free((void *)x->tail.data);
	free(x->hello);
	free(x->matches);
	secret_wipe(x, sizeof(*x));
	free(x);
}

enum err rlpx_feed(struct rlpx *x, const void *data, size_t len)
{
	if (x->state == STATE_DEAD || x->state == STATE_ENDED)
		return ERR_NONE; /* discarded: rlpx_next says how it ended */
	return buf_append(&x->in, data, len);
}

static enum err die(struct rlpx *x, enum rlpx_fault fault)
{
	x->state = STATE_DEAD;
	x->fault = fault;
	buf_clear(&x->in);
	x->eaten = 0;
	return rlpx_fault_err(fault);
}

/* --- the handshake ------------------------------------------------------- */

static enum err yield_job(struct rlpx *x, struct rlpx_event *ev)
{
	x->state = STATE_JOB_OUT;
	*ev = (struct rlpx_event){ .kind = RLPX_JOB, .job = x->job };
	return ERR_NONE;
}

/* The packet at the head of the stream: how long it is and which form it has.
 * "size = 2 bytes BE, length of everything after it"; the plain form has no
 * prefix but always one length, and starts with the 04 of its ECIES point. */
static enum err find_packet(struct rlpx *x, size_t *len,
			    enum handshake_form *form)
{
	struct reader r = reader_of(x->in.data, x->in.len);
	size_t size = rd_be16(&r);

	if (r.failed)
		return ERR_SHORT;
	if (x->state == STATE_AUTH_WAIT && x->plain == RLPX_PLAIN_ACCEPT &&
	    x->in.data[0] == 0x04) {
		/* An EIP-8 prefix may begin so too; what follows it is then
		 * no point of the curve. */
		if (x->in.len < HANDSHAKE_PLAIN_AUTH)
			return ERR_SHORT;
		*len = HANDSHAKE_PLAIN_AUTH;
		*form = HANDSHAKE_PLAIN;
		if (!ecies_point(NULL, span_of(x->in.data, *len)))
			return ERR_NONE;
	}
	if (size < ECIES_OVERHEAD || size > HANDSHAKE_BODY_MAX)
		return die(x, RLPX_FAULT_AUTH_SIZE);
	*len = HANDSHAKE_SIZE_PREFIX + size;
	*form = HANDSHAKE_EIP8;
	return x->in.len < *len ? ERR_SHORT : ERR_NONE;
}

static enum err next_packet(struct rlpx *x, struct rlpx_event *ev)
{
	enum handshake_form form;
	size_t len;
	enum err rc = find_packet(x, &len, &form);

	if (rc)
		return rc;
	/* Cheap checks first: the point, before any curve work on it. */
	if (rlpx_job_packet(x->job, span_of(x->in.data, len), form))
		return die(x, RLPX_FAULT_AUTH_POINT);
	buf_drop(&x->in, len);
	return yield_job(x, ev);
}

static void secured(struct rlpx *x)
{
	const struct rlpx_job *job = x->job;
	struct span tail = rlpx_job_tail(job);
	uint8_t *copy = NULL;

	x->remote = job->remote;
	frame_codec_init(&x->codec, &job->secrets);
	if (tail.len) {
		copy = malloc(tail.len);
		if (!copy)
			abort();
		memcpy(copy, tail.data, tail.len);
	}
	x->tail = span_of(copy, tail.len);
	rlpx_job_free(x->job);
	x->job = NULL;
	x->state = STATE_SECURED_DUE;
}

void rlpx_job_done(struct rlpx *x, struct rlpx_job *job, struct buf *out)
{
	if (!x) {
		rlpx_job_free(job);
		return;
	}
	assert(x->state == STATE_JOB_OUT && x->job == job);
	if (job->rc || buf_append(out, job->to_send.data, job->to_send.len)) {
		die(x, RLPX_FAULT_AUTH);
		return;
	}
	if (job->step == RLPX_JOB_AUTH_MAKE)
		x->state = STATE_ACK_WAIT;
	else
		secured(x);
}

/* --- frames --------------------------------------------------------------- */

/* The next whole frame's data, decrypted in place; good until the next call.
 * A body is hashed as it arrives, so no turn of the loop has a large frame to
 * hash at once. */
static enum err next_frame(struct rlpx *x, struct span *data)
{
	size_t padded, hashed;

	if (!x->in_body) {
		if (x->in.len < FRAME_HEADER)
			return ERR_SHORT;
		if (frame_open_header(&x->codec, &x->size, x->in.data))
			return die(x, RLPX_FAULT_MAC);
		if (x->size == 0 || x->size > x->frame_limit)
			return die(x, RLPX_FAULT_FRAME_SIZE);
		buf_drop(&x->in, FRAME_HEADER);
		x->in.limit = frame_room(x->size) + RLPX_PENDING_MAX;
		x->in_body = true;
		x->absorbed = 0;
	}
	padded = frame_room(x->size) - FRAME_HEADER - FRAME_MAC;
	hashed = x->in.len < padded ? x->in.len : padded;
	if (hashed > x->absorbed)
		frame_absorb(&x->codec, x->in.data + x->absorbed,
			     hashed - x->absorbed);
	x->absorbed = hashed;
	if (x->in.len < padded + FRAME_MAC)
		return ERR_SHORT;
	if (frame_open_body(&x->codec, x->in.data, padded))
		return die(x, RLPX_FAULT_MAC);
	*data = span_of(x->in.data, x->size);
	x->eaten = padded + FRAME_MAC;
	x->in_body = false;
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

static enum err first_message(struct rlpx *x, struct rlpx_event *ev,
			      uint64_t code, struct span payload)
{
	if (code == BASE_DISCONNECT)
		return end_by_peer(x, ev, payload);
	if (code != BASE_HELLO)
		return die(x, RLPX_FAULT_FIRST);

	x->hello = malloc(sizeof(*x->hello));
	if (!x->hello)
		abort();
	if (hello_read(x->hello, payload))
		return die(x, RLPX_FAULT_HELLO);
	/* "Switch-over point: after our Hello is written and the peer's Hello
	 * is read" (specs: "Snappy"): so for a refusal of it as well. */
	x->snappy =
		x->version >= BASE_VERSION && x->hello->version >= BASE_VERSION;
	/* "The public key in Hello must hash to the handshake identity." */
	if (memcmp(x->hello->id.b, x->remote.b, sizeof(x->remote.b)))
		return die(x, RLPX_FAULT_IDENTITY);
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
		return die(x, RLPX_FAULT_RANGE);
	fault = take_message(
		x, &m, (uint32_t)(code - x->matches[position].offset), payload,
		c->max_message ? c->max_message : RLPX_MESSAGE_MAX);
	if (fault)
		return die(x, fault);
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
		return die(x, RLPX_FAULT_CODE);
	if (x->state == STATE_FIRST)
		return first_message(x, ev, code, payload);
	if (code < CAPABILITY_BASE_CODES)
		return base_message(x, ev, code, payload);
	return protocol_message(x, ev, code, payload);
}

static void drop_eaten(struct rlpx *x)
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

enum err rlpx_next(struct rlpx *x, struct rlpx_event *ev)
{
	enum err rc;

	drop_eaten(x);
	switch (x->state) {
	case STATE_AUTH_DUE:
		rlpx_job_begin(x->job);
		return yield_job(x, ev);
	case STATE_AUTH_WAIT:
	case STATE_ACK_WAIT:
		return next_packet(x, ev);
	case STATE_JOB_OUT:
		return ERR_SHORT;
	case STATE_SECURED_DUE:
		x->state = STATE_FIRST;
		*ev = (struct rlpx_event){ .kind = RLPX_SECURED };
		return ERR_NONE;
	case STATE_FIRST:
	case STATE_OPEN:
		do {
			drop_eaten(x);
			rc = next_message(x, ev);
		} while (rc == ERR_SHORT && x->eaten);
		return rc;
	case STATE_ENDED:
		return ERR_CLOSED;
	case STATE_DEAD:
		return rlpx_fault_err(x->fault);
	}
	assert(0);
	return ERR_CLOSED;
}

/* --- sending -------------------------------------------------------------- */

static enum err send_frame(struct rlpx *x, struct buf *out, uint64_t code,
			   struct span payload)
{
	size_t most = CODE_MAX + (x->snappy ? snappy_block_room(payload.len)
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
	if (x->snappy) {
		n += snappy_block_pack(data + n, payload);
	} else if (payload.len) {
		memcpy(data + n, payload.data, payload.len);
		n += payload.len;
	}
	if (n > FRAME_SIZE_MAX) {
		/* Nothing was committed, but what was written is plaintext. */
		return ERR_LIMIT;
	}
	frame_seal(&x->codec, at, n);
	buf_commit(out, frame_room(n));
	return ERR_NONE;
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

enum err rlpx_send(struct rlpx *x, struct buf *out, uint32_t match,
		   uint32_t code, struct span payload)
{
	const struct capability_match *m;

	if (x->state != STATE_OPEN || !x->hello_sent || x->disconnect_sent)
		return ERR_CLOSED;
	assert(match < x->match_count);
	m = &x->matches[match];
	if (code >= x->local[m->index].codes)
		return ERR_FORMAT;
	return send_frame(x, out, (uint64_t)m->offset + code, payload);
}

/* --- looking -------------------------------------------------------------- */

enum rlpx_fault rlpx_fault(const struct rlpx *x)
{
	return x->fault;
}

const struct ecc_pub *rlpx_remote(const struct rlpx *x)
{
	return &x->remote;
}

struct span rlpx_handshake_tail(const struct rlpx *x)
{
	return x->tail;
}

const struct hello *rlpx_peer_hello(const struct rlpx *x)
{
	return x->hello;
}

size_t rlpx_matches(const struct rlpx *x, const struct capability_match **out)
{
	*out = x->matches;
	return x->match_count;
}

size_t rlpx_memory(const struct rlpx *x)
{
	return sizeof(*x) + x->in.room + x->tail.len +
	       (x->job ? sizeof(*x->job) : 0) +
	       (x->hello ? sizeof(*x->hello) : 0) +
	       (x->matches ? (x->local_count + 1) * sizeof(*x->matches) : 0);
}

enum rlpx_progress rlpx_progress(const struct rlpx *x)
{
	if (x->in_body)
		return RLPX_IN_BODY;
	return x->in.len > x->eaten ? RLPX_IN_HEADER : RLPX_BETWEEN;
}
