/* SPDX-License-Identifier: Apache-2.0 */
/* testing.c - <weft/test.h>: plugins, and peers for them, in one fiber's
 * reach. The test itself is an instance too, of a plugin without anything. */
#include <weft/test.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "node/plugin/testing.h"
#include "p2p/crypto/rng.h"

enum {
	TEST_SECONDS = 60,
	TEST_LAST_MS = 10000, /* for what was closed to end in */
	TEST_LOOK_MS = 100,
	TEST_LATE_MS = 1000, /* as TASK_LATE_MS, but nobody waits so long */
	TEST_PARK_MS = 5000,
	TEST_STACK_KIB = 1024,
};

/* The run this thread is in. */
static __thread struct test_run *current;

struct test_run *testing_run(void)
{
	return current;
}

/* --- what is said ------------------------------------------------------------
 */

static void log_to_stderr(void *ctx, const struct log_line *line)
{
	char value[256];

	(void)ctx;
	flockfile(stderr);
	fprintf(stderr, "%s %s %s", log_level_name(line->level), line->area,
		line->message);
	for (const struct log_field *f = line->fields; f->kind; f++)
		fprintf(stderr, " %s=%s", f->key,
			log_value_text(value, sizeof(value), f));
	fputc('\n', stderr);
	funlockfile(stderr);
}

void testing_fail(const char *format, ...)
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

/* --- nodes -------------------------------------------------------------------
 */

static struct service *find_service(const struct test_run *r, const void *house,
				    const char *name, uint32_t version)
{
	struct service *found = NULL;
	const struct subject *s;

	LL_FOREACH (r->subjects, s)
		if (s->house == house && s->host && s->started && !s->rc &&
		    !s->stopping && !found)
			found = instance_service(s->host, name, version);
	return found;
}

static struct service *find_for_test(void *ctx, const char *name,
				     uint32_t version)
{
	return find_service(ctx, ctx, name, version);
}

static struct service *find_for_subject(void *ctx, const char *name,
					uint32_t version)
{
	const struct subject *s = ctx;
	struct service *found = find_service(s->run, s->house, name, version);

	if (found && found == instance_service(s->host, name, version))
		return NULL; /* its own */
	return found;
}

static bool service_is_taken(void *ctx, const char *name, uint32_t version)
{
	const struct subject *asks = ctx;
	const struct subject *s;

	LL_FOREACH (asks->run->subjects, s)
		if (s->house == asks->house && s->host && !s->stopping &&
		    instance_service(s->host, name, version))
			return true;
	return false;
}

/* The node that a host is on. */
static const void *house_of(const struct test_run *r,
			    const struct weft_host *host)
{
	const struct subject *s;

	LL_FOREACH (r->subjects, s)
		if (s->host == host)
			return s->house;
	return r;
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
		.log = { .level = LOG_WARN,
			 .sink = log_to_stderr,
			 .any_thread = true },
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
		.service_find = find_for_test,
		.talk = testing_talk,
		.talk_reply = testing_talk_reply,
	};
	task_loop_watch(r.node.tasks, &r.log);
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

/* On a node of its own when house is NULL. */
static struct weft_host *start(const void *house,
			       const struct weft_plugin *plugin,
			       const char *options)
{
	struct test_run *r = current;
	struct why why = WHY_NONE;
	struct options *values;
	struct subject *s;

	if (make_options(&values, plugin, options, &why)) {
		testing_fail("%s: %s", plugin->name, why.text);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->run = r;
	s->house = house ? house : s;
	s->node = r->node;
	s->node.ctx = s;
	s->node.service_is_taken = service_is_taken;
	s->node.service_find = find_for_subject;
	s->node.entry = testing_entry;
	LL_PREPEND(r->subjects, s);
	s->host = instance_open(&s->node, plugin, values, subject_started, s);
	while (!s->started)
		if (task_wait(&s->waiters, MONO_NEVER, "weft_test_start"))
			return NULL;
	if (!s->rc)
		return s->host;
	testing_fail("%s: start: %s (%d)", plugin->name, api_error_text(s->rc),
		     s->rc);
	stop_subject(s);
	return NULL;
}

struct weft_host *weft_test_start(const struct weft_plugin *plugin,
				  const char *options)
{
	return start(NULL, plugin, options);
}

struct weft_host *weft_test_start_on(struct weft_host *node,
				     const struct weft_plugin *plugin,
				     const char *options)
{
	return start(house_of(current, node), plugin, options);
}

int weft_test_stop(struct weft_host *plugin)
{
	struct why why = WHY_NONE;
	struct subject *s;
	int rc;

	LL_SEARCH_SCALAR(current->subjects, s, host, plugin);
	if (!plugin || !s)
		return WEFT_EINVAL;
	if (instance_is_used(plugin, &why)) {
		testing_fail("%s: cannot be stopped: %s", plugin->plugin->name,
			     why.text);
		return WEFT_EINVAL;
	}
	stop_subject(s);
	while (s->host) {
		rc = task_wait(&s->waiters, MONO_NEVER, "weft_test_stop");
		if (rc)
			return rc;
	}
	return WEFT_OK;
}
