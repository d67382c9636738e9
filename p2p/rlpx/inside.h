/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - a connection's core as its own files see it: rlpx.c (life,
 * handshake, order of events), rlpx_in.c (frames and what is in them) and
 * rlpx_out.c (sending). Internal to p2p/rlpx. */
#ifndef P2P_RLPX_INSIDE_H
#define P2P_RLPX_INSIDE_H

#include "p2p/rlpx/frame.h"
#include "p2p/rlpx/job.h"
#include "p2p/rlpx/rlpx.h"

enum {
	CODE_MAX = 9, /* bytes of a message code in a frame */

	/* Before Hello nothing but Hello or Disconnect may come; after it a
	 * base message still needs room when every capability is small. */
	FRAME_LIMIT_MIN = HELLO_MAX + CODE_MAX,

	/* A buffer that was grown for a large frame is kept for the next, and
	 * given back after so many frames that did not need it. */
	SMALL_FRAMES = 16,
	KEPT_ROOM = 64 * 1024,

	/* Bytes that come at once, and how many times what came there is at
	 * most room for. */
	READ_AHEAD = 64 * 1024,
	GROWTH = 4,
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
	size_t eaten;	/* bytes of `in` that the last event came from */
	unsigned small; /* frames in a row that a far smaller `in` would do */
	bool in_body;	/* a header was read, its body is next */
	size_t size;	/* of that frame */
	size_t opened;	/* bytes at the head of `in` that are decrypted body */
	size_t frame_limit;
	uint64_t frames; /* whole ones that came, and handshake packets */
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

/* rlpx_die - the fault is final: nothing more is read. */
enum err rlpx_die(struct rlpx *x, enum rlpx_fault fault);

/* rlpx_next_message - one frame's worth of event; ERR_SHORT when more bytes are
 * needed. In STATE_FIRST and STATE_OPEN. */
enum err rlpx_next_message(struct rlpx *x, struct rlpx_event *ev);

/* rlpx_open_part - a body is being read and `len` more bytes came. Those of
 * them that are of it are decrypted on their way to `in`, not copied first.
 * Returns how many; 0 also where `in` has no room for them. */
size_t rlpx_open_part(struct rlpx *x, const uint8_t *data, size_t len);

/* rlpx_drop_eaten - the last event's bytes are no longer borrowed. */
void rlpx_drop_eaten(struct rlpx *x);

#endif
