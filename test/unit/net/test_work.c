/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "p2p/net/async.h"
#include "p2p/net/work.h"
#include "test/unit/net/scene.h"

enum {
	JOBS = 24
};

struct crew {
	struct scene sc;
	sem_t gate;	     /* jobs wait for it */
	atomic_uint running; /* now */
	atomic_uint most;    /* at one time */
	atomic_uint begun;
	unsigned done;
	struct job_of {
		struct crew *crew;
		unsigned number;
		unsigned began; /* how many had begun before */
		bool ran;
		bool done;
	} jobs[JOBS];
};

static void job_run(void *arg)
{
	struct job_of *j = arg;
	struct crew *c = j->crew;
	unsigned now = atomic_fetch_add(&c->running, 1) + 1;
	unsigned most = atomic_load(&c->most);

	j->began = atomic_fetch_add(&c->begun, 1);
	while (now > most &&
	       !atomic_compare_exchange_weak(&c->most, &most, now))
		;
	sem_wait(&c->gate);
	j->ran = true;
	atomic_fetch_sub(&c->running, 1);
}

static void job_done(void *arg)
{
	struct job_of *j = arg;

	cr_assert(j->ran && !j->done);
	j->done = true;
	j->crew->done++;
	net_loop_stop(j->crew->sc.loop);
}

static void crew_open(struct crew *c, unsigned open_gate)
{
	scene_open(&c->sc);
	cr_assert_eq(sem_init(&c->gate, 0, open_gate), 0);
	for (unsigned i = 0; i < JOBS; i++) {
		c->jobs[i] = (struct job_of){ .crew = c, .number = i };
		net_work(c->sc.loop, job_run, job_done, &c->jobs[i]);
	}
	cr_assert_eq(net_work_waiting(c->sc.loop), JOBS);
	cr_assert_eq(c->done, 0);
}

static void crew_close(struct crew *c)
{
	scene_close(&c->sc);
	sem_destroy(&c->gate);
}

Test(net_work, runs_no_more_at_once_than_leaves_a_thread_of_the_pool)
{
	static struct crew c;

	setenv("UV_THREADPOOL_SIZE", "4", 1);
	crew_open(&c, JOBS);
	cr_assert_geq(c.sc.loop->jobs.max, 1);
	cr_assert_leq(c.sc.loop->jobs.max, 2);
	cr_assert_leq(c.sc.loop->jobs.max, uv_available_parallelism());
	cr_assert_leq(c.sc.loop->jobs.max + c.sc.loop->long_jobs.max, 3);
	UNTIL(&c.sc, c.done == JOBS);
	cr_assert_leq(c.most, c.sc.loop->jobs.max);
	cr_assert_eq(net_work_waiting(c.sc.loop), 0);
	crew_close(&c);
}

static void run_in_order(const char *pool)
{
	static struct crew c;

	setenv("UV_THREADPOOL_SIZE", pool, 1);
	crew_open(&c, JOBS);
	cr_assert_eq(c.sc.loop->jobs.max, 1);
	UNTIL(&c.sc, c.done == JOBS);
	for (unsigned i = 0; i < JOBS; i++)
		cr_assert_eq(c.jobs[i].began, i);
	crew_close(&c);
}

Test(net_work, keeps_to_the_order_with_a_pool_of_two)
{
	run_in_order("2");
}

Test(net_work, keeps_to_the_order_with_a_pool_of_one)
{
	run_in_order("1");
}

Test(net_work, is_done_before_the_loop_is_gone)
{
	static struct crew c;

	crew_open(&c, JOBS);
	crew_close(&c);
	cr_assert_eq(c.done, JOBS);
}

Test(net_work, waits_apart_behind_nothing)
{
	static struct crew c, lone;

	crew_open(&c, 0); /* no job ends before the gate opens */
	lone.sc = c.sc;
	cr_assert_eq(sem_init(&lone.gate, 0, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		lone.jobs[i] = (struct job_of){ .crew = &lone, .number = i };
		net_work_apart(c.sc.loop, job_run, job_done, &lone.jobs[i]);
	}
	cr_assert_eq(net_work_waiting(c.sc.loop), JOBS);
	scene_turns(&c.sc, 2);
	cr_assert_eq(lone.done, 0);
	sem_post(&lone.gate);
	sem_post(&lone.gate);
	UNTIL(&c.sc, lone.done == 2);
	cr_assert_eq(c.done, 0);
	for (unsigned i = 0; i < JOBS; i++)
		sem_post(&c.gate);
	UNTIL(&c.sc, c.done == JOBS);
	crew_close(&c);
	sem_destroy(&lone.gate);
}

/* --- on the loop itself -----------------------------------------------------
 */

/* A job that says where it ran, and in which turn of the loop it was done. */
struct place {
	struct scene *sc;
	pthread_t thread;
	uint64_t turn;
	unsigned *order;
	unsigned at; /* in that order; 0: not yet */
	bool done;
};

static void place_run(void *arg)
{
	struct place *p = arg;

	p->thread = pthread_self();
}

static void place_done(void *arg)
{
	struct place *p = arg;

	cr_assert(!p->done);
	p->done = true;
	p->turn = p->sc->loop->iteration;
	p->at = ++*p->order;
}

static bool ran_here(const struct place *p)
{
	return p->done && pthread_equal(p->thread, pthread_self());
}

static void place_all(struct place *places, unsigned n, struct scene *sc,
		      unsigned *order)
{
	for (unsigned i = 0; i < n; i++) {
		places[i] = (struct place){ .sc = sc, .order = order };
		net_work(sc->loop, place_run, place_done, &places[i]);
		cr_assert(!places[i].done);
	}
}

static bool all_done(const struct place *places, unsigned n)
{
	unsigned done = 0;

	for (unsigned i = 0; i < n; i++)
		done += places[i].done;
	return done == n;
}

enum {
	FEW = 8 /* what the loop does itself */
};

Test(net_work, few_are_done_by_the_loop_one_a_turn)
{
	struct place places[FEW];
	unsigned order = 0;
	struct scene sc;

	scene_open(&sc);
	place_all(places, FEW, &sc, &order);
	while (!all_done(places, FEW))
		scene_turns(&sc, 1);
	for (unsigned i = 0; i < FEW; i++) {
		cr_assert(ran_here(&places[i]));
		cr_assert_eq(places[i].at, i + 1);
		if (i)
			cr_assert_gt(places[i].turn, places[i - 1].turn);
	}
	cr_assert_eq(net_work_waiting(sc.loop), 0);
	scene_close(&sc);
}

Test(net_work, more_than_a_few_are_the_pools)
{
	struct place places[FEW + 1];
	unsigned order = 0;
	struct scene sc;

	scene_open(&sc);
	place_all(places, FEW + 1, &sc, &order);
	while (!all_done(places, FEW + 1))
		scene_turns(&sc, 1);
	for (unsigned i = 0; i < FEW + 1; i++)
		cr_assert(!ran_here(&places[i]));
	/* Once it is done with them, few are few again. */
	place_all(places, 1, &sc, &order);
	while (!places[0].done)
		scene_turns(&sc, 1);
	cr_assert(ran_here(&places[0]));
	scene_close(&sc);
}

/* While there is something to read, nothing else is done here: the job waits
 * for a while, and then is the pool's. */
Test(net_work, a_busy_loop_leaves_them_to_the_pool)
{
	struct place place;
	unsigned order = 0;
	struct end end = { 0 };
	struct scene sc;
	int fd;

	scene_open(&sc);
	fd = half_pair(&sc, &end);
	end.runs_on = true;
	net_stream_start(end.s);
	scene_turns(&sc, 1); /* from here on the system is asked about it */
	place_all(&place, 1, &sc, &order);
	while (!place.done) {
		cr_assert_eq(write(fd, "busy", 4), 4);
		scene_turns(&sc, 1);
	}
	cr_assert(!ran_here(&place));
	cr_assert_gt(end.bytes, 0);
	end.runs_on = false;
	end_close(&end);
	close(fd);
	scene_close(&sc);
}

/* A job that has something arrive while it runs. */
struct noisy {
	struct place place; /* first: the job's argument */
	struct net_async *bell;
};

static void noisy_run(void *arg)
{
	struct noisy *n = arg;

	place_run(&n->place);
	net_async_wake(n->bell);
}

static void note_order(void *ctx)
{
	unsigned *order = ctx;

	++*order;
}

Test(net_work, what_arrives_waits_for_one_job_at_most)
{
	struct noisy jobs[3];
	struct net_async *bell;
	unsigned order = 0;
	struct scene sc;

	scene_open(&sc);
	bell = net_async_open(sc.loop, note_order, &order);
	for (unsigned i = 0; i < ARRAY_LEN(jobs); i++) {
		jobs[i].place = (struct place){ .sc = &sc, .order = &order };
		jobs[i].bell = bell;
		net_work(sc.loop, noisy_run, place_done, &jobs[i]);
	}
	while (!jobs[2].place.done)
		scene_turns(&sc, 1);
	/* Job, bell, job, bell, job. */
	for (unsigned i = 0; i < ARRAY_LEN(jobs); i++)
		cr_assert_eq(jobs[i].place.at, 2 * i + 1);
	net_async_close(bell);
	scene_close(&sc);
}

static void again(void *arg)
{
	struct place *p = arg;

	place_done(p);
	if (p->at == FEW)
		return;
	p[1] = (struct place){ .sc = p->sc, .order = p->order };
	net_work(p->sc->loop, place_run, again, p + 1);
}

/* Nothing else is open: the loop may neither sleep nor end before it. */
Test(net_work, a_job_may_be_asked_for_when_one_is_done)
{
	struct place places[FEW] = { 0 };
	unsigned order = 0;
	struct scene sc;

	scene_open(&sc);
	net_timer_close(sc.watchdog);
	places[0] = (struct place){ .sc = &sc, .order = &order };
	net_work(sc.loop, place_run, again, &places[0]);
	net_loop_run(sc.loop);
	cr_assert(all_done(places, FEW));
	net_loop_close(sc.loop);
}

/* What a lookup found. */
struct lookup {
	struct scene *sc;
	struct net_resolve *r;
	unsigned called;
	enum err rc;
	struct ip ips[8];
	size_t count;
	struct why why;
	bool closes;
	struct crew *crew;
};

static void on_found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		     const struct why *why)
{
	struct lookup *l = ctx;

	cr_assert_leq(count, ARRAY_LEN(l->ips));
	l->called++;
	l->rc = rc;
	l->count = count;
	for (size_t i = 0; i < count; i++)
		l->ips[i] = ips[i];
	l->why = *why;
	if (l->closes)
		net_resolve_close(l->r);
	net_loop_stop(l->sc->loop);
}

static void look_up(struct lookup *l, struct scene *sc, const char *name)
{
	*l = (struct lookup){ .sc = sc, .closes = true };
	l->r = net_resolve_open(sc->loop, name, on_found, l);
	cr_assert_eq(l->called, 0);
	UNTIL(sc, l->called);
	scene_turns(sc, 2);
	cr_assert_eq(l->called, 1);
}

Test(net_work, names_do_not_wait_behind_jobs)
{
	static struct crew c;
	struct lookup l;

	crew_open(&c, 0); /* no job ends before the gate opens */
	look_up(&l, &c.sc, "127.0.0.1");
	cr_assert_eq(l.rc, ERR_NONE);
	cr_assert_eq(c.done, 0);
	for (unsigned i = 0; i < JOBS; i++)
		sem_post(&c.gate);
	UNTIL(&c.sc, c.done == JOBS);
	crew_close(&c);
}

Test(net_work, curve_jobs_and_names_do_not_wait_behind_long_ones)
{
	static struct crew c, quick;
	struct lookup l;

	scene_open(&c.sc);
	cr_assert_eq(sem_init(&c.gate, 0, 0), 0);
	for (unsigned i = 0; i < JOBS; i++) {
		c.jobs[i] = (struct job_of){ .crew = &c, .number = i };
		net_work_long(c.sc.loop, job_run, job_done, &c.jobs[i]);
	}
	cr_assert_eq(net_work_waiting(c.sc.loop), JOBS);
	quick.sc = c.sc;
	cr_assert_eq(sem_init(&quick.gate, 0, JOBS), 0);
	for (unsigned i = 0; i < JOBS; i++) {
		quick.jobs[i] = (struct job_of){ .crew = &quick, .number = i };
		net_work(c.sc.loop, job_run, job_done, &quick.jobs[i]);
	}
	UNTIL(&c.sc, quick.done == JOBS);
	look_up(&l, &c.sc, "127.0.0.1");
	cr_assert_eq(l.rc, ERR_NONE);
	cr_assert_eq(c.done, 0);
	for (unsigned i = 0; i < JOBS; i++)
		sem_post(&c.gate);
	UNTIL(&c.sc, c.done == JOBS);
	cr_assert_leq(c.most, c.sc.loop->long_jobs.max);
	crew_close(&c);
}

static bool found_only(const struct lookup *l, const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE);
	return l->rc == ERR_NONE && l->count == 1 && ip_equal(&l->ips[0], &ip);
}

Test(net_resolve, finds_addresses_and_localhost)
{
	struct lookup l;
	struct scene sc;

	scene_open(&sc);
	look_up(&l, &sc, "192.0.2.7");
	cr_assert(found_only(&l, "192.0.2.7"));
	look_up(&l, &sc, "2001:db8::7");
	cr_assert(found_only(&l, "2001:db8::7"));
	look_up(&l, &sc, "::ffff:192.0.2.7");
	cr_assert(found_only(&l, "192.0.2.7"));
	look_up(&l, &sc, "localhost");
	cr_assert_eq(l.rc, ERR_NONE);
	cr_assert_geq(l.count, 1);
	for (size_t i = 0; i < l.count; i++)
		cr_assert(ip_is_loopback(&l.ips[i]));
	scene_close(&sc);
}

Test(net_resolve, says_which_name_was_not_found)
{
	struct lookup l;
	struct scene sc;

	scene_open(&sc);
	/* It is refused without a question to anybody: some name servers have
	 * an address for every name. */
	look_up(&l, &sc, "no name");
	cr_assert_eq(l.rc, ERR_NOT_FOUND);
	cr_assert_eq(l.count, 0);
	cr_assert(!strncmp(l.why.text, "no name: ", 9), "%s", l.why.text);
	cr_assert_gt(strlen(l.why.text), 9);
	scene_close(&sc);
}

Test(net_resolve, refuses_later_what_is_no_name)
{
	char longest[255];
	struct lookup l;
	struct scene sc;

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	scene_open(&sc);
	look_up(&l, &sc, longest);
	cr_assert_eq(l.rc, ERR_NOT_FOUND);
	look_up(&l, &sc, "");
	cr_assert_eq(l.rc, ERR_NOT_FOUND);
	look_up(&l, &sc, "\xff\xfe");
	cr_assert_eq(l.rc, ERR_NOT_FOUND);
	scene_close(&sc);
}

Test(net_resolve, is_silent_once_closed)
{
	static const char *const names[] = { "127.0.0.1", "" };
	struct lookup l = { 0 };
	struct scene sc;

	scene_open(&sc);
	l.sc = &sc;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		l.r = net_resolve_open(sc.loop, names[i], on_found, &l);
		net_resolve_close(l.r);
	}
	scene_close(&sc); /* waits for the pool */
	cr_assert_eq(l.called, 0);
}

Test(net_resolve, may_be_closed_after_the_answer)
{
	struct lookup l = { 0 };
	struct scene sc;

	scene_open(&sc);
	l.sc = &sc;
	l.r = net_resolve_open(sc.loop, "127.0.0.1", on_found, &l);
	UNTIL(&sc, l.called);
	scene_turns(&sc, 2);
	net_resolve_close(l.r);
	scene_close(&sc);
	cr_assert_eq(l.called, 1);
}
