/* SPDX-License-Identifier: Apache-2.0 */
/* What other threads may do. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "node/plugin/post.h"
#include "test/unit/node_plugin/any.h"

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
