/* SPDX-License-Identifier: Apache-2.0 */
/* rlpx.h - one connection, from TCP bytes to messages: handshake, frames,
 * compression, the base protocol and code ranges (specs: devp2p, sections 2
 * to 5). A pure core: no socket, clock or randomness.
 *
 *     rlpx_feed(x, data, len)     bytes arrived, any split
 *     rlpx_next(x, &ev)           pull one event; ERR_SHORT: feed me
 *     rlpx_job_done(x, job, &out) the curve work of a RLPX_JOB event is done
 *     rlpx_hello / send / ...     append bytes for the wire to the caller's buf
 *
 * Order of things: RLPX_JOB once (recipient) or twice (initiator), then
 * RLPX_SECURED. The caller answers with rlpx_hello, or rlpx_disconnect if it
 * refuses; then comes RLPX_HELLO or RLPX_DISCONNECT, then messages.
 *
 * Curve work is a job: a self-contained struct whose run function is pure and
 * may be called on any thread. While it is out, feed only appends. A core
 * freed meanwhile abandons the job, and rlpx_job_done wipes and frees it.
 *
 * Thread: the loop thread, all but rlpx_job_run. */
#ifndef P2P_RLPX_RLPX_H
#define P2P_RLPX_RLPX_H

#include "p2p/base/buf.h"
#include "p2p/base/msg.h"
#include "p2p/rlpx/capability.h"
#include "p2p/rlpx/handshake.h"
#include "p2p/rlpx/hello.h"
#include "p2p/rlpx/packed.h"

enum {
	RLPX_MESSAGE_MAX = (1 << 24) - 1, /* bytes of payload, uncompressed */
	RLPX_PENDING_MAX = 256 * 1024,	  /* bytes fed and not yet looked at */
};

/* What ended a connection that did not end by Disconnect: what is counted, and
 * whether the peer can still be told. */
enum rlpx_fault {
	RLPX_FAULT_NONE = 0,
	RLPX_FAULT_AUTH_SIZE,	/* handshake packet too short or too long */
	RLPX_FAULT_AUTH_POINT,	/* its ECIES point is not on the curve */
	RLPX_FAULT_AUTH,	/* its tag, shape, key or signature is wrong */
	RLPX_FAULT_MAC,		/* a header or frame MAC */
	RLPX_FAULT_FRAME_SIZE,	/* over the limit, or empty */
	RLPX_FAULT_CODE,	/* the message code does not decode */
	RLPX_FAULT_SNAPPY,	/* payload does not decompress */
	RLPX_FAULT_BOMB,	/* declares more than it may or can expand to */
	RLPX_FAULT_FIRST,	/* the first message is not Hello/Disconnect */
	RLPX_FAULT_HELLO,	/* Hello does not decode, or is over 2048 */
	RLPX_FAULT_IDENTITY,	/* Hello's id is not the handshake's: 0x09 */
	RLPX_FAULT_RANGE,	/* a code outside every range: 0x02 */
	RLPX_FAULT_MESSAGE_MAX, /* over its capability's max_message: 0x02 */
	RLPX_FAULT_COUNT,
};

/* rlpx_fault_name - "bad-mac" and so on: a metric's label and log text. */
const char *rlpx_fault_name(enum rlpx_fault f);

/* rlpx_fault_reason - the Disconnect that the peer can still hear, or
 * DISC_NETWORK when the socket is closed without a word. */
uint8_t rlpx_fault_reason(enum rlpx_fault f);

enum rlpx_plain {
	RLPX_PLAIN_REFUSE = 0,
	RLPX_PLAIN_ACCEPT, /* also answer auth packets from before EIP-8 */
};

struct rlpx_config {
	enum handshake_side side;
	const struct ecc_keypair *us; /* copied into jobs; wiped there */
	struct ecc_pub remote;	      /* HANDSHAKE_INITIATOR: whom we dial */
	struct handshake_entropy entropy; /* copied */
	enum rlpx_plain plain;		  /* recipients only */
	uint64_t version;		  /* BASE_VERSION; 4 turns snappy off */
	const char *name;		/* ours; borrowed for the core's life */
	const struct capability *local; /* sorted; borrowed likewise */
	size_t local_count;
};

struct rlpx;
struct rlpx_job;

enum rlpx_event_kind {
	RLPX_JOB,     /* run ev.job, then rlpx_job_done */
	RLPX_SECURED, /* keys agreed with rlpx_remote(x): say Hello or not */
	RLPX_HELLO,   /* their Hello: rlpx_peer_hello(x), rlpx_matches(x) */
	RLPX_MESSAGE, /* ev.msg, owned by the caller, of match ev.match */
	RLPX_PING,    /* answer with rlpx_pong */
	RLPX_PONG,
	RLPX_DISCONNECT, /* ev.reason; the last event */
};

struct rlpx_event {
	enum rlpx_event_kind kind;
	struct rlpx_job *job;
	struct msg *msg; /* code relative to the capability */
	uint32_t match;	 /* index into rlpx_matches */
	size_t wire;	 /* RLPX_MESSAGE: bytes of the frame on the wire */
	uint8_t reason;
};

/* rlpx_new - ERR_FORMAT when the remote key is no valid point. */
MUST_USE enum err rlpx_new(struct rlpx **out, const struct rlpx_config *config);

/* rlpx_free - wipe and free; NULL is ignored. A job still out is abandoned. */
void rlpx_free(struct rlpx *x);

/* rlpx_feed - take what arrived; pull events before feeding on. ERR_LIMIT:
 * over RLPX_PENDING_MAX bytes would wait behind a job or undrained events. */
MUST_USE enum err rlpx_feed(struct rlpx *x, const void *data, size_t len);

/* rlpx_next - the next event. ERR_SHORT: feed me (or a job is out). Any other
 * error is final: rlpx_fault(x) says what it was. */
MUST_USE enum err rlpx_next(struct rlpx *x, struct rlpx_event *ev);

enum rlpx_fault rlpx_fault(const struct rlpx *x);

/* rlpx_job_run - the curve work. Pure; any thread; once. */
void rlpx_job_run(struct rlpx_job *job);

/* rlpx_job_done - take the result back, append our auth or ack to out, and free
 * the job. When the core was freed in between, pass NULL for x and out:
 * the job is wiped and freed. A failed handshake shows at the next rlpx_next.
 */
void rlpx_job_done(struct rlpx *x, struct rlpx_job *job, struct buf *out);

/* rlpx_job_point - the ephemeral ECIES point of a received auth, by which a
 * replay is recognised; NULL for an initiator's job. */
const struct ecc_pub *rlpx_job_point(const struct rlpx_job *job);

/* Sending. Each appends one frame to out. ERR_LIMIT: out's limit, or the
 * message's: nothing was appended and the stream is intact. ERR_CLOSED: not
 * in a state to send that, or the core is dead. */
MUST_USE enum err rlpx_hello(struct rlpx *x, struct buf *out);
MUST_USE enum err rlpx_ping(struct rlpx *x, struct buf *out);
MUST_USE enum err rlpx_pong(struct rlpx *x, struct buf *out);

/* rlpx_disconnect - allowed from RLPX_SECURED on, also instead of Hello, and
 * after a fault that rlpx_fault_reason maps to a reason. Nothing can be sent
 * after it. */
MUST_USE enum err rlpx_disconnect(struct rlpx *x, struct buf *out,
				  uint8_t reason);

/* rlpx_send - a message of a shared capability, `code` relative to it.
 * ERR_FORMAT: code is not below the capability's count. */
MUST_USE enum err rlpx_send(struct rlpx *x, struct buf *out, uint32_t match,
			    uint32_t code, struct span payload);

/* rlpx_send_packed - the same for a payload that goes to others too. */
MUST_USE enum err rlpx_send_packed(struct rlpx *x, struct buf *out,
				   uint32_t match, uint32_t code,
				   struct packed *payload);

/* From RLPX_SECURED on: whom the handshake is with, and what the tails of its
 * auth or ack held (raw RLP items; empty when there were none). */
const struct ecc_pub *rlpx_remote(const struct rlpx *x);
struct span rlpx_handshake_tail(const struct rlpx *x);

/* From RLPX_HELLO on. Their Hello ends with its payload's last byte, so look at
 * it there and do not copy it. */
const struct hello *rlpx_peer_hello(const struct rlpx *x);
size_t rlpx_matches(const struct rlpx *x, const struct capability_match **out);

/* rlpx_memory - bytes of memory this connection holds now, for budgets. Grows
 * with what arrived, never with what was only announced. */
size_t rlpx_memory(const struct rlpx *x);

/* rlpx_frames - how many whole frames and handshake packets came so far, also
 * those that gave no event. */
uint64_t rlpx_frames(const struct rlpx *x);

/* Where the incoming stream stands; the clocks of a peer depend on it. */
enum rlpx_progress {
	RLPX_BETWEEN,	/* no byte of a next frame has come */
	RLPX_IN_HEADER, /* some of a header (or of auth or ack) */
	RLPX_IN_BODY,
};
enum rlpx_progress rlpx_progress(const struct rlpx *x);

#endif
