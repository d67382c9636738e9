/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/work.h"

#include <pthread.h>
#include <stdlib.h>

#include "p2p/net/async.h"
#include "p2p/net/loop_internal.h"

struct job {
	struct link link;
	struct net_loop *loop;
	struct net_jobs *jobs; /* of its kind */
	void (*run)(void *arg);
	void (*done)(void *arg);
	void *arg;
	uv_work_t work;
};

/* How many threads libuv's pool has: it reads the same variable. */
static size_t pool_size(void)
{
	const char *text = getenv("UV_THREADPOOL_SIZE");
	int n = text ? atoi(text) : 4;

	return n > 0 ? (size_t)n : 1;
}

static void init_jobs(struct net_jobs *jobs, size_t max)
{
	link_init(&jobs->queue);
	jobs->max = max ? max : 1;
}

/* One thread for names and files, one at least for long jobs. */
void net_work_init(struct net_loop *loop)
{
	size_t cores = uv_available_parallelism();
	size_t threads = pool_size();
	size_t others = threads > 2 ? threads - 2 : 1;
	size_t curve = cores < others ? cores : others;

	init_jobs(&loop->jobs, curve);
	init_jobs(&loop->long_jobs,
		  threads > curve + 1 ? threads - curve - 1 : 1);
}

static void on_pool(uv_work_t *work)
{
	struct job *job = work->data;

	job->run(job->arg);
}

static void on_done(uv_work_t *work, int status);

static void start_jobs(struct net_loop *loop, struct net_jobs *jobs)
{
	while (jobs->running < jobs->max && jobs->waiting) {
		struct link *l = link_pop(&jobs->queue);
		struct job *job = CONTAINER_OF(l, struct job, link);

		jobs->waiting--;
		jobs->running++;
		/* Refused only without a function to run. */
		if (uv_queue_work(&loop->uv, &job->work, on_pool, on_done))
			abort();
	}
}

/* Jobs are never cancelled: each has run. */
static void on_done(uv_work_t *work, int status UNUSED)
{
	struct job *job = work->data;
	void (*done)(void *arg) = job->done;
	struct net_jobs *jobs = job->jobs;
	struct net_loop *loop = job->loop;
	void *arg = job->arg;

	free(job);
	jobs->running--;
	start_jobs(loop, jobs);
	done(arg);
}

static void add_job(struct net_loop *loop, struct net_jobs *jobs,
		    void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *job = net_new(sizeof(*job));

	link_init(&job->link);
	job->loop = loop;
	job->jobs = jobs;
	job->run = run;
	job->done = done;
	job->arg = arg;
	job->work.data = job;
	link_append(&jobs->queue, &job->link);
	jobs->waiting++;
	start_jobs(loop, jobs);
}

void net_work(struct net_loop *loop, void (*run)(void *arg),
	      void (*done)(void *arg), void *arg)
{
	add_job(loop, &loop->jobs, run, done, arg);
}

void net_work_long(struct net_loop *loop, void (*run)(void *arg),
		   void (*done)(void *arg), void *arg)
{
	add_job(loop, &loop->long_jobs, run, done, arg);
}

/* --- on a thread of its own -------------------------------------------------
 */

struct apart {
	struct net_async *back;
	pthread_t thread;
	void (*run)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void *run_apart(void *arg)
{
	struct apart *a = arg;

	a->run(a->arg);
	net_async_wake(a->back);
	return NULL;
}

/* Once the thread is gone, nobody wakes us any more. */
static void apart_back(void *ctx)
{
	struct apart *a = ctx;
	void (*done)(void *arg) = a->done;
	void *arg = a->arg;

	pthread_join(a->thread, NULL);
	net_async_close(a->back);
	free(a);
	done(arg);
}

void net_work_apart(struct net_loop *loop, void (*run)(void *arg),
		    void (*done)(void *arg), void *arg)
{
	struct apart *a = net_new(sizeof(*a));

	a->run = run;
	a->done = done;
	a->arg = arg;
	a->back = net_async_open(loop, apart_back, a);
	if (!pthread_create(&a->thread, NULL, run_apart, a))
		return;
	/* No thread to be had: behind the others, then. */
	net_async_close(a->back);
	free(a);
	net_work_long(loop, run, done, arg);
}

size_t net_work_waiting(const struct net_loop *loop)
{
	return loop->jobs.waiting + loop->jobs.running +
	       loop->long_jobs.waiting + loop->long_jobs.running;
}
