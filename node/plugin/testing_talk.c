/* SPDX-License-Identifier: Apache-2.0 */
/* testing_talk.c - TALK without a network: between the plugins of a run, and
 * the test itself. */
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/testing.h"
#include "p2p/base/attr.h"

struct test_talk {
	uint64_t token;
	void (*done)(void *ctx, enum err rc, struct span response);
	void *ctx;
	struct test_talk *next;
};

/* The one that was started first, but for whoever asks. */
static struct weft_host *who_answers(const struct test_run *r,
				     const void *except, struct span protocol)
{
	struct weft_host *host = NULL;
	const struct subject *s;

	LL_FOREACH (r->subjects, s)
		if (s != except && s->host && !s->stopping &&
		    instance_talks(s->host, protocol))
			host = s->host;
	return host;
}

static struct test_talk *talk_new(struct test_run *r)
{
	struct test_talk *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->token = ++r->last_token;
	LL_PREPEND(r->talks, t);
	return t;
}

enum err testing_talk(void *ctx, const struct instance_talk *talk,
		      void (*done)(void *ctx, enum err rc,
				   struct span response),
		      void *done_ctx)
{
	struct weft_talk_facts who = { .remote = "test" };
	struct test_run *r = testing_run();
	struct span protocol = span_text(talk->protocol);
	struct weft_host *host = who_answers(r, ctx, protocol);
	struct test_talk *t;

	if (!host)
		return ERR_NOT_FOUND;
	t = talk_new(r);
	t->done = done;
	t->ctx = done_ctx;
	if (!instance_talk_asked(host, t->token, &who, protocol, talk->request))
		return ERR_NONE;
	LL_DELETE(r->talks, t);
	free(t);
	return ERR_LIMIT;
}

void testing_talk_reply(void *ctx UNUSED, uint64_t token, struct span response)
{
	struct test_run *r = testing_run();
	struct test_talk *t;

	LL_SEARCH_SCALAR(r->talks, t, token, token);
	LL_DELETE(r->talks, t);
	t->done(t->ctx, ERR_NONE, response);
	free(t);
}
