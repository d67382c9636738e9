/* SPDX-License-Identifier: Apache-2.0 */
/* Who tells of a fiber that computes, while it computes. */
#include "node/plugin/watch.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <weft/plugin.h>

#include "test/unit/node_plugin/bed.h"

enum {
	PATIENCE_MS = 60000,
};

/* A log that may be written to from any thread. */
struct told {
	struct log log;
	pthread_mutex_t lock;
	char line[256]; /* the last; texts only */
	atomic_uint lines;
};

static void on_line(void *ctx, const struct log_line *line)
{
	struct told *t = ctx;
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = (size_t)snprintf(t->line, sizeof(t->line), "%s %s", line->area,
			     line->message);
	for (const struct log_field *f = line->fields; f->kind; f++)
		if (f->kind == LOG_KIND_TEXT && n < sizeof(t->line))
			n += (size_t)snprintf(t->line + n, sizeof(t->line) - n,
					      " %s=%.*s", f->key,
					      (int)f->text.len,
					      (const char *)f->text.data);
	pthread_mutex_unlock(&t->lock);
	atomic_fetch_add(&t->lines, 1);
}

static void told_open(struct told *t)
{
	*t = (struct told){ .lock = PTHREAD_MUTEX_INITIALIZER };
	t->log = (struct log){
		.level = LOG_WARN, .sink = on_line, .ctx = t, .any_thread = true
	};
}

/* Was it told of one whose last call that was? */
static bool is_told(struct told *t, const char *last_call)
{
	char line[128];
	bool is;

	snprintf(line, sizeof(line),
		 "plugin fiber computes without a wait fiber=bed last_call=%s",
		 last_call);
	pthread_mutex_lock(&t->lock);
	is = !strcmp(t->line, line);
	pthread_mutex_unlock(&t->lock);
	return is;
}

/* Does this process have a thread that watches? */
static bool is_watched(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	bool found = false;

	cr_assert_not_null(tasks);
	while (!found && (entry = readdir(tasks))) {
		char path[300], name[32] = "";
		FILE *in;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 entry->d_name);
		in = fopen(path, "re");
		if (!in)
			continue;
		found = fgets(name, sizeof(name), in) &&
			!strcmp(name, "weft watch\n");
		fclose(in);
	}
	closedir(tasks);
	return found;
}

/* One that has ended may be there for a moment. */
static void expect_no_watch(void)
{
	struct mono give_up = mono_add_ms(mono_now(), PATIENCE_MS);

	while (is_watched()) {
		cr_assert(mono_before(mono_now(), give_up));
		sched_yield();
	}
}

/* --- telling -----------------------------------------------------------------
 */

/* Computes until it is told of, and by this name. On a machine that stalls it
 * may have been told of in what went before the wait, too. */
static int compute_until_told(void *arg)
{
	struct told *t = arg;
	struct mono give_up = mono_add_ms(mono_now(), PATIENCE_MS);
	unsigned before = atomic_load(&t->lines);

	task_wait(NULL, (struct mono){ 0 }, "test_wait");
	while (atomic_load(&t->lines) == before || !is_told(t, "test_wait"))
		cr_assert(mono_before(mono_now(), give_up), "is %s", t->line);
	return 0;
}

Test(watch, tells_of_a_fiber_while_it_computes)
{
	static const struct task_limits limits = { .slow_ms = 50 };
	struct told t;
	struct bed b;

	told_open(&t);
	bed_open(&b, &limits);
	task_loop_watch(b.tasks, &t.log);
	bed_start(&b, compute_until_told, &t);
	BED_UNTIL(&b, b.owner.live == 0);
	bed_close(&b);
}

/* The silence after a line delays the next one, and does not swallow it. */
Test(watch, tells_of_one_soon_after_another_in_the_end)
{
	static const struct task_limits limits = { .slow_ms = 20 };
	struct told t;
	struct bed b;

	told_open(&t);
	bed_open(&b, &limits);
	task_loop_watch(b.tasks, &t.log);
	for (int i = 0; i < 2; i++) {
		bed_start(&b, compute_until_told, &t);
		BED_UNTIL(&b, b.owner.live == 0);
	}
	cr_assert_geq(atomic_load(&t.lines), 2);
	bed_close(&b);
}

static int call_and_compute(void *arg)
{
	struct told *t = arg;
	struct mono give_up = mono_add_ms(mono_now(), PATIENCE_MS);

	task_closed_call("test_write");
	task_wait(NULL, MONO_NEVER, "test_wait");
	while (!atomic_load(&t->lines))
		cr_assert(mono_before(mono_now(), give_up));
	return 0;
}

/* False when it was told of an earlier call: the machine was as slow as that
 * before it came to the last. */
static bool tells_of_the_last_call(void)
{
	static const struct task_limits limits = { .slow_ms = 50 };
	struct told t;
	struct bed b;

	told_open(&t);
	bed_open(&b, &limits);
	task_loop_watch(b.tasks, &t.log);
	bed_start(&b, call_and_compute, &t);
	task_owner_close(&b.owner); /* so the wait is none */
	BED_UNTIL(&b, b.owner.live == 0);
	bed_close(&b);
	return is_told(&t, "test_wait");
}

Test(watch, knows_the_last_call_also_when_it_did_not_wait)
{
	for (int tries = 1; !tells_of_the_last_call(); tries++)
		cr_assert_lt(tries, 20);
}

static void compute_ms(uint64_t ms)
{
	struct mono until = mono_add_ms(mono_now(), ms);

	while (mono_before(mono_now(), until))
		;
}

static int compute_and_wait(void *arg)
{
	struct bed *b = arg;

	for (int i = 0; i < 40; i++) {
		compute_ms(5);
		task_wait(NULL, bed_in_ms(b, i == 20 ? 400 : 0), "test_wait");
	}
	return 0;
}

/* Altogether it computes as long; and it waits much longer. */
Test(watch, tells_nothing_of_those_that_wait)
{
	static const struct task_limits limits = { .slow_ms = 150 };
	struct task_counts counts;
	struct told t;
	struct bed b;

	told_open(&t);
	bed_open(&b, &limits);
	task_loop_watch(b.tasks, &t.log);
	bed_start(&b, compute_and_wait, &b);
	BED_UNTIL(&b, b.owner.live == 0);
	task_count(b.tasks, &counts);
	cr_assert_leq(atomic_load(&t.lines), counts.slow, "%s", t.line);
	bed_close(&b);
}

/* Until it is told of, and then for longer than the silence after a line: it
 * does not wait, so it may as well sleep. */
static int compute_on_when_told(void *arg)
{
	static const struct timespec on = { WATCH_SILENT_MS / 1000, 300000000 };
	struct told *t = arg;
	struct mono give_up = mono_add_ms(mono_now(), PATIENCE_MS);

	while (!atomic_load(&t->lines))
		cr_assert(mono_before(mono_now(), give_up));
	nanosleep(&on, NULL);
	return 0;
}

Test(watch, tells_of_one_once)
{
	static const struct task_limits limits = { .slow_ms = 20 };
	struct told t;
	struct bed b;

	told_open(&t);
	bed_open(&b, &limits);
	task_loop_watch(b.tasks, &t.log);
	bed_start(&b, compute_on_when_told, &t);
	BED_UNTIL(&b, b.owner.live == 0);
	cr_assert_eq(atomic_load(&t.lines), 1);
	cr_assert(is_told(&t, "none"), "%s", t.line);
	bed_close(&b);
}

/* --- the thread --------------------------------------------------------------
 */

Test(watch, has_a_thread_while_somebody_is_watched)
{
	struct told t;
	struct bed a, b, c;

	told_open(&t);
	bed_open(&a, NULL);
	task_loop_watch(a.tasks, NULL);
	cr_assert_not(is_watched());
	bed_open(&b, NULL);
	task_loop_watch(b.tasks, &t.log);
	cr_assert(is_watched());
	bed_open(&c, NULL);
	task_loop_watch(c.tasks, &t.log);
	bed_close(&b);
	cr_assert(is_watched());
	bed_close(&c);
	expect_no_watch();
	/* A log of one thread is not written to from another. */
	t.log.any_thread = false;
	task_loop_watch(a.tasks, &t.log);
	cr_assert_not(is_watched());
	bed_close(&a);
}

struct lane {
	pthread_t thread;
	struct told *told;
};

static int wait_often(void *arg)
{
	struct bed *b = arg;

	for (int i = 0; i < 50; i++)
		task_wait(NULL, net_loop_now(b->loop), "test_wait");
	return 0;
}

static void *come_and_go(void *arg)
{
	static const struct task_limits limits = { .slow_ms = 2 };
	struct lane *lane = arg;

	for (int i = 0; i < 20; i++) {
		struct bed b;

		bed_open(&b, &limits);
		/* Not to the lines of the bed, which are few. */
		b.owner.log = NULL;
		task_loop_watch(b.tasks, &lane->told->log);
		bed_start(&b, wait_often, &b);
		bed_turns(&b, 3);
		bed_close(&b);
	}
	return NULL;
}

Test(watch, follows_loops_of_many_threads_as_they_come_and_go)
{
	struct lane lanes[4];
	struct told t;

	told_open(&t);
	for (size_t i = 0; i < ARRAY_LEN(lanes); i++) {
		lanes[i].told = &t;
		cr_assert_eq(pthread_create(&lanes[i].thread, NULL, come_and_go,
					    &lanes[i]),
			     0);
	}
	for (size_t i = 0; i < ARRAY_LEN(lanes); i++)
		pthread_join(lanes[i].thread, NULL);
	expect_no_watch();
}
