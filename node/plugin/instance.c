/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c - a plugin's life on a node: start, stop, and what must be gone
 * before it is. */
#include "node/plugin/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/service.h"
#include "node/plugin/talk.h"

/* --- the timer ---------------------------------------------------------------
 */

void instance_arm(struct weft_host *h)
{
	struct mono at = mono_min(timers_due(h), h->retry);

	if (h->stop_asked && !h->overdue)
		at = mono_min(at, h->stop_by);
	net_timer_set(h->timer, at);
}

void instance_retry(struct weft_host *h, uint64_t ms)
{
	struct mono at = mono_add_ms(net_loop_now(h->node->loop), ms);

	h->retry = mono_min(h->retry, at);
	instance_arm(h);
}

/* --- posts -------------------------------------------------------------------
 */

static void take_posts(struct weft_host *h);

static int run_post(void *arg)
{
	const struct post *post = arg;

	post->fn(post->arg);
	return WEFT_OK;
}

static void post_done(void *arg, int rc)
{
	struct post *post = arg;
	struct weft_host *h = post->host;

	(void)rc;
	free(post);
	h->posts_running--;
	if (!h->work_closed)
		take_posts(h);
}

/* At most so many: a burst of posts does not become as many stacks. */
static void start_posts(struct weft_host *h, struct task_owner *o, size_t most)
{
	struct post *post;

	while (most-- > 0 && (post = posts_take(&h->posts))) {
		post->host = h;
		if (task_start(o, 0, run_post, post, post_done)) {
			posts_return(&h->posts, post);
			instance_retry(h, INSTANCE_RETRY_MS);
			return;
		}
		h->posts_running++;
	}
}

/* "After 0 it is called": those that came before the end run even so, batch
 * after batch, each below an owner that is closed before they begin. */
static void start_late_posts(struct weft_host *h);

static void late_empty(void *ctx)
{
	struct weft_host *h = ctx;

	h->late_runs = false;
	if (h->retry.ns == MONO_NEVER.ns)
		start_late_posts(h);
	instance_settle(h);
}

static void start_late_posts(struct weft_host *h)
{
	if (h->late_runs || posts_is_empty(&h->posts))
		return;
	h->late_runs = true;
	task_owner_init(&h->late, h->node->tasks, &h->life, h->node->log,
			h->plugin->name, late_empty, h);
	start_posts(h, &h->late, INSTANCE_POSTS_RUNNING);
	task_owner_close(&h->late);
}

static void take_posts(struct weft_host *h)
{
	if (h->work_closed)
		start_late_posts(h);
	else
		start_posts(h, &h->work,
			    INSTANCE_POSTS_RUNNING - h->posts_running);
}

static void posted(void *ctx)
{
	take_posts(ctx);
}

/* --- the end -----------------------------------------------------------------
 */

static void close_work(struct weft_host *h)
{
	struct weft_channel *ch;

	if (h->work_closed)
		return;
	posts_close(&h->posts);
	h->work_closed = true;
	services_close(h);
	rpcs_close(h);
	DL_FOREACH (h->channels, ch)
		channel_quit(ch, DISC_QUITTING);
	task_owner_close(&h->work);
	take_posts(h);
}

static bool must_stop(const struct weft_host *h)
{
	return h->stage == INSTANCE_RUNNING && PLUGIN_HAS(h->plugin, stop);
}

void instance_settle(struct weft_host *h)
{
	if (!h->stop_asked || !(h->stop_returned || h->overdue) ||
	    !h->work_empty || h->channels_open || h->refused || h->late_runs ||
	    !posts_is_empty(&h->posts) || h->life_closed)
		return;
	h->life_closed = true;
	if (must_stop(h) && !h->stop_called) {
		/* All that time there was no fiber to be had for it. */
		h->stop_called = true;
		h->plugin->stop(h, h->state);
	}
	task_owner_close(&h->life);
}

static void work_empty(void *ctx)
{
	struct weft_host *h = ctx;

	h->work_empty = true;
	instance_settle(h);
}

static int run_stop(void *arg)
{
	struct weft_host *h = arg;

	h->plugin->stop(h, h->state);
	return WEFT_OK;
}

static void stop_returned(void *arg, int rc)
{
	struct weft_host *h = arg;

	(void)rc;
	h->stop_returned = true;
	close_work(h);
	instance_settle(h);
}

static void call_stop(struct weft_host *h)
{
	if (h->stop_called || h->life_closed)
		return;
	if (task_start(&h->life, 0, run_stop, h, stop_returned))
		instance_retry(h, INSTANCE_RETRY_MS);
	else
		h->stop_called = true;
}

static void go_on_stopping(struct weft_host *h)
{
	uint64_t ms = h->node->stop_ms ? h->node->stop_ms : INSTANCE_STOP_MS;

	h->stop_by = mono_add_ms(net_loop_now(h->node->loop), ms);
	if (must_stop(h)) {
		call_stop(h);
	} else {
		h->stop_returned = true;
		close_work(h);
	}
	instance_settle(h);
	instance_arm(h);
}

void instance_stop(struct weft_host *h, void (*stopped)(void *ctx), void *ctx)
{
	assert(!h->stop_asked);
	h->stop_asked = true;
	h->stop_by = MONO_NEVER;
	h->stopped = stopped;
	h->stopped_ctx = ctx;
	if (h->stage == INSTANCE_STARTING)
		close_work(h); /* start_returned goes on */
	else
		go_on_stopping(h);
}

/* Whoever still refers to one of these has no code any more. */
static void reclaim_handles(struct weft_host *h)
{
	while (h->messages)
		shared_reclaim(h->messages);
	while (h->channels)
		channel_reclaim(h->channels);
	while (h->events)
		event_reclaim(h->events);
	while (h->timers)
		timer_reclaim(h->timers);
	services_reclaim(h);
	talks_reclaim(h);
}

static void free_registered(struct weft_host *h)
{
	struct instance_protocol *p;

	while ((p = h->own)) {
		LL_DELETE(h->own, p);
		free((char *)p->p.name);
		free(p);
	}
	for (size_t i = 0; i < h->rpc_count; i++)
		free((char *)h->rpcs[i].method);
	for (size_t i = 0; i < h->counter_count; i++)
		free((char *)h->counters[i].name);
}

/* Nothing of the plugin's runs, and nothing will. */
static void life_empty(void *ctx)
{
	struct weft_host *h = ctx;
	void (*stopped)(void *ctx) = h->stopped;
	void *stopped_ctx = h->stopped_ctx;

	if (PLUGIN_HAS(h->plugin, freed) &&
	    (h->stage == INSTANCE_RUNNING || h->state))
		h->plugin->freed(h->state);
	reclaim_handles(h);
	free_registered(h);
	net_timer_close(h->timer);
	posts_clear(&h->posts);
	options_free(h->options);
	free(h);
	stopped(stopped_ctx);
}

void instance_abandon(struct weft_host *h)
{
	assert(h->stop_asked);
	close_work(h); /* and with it, its posts */
	net_timer_close(h->timer);
}

/* --- the start ---------------------------------------------------------------
 */

static int run_start(void *arg)
{
	struct weft_host *h = arg;

	return h->plugin->start ? h->plugin->start(h, &h->state) : WEFT_OK;
}

static void start_returned(void *arg, int rc)
{
	struct weft_host *h = arg;

	h->stage = rc ? INSTANCE_FAILED : INSTANCE_RUNNING;
	if (rc)
		close_work(h);
	if (h->stop_asked)
		go_on_stopping(h);
	h->started(h->started_ctx, rc);
}

static void call_start(struct weft_host *h)
{
	if (task_start(&h->work, 0, run_start, h, start_returned)) {
		h->start_rc = WEFT_ELIMIT;
		instance_retry(h, 0);
	}
}

/* --- what is due -----------------------------------------------------------
 */

static void retry(struct weft_host *h)
{
	h->retry = MONO_NEVER;
	take_posts(h);
	rpc_refuse_due(h);
	if (h->stop_asked && must_stop(h))
		call_stop(h);
}

static void on_timer(void *ctx)
{
	struct weft_host *h = ctx;
	struct mono now = net_loop_now(h->node->loop);

	if (h->start_rc && h->stage == INSTANCE_STARTING) {
		start_returned(h, h->start_rc);
		return;
	}
	if (!mono_before(now, h->retry))
		retry(h);
	if (h->stop_asked && !h->overdue && !mono_before(now, h->stop_by)) {
		if (!h->stop_returned)
			log_event(h->node->log, LOG_WARN, "plugin",
				  "stop takes too long",
				  LOG_TEXT("plugin", h->plugin->name));
		h->overdue = true;
		close_work(h);
	}
	instance_settle(h);
	instance_arm(h);
}

struct weft_host *instance_open(const struct instance_node *node,
				const struct weft_plugin *plugin,
				struct options *options,
				void (*started)(void *ctx, int rc), void *ctx)
{
	struct weft_host *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	h->node = node;
	h->plugin = plugin;
	h->options = options;
	h->started = started;
	h->started_ctx = ctx;
	h->retry = MONO_NEVER;
	h->stop_by = MONO_NEVER;
	h->timer = net_timer_open(node->loop, on_timer, h);
	posts_open(&h->posts, node->loop, posted, h);
	task_owner_init(&h->life, node->tasks, NULL, node->log, plugin->name,
			life_empty, h);
	task_owner_init(&h->work, node->tasks, &h->life, node->log,
			plugin->name, work_empty, h);
	*plugin->api = &instance_api;
	call_start(h);
	return h;
}

/* --- what is left ------------------------------------------------------------
 */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

bool instance_is_idle(struct weft_host *h, struct why *why)
{
	char text[WHY_MAX];

	if (task_describe(&h->life, text, sizeof(text)))
		err_fail(why, ERR_BUSY, "%s", text);
	else if (h->channels_open)
		err_fail(why, ERR_BUSY, "%zu channel%s", h->channels_open,
			 plural(h->channels_open));
	else if (!posts_is_empty(&h->posts))
		err_fail(why, ERR_BUSY, "calls posted by other threads");
	else if (h->work_closed)
		return true;
	else if (h->timer_count)
		err_fail(why, ERR_BUSY, "%zu timer%s", h->timer_count,
			 plural(h->timer_count));
	else if (!instance_is_used(h, why))
		return true;
	return false;
}

const struct weft_plugin *instance_plugin(const struct weft_host *h)
{
	return h->plugin;
}
