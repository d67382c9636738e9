/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/work.h"

#include <stdlib.h>

#include "p2p/net/loop_internal.h"

struct job {
	struct link link;
	struct net_loop *loop;
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

void net_work_init(struct net_loop *loop)
{
	size_t cores = uv_available_parallelism();
	size_t others = pool_size() - 1; /* one thread for names and files */

	loop->jobs_max = cores < others ? cores : others;
	if (!loop->jobs_max)
		loop->jobs_max = 1;
	link_init(&loop->jobs);
}

static void on_pool(uv_work_t *work)
{
	struct job *job = work->data;

	job->run(job->arg);
}

static void on_done(uv_work_t *work, int status);

static void start_jobs(struct net_loop *loop)
{
	while (loop->jobs_running < loop->jobs_max && loop->jobs_waiting) {
		struct link *l = link_pop(&loop->jobs);
		struct job *job = CONTAINER_OF(l, struct job, link);

		loop->jobs_waiting--;
		loop->jobs_running++;
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
	struct net_loop *loop = job->loop;
	void *arg = job->arg;

	free(job);
	loop->jobs_running--;
	start_jobs(loop);
	done(arg);
}

void net_work(struct net_loop *loop, void (*run)(void *arg),
	      void (*done)(void *arg), void *arg)
{
	struct job *job = net_new(sizeof(*job));

	link_init(&job->link);
	job->loop = loop;
	job->run = run;
	job->done = done;
	job->arg = arg;
	job->work.data = job;
	link_append(&loop->jobs, &job->link);
	loop->jobs_waiting++;
	start_jobs(loop);
}

size_t net_work_waiting(const struct net_loop *loop)
{
	return loop->jobs_waiting + loop->jobs_running;
}
