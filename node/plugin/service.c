/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "p2p/net/fiber.h"
#include "p2p/rlpx/rlpx.h"

struct call;

struct weft_service_use {
	struct weft_host *user;
	struct weft_service_use *prev, *next;	/* all of the user's */
	struct weft_service_use *before, *then; /* all of the service's */
	struct service *service; /* NULL: put back, or its plugin closes */
	struct call *calls;	 /* whose callers wait */
	bool put;		 /* goes with the last of those */
	char name[INSTANCE_NAME_MAX];
	uint32_t version;
};

struct call {
	struct task_owner owner; /* below the answering plugin's work */
	const struct service *service;
	uint32_t number;
	struct weft_shared *request; /* of the answering plugin */
	struct weft_text reply;
	int rc;
	bool answered;
	bool empty; /* nothing runs for it any more */

	/* The caller's side. */
	struct weft_service_use *use; /* NULL: it does not wait any more */
	struct call *next;	      /* of that use */
	struct task_waiters caller;
	bool cut; /* there will be no answer */
};

/* --- publishing --------------------------------------------------------------
 */

/* NULL-terminated, or with no end in sight. */
static size_t count_calls(const struct weft_service *s)
{
	size_t n = 0;

	while (s->calls && n <= INSTANCE_CALLS_MAX && s->calls[n])
		n++;
	return n;
}

/* From an older header a call is shorter: what is missing is zero. */
static bool take_call(struct weft_service_call *out,
		      const struct weft_service_call *in)
{
	*out = (struct weft_service_call){ 0 };
	memcpy(out, in, in->size < sizeof(*out) ? in->size : sizeof(*out));
	return api_name_ok(out->name) && out->fn;
}

static bool service_ok(const struct weft_service *s, size_t calls)
{
	return api_name_ok(s->name) && calls > 0 &&
	       (!s->stack_kib || (s->stack_kib >= FIBER_STACK_KIB_MIN &&
				  s->stack_kib <= FIBER_STACK_KIB_MAX));
}

static void free_service(struct service *s)
{
	for (size_t i = 0; i < s->call_count; i++)
		free((char *)s->calls[i].name);
	free(s);
}

static struct service *service_new(struct weft_host *h,
				   const struct weft_service *from,
				   size_t calls, void *state)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->host = h;
	s->version = from->version;
	s->stack_kib = from->stack_kib;
	s->state = state;
	memcpy(s->name, from->name, strlen(from->name) + 1);
	while (s->call_count < calls) {
		struct weft_service_call *c = &s->calls[s->call_count];

		if (!take_call(c, from->calls[s->call_count])) {
			free_service(s);
			return NULL;
		}
		c->name = api_text_copy(c->name);
		s->call_count++;
	}
	return s;
}

int api_service_add(struct weft_host *h, const struct weft_service *service,
		    size_t size, void *state)
{
	struct weft_service from = { 0 };
	struct service *s;
	size_t calls;
	int count;

	if (!h || !service || h->stage != INSTANCE_STARTING)
		return WEFT_EINVAL;
	memcpy(&from, service, size < sizeof(from) ? size : sizeof(from));
	calls = count_calls(&from);
	if (!service_ok(&from, calls))
		return WEFT_EINVAL;
	LL_COUNT(h->services, s, count);
	if (calls > INSTANCE_CALLS_MAX || count == INSTANCE_SERVICES_MAX)
		return WEFT_ELIMIT;
	/* The node first: it keeps in mind what it refused. */
	if ((h->node->service_is_taken &&
	     h->node->service_is_taken(h->node->ctx, from.name,
				       from.version)) ||
	    instance_service(h, from.name, from.version))
		return WEFT_EEXIST;
	s = service_new(h, &from, calls, state);
	if (!s)
		return WEFT_EINVAL;
	LL_APPEND(h->services, s);
	return WEFT_OK;
}

struct service *instance_service(const struct weft_host *h, const char *name,
				 uint32_t version)
{
	struct service *s;

	LL_FOREACH (h->services, s)
		if (s->version == version && !strcmp(s->name, name))
			break;
	return s;
}

/* --- holding -----------------------------------------------------------------
 */

int api_service_get(struct weft_host *h, const char *name, uint32_t version,
		    struct weft_service_use **out)
{
	struct service *s = NULL;
	struct weft_service_use *use;

	if (!h || !out || !api_name_ok(name))
		return WEFT_EINVAL;
	if (h->work_closed)
		return api_closed("weft_service_get");
	if (h->node->service_find)
		s = h->node->service_find(h->node->ctx, name, version);
	if (!s)
		return WEFT_ENOENT;
	use = calloc(1, sizeof(*use));
	if (!use)
		abort();
	use->user = h;
	use->service = s;
	memcpy(use->name, s->name, sizeof(use->name));
	use->version = s->version;
	DL_APPEND(h->uses, use);
	DL_APPEND2(s->uses, use, before, then);
	*out = use;
	return WEFT_OK;
}

/* It holds the service no longer; nobody waits for an answer in vain. */
static void let_go(struct weft_service_use *use)
{
	struct call *c;

	if (!use->service)
		return;
	DL_DELETE2(use->service->uses, use, before, then);
	use->service = NULL;
	LL_FOREACH (use->calls, c) {
		c->cut = true;
		task_wake_all(&c->caller);
	}
}

void api_service_put(struct weft_service_use *use)
{
	if (!use || use->put)
		return;
	let_go(use);
	DL_DELETE(use->user->uses, use);
	use->put = true;
	if (!use->calls)
		free(use);
}

void services_close(struct weft_host *h)
{
	struct service *s;

	LL_FOREACH (h->services, s)
		while (s->uses)
			let_go(s->uses);
}

void services_reclaim(struct weft_host *h)
{
	struct service *s;

	while (h->uses) {
		char service[INSTANCE_NAME_MAX + 16];

		snprintf(service, sizeof(service), "%s/%u", h->uses->name,
			 h->uses->version);
		log_event(h->node->log, LOG_WARN, "plugin",
			  "service was not given back",
			  LOG_TEXT("plugin", h->plugin->name),
			  LOG_TEXT("service", service));
		api_service_put(h->uses);
	}
	while ((s = h->services)) {
		LL_DELETE(h->services, s);
		free_service(s);
	}
}

/* --- who holds it ------------------------------------------------------------
 */

/* Of one plugin that holds it twice the first is enough. */
static bool is_first(const struct service *s,
		     const struct weft_service_use *use)
{
	const struct weft_service_use *u;

	DL_FOREACH2(s->uses, u, then)
	{
		if (u == use)
			break;
		if (u->user == use->user)
			return false;
	}
	return true;
}

bool instance_is_used(const struct weft_host *h, struct why *why)
{
	const struct weft_service_use *use;
	const struct service *s;
	char users[WHY_MAX / 2] = "";
	size_t len = 0;

	LL_FOREACH (h->services, s)
		if (s->uses)
			break;
	if (!s)
		return false;
	DL_FOREACH2(s->uses, use, then)
	if (is_first(s, use) && len < sizeof(users))
		len += (size_t)snprintf(users + len, sizeof(users) - len,
					"%s%s", len ? ", " : "",
					use->user->plugin->name);
	err_fail(why, ERR_BUSY, "its service %s/%u is used by %s", s->name,
		 s->version, users);
	return true;
}

/* --- the side that answers ---------------------------------------------------
 */

static void free_call(struct call *c)
{
	if (c->use || !c->empty)
		return;
	buf_clear(&c->reply.buf);
	free(c);
}

static int run_call(void *arg)
{
	struct call *c = arg;
	struct weft_msg request = shared_view(c->request);

	return c->service->calls[c->number].fn(c->service->state, &request,
					       &c->reply);
}

static void call_returned(void *arg, int rc)
{
	struct call *c = arg;

	c->rc = rc < 0 ? rc : WEFT_OK;
	if (!c->rc && c->reply.failed)
		c->rc = WEFT_ELIMIT;
	c->answered = true;
	shared_put(c->request);
	task_wake_all(&c->caller);
	task_owner_close(&c->owner);
}

static void call_empty(void *ctx)
{
	struct call *c = ctx;

	c->empty = true;
	free_call(c);
}

/* --- the side that asks ------------------------------------------------------
 */

static struct call *call_new(struct weft_service_use *use, uint32_t number)
{
	const struct service *s = use->service;
	char label[TASK_LABEL_MAX];
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->service = s;
	c->number = number;
	c->use = use;
	text_init(&c->reply, RLPX_MESSAGE_MAX);
	LL_PREPEND(use->calls, c);
	snprintf(label, sizeof(label), "%s %s/%u %s", s->host->plugin->name,
		 s->name, s->version, s->calls[number].name);
	task_owner_init(&c->owner, s->host->node->tasks, &s->host->work,
			s->host->node->log, label, call_empty, c);
	return c;
}

static int start_call(struct call *c, const void *bytes, size_t size)
{
	int rc;

	c->request = api_msg_new(c->service->host, c->number, bytes, size);
	rc = api_result(task_start(&c->owner, c->service->stack_kib, run_call,
				   c, call_returned));
	if (!rc)
		return WEFT_OK;
	shared_put(c->request);
	return WEFT_ELIMIT; /* no fiber, for one reason or another */
}

static int await(struct call *c, weft_time deadline)
{
	int rc = WEFT_OK;

	while (!rc && !c->answered && !c->cut)
		rc = task_wait(&c->caller, api_deadline(deadline),
			       "weft_service_call");
	if (rc)
		return rc;
	return c->answered ? c->rc : WEFT_ECLOSED;
}

static struct weft_shared *take_reply(const struct call *c)
{
	const struct buf *bytes = &c->reply.buf;

	return api_msg_new(c->use->user, c->number, bytes->data, bytes->len);
}

/* The caller goes on; what still runs for it is ended. */
static void leave(struct call *c)
{
	struct weft_service_use *use = c->use;

	LL_DELETE(use->calls, c);
	c->use = NULL;
	task_owner_close(&c->owner);
	free_call(c);
	if (use->put && !use->calls)
		free(use);
}

int api_service_call(struct weft_service_use *use, uint32_t number,
		     const void *request, size_t size, weft_time deadline,
		     struct weft_shared **reply)
{
	struct call *c;
	int rc;

	if (!use || (!request && size))
		return WEFT_EINVAL;
	if (size > RLPX_MESSAGE_MAX)
		return WEFT_ELIMIT;
	rc = api_may_wait(use->user, "weft_service_call");
	if (rc)
		return rc;
	if (!use->service)
		return api_closed("weft_service_call");
	if (number >= use->service->call_count)
		return WEFT_EMSG;
	c = call_new(use, number);
	rc = start_call(c, request, size);
	if (!rc)
		rc = await(c, deadline);
	if (!rc && reply)
		*reply = take_reply(c);
	leave(c);
	return rc;
}
