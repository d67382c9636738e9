/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/rlpx.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/base/reader.h"
#include "p2p/rlpx/inside.h"

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
	const uint8_t *bytes = data;
	size_t n = 0;

	if (x->state == STATE_DEAD || x->state == STATE_ENDED)
		return ERR_NONE; /* discarded: rlpx_next says how it ended */
	if (x->in_body)
		n = rlpx_open_part(x, bytes, len);
	return buf_append(&x->in, bytes + n, len - n);
}

enum err rlpx_die(struct rlpx *x, enum rlpx_fault fault)
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
		return rlpx_die(x, RLPX_FAULT_AUTH_SIZE);
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
		return rlpx_die(x, RLPX_FAULT_AUTH_POINT);
	buf_drop(&x->in, len);
	x->frames++;
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
		rlpx_die(x, RLPX_FAULT_AUTH);
		return;
	}
	if (job->step == RLPX_JOB_AUTH_MAKE)
		x->state = STATE_ACK_WAIT;
	else
		secured(x);
}

enum err rlpx_next(struct rlpx *x, struct rlpx_event *ev)
{
	rlpx_drop_eaten(x);
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
		return rlpx_next_message(x, ev);
	case STATE_ENDED:
		return ERR_CLOSED;
	case STATE_DEAD:
		return rlpx_fault_err(x->fault);
	}
	assert(0);
	return ERR_CLOSED;
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
	       (x->hello ? offsetof(struct hello, payload) + x->hello->len
			 : 0) +
	       (x->matches ? (x->local_count + 1) * sizeof(*x->matches) : 0);
}

uint64_t rlpx_frames(const struct rlpx *x)
{
	return x->frames;
}

enum rlpx_progress rlpx_progress(const struct rlpx *x)
{
	if (x->in_body)
		return RLPX_IN_BODY;
	return x->in.len > x->eaten ? RLPX_IN_HEADER : RLPX_BETWEEN;
}
