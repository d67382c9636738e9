/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "node/plugin/manager_inside.h"

/* What was left behind when its manager closed, kept where leak checkers find
 * it: stacks that never run again still point there. */
static struct slot *left_behind;

static void set_timer(const struct slot *s, uint64_t ms)
{
	net_timer_set(s->timer, mono_add_ms(net_loop_now(s->node.loop), ms));
}

enum err slot_check_unused(const struct slot *s, const char *what,
			   struct why *why)
{
	struct why use = WHY_NONE;

	if (!instance_is_used(s->host, &use))
		return ERR_NONE;
	return err_fail(why, ERR_BUSY, "plugin %s cannot be %s: %.300s",
			slot_name(s), what, use.text);
}

/* --- ends ------------------------------------------------------------------
 */

/* Tell whoever waits. They may call anything: the last thing a function does,
 * with a slot that needs not be there afterwards. */
static void finish(struct slot *s, enum err rc, const struct why *why)
{
	manager_done *done = s->done;
	struct why none = WHY_NONE;
	struct why copy = why ? *why : none;

	s->done = NULL;
	if (done)
		done(s->ctx, rc, &copy);
}

static void slot_free(struct slot *s)
{
	net_timer_close(s->timer);
	wanted_clear(&s->wanted);
	loader_put(s->image);
	free(s);
}

/* The instance is gone, and nothing of the plugin runs any more. */
static void stopped(void *ctx)
{
	struct slot *s = ctx;
	struct slot told = {
		.done = s->done, .ctx = s->ctx, .rc = s->rc, .why = s->why
	};

	log_event(s->node.log, LOG_INFO, "plugin", "unloaded",
		  LOG_TEXT("name", slot_name(s)),
		  LOG_TEXT("version", loader_plugin(s->image)->version));
	DL_DELETE(s->m->slots, s);
	manager_check_closed(s->m);
	slot_free(s);
	finish(&told, told.rc, &told.why);
}

/* Does it run, or will it, in another edition? */
static bool has_another(const struct slot *s)
{
	const struct slot *o;

	DL_FOREACH (s->m->slots, o)
		if (o != s && o->stage <= MANAGER_RUNNING &&
		    !strcmp(slot_name(o), slot_name(s)))
			return true;
	return false;
}

static void begin_stop(struct slot *s)
{
	const struct manager_config *c = &s->m->config;

	s->stage = MANAGER_STOPPING;
	if (c->ending && !has_another(s))
		c->ending(c->ctx, slot_name(s));
	set_timer(s, s->m->config.end_ms);
	instance_stop(s->host, stopped, s);
}

static void abandon(struct slot *s)
{
	struct manager *m = s->m;

	instance_abandon(s->host);
	DL_DELETE(m->slots, s);
	DL_APPEND(left_behind, s);
	net_timer_close(s->timer);
	manager_check_closed(m);
}

/* Its time is up. A failed load keeps its own reason. */
static void out_of_time(struct slot *s)
{
	struct why left = WHY_NONE;
	struct why why = s->why;
	enum err rc = s->rc;

	if (instance_is_idle(s->host, &left))
		err_fail(&left, ERR_BUSY, "its last calls return just now");
	log_event(s->node.log, LOG_WARN, "plugin", "cannot be unloaded",
		  LOG_TEXT("name", slot_name(s)), LOG_TEXT("left", left.text));
	if (!rc)
		rc = err_fail(
			&why, ERR_BUSY,
			"plugin %s has not ended, and stays loaded: %.300s",
			slot_name(s), left.text);
	s->stage = MANAGER_LEFT;
	if (s->m->closing)
		abandon(s);
	finish(s, rc, &why);
}

/* What it offers is offered no more. It goes on for a moment, for the server to
 * end its channels as it likes. Nobody can object to less. */
static void retire(struct slot *s, const struct slot *successor)
{
	s->stage = MANAGER_RETIRING;
	if (!successor)
		(void)slot_tell_change(s->m, NULL, s, NULL);
	set_timer(s, s->m->config.grace_ms);
}

/* Another plugin may have come to use it since the unload was asked for. */
static void unload(struct slot *s)
{
	struct why why = WHY_NONE;
	enum err rc = slot_check_unused(s, "unloaded", &why);

	if (!rc) {
		retire(s, NULL);
		return;
	}
	s->claimed = false;
	finish(s, rc, &why);
}

static void on_timer(void *ctx)
{
	struct slot *s = ctx;

	switch (s->stage) {
	case MANAGER_RUNNING:
		unload(s);
		break;
	case MANAGER_RETIRING:
		begin_stop(s);
		break;
	case MANAGER_STOPPING:
		out_of_time(s);
		break;
	case MANAGER_STARTING:
	case MANAGER_LEFT:
		break;
	}
}

/* --- starts ----------------------------------------------------------------
 */

static void fail_start(struct slot *s, enum err rc, const struct why *why)
{
	if (s->old)
		s->old->claimed = false;
	s->old = NULL;
	s->rc = rc;
	s->why = *why;
	log_event(s->node.log, LOG_WARN, "plugin", "not loaded",
		  LOG_TEXT("why", why->text));
	begin_stop(s);
}

/* It runs. When the node cannot offer what it has, all is as it was before. */
static enum err take_place(struct slot *s, struct why *why)
{
	struct slot *old = s->old;
	enum err rc = old ? slot_check_unused(old, "reloaded", why) : ERR_NONE;

	if (rc)
		return rc;
	s->stage = MANAGER_RUNNING;
	if (old)
		old->stage = MANAGER_RETIRING;
	rc = slot_tell_change(s->m, s, old, why);
	if (rc) {
		s->stage = MANAGER_STARTING;
		if (old)
			old->stage = MANAGER_RUNNING;
		(void)err_wrap(why, rc, "plugin %s", slot_name(s));
		return ERR_DENIED;
	}
	s->old = NULL;
	if (old)
		retire(old, s);
	return ERR_NONE;
}

static void started(void *ctx, int rc)
{
	struct slot *s = ctx;
	struct why why = WHY_NONE;
	enum err failed = ERR_NONE;

	if (s->stage != MANAGER_STARTING)
		return; /* it is being stopped already */
	if (rc && rc == s->refused_with)
		failed = err_fail(&why, ERR_DENIED,
				  "plugin %s: start failed: %.300s",
				  slot_name(s), s->refused.text);
	else if (rc)
		failed = err_fail(&why, ERR_DENIED,
				  "plugin %s: start failed: %s", slot_name(s),
				  instance_api.error_text(rc));
	else
		failed = take_place(s, &why);
	if (failed) {
		fail_start(s, failed, &why);
		return;
	}
	log_event(s->node.log, LOG_INFO, "plugin", "loaded",
		  LOG_TEXT("name", slot_name(s)),
		  LOG_TEXT("version", loader_plugin(s->image)->version),
		  LOG_TEXT("path", loader_path(s->image)));
	finish(s, ERR_NONE, NULL);
}

void slot_open(struct manager *m, const struct wanted *w,
	       struct loader_image *image, struct options *options,
	       struct slot *old, manager_done *done, void *ctx)
{
	struct slot *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->m = m;
	slot_node_init(s);
	wanted_copy(&s->wanted, w);
	s->image = image;
	s->stage = MANAGER_STARTING;
	s->old = old;
	s->done = done;
	s->ctx = ctx;
	s->timer = net_timer_open(s->node.loop, on_timer, s);
	DL_APPEND(m->slots, s);
	s->host = instance_open(&s->node, loader_plugin(image), options,
				started, s);
}

void slot_unload(struct slot *s, manager_done *done, void *ctx)
{
	s->claimed = true;
	s->done = done;
	s->ctx = ctx;
	set_timer(s, 0);
}

void slot_close(struct slot *s)
{
	if (s->done && !s->rc) {
		s->rc = err_fail(&s->why, ERR_CLOSED,
				 "plugin %s: the node is stopping",
				 slot_name(s));
	}
	switch (s->stage) {
	case MANAGER_STARTING:
	case MANAGER_RUNNING:
	case MANAGER_RETIRING:
		begin_stop(s);
		break;
	case MANAGER_STOPPING:
		break; /* its timer runs */
	case MANAGER_LEFT:
		abandon(s);
		break;
	}
}
