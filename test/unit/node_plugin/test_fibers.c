/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers, events, timers, work and posts, as a plugin uses them. The test is a
 * plugin itself, so most of it needs no other. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "node/plugin/inside.h"
#include "test/unit/node_plugin/any.h"

/* --- go and sleep --------------------------------------------------------- */

struct steps {
	struct weft_host *host;
	char text[64];
	int rc;
};

static int step_twice(void *arg)
{
	struct steps *s = arg;

	strcat(s->text, "a");
	s->rc = weft_sleep_until(s->host, weft_now(s->host) + WEFT_MS(2));
	strcat(s->text, "c");
	return WEFT_EFAIL; /* nobody's business */
}

static int going(void *arg)
{
	struct steps s = { .host = weft_test_host() };
	weft_time begun;

	(void)arg;
	cr_assert_eq(weft_go(s.host, step_twice, &s), WEFT_OK);
	/* No call runs plugin code before it returns. */
	cr_assert_str_eq(s.text, "");
	cr_assert_eq(weft_sleep_until(s.host, 0), WEFT_OK);
	strcat(s.text, "b");
	/* Only now, when it has said until when it sleeps: that is earlier
	 * then, however slow the machine is. */
	begun = weft_now(s.host);
	cr_assert_eq(weft_sleep_until(s.host, begun + WEFT_MS(20)), WEFT_OK);
	cr_assert_geq(weft_now(s.host) - begun, WEFT_MS(20));
	cr_assert_str_eq(s.text, "abc");
	cr_assert_eq(s.rc, WEFT_OK);
	cr_assert_eq(weft_go(s.host, NULL, NULL), WEFT_EINVAL);
	cr_assert_eq(weft_go(NULL, step_twice, NULL), WEFT_EINVAL);
	return WEFT_OK;
}

Test(fibers, run_beside_each_other)
{
	subject_run(going, NULL);
}

static int sleep_for_ever(void *arg)
{
	struct steps *s = arg;

	s->rc = weft_sleep_until(s->host, WEFT_FOREVER);
	strcat(s->text, "x");
	/* And again, without a wait. */
	cr_assert_eq(weft_sleep_until(s->host, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_go(s->host, sleep_for_ever, s), WEFT_ECLOSED);
	return s->rc;
}

static int closing(void *arg)
{
	struct steps s = { 0 };

	(void)arg;
	s.host = start_any(NULL, NULL);
	cr_assert_eq(weft_go(s.host, sleep_for_ever, &s), WEFT_OK);
	subject_let_run();
	cr_assert_str_eq(s.text, "");
	cr_assert_eq(weft_test_stop(s.host), WEFT_OK);
	cr_assert_str_eq(s.text, "x");
	cr_assert_eq(s.rc, WEFT_ECLOSED);
	return WEFT_OK;
}

Test(fibers, are_closed_with_their_plugin)
{
	subject_run(closing, NULL);
}

/* --- events ----------------------------------------------------------------
 */

struct sleeper {
	struct weft_event *event;
	weft_time deadline;
	int rc;
	bool done;
};

static int wait_once(void *arg)
{
	struct sleeper *s = arg;

	s->rc = weft_wait(s->event, s->deadline);
	s->done = true;
	return WEFT_OK;
}

static void start_sleepers(struct sleeper *s, size_t count,
			   struct weft_event *event)
{
	for (size_t i = 0; i < count; i++) {
		s[i] = (struct sleeper){ .event = event,
					 .deadline = WEFT_FOREVER };
		cr_assert_eq(weft_go(weft_test_host(), wait_once, &s[i]),
			     WEFT_OK);
	}
	subject_let_run();
}

static int events(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct weft_event *e = weft_event_new(host);
	struct sleeper s[3];

	(void)arg;
	/* One that nobody waited for lets the next wait through; only one. */
	weft_wake(e);
	weft_wake(e);
	cr_assert_eq(weft_wait(e, WEFT_FOREVER), WEFT_OK);
	cr_assert_eq(weft_wait(e, weft_now(host) + WEFT_MS(1)), WEFT_ETIMEDOUT);
	cr_assert_eq(weft_wait(e, 0), WEFT_ETIMEDOUT);
	/* It wakes all that wait, and then is spent. */
	start_sleepers(s, ARRAY_LEN(s), e);
	weft_wake(e);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		cr_assert(!s[i].done);
	subject_let_run();
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		cr_assert(s[i].done && s[i].rc == WEFT_OK);
	cr_assert_eq(weft_wait(e, 0), WEFT_ETIMEDOUT);
	cr_assert_eq(weft_wait(NULL, 0), WEFT_EINVAL);
	weft_wake(NULL);
	weft_event_free(NULL);
	weft_event_free(e);
	return WEFT_OK;
}

Test(fibers, wait_for_events)
{
	subject_run(events, NULL);
}

static int freed_events(void *arg)
{
	struct weft_event *e = weft_event_new(weft_test_host());
	struct sleeper s[3];

	(void)arg;
	start_sleepers(s, ARRAY_LEN(s), e);
	weft_event_free(e);
	subject_let_run();
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		cr_assert(s[i].done && s[i].rc == WEFT_ECLOSED);
	return WEFT_OK;
}

Test(fibers, are_woken_when_their_event_is_given_back)
{
	subject_run(freed_events, NULL);
}

/* --- work ------------------------------------------------------------------
 */

struct job {
	struct weft_host *host;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool begun, may_end;
	pthread_t thread;
	int rc, again;
	bool returned;
};

static void do_job(void *arg)
{
	struct job *j = arg;

	j->thread = pthread_self();
	pthread_mutex_lock(&j->lock);
	j->begun = true;
	pthread_cond_signal(&j->changed);
	while (!j->may_end)
		pthread_cond_wait(&j->changed, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

static int run_job(void *arg)
{
	struct job *j = arg;

	j->rc = weft_work(j->host, do_job, j);
	j->again = weft_work(j->host, do_job, j);
	j->returned = true;
	return WEFT_OK;
}

static void let_job_end(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	while (!j->begun)
		pthread_cond_wait(&j->changed, &j->lock);
	j->may_end = true;
	pthread_cond_signal(&j->changed);
	pthread_mutex_unlock(&j->lock);
}

static int has_returned(void *arg)
{
	const struct job *j = arg;

	return j->returned;
}

static int working(void *arg)
{
	struct job j = { .host = weft_test_host(),
			 .lock = PTHREAD_MUTEX_INITIALIZER,
			 .changed = PTHREAD_COND_INITIALIZER };

	(void)arg;
	cr_assert_eq(weft_go(j.host, run_job, &j), WEFT_OK);
	subject_let_run(); /* the loop goes on meanwhile */
	cr_assert(!j.returned);
	let_job_end(&j);
	subject_until(has_returned, &j);
	cr_assert_eq(j.rc, WEFT_OK);
	cr_assert_eq(j.again, WEFT_OK);
	cr_assert(!pthread_equal(j.thread, pthread_self()));
	cr_assert_eq(weft_work(j.host, NULL, NULL), WEFT_EINVAL);
	return WEFT_OK;
}

Test(fibers, work_on_other_threads)
{
	subject_run(working, NULL);
}

static int stop_it(void *arg)
{
	return weft_test_stop(arg);
}

static int stopped_at_work(void *arg)
{
	struct job j = { .lock = PTHREAD_MUTEX_INITIALIZER,
			 .changed = PTHREAD_COND_INITIALIZER };
	struct why why = WHY_NONE;

	(void)arg;
	j.host = start_any(NULL, NULL);
	cr_assert_eq(weft_go(j.host, run_job, &j), WEFT_OK);
	subject_let_run();
	cr_assert_eq(weft_go(weft_test_host(), stop_it, j.host), WEFT_OK);
	subject_let_run();
	/* The one wait that a close does not cut short; the rest waits. */
	cr_assert(!j.returned);
	cr_assert(!instance_is_idle(j.host, &why));
	cr_assert_str_eq(why.text, "any, waiting in weft_work");
	let_job_end(&j);
	subject_until(has_returned, &j);
	cr_assert_eq(j.rc, WEFT_ECLOSED);
	cr_assert_eq(j.again, WEFT_ECLOSED);
	return WEFT_OK;
}

Test(fibers, are_told_of_the_end_when_their_work_is_done)
{
	subject_run(stopped_at_work, NULL);
}
