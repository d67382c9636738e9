/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers, events, timers, work and posts, as a plugin uses them. The test is a
 * plugin itself, so most of it needs no other. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "node/plugin/inside.h"
#include "test/unit/node_plugin/subject.h"

/* A plugin whose start and stop are the test's. */
static int (*on_start)(struct weft_host *host, void **state);
static void (*on_stop)(struct weft_host *host, void *state);

static int start(struct weft_host *host, void **state)
{
	return on_start ? on_start(host, state) : WEFT_OK;
}

static void stop(struct weft_host *host, void *state)
{
	if (on_stop)
		on_stop(host, state);
}

SUBJECT(any, .start = start, .stop = stop);

static struct weft_host *start_any(int (*starts)(struct weft_host *, void **),
				   void (*stops)(struct weft_host *, void *))
{
	on_start = starts;
	on_stop = stops;
	return weft_test_start(&any, NULL);
}

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
	weft_time begun = weft_now(s.host);

	(void)arg;
	cr_assert_eq(weft_go(s.host, step_twice, &s), WEFT_OK);
	/* No call runs plugin code before it returns. */
	cr_assert_str_eq(s.text, "");
	cr_assert_eq(weft_sleep_until(s.host, 0), WEFT_OK);
	strcat(s.text, "b");
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

/* --- timers ----------------------------------------------------------------
 */

struct ticking {
	struct weft_timer *timer;
	struct weft_event *go;
	int begun, ended, most, now;
	weft_time at[8];
	bool frees;
	bool waits;
};

static void tick(void *arg)
{
	struct ticking *t = arg;

	if (t->begun < (int)ARRAY_LEN(t->at))
		t->at[t->begun] = weft_now(weft_test_host());
	t->begun++;
	t->now++;
	if (t->now > t->most)
		t->most = t->now;
	if (t->frees)
		weft_timer_free(t->timer);
	if (t->waits)
		weft_wait(t->go, WEFT_FOREVER);
	t->now--;
	t->ended++;
}

static int ticked_three_times(void *arg)
{
	const struct ticking *t = arg;

	return t->ended >= 3;
}

static int timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking once = { 0 }, often = { 0 }, freed = { .frees = true };
	weft_time begun = weft_now(host);

	(void)arg;
	once.timer = weft_after(host, begun + WEFT_MS(1), tick, &once);
	often.timer = weft_every(host, WEFT_MS(3), tick, &often);
	freed.timer = weft_every(host, WEFT_MS(1), tick, &freed);
	cr_assert(once.timer && often.timer && freed.timer);
	subject_until(ticked_three_times, &often);
	cr_assert_eq(once.begun, 1);
	cr_assert_eq(freed.begun, 1); /* it freed itself */
	for (int i = 0; i < 3; i++)
		cr_assert_geq(often.at[i] - begun, WEFT_MS(3) * (i + 1));
	weft_timer_free(often.timer);
	weft_timer_free(once.timer);
	weft_timer_free(NULL);
	cr_assert_null(weft_after(host, 0, NULL, NULL));
	cr_assert_null(weft_after(NULL, 0, tick, NULL));
	return WEFT_OK;
}

Test(timers, fire_once_or_again_and_again)
{
	subject_run(timers, NULL);
}

static int free_before_it_fires(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking t = { 0 };

	(void)arg;
	/* Due now: its task stands in the queue when it is given back. */
	t.timer = weft_after(host, 0, tick, &t);
	weft_timer_free(t.timer);
	subject_let_run();
	cr_assert_eq(t.begun, 0);
	return WEFT_OK;
}

Test(timers, fire_no_more_once_given_back)
{
	subject_run(free_before_it_fires, NULL);
}

static int begun_once(void *arg)
{
	const struct ticking *t = arg;

	return t->begun >= 1;
}

static int slow_timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct ticking t = { .waits = true }, other = { 0 };
	weft_time woken;

	(void)arg;
	t.go = weft_event_new(host);
	t.timer = weft_every(host, WEFT_MS(1), tick, &t);
	other.timer = weft_every(host, WEFT_MS(1), tick, &other);
	subject_until(begun_once, &t);
	/* It has been due many times; the others go on. */
	cr_assert_eq(weft_sleep_until(host, weft_now(host) + WEFT_MS(30)),
		     WEFT_OK);
	cr_assert_eq(t.begun, 1);
	cr_assert_gt(other.begun, 2);
	/* They are not made up for. */
	woken = weft_now(host);
	t.waits = false;
	weft_wake(t.go);
	subject_let_run();
	cr_assert_gt(t.begun, 1);
	cr_assert_leq(t.begun, 3 + (weft_now(host) - woken) / WEFT_MS(1));
	cr_assert_eq(t.most, 1);
	weft_timer_free(t.timer);
	weft_timer_free(other.timer);
	return WEFT_OK;
}

Test(timers, do_not_overlap_nor_catch_up)
{
	subject_run(slow_timers, NULL);
}

static int many_timers(void *arg)
{
	struct weft_host *host = weft_test_host();
	struct weft_timer *timers_[INSTANCE_TIMERS_MAX];
	struct ticking t = { 0 };

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(timers_); i++) {
		timers_[i] = weft_after(host, WEFT_FOREVER, tick, &t);
		cr_assert_not_null(timers_[i]);
	}
	cr_assert_null(weft_after(host, WEFT_FOREVER, tick, &t));
	weft_timer_free(timers_[7]);
	timers_[7] = weft_after(host, 0, tick, &t);
	cr_assert_not_null(timers_[7]);
	cr_assert_null(weft_every(host, WEFT_MS(1), tick, &t));
	subject_let_run();
	cr_assert_eq(t.begun, 1);
	return WEFT_OK; /* the rest goes with the run */
}

Test(timers, are_limited)
{
	subject_run(many_timers, NULL);
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

/* --- posts -----------------------------------------------------------------
 */

enum {
	THREADS = 4,
	POSTS = 1000, /* of each thread */
};

struct poster {
	struct weft_host *host;
	pthread_t thread;
	atomic_bool endless; /* until it is refused */
	int next;	     /* number of the post that is due */
	int wrong;	     /* that came out of order */
	int posted;
	int refused;
	pthread_t ran_on;
};

struct posted {
	struct poster *by;
	int number;
};

static void arrived(void *arg)
{
	struct posted *p = arg;

	p->by->ran_on = pthread_self();
	p->by->wrong += p->number != p->by->next++;
	free(p);
}

static int post_one(struct poster *by, int number)
{
	struct posted *p = malloc(sizeof(*p));
	int rc;

	*p = (struct posted){ by, number };
	rc = weft_post(by->host, arrived, p);
	if (rc)
		free(p);
	return rc;
}

static void *post_many(void *arg)
{
	struct poster *by = arg;
	int rc = WEFT_OK;

	while (!rc && (by->endless || by->posted < POSTS)) {
		rc = post_one(by, by->posted);
		if (!rc)
			by->posted++;
		else if (rc == WEFT_ELIMIT)
			rc = sched_yield();
	}
	by->refused = rc;
	return NULL;
}

static void start_poster(struct poster *p)
{
	cr_assert_eq(pthread_create(&p->thread, NULL, post_many, p), 0);
}

static int all_arrived(void *arg)
{
	const struct poster *p = arg;

	for (int i = 0; i < THREADS; i++)
		if (p[i].next < POSTS)
			return 0;
	return 1;
}

static int posts(void *arg)
{
	struct poster p[THREADS] = { 0 };

	(void)arg;
	for (int i = 0; i < THREADS; i++) {
		p[i].host = weft_test_host();
		start_poster(&p[i]);
	}
	subject_until(all_arrived, p);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(p[i].thread, NULL);
		cr_assert_eq(p[i].next, POSTS);
		cr_assert_eq(p[i].wrong, 0);
		cr_assert(pthread_equal(p[i].ran_on, pthread_self()));
	}
	cr_assert_eq(weft_post(weft_test_host(), NULL, NULL), WEFT_EINVAL);
	return WEFT_OK;
}

Test(posts, arrive_in_order_from_any_thread)
{
	subject_run(posts, NULL);
}

static int too_many_posts(void *arg)
{
	struct poster p = { .host = weft_test_host() };

	(void)arg;
	for (int i = 0; i < POSTS_MAX; i++)
		cr_assert_eq(post_one(&p, i), WEFT_OK);
	cr_assert_eq(post_one(&p, 0), WEFT_ELIMIT);
	while (p.next < POSTS_MAX)
		subject_let_run();
	cr_assert_eq(post_one(&p, POSTS_MAX), WEFT_OK);
	while (p.next <= POSTS_MAX) /* it points to p */
		subject_let_run();
	cr_assert_eq(p.wrong, 0);
	return WEFT_OK;
}

Test(posts, are_limited)
{
	subject_run(too_many_posts, NULL);
}

static struct poster last;

static int start_posting(struct weft_host *host, void **state)
{
	(void)state;
	last = (struct poster){ .host = host, .endless = true };
	start_poster(&last);
	return WEFT_OK;
}

static void join_poster(void *arg)
{
	pthread_join(*(pthread_t *)arg, NULL);
}

static int some_arrived(void *arg)
{
	(void)arg;
	return last.next > 100;
}

static void stop_joining(struct weft_host *host, void *state)
{
	(void)state;
	/* While it is joined it may post; what it posted will run. */
	last.endless = false;
	cr_assert_eq(weft_work(host, join_poster, &last.thread), WEFT_OK);
}

static int joined_in_stop(void *arg)
{
	struct weft_host *host = start_any(start_posting, stop_joining);

	(void)arg;
	subject_until(some_arrived, NULL);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	cr_assert_eq(last.refused, WEFT_OK);
	cr_assert_eq(last.next, last.posted);
	cr_assert_eq(last.wrong, 0);
	return WEFT_OK;
}

Test(posts, all_run_before_the_plugin_is_gone)
{
	subject_run(joined_in_stop, NULL);
}

static int join_in_a_fiber(void *arg)
{
	return weft_work(arg, join_poster, &last.thread);
}

/* A plugin that does not tell its thread to end: the thread learns it from
 * weft_post. A fiber that waits for the thread keeps the host there. */
static int refused_after_stop(void *arg)
{
	struct weft_host *host = start_any(start_posting, NULL);

	(void)arg;
	subject_until(some_arrived, NULL);
	cr_assert_eq(weft_go(host, join_in_a_fiber, host), WEFT_OK);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	cr_assert_eq(last.refused, WEFT_ECLOSED);
	cr_assert_eq(last.next, last.posted);
	cr_assert_eq(last.wrong, 0);
	return WEFT_OK;
}

Test(posts, are_refused_by_a_stopped_host)
{
	subject_run(refused_after_stop, NULL);
}
