/* SPDX-License-Identifier: Apache-2.0 */
/* A handshake's curve work holds the node key and the session's secrets: all of
 * it is wiped before it is freed, whoever frees it. */
#include "p2p/rlpx/job.h"

#include "test/support/raw_peer.h"
#include "test/support/unit.h"

void __real_secret_wipe(void *data, size_t len);
void __wrap_secret_wipe(void *data, size_t len);

/* What is watched, and how much of it was wiped at once. */
static const void *watched;
static size_t wiped;

void __wrap_secret_wipe(void *data, size_t len)
{
	__real_secret_wipe(data, len);
	if (data == watched)
		wiped = len;
}

static struct rlpx_job *new_job(struct rlpx **x)
{
	const struct rlpx_config config = {
		.side = HANDSHAKE_INITIATOR,
		.us = fixed_key(0),
		.remote = fixed_key(1)->pub,
		.entropy = fixed_entropy(0),
		.version = BASE_VERSION,
		.name = "wiped",
	};
	struct rlpx_event ev;

	cr_assert_eq(rlpx_new(x, &config), ERR_NONE);
	cr_assert_eq(rlpx_next(*x, &ev), ERR_NONE);
	cr_assert_eq(ev.kind, RLPX_JOB);
	watched = ev.job;
	wiped = 0;
	return ev.job;
}

Test(job, is_wiped_when_its_core_is_freed)
{
	struct buf out;
	struct rlpx *x;
	struct rlpx_job *job = new_job(&x);

	buf_init(&out, 4096);
	rlpx_job_run(job);
	rlpx_job_done(x, job, &out);
	cr_assert_eq(wiped, (size_t)0);
	rlpx_free(x);
	cr_assert_eq(wiped, sizeof(*job));
	buf_clear(&out);
}

Test(job, is_wiped_when_it_comes_back_to_nobody)
{
	struct rlpx *x;
	struct rlpx_job *job = new_job(&x);

	rlpx_free(x);
	cr_assert_eq(wiped, (size_t)0);
	rlpx_job_run(job);
	rlpx_job_done(NULL, job, NULL);
	cr_assert_eq(wiped, sizeof(*job));
}
