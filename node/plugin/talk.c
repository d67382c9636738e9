/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/talk.h"

#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "p2p/net/fiber.h"

/* --- what it answers ---------------------------------------------------------
 */

static bool protocol_ok(const struct weft_talk_protocol *p)
{
	return p->fn && p->name && p->name[0] &&
	       strlen(p->name) < INSTANCE_NAME_MAX &&
	       (!p->stack_kib || (p->stack_kib >= FIBER_STACK_KIB_MIN &&
				  p->stack_kib <= FIBER_STACK_KIB_MAX));
}

static struct talk *find(const struct weft_host *h, struct span name)
{
	struct talk *t;

	LL_FOREACH (h->talks, t)
		if (span_equal(span_text(t->p.name), name))
			break;
	return t;
}

bool instance_talks(const struct weft_host *h, struct span name)
{
	return find(h, name);
}

int api_talk_add(struct weft_host *h, const struct weft_talk_protocol *protocol,
		 size_t size, void *state)
{
	struct weft_talk_protocol p = { 0 };
	struct talk *t;
	int count;

	if (!h || !protocol || h->stage != INSTANCE_STARTING)
		return WEFT_EINVAL;
	memcpy(&p, protocol, size < sizeof(p) ? size : sizeof(p));
	if (!protocol_ok(&p))
		return WEFT_EINVAL;
	LL_COUNT(h->talks, t, count);
	if (count == INSTANCE_TALKS_MAX)
		return WEFT_ELIMIT;
	/* The node first: it keeps in mind what it refused. */
	if ((h->node->talk_is_taken &&
	     h->node->talk_is_taken(h->node->ctx, p.name)) ||
	    find(h, span_text(p.name)))
		return WEFT_EEXIST;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->host = h;
	t->p = p;
	t->p.name = api_text_copy(p.name);
	t->state = state;
	LL_APPEND(h->talks, t);
	return WEFT_OK;
}

void talks_reclaim(struct weft_host *h)
{
	struct talk *t;

	while ((t = h->talks)) {
		LL_DELETE(h->talks, t);
		free((char *)t->p.name);
		free(t);
	}
}

/* --- answering ---------------------------------------------------------------
 */

struct answer {
	const struct talk *talk;
	uint64_t token;
	struct weft_talk_facts who;
	struct weft_shared *request;
	struct weft_text reply;
};

static int run_answer(void *arg)
{
	struct answer *a = arg;
	struct weft_msg request = shared_view(a->request);

	return a->talk->p.fn(a->talk->state, &a->who, &request, &a->reply);
}

static void free_answer(struct answer *a)
{
	shared_put(a->request);
	buf_clear(&a->reply.buf);
	free(a);
}

static void answered(void *arg, int rc)
{
	struct answer *a = arg;
	struct weft_host *h = a->talk->host;
	const struct buf *bytes = &a->reply.buf;
	bool is_good = rc >= 0 && !a->reply.failed;

	h->talks_running--;
	h->node->talk_reply(h->node->ctx, a->token,
			    is_good ? span_of(bytes->data, bytes->len)
				    : span_of(NULL, 0));
	free_answer(a);
}

enum err instance_talk_asked(struct weft_host *h, uint64_t token,
			     const struct weft_talk_facts *who,
			     struct span name, struct span request)
{
	const struct talk *t = find(h, name);
	struct answer *a;
	enum err rc;

	if (!t)
		return ERR_NOT_FOUND;
	if (h->talks_running == INSTANCE_TALKS_RUNNING)
		return ERR_BUSY;
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->talk = t;
	a->token = token;
	a->who = *who;
	a->request = api_msg_new(h, 0, request.data, request.len);
	text_init(&a->reply, WEFT_TALK_MAX);
	rc = task_start(&h->work, t->p.stack_kib, run_answer, a, answered);
	if (rc)
		free_answer(a);
	else
		h->talks_running++;
	return rc;
}

/* --- asking ------------------------------------------------------------------
 */

/* Lives until both sides are done with it. */
struct question {
	struct task_waiters caller;
	bool answered, left;
	enum err rc;
	struct buf response;
};

static void free_question(struct question *q)
{
	buf_clear(&q->response);
	free(q);
}

static void on_response(void *ctx, enum err rc, struct span response)
{
	struct question *q = ctx;

	if (q->left) {
		free_question(q);
		return;
	}
	q->answered = true;
	q->rc = rc;
	if (!rc && buf_append(&q->response, response.data, response.len))
		abort(); /* a datagram's worth */
	task_wake_all(&q->caller);
}

static int await(struct question *q)
{
	int rc = WEFT_OK;

	while (!rc && !q->answered)
		rc = task_wait(&q->caller, MONO_NEVER, "weft_talk");
	return rc ? rc : api_result(q->rc);
}

static int ask(struct weft_host *h, const struct instance_talk *talk,
	       struct weft_shared **reply)
{
	struct question *q = calloc(1, sizeof(*q));
	int rc;

	if (!q)
		abort();
	buf_init(&q->response, WEFT_TALK_MAX);
	rc = api_result(h->node->talk(h->node->ctx, talk, on_response, q));
	if (rc) {
		free_question(q);
		return rc;
	}
	rc = await(q);
	if (!rc && reply)
		*reply = api_msg_new(h, 0, q->response.data, q->response.len);
	if (q->answered)
		free_question(q);
	else
		q->left = true;
	return rc;
}

int api_talk(struct weft_host *h, const char *node, const char *protocol,
	     const void *request, size_t size, struct weft_shared **reply)
{
	const struct instance_talk talk = {
		.node = node,
		.protocol = protocol,
		.request = span_of(request, size),
	};
	int rc;

	if (!h || !node || !protocol || !protocol[0] || (!request && size))
		return WEFT_EINVAL;
	if (strlen(protocol) >= INSTANCE_NAME_MAX || size > WEFT_TALK_MAX)
		return WEFT_ELIMIT;
	rc = api_may_wait(h, "weft_talk");
	if (rc)
		return rc;
	if (!h->node->talk)
		return WEFT_ENOENT;
	return ask(h, &talk, reply);
}
