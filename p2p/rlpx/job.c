/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/job.h"

#include <assert.h>
#include <stdlib.h>

struct rlpx_job *rlpx_job_new(const struct rlpx_config *config)
{
	struct rlpx_job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->step = config->side == HANDSHAKE_INITIATOR ? RLPX_JOB_AUTH_MAKE
							: RLPX_JOB_AUTH_READ;
	job->us = *config->us;
	job->remote = config->remote;
	job->entropy = config->entropy;
	return job;
}

void rlpx_job_free(struct rlpx_job *job)
{
	if (!job)
		return;
	secret_wipe(job, sizeof(*job));
	free(job);
}

void rlpx_job_begin(struct rlpx_job *job)
{
	job->step = RLPX_JOB_AUTH_MAKE;
}

enum err rlpx_job_packet(struct rlpx_job *job, struct span packet,
			 enum handshake_form form)
{
	struct handshake_packet *to = &job->auth;
	size_t prefix = form == HANDSHAKE_EIP8 ? HANDSHAKE_SIZE_PREFIX : 0;

	assert(packet.len >= prefix && packet.len <= sizeof(to->b));
	if (ecies_point(&job->point,
			span_of(packet.data + prefix, packet.len - prefix)))
		return ERR_FORMAT;
	if (job->step == RLPX_JOB_AUTH_MAKE) {
		job->step = RLPX_JOB_ACK_READ;
		to = &job->ack;
	}
	memcpy(to->b, packet.data, packet.len);
	to->len = (uint16_t)packet.len;
	job->form = form;
	return ERR_NONE;
}

static struct span bytes_of(const struct handshake_packet *p)
{
	return span_of(p->b, p->len);
}

static enum err make_auth(struct rlpx_job *job)
{
	enum err rc = handshake_auth_make(&job->auth, &job->us, &job->remote,
					  &job->entropy, (struct span){ 0 });

	job->to_send = bytes_of(&job->auth);
	return rc;
}

static enum err read_auth(struct rlpx_job *job)
{
	struct handshake_auth auth;
	enum err rc;

	rc = handshake_auth_read(&auth, bytes_of(&job->auth), job->form,
				 &job->us);
	if (!rc)
		rc = handshake_ack_make(&job->ack, &auth, &job->entropy,
					(struct span){ 0 });
	if (!rc)
		rc = handshake_secrets_derive(
			&job->secrets, HANDSHAKE_RECIPIENT,
			&job->entropy.ephemeral, &auth.initiator_ephemeral,
			auth.nonce, job->entropy.nonce, bytes_of(&job->auth),
			bytes_of(&job->ack));
	if (rc)
		return rc;
	job->remote = auth.initiator;
	job->tail = auth.tail;
	job->to_send = bytes_of(&job->ack);
	return ERR_NONE;
}

static enum err read_ack(struct rlpx_job *job)
{
	struct handshake_ack ack;
	enum err rc;

	rc = handshake_ack_read(&ack, bytes_of(&job->ack), job->form, &job->us);
	if (!rc)
		rc = handshake_secrets_derive(
			&job->secrets, HANDSHAKE_INITIATOR,
			&job->entropy.ephemeral, &ack.recipient_ephemeral,
			job->entropy.nonce, ack.nonce, bytes_of(&job->auth),
			bytes_of(&job->ack));
	if (rc)
		return rc;
	job->tail = ack.tail;
	job->to_send = (struct span){ 0 };
	return ERR_NONE;
}

void rlpx_job_run(struct rlpx_job *job)
{
	switch (job->step) {
	case RLPX_JOB_AUTH_MAKE:
		job->rc = make_auth(job);
		break;
	case RLPX_JOB_AUTH_READ:
		job->rc = read_auth(job);
		break;
	case RLPX_JOB_ACK_READ:
		job->rc = read_ack(job);
		break;
	}
}

const struct ecc_pub *rlpx_job_point(const struct rlpx_job *job)
{
	return job->step == RLPX_JOB_AUTH_READ ? &job->point : NULL;
}

struct span rlpx_job_tail(const struct rlpx_job *job)
{
	return span_of(job->tail.b, job->tail.len);
}
