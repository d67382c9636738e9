/* SPDX-License-Identifier: Apache-2.0 */
#include "node/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "p2p/base/buf.h"
#include "p2p/base/mono.h"

struct outlet {
	struct outlet *next; /* of the open ones */
	FILE *stream;
	struct buf line; /* what came of one so far */
	bool too_long;	 /* it is, and its rest is not kept */
	int fd;
	enum show_form form;
	pthread_t thread;

	/* All below is under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t more;  /* for the thread */
	pthread_cond_t empty; /* all is written, or nothing ever will be */
	struct buf queue;     /* lines, until they are written */
	uint64_t left_out;    /* since the last line that was taken */
	bool last, closing;
	bool failed; /* a write did */
	bool stuck;  /* a drain took too long */
	bool orphan; /* closed in the midst of a write: frees itself */
	void (*broke)(void *ctx);
	void *ctx;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct outlet *all; /* that are open */

/* --- what waits, under the lock --------------------------------------------
 */

static void put(struct outlet *o, const void *line, size_t len)
{
	if (buf_append(&o->queue, line, len))
		abort(); /* the limit was looked at */
	pthread_cond_signal(&o->more);
}

/* Say how many lines are missing here, once there is room for more. */
static void tell_left_out(struct outlet *o)
{
	char text[80];
	int n;

	if (!o->left_out || (!o->last && o->queue.len > OUTLET_MAX / 2))
		return;
	n = snprintf(text, sizeof(text),
		     o->form == SHOW_AS_JSON
			     ? "{\"event\":\"dropped_lines\",\"count\":%" PRIu64
			       "}\n"
			     : "... %" PRIu64 " lines left out\n",
		     o->left_out);
	if (o->queue.len + (size_t)n > o->queue.limit)
		return;
	o->left_out = 0;
	put(o, text, (size_t)n);
}

static void push(struct outlet *o, const void *line, size_t len)
{
	size_t limit = OUTLET_MAX;

	pthread_mutex_lock(&o->lock);
	if (o->last) {
		limit = o->queue.limit;
		tell_left_out(o);
	}
	if (o->left_out || o->queue.len + len > limit)
		o->left_out++;
	else if (!o->failed)
		put(o, line, len);
	pthread_mutex_unlock(&o->lock);
}

static void left_out_one(struct outlet *o)
{
	pthread_mutex_lock(&o->lock);
	o->left_out++;
	tell_left_out(o);
	pthread_mutex_unlock(&o->lock);
}

/* --- the stream ------------------------------------------------------------
 */

static void end_line(struct outlet *o)
{
	if (o->too_long)
		left_out_one(o);
	else if (o->line.len)
		push(o, o->line.data, o->line.len);
	buf_truncate(&o->line, 0);
	o->too_long = false;
}

/* A stream hands on what it holds, wherever that is cut. */
static ssize_t printed(void *cookie, const char *data, size_t size)
{
	struct outlet *o = cookie;
	size_t at = 0;

	while (at < size) {
		const char *end = memchr(data + at, '\n', size - at);
		size_t n = end ? (size_t)(end - data) + 1 - at : size - at;

		if (buf_append(&o->line, data + at, n))
			o->too_long = true;
		at += n;
		if (end)
			end_line(o);
	}
	return (ssize_t)size;
}

/* --- the thread ------------------------------------------------------------
 */

/* Whole lines as far as they fit, so that what other programs write to the
 * same pipe does not come in between. */
static size_t next_piece(const struct buf *queue, uint8_t piece[PIPE_BUF])
{
	size_t n = queue->len < PIPE_BUF ? queue->len : PIPE_BUF;
	const uint8_t *end = memrchr(queue->data, '\n', n);

	if (end)
		n = (size_t)(end - queue->data) + 1;
	memcpy(piece, queue->data, n);
	return n;
}

/* Blocks as long as it takes, also where somebody set O_NONBLOCK. */
static ssize_t write_some(int fd, const uint8_t *data, size_t len)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, data, len);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			return -1;
	}
}

static void fail(struct outlet *o)
{
	o->failed = true;
	buf_clear(&o->queue);
	if (o->broke)
		o->broke(o->ctx);
}

static void destroy(struct outlet *o)
{
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->more);
	pthread_cond_destroy(&o->empty);
	buf_clear(&o->queue);
	buf_clear(&o->line);
	close(o->fd);
	free(o);
}

static void *write_out(void *arg)
{
	struct outlet *o = arg;
	uint8_t piece[PIPE_BUF];
	bool orphan;

	pthread_mutex_lock(&o->lock);
	while (!o->orphan) {
		ssize_t n;

		if (!o->queue.len) {
			pthread_cond_broadcast(&o->empty);
			if (o->closing)
				break;
			pthread_cond_wait(&o->more, &o->lock);
			continue;
		}
		n = (ssize_t)next_piece(&o->queue, piece);
		pthread_mutex_unlock(&o->lock);
		n = write_some(o->fd, piece, (size_t)n);
		pthread_mutex_lock(&o->lock);
		if (o->orphan)
			break;
		if (n < 0) {
			fail(o);
			continue;
		}
		buf_drop(&o->queue, (size_t)n);
		tell_left_out(o);
	}
	orphan = o->orphan;
	pthread_mutex_unlock(&o->lock);
	if (orphan)
		destroy(o);
	return NULL;
}

/* Signals are for the thread that runs the loop. */
static void start_thread(struct outlet *o)
{
	sigset_t every, before;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	if (pthread_create(&o->thread, NULL, write_out, o))
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- for who prints --------------------------------------------------------
 */

static void init_locks(struct outlet *o)
{
	pthread_condattr_t clock;

	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, &clock);
	pthread_cond_init(&o->empty, &clock);
	pthread_condattr_destroy(&clock);
}

struct outlet *outlet_open(int fd, enum show_form form)
{
	static const cookie_io_functions_t functions = { .write = printed };
	struct outlet *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	o->form = form;
	/* Without one more descriptor writes fail, which is told then. */
	o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	buf_init(&o->line, OUTLET_LINE_MAX);
	buf_init(&o->queue, OUTLET_MAX + OUTLET_LAST_MAX);
	init_locks(o);
	o->stream = fopencookie(o, "w", functions);
	if (!o->stream)
		abort();
	start_thread(o);
	pthread_mutex_lock(&all_lock);
	o->next = all;
	all = o;
	pthread_mutex_unlock(&all_lock);
	return o;
}

FILE *outlet_stream(struct outlet *o)
{
	return o->stream;
}

void outlet_watch(struct outlet *o, void (*broke)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&o->lock);
	o->broke = broke;
	o->ctx = ctx;
	if (broke && o->failed)
		broke(ctx);
	pthread_mutex_unlock(&o->lock);
}

void outlet_last(struct outlet *o)
{
	pthread_mutex_lock(&o->lock);
	o->last = true;
	pthread_mutex_unlock(&o->lock);
}

static bool drain_until(struct outlet *o, struct mono end)
{
	const struct timespec at = { .tv_sec = (time_t)(end.ns / 1000000000),
				     .tv_nsec = (long)(end.ns % 1000000000) };
	bool good;

	pthread_mutex_lock(&o->lock);
	while (o->queue.len && !o->stuck)
		o->stuck = pthread_cond_timedwait(&o->empty, &o->lock, &at) ==
				   ETIMEDOUT &&
			   o->queue.len;
	good = !o->failed && !o->stuck;
	pthread_mutex_unlock(&o->lock);
	return good;
}

bool outlet_drain(struct outlet *o, unsigned ms)
{
	return drain_until(o, mono_add_ms(mono_now(), ms));
}

void outlet_drain_all(unsigned ms)
{
	struct mono end = mono_add_ms(mono_now(), ms);

	pthread_mutex_lock(&all_lock);
	for (struct outlet *o = all; o; o = o->next)
		(void)drain_until(o, end);
	pthread_mutex_unlock(&all_lock);
}

bool outlet_is_broken(struct outlet *o)
{
	bool broken;

	pthread_mutex_lock(&o->lock);
	broken = o->failed || o->stuck;
	pthread_mutex_unlock(&o->lock);
	return broken;
}

static void leave_list(const struct outlet *o)
{
	struct outlet **at = &all;

	pthread_mutex_lock(&all_lock);
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	pthread_mutex_unlock(&all_lock);
}

void outlet_close(struct outlet *o)
{
	pthread_t thread;
	bool orphan;

	if (!o)
		return;
	fclose(o->stream);
	leave_list(o);
	pthread_mutex_lock(&o->lock);
	thread = o->thread; /* an orphan may be gone after the unlock */
	o->broke = NULL;
	o->closing = true;
	orphan = o->orphan = o->queue.len > 0;
	pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
	if (orphan) {
		/* write() cannot be called back: it ends when it ends. */
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	destroy(o);
}
