/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/work.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "p2p/net/async.h"
#include "p2p/net/loop_internal.h"

enum {
	/* More than so many at a time are the pool's: some milliseconds. */
	OWN_MAX = 8,
	/* So many turns a job waits for the loop to have nothing else to do. In
	 * turns, as the clock goes on when the system runs something else. */
	OWN_TURNS = 4,
};

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

static struct job *take_first(struct net_jobs *jobs)
{
	struct link *l = link_pop(&jobs->queue);

	jobs->waiting--;
	return CONTAINER_OF(l, struct job, link);
}

static void start_jobs(struct net_loop *loop, struct net_jobs *jobs)
{
	while (jobs->running < jobs->max && jobs->waiting) {
		struct job *job = take_first(jobs);

		jobs->running++;
		/* Refused only without a function to run. */
		if (uv_queue_work(&loop->uv, &job->work, on_pool, on_done))
			abort();
	}
}

/* All that waits and, as long as some of it does, all that comes. */
static void use_pool(struct net_loop *loop)
{
	start_jobs(loop, &loop->jobs);
	loop->jobs.on_pool = loop->jobs.waiting > 0;
	loop->jobs.turns = 0;
}

static void end_job(struct job *job)
{
	void (*done)(void *arg) = job->done;
	struct net_loop *loop = job->loop;
	void *arg = job->arg;

	free(job);
	net_loop_let_go(loop);
	done(arg);
}

/* Jobs are never cancelled: each has run. */
static void on_done(uv_work_t *work, int status UNUSED)
{
	struct job *job = work->data;
	struct net_loop *loop = job->loop;
	struct net_jobs *jobs = job->jobs;

	jobs->running--;
	if (jobs == &loop->long_jobs)
		start_jobs(loop, jobs);
	else if (jobs->on_pool)
		use_pool(loop);
	end_job(job);
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
	net_loop_hold(loop);
	link_append(&jobs->queue, &job->link);
	jobs->waiting++;
}

void net_work(struct net_loop *loop, void (*run)(void *arg),
	      void (*done)(void *arg), void *arg)
{
	struct net_jobs *jobs = &loop->jobs;

	add_job(loop, jobs, run, done, arg);
	if (jobs->waiting > OWN_MAX)
		use_pool(loop);
}

void net_work_long(struct net_loop *loop, void (*run)(void *arg),
		   void (*done)(void *arg), void *arg)
{
	add_job(loop, &loop->long_jobs, run, done, arg);
	start_jobs(loop, &loop->long_jobs);
}

/* --- on the loop itself -----------------------------------------------------
 */

/* It would sleep now. While it polls for an answer, one is due. */
static bool has_nothing_to_do(struct net_loop *loop)
{
	struct pollfd p = { uv_backend_fd(&loop->uv), POLLIN, 0 };

	return link_is_alone(&loop->flush) && link_is_alone(&loop->soon) &&
	       !loop->eager.eagerly && poll(&p, 1, 0) == 0;
}

bool net_work_is_due(const struct net_loop *loop)
{
	return loop->jobs.waiting && !loop->jobs.on_pool;
}

void net_work_turn(struct net_loop *loop)
{
	struct net_jobs *jobs = &loop->jobs;

	if (has_nothing_to_do(loop)) {
		struct job *job = take_first(jobs);

		jobs->turns = 0;
		job->run(job->arg);
		end_job(job);
	} else if (++jobs->turns > OWN_TURNS) {
		use_pool(loop);
	}
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
