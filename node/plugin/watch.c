/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <utlist.h>

enum {
	LOOKS = 2, /* in the time that is too long */
};

atomic_bool watch_sleeps;

struct watcher {
	pthread_t thread;
	bool stop;
};

/* Of all threads, under the lock; so are the watcher's members of a watch. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* by the clock that never jumps */
	struct watch *watches;
	struct watcher *watcher; /* NULL: there is none */
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct mono watch_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u +
			      (uint64_t)ts.tv_nsec };
}

/* --- looking -----------------------------------------------------------------
 */

/* A label and call belong to what has run since then if that has not changed
 * when both were read: the next to run writes when it began before it writes
 * anything else, and by a clock that has moved on, for this one is slow. */
static bool is_slow(struct watch *w, struct mono now, const char **label,
		    const char **call, uint64_t *since)
{
	*since = atomic_load_explicit(&w->since, memory_order_acquire);
	*label = atomic_load_explicit(&w->label, memory_order_acquire);
	*call = atomic_load_explicit(&w->call, memory_order_acquire);
	return *label &&
	       *since ==
		       atomic_load_explicit(&w->since, memory_order_acquire) &&
	       mono_since_ms(now, (struct mono){ *since }) >= w->slow_ms;
}

/* A peer's message may be what makes a plugin compute, so the lines are few. */
static void look(struct watch *w)
{
	struct mono now = watch_clock();
	const char *label, *call;
	uint64_t since;

	if (!is_slow(w, now, &label, &call, &since) || since == w->told)
		return;
	if (mono_before(now, w->silent_until))
		return; /* one that goes on will be told of then */
	w->told = since;
	w->silent_until = mono_add_ms(now, WATCH_SILENT_MS);
	log_event(w->log, LOG_WARN, "plugin", "fiber computes without a wait",
		  LOG_TEXT("fiber", label), LOG_TEXT("last_call", call),
		  LOG_MS("for", mono_since_ns(now, (struct mono){ since })));
}

static bool any_in_turn(void)
{
	const struct watch *w;

	DL_FOREACH (all.watches, w)
		if (atomic_load(&w->in_turn))
			return true;
	return false;
}

/* Until a loop is in a turn, or a watch came or went. */
static void sleep_on(void)
{
	atomic_store(&watch_sleeps, true);
	if (!any_in_turn())
		pthread_cond_wait(&all.changed, &all.lock);
	atomic_store(&watch_sleeps, false);
}

/* Until the next look, which is near enough for the quickest. */
static void pause_a_while(void)
{
	uint64_t ms = UINT64_MAX;
	struct timespec until;
	struct watch *w;

	DL_FOREACH (all.watches, w)
		if (w->slow_ms / LOOKS < ms)
			ms = w->slow_ms / LOOKS;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&all.changed, &all.lock, &until);
}

static void *watcher(void *arg)
{
	const struct watcher *me = arg;
	struct watch *w;

	pthread_mutex_lock(&all.lock);
	while (!me->stop) {
		if (!any_in_turn())
			sleep_on();
		/* Also when woken just now: a loop with many short turns does
		 * not wake it for each. */
		if (!me->stop)
			pause_a_while();
		DL_FOREACH (all.watches, w)
			look(w);
	}
	/* Another may have begun, and sleep where this one has unset that
	 * somebody does. */
	pthread_cond_broadcast(&all.changed);
	pthread_mutex_unlock(&all.lock);
	return arg;
}

void watch_wake(void)
{
	pthread_mutex_lock(&all.lock);
	pthread_cond_broadcast(&all.changed);
	pthread_mutex_unlock(&all.lock);
}

/* --- beginning and end -------------------------------------------------------
 */

static void make_clock(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&all.changed, &attr);
	pthread_condattr_destroy(&attr);
}

/* Signals are the program's: it gets them on threads of its own. */
static void make_thread(void)
{
	struct watcher *me = calloc(1, sizeof(*me));
	sigset_t every, before;

	if (!me)
		abort();
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	/* Without it the lines come when the fiber next waits, and not before:
	 * no reason to fail. */
	if (pthread_create(&me->thread, NULL, watcher, me)) {
		free(me);
	} else {
		pthread_setname_np(me->thread, "weft watch");
		all.watcher = me;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void watch_open(struct watch *w, const struct log *log, uint64_t slow_ms)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_clock);
	w->log = log;
	w->slow_ms = slow_ms;
	pthread_mutex_lock(&all.lock);
	DL_APPEND(all.watches, w);
	if (!all.watcher)
		make_thread();
	pthread_mutex_unlock(&all.lock);
}

void watch_close(struct watch *w)
{
	struct watcher *ended = NULL;

	if (!w->log)
		return;
	pthread_mutex_lock(&all.lock);
	DL_DELETE(all.watches, w);
	w->log = NULL;
	if (!all.watches && all.watcher) {
		ended = all.watcher;
		ended->stop = true;
		all.watcher = NULL;
		pthread_cond_broadcast(&all.changed);
	}
	pthread_mutex_unlock(&all.lock);
	if (ended) {
		pthread_join(ended->thread, NULL);
		free(ended);
	}
}
