/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - requests with deadlines: a fiber of the channel asks, the handler of
 * the same channel hears the answer and wakes it. */
#include "gossip.h"

/* 0 when the deadline passed, too. */
static int await(struct friend *f, weft_time deadline)
{
	struct gossip_sums *sums = &f->g->sums;

	while (f->awaited) {
		int rc = weft_wait(f->heard, deadline);

		if (rc == WEFT_ETIMEDOUT) {
			f->awaited = 0;
			f->late++;
			sums->late++;
			return WEFT_OK;
		}
		if (rc) {
			sums->cut++;
			return rc;
		}
	}
	f->answered++;
	sums->answered++;
	return WEFT_OK;
}

static int ask(struct friend *f)
{
	struct gossip *g = f->g;
	weft_time deadline = weft_now(g->host) + g->ask_deadline;
	int rc;

	/* Before the write, which may wait: the answer may come first. */
	f->awaited = ++f->asked;
	rc = weft_send(f->ch, GOSSIP_ASK, "[u]", f->asked);
	if (rc)
		return rc;
	g->sums.asked++;
	return await(f, deadline);
}

static int ask_again_and_again(void *friend)
{
	struct friend *f = friend;
	struct gossip *g = f->g;
	int rc = WEFT_OK;

	while (!rc && (!g->asks_most || f->asked < (uint64_t)g->asks_most)) {
		rc = weft_sleep_until(g->host,
				      weft_now(g->host) + g->ask_every);
		if (!rc)
			rc = ask(f);
	}
	return rc;
}

int ask_begin(struct friend *f)
{
	if (!f->g->ask_every)
		return WEFT_OK;
	return weft_channel_go(f->ch, ask_again_and_again, f);
}

int ask_answer(struct friend *f, const struct weft_msg *msg)
{
	struct gossip *g = f->g;
	uint64_t number;
	int rc = weft_unpack(msg, "[u]", &number);

	if (!rc && g->silent) {
		g->sums.ignored++;
		return WEFT_OK;
	}
	/* A handler that waits holds back its own channel only. */
	if (!rc && g->answer_after)
		rc = weft_sleep_until(g->host,
				      weft_now(g->host) + g->answer_after);
	if (!rc)
		rc = weft_send(f->ch, GOSSIP_ANSWER, "[u]", number);
	if (!rc)
		g->sums.replied++;
	return rc;
}

int ask_answered(struct friend *f, const struct weft_msg *msg)
{
	uint64_t number;
	int rc = weft_unpack(msg, "[u]", &number);

	if (rc)
		return rc;
	if (!f->awaited || number != f->awaited) {
		f->g->sums.strays++;
		return WEFT_OK;
	}
	f->awaited = 0;
	weft_wake(f->heard);
	return WEFT_OK;
}
