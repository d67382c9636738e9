/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - the curve work of a handshake, apart from the connection it is for.
 * Internal to p2p/rlpx; rlpx.h has what others may call.
 *
 * A job holds copies of all it needs, so running it touches nothing else. An
 * initiator's goes out twice: to make auth, and to read ack. */
#ifndef P2P_RLPX_JOB_H
#define P2P_RLPX_JOB_H

#include "p2p/rlpx/rlpx.h"

enum rlpx_job_step {
	RLPX_JOB_AUTH_MAKE, /* initiator */
	RLPX_JOB_AUTH_READ, /* recipient: read auth, make ack, derive */
	RLPX_JOB_ACK_READ,  /* initiator: read ack, derive */
};

struct rlpx_job {
	enum rlpx_job_step step;
	struct ecc_keypair us;
	struct ecc_pub remote; /* result of AUTH_READ, input else */
	struct handshake_entropy entropy;
	enum handshake_form form;
	struct ecc_pub point; /* of the packet received last */
	struct handshake_packet auth;
	struct handshake_packet ack;

	/* Results. */
	enum err rc;
	struct span to_send; /* auth or ack, or nothing */
	struct handshake_tail tail;
	struct handshake_secrets secrets;
};

struct rlpx_job *rlpx_job_new(const struct rlpx_config *config);

/* rlpx_job_free - wipe and free; NULL is ignored. */
void rlpx_job_free(struct rlpx_job *job);

/* rlpx_job_begin - the next run makes auth. */
void rlpx_job_begin(struct rlpx_job *job);

/* rlpx_job_packet - the next run reads this packet: auth for a recipient, ack
 * for an initiator. ERR_FORMAT: its ECIES point is not valid. */
MUST_USE enum err rlpx_job_packet(struct rlpx_job *job, struct span packet,
				  enum handshake_form form);

struct span rlpx_job_tail(const struct rlpx_job *job);

/* rlpx_fault_err - the error code of a fault. */
enum err rlpx_fault_err(enum rlpx_fault f);

#endif
