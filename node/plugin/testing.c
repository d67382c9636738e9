/* SPDX-License-Identifier: Apache-2.0 */
/* testing.c - <weft/test.h>: plugins, and peers for them, in one fiber's
 * reach. The test itself is an instance too, of a plugin without anything. */
#include <weft/test.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "node/plugin/pipe.h"
#include "p2p/crypto/rng.h"

enum {
	TEST_SECONDS = 60,
	TEST_LAST_MS = 10000, /* for what was closed to end in */
	TEST_LOOK_MS = 100,
	TEST_LATE_MS = 1000, /* as TASK_LATE_MS, but nobody waits so long */
	TEST_PARK_MS = 5000,
	TEST_STACK_KIB = 1024,
	TEST_SHOWN = 64, /* bytes of a payload */
};

/* A plugin under test. */
struct subject {
	struct test_run *run;
	struct weft_host *host; /* NULL: it is gone */
	struct subject *next;
	struct task_waiters waiters; /* of start or stop */
	bool started;
	bool stopping;
	int rc; /* of its start */
};

struct test_run {
	struct net_loop *loop;
	struct net_timer *deadline;
	struct log log;
	struct instance_node node;
	struct weft_plugin descriptor;
	struct weft_host *self;
	struct subject *subjects;
	uint32_t pipes;
	int (*fn)(void *arg);
	void *arg;
	int rc;
	bool failed; /* an expectation, or a start */
	bool late;
	struct mono last; /* then: when the process is ended */
	bool ended;	  /* fn has returned: all is being stopped */
};

/* The run this thread is in. */
static __thread struct test_run *current;

/* --- what is said ------------------------------------------------------------
 */

static void log_to_stderr(void *ctx, const struct log_line *line)
{
	char value[256];

	(void)ctx;
	fprintf(stderr, "%s %s %s", log_level_name(line->level), line->area,
		line->message);
	for (const struct log_field *f = line->fields; f->kind; f++)
		fprintf(stderr, " %s=%s", f->key,
			log_value_text(value, sizeof(value), f));
	fputc('\n', stderr);
}

static void fail(const char *format, ...) PRINTF_LIKE(1, 2);
static void fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	current->failed = true;
}

/* --- the end -----------------------------------------------------------------
 */

static void self_stopped(void *ctx)
{
	struct test_run *r = ctx;

	r->self = NULL;
	net_timer_close(r->deadline);
	net_loop_stop(r->loop);
}

/* The test goes last: its ends of pipes are the plugins' peers. */
static void go_on_ending(struct test_run *r)
{
	const struct subject *s;

	if (!r->ended)
		return;
	LL_FOREACH (r->subjects, s)
		if (s->host)
			return;
	if (r->self && !r->self->stop_asked)
		instance_stop(r->self, self_stopped, r);
}

static void subject_stopped(void *ctx)
{
	struct subject *s = ctx;

	s->host = NULL;
	task_wake_all(&s->waiters);
	go_on_ending(s->run);
}

static void stop_subject(struct subject *s)
{
	if (!s->host || s->stopping)
		return;
	s->stopping = true;
	instance_stop(s->host, subject_stopped, s);
}

static void end_run(struct test_run *r)
{
	struct subject *s;

	r->ended = true;
	LL_FOREACH (r->subjects, s)
		stop_subject(s);
	go_on_ending(r);
}

static void say_what_is_left(const struct test_run *r, const char *what)
{
	struct why why = WHY_NONE;
	const struct subject *s;

	fprintf(stderr, "%s:\n", what);
	if (r->self && !instance_is_idle(r->self, &why))
		fprintf(stderr, "  %s\n", why.text);
	LL_FOREACH (r->subjects, s)
		if (s->host && !instance_is_idle(s->host, &why))
			fprintf(stderr, "  %s\n", why.text);
}

/* Everything was closed. Has it ended, or can it still? */
static void look_again(struct test_run *r)
{
	struct mono now = net_loop_now(r->loop);
	struct task_counts tasks;

	task_count(r->node.tasks, &tasks);
	if (!mono_before(now, r->last) || (tasks.parked && !tasks.live)) {
		say_what_is_left(r, "closed, but it does not end");
		abort();
	}
	net_timer_set(r->deadline, mono_add_ms(now, TEST_LOOK_MS));
}

static void too_late(void *ctx)
{
	struct test_run *r = ctx;
	struct mono now = net_loop_now(r->loop);

	if (r->late) {
		look_again(r);
		return;
	}
	say_what_is_left(r, "the test is not done in time");
	r->late = true;
	r->last = mono_add_ms(now, TEST_LAST_MS);
	net_timer_set(r->deadline, mono_add_ms(now, TEST_LOOK_MS));
	/* The waits of the test's fiber end, and so does the test. */
	if (r->self && !r->self->stop_asked)
		task_owner_close(&r->self->work);
	end_run(r);
}

/* --- the run -----------------------------------------------------------------
 */

static int run_test(void *arg)
{
	struct test_run *r = arg;

	return r->fn(r->arg);
}

static void test_returned(void *arg, int rc)
{
	struct test_run *r = arg;

	r->rc = rc;
	end_run(r);
}

static void self_started(void *ctx, int rc)
{
	struct test_run *r = ctx;

	/* A fresh process has room for one fiber. */
	if (rc || task_start(&r->self->work, TEST_STACK_KIB, run_test, r,
			     test_returned))
		abort();
}

static uint64_t patience_ms(void)
{
	const char *text = getenv("WEFT_TEST_SECONDS");
	int seconds = text ? atoi(text) : 0;

	return 1000 * (uint64_t)(seconds > 0 ? seconds : TEST_SECONDS);
}

static void free_subjects(struct test_run *r)
{
	struct subject *s;

	while ((s = r->subjects)) {
		LL_DELETE(r->subjects, s);
		free(s);
	}
}

static int result_of(const struct test_run *r)
{
	if (r->late)
		return WEFT_ETIMEDOUT;
	return r->rc == WEFT_OK && r->failed ? WEFT_EFAIL : r->rc;
}

int weft_test_run_with(const struct weft_api **table, int (*fn)(void *arg),
		       void *arg)
{
	static const struct task_limits limits = {
		.late_ms = TEST_LATE_MS,
		.park_ms = TEST_PARK_MS,
	};
	const char *level = getenv("WEFT_TEST_LOG");
	struct test_run r = {
		.fn = fn,
		.arg = arg,
		.log = { .level = LOG_WARN, .sink = log_to_stderr },
		.descriptor = { .abi = WEFT_ABI,
				.size = sizeof(struct weft_plugin),
				.abi_hash = WEFT_ABI_HASH,
				.api = table,
				.name = "test" },
	};
	struct why why = WHY_NONE;

	assert(!current);
	crypto_init();
	if (level)
		(void)log_level_parse(&r.log.level, level);
	if (net_loop_open(&r.loop, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return WEFT_EFAIL;
	}
	current = &r;
	r.node = (struct instance_node){
		.ctx = &r,
		.loop = r.loop,
		.tasks = task_loop_open(r.loop, &limits),
		.log = &r.log,
	};
	r.deadline = net_timer_open(r.loop, too_late, &r);
	net_timer_set(r.deadline,
		      mono_add_ms(net_loop_now(r.loop), patience_ms()));
	r.self = instance_open(&r.node, &r.descriptor, NULL, self_started, &r);
	net_loop_run(r.loop);
	task_loop_close(r.node.tasks);
	net_loop_close(r.loop);
	free_subjects(&r);
	current = NULL;
	return result_of(&r);
}

struct weft_host *weft_test_host(void)
{
	return current->self;
}

/* --- plugins -----------------------------------------------------------------
 */

static void subject_started(void *ctx, int rc)
{
	struct subject *s = ctx;

	s->rc = rc;
	s->started = true;
	task_wake_all(&s->waiters);
}

static enum err make_options(struct options **out,
			     const struct weft_plugin *plugin, const char *list,
			     struct why *why)
{
	enum err rc = options_new(out, plugin->options, why);

	if (rc || !list)
		return rc;
	rc = options_set_list(*out, list, why);
	if (rc)
		options_free(*out);
	return rc;
}

struct weft_host *weft_test_start(const struct weft_plugin *plugin,
				  const char *options)
{
	struct test_run *r = current;
	struct why why = WHY_NONE;
	struct options *values;
	struct subject *s;

	if (make_options(&values, plugin, options, &why)) {
		fail("%s: %s", plugin->name, why.text);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->run = r;
	LL_PREPEND(r->subjects, s);
	s->host = instance_open(&r->node, plugin, values, subject_started, s);
	while (!s->started)
		if (task_wait(&s->waiters, MONO_NEVER, "weft_test_start"))
			return NULL;
	if (!s->rc)
		return s->host;
	fail("%s: start: %s (%d)", plugin->name, api_error_text(s->rc), s->rc);
	stop_subject(s);
	return NULL;
}

int weft_test_stop(struct weft_host *plugin)
{
	struct subject *s;
	int rc;

	LL_SEARCH_SCALAR(current->subjects, s, host, plugin);
	if (!plugin || !s)
		return WEFT_EINVAL;
	stop_subject(s);
	while (s->host) {
		rc = task_wait(&s->waiters, MONO_NEVER, "weft_test_stop");
		if (rc)
			return rc;
	}
	return WEFT_OK;
}

/* --- pipes -------------------------------------------------------------------
 */

/* "foobar" or "foobar/2". */
static bool is_called(const struct instance_protocol *p, const char *text)
{
	char name[CAPABILITY_NAME_MAX + 16];

	if (!strcmp(p->p.name, text))
		return true;
	snprintf(name, sizeof(name), "%s/%u", p->p.name, p->p.version);
	return !strcmp(name, text);
}

static const struct instance_protocol *find_protocol(struct weft_host *h,
						     const char *text)
{
	const struct instance_protocol *p, *best = NULL;

	if (!h)
		return NULL;
	LL_FOREACH (h->own, p)
		if (is_called(p, text) &&
		    (!best || p->p.version > best->p.version))
			best = p;
	if (!best)
		fail("%s: no protocol %s", h->plugin->name, text);
	return best;
}

/* The test's side of a protocol: the same numbers, and nobody to serve it. */
static const struct instance_protocol *make_near_end(
	const struct weft_protocol *p)
{
	struct weft_host *self = current->self;
	struct instance_protocol *near = calloc(1, sizeof(*near));

	if (!near)
		abort();
	near->host = self;
	near->p = (struct weft_protocol){
		.size = sizeof(near->p),
		.name = api_text_copy(p->name),
		.version = p->version,
		.codes = p->codes,
	};
	LL_PREPEND(self->own, near);
	return near;
}

struct weft_channel *weft_pipe(struct weft_host *plugin, const char *protocol)
{
	const struct instance_protocol *far = find_protocol(plugin, protocol);
	struct weft_channel *ends[2];

	if (!far)
		return NULL;
	pipe_open(ends, current->loop, make_near_end(&far->p), far,
		  current->pipes++);
	ends[0]->patient = true;
	channel_ref(ends[0]);
	return ends[0];
}

int weft_pipe_join(struct weft_host *a, struct weft_host *b,
		   const char *protocol)
{
	const struct instance_protocol *of_a = find_protocol(a, protocol);
	const struct instance_protocol *of_b = find_protocol(b, protocol);
	struct weft_channel *ends[2];

	if (!of_a || !of_b)
		return WEFT_ENOENT;
	pipe_open(ends, current->loop, of_a, of_b, current->pipes++);
	return WEFT_OK;
}

void weft_pipe_break(struct weft_channel *ch)
{
	pipe_break(ch);
}

/* --- expecting ---------------------------------------------------------------
 */

static void show(const char *what, uint32_t code, struct span payload)
{
	size_t n = payload.len < TEST_SHOWN ? payload.len : TEST_SHOWN;

	fprintf(stderr, "  %s code %u, %zu bytes ", what, code, payload.len);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%02x", payload.data[i]);
	fprintf(stderr, "%s\n", n < payload.len ? "..." : "");
}

static void say_ended(const struct weft_channel *ch, const char *expected)
{
	if (ch->heard < 0)
		fail("expected %s, but the session is closed", expected);
	else
		fail("expected %s, but the session ended: 0x%02x %s", expected,
		     (unsigned)ch->heard, disconnect_name((uint8_t)ch->heard));
}

static int compare(const struct weft_msg *got, uint32_t code,
		   const struct span *payload)
{
	struct span bytes = span_of(got->payload, got->size);

	if (got->code == code && (!payload || span_equal(bytes, *payload)))
		return WEFT_OK;
	fail("not the expected message:");
	if (payload)
		show("expected", code, *payload);
	else
		fprintf(stderr, "  expected code %u\n", code);
	show("got     ", got->code, bytes);
	return WEFT_EMSG;
}

static int read_one(struct weft_channel *ch, struct weft_msg *msg,
		    const char *expected)
{
	int rc = api_read(ch, msg, sizeof(*msg), WEFT_FOREVER);

	if (rc == WEFT_ECLOSED)
		say_ended(ch, expected);
	else if (rc)
		fail("expected %s: %s", expected, api_error_text(rc));
	return rc;
}

int weft_expect(struct weft_channel *ch, uint32_t code, const char *format, ...)
{
	struct why why = WHY_NONE;
	struct weft_msg msg;
	struct span payload;
	struct buf want;
	enum err packed = ERR_NONE;
	va_list ap;
	int rc;

	buf_init(&want, SIZE_MAX);
	va_start(ap, format);
	if (format)
		packed = rlp_pack_va(&want, &why, format, ap);
	va_end(ap);
	if (packed) {
		fail("cannot expect that: %s", why.text);
		rc = api_result(packed);
	} else {
		rc = read_one(ch, &msg, "a message");
		payload = span_of(want.data, want.len);
		if (!rc)
			rc = compare(&msg, code, format ? &payload : NULL);
	}
	buf_clear(&want);
	return rc;
}

int weft_expect_end(struct weft_channel *ch, uint32_t reason)
{
	struct weft_msg msg;
	int rc = api_read(ch, &msg, sizeof(msg), WEFT_FOREVER);

	if (rc == WEFT_OK) {
		fail("expected the end of the session, but:");
		show("got", msg.code, span_of(msg.payload, msg.size));
		return WEFT_EMSG;
	}
	if (rc == WEFT_ECLOSED && ch->heard == (int)reason)
		return WEFT_OK;
	say_ended(ch, disconnect_name((uint8_t)reason));
	return WEFT_EMSG;
}

/* --- asking the plugin -----------------------------------------------------
 */

struct asked {
	struct task_waiters waiter;
	char *json;
	int rc;
	bool done;
};

static void answered(void *ctx, int rc, const char *json)
{
	struct asked *a = ctx;

	a->rc = rc;
	a->json = json ? api_text_copy(json) : NULL;
	a->done = true;
	task_wake_all(&a->waiter);
}

int weft_test_call(struct weft_host *plugin, const char *method,
		   const char *params, char *result, size_t room)
{
	const struct instance_rpc *rpcs;
	size_t count = instance_rpcs(plugin, &rpcs);
	struct asked a = { 0 };
	size_t i = 0;

	while (i < count && strcmp(rpcs[i].method, method))
		i++;
	if (i == count)
		return WEFT_ENOENT;
	instance_rpc_call(plugin, &rpcs[i], params ? params : "[]", answered,
			  &a);
	while (!a.done)
		task_wait_uncut(&a.waiter, "weft_test_call");
	if (room)
		snprintf(result, room, "%s", a.json ? a.json : "");
	free(a.json);
	return a.rc;
}

int64_t weft_test_counter(struct weft_host *plugin, const char *counter)
{
	const struct instance_counter *counters;
	size_t count = instance_counters(plugin, &counters);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(counters[i].name, counter))
			return counters[i].value;
	return 0;
}
