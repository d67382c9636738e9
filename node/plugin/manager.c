/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "node/plugin/manager_inside.h"

/* --- what may be asked for --------------------------------------------------
 */

/* The plugin of that name that runs or will; an exchanged one does not count
 * any more, nor what only ends. */
static struct slot *find(const struct manager *m, const char *name)
{
	struct slot *s;

	DL_FOREACH (m->slots, s)
		if (s->stage <= MANAGER_RUNNING && !strcmp(slot_name(s), name))
			return s;
	return NULL;
}

/* The one to unload or reload. */
static enum err claim(struct manager *m, struct slot **out, const char *name,
		      const char *what, struct why *why)
{
	struct slot *s = find(m, name);

	if (m->closing)
		return err_fail(why, ERR_CLOSED,
				"plugin %.63s: the node is stopping", name);
	if (!s)
		return err_fail(why, ERR_NOT_FOUND,
				"plugin %.63s is not loaded", name);
	if (s->stage == MANAGER_STARTING)
		return err_fail(why, ERR_BUSY, "plugin %s is still starting",
				name);
	if (s->claimed)
		return err_fail(why, ERR_BUSY,
				"plugin %s is being unloaded or reloaded",
				name);
	*out = s;
	return slot_check_unused(s, what, why);
}

enum err manager_load(struct manager *m, const struct wanted *w,
		      manager_done *done, void *ctx, struct why *why)
{
	struct loader_image *image;
	struct options *options;
	const char *name;
	enum err rc;

	if (m->closing)
		return err_fail(why, ERR_CLOSED,
				"plugin %.120s: the node is stopping", w->what);
	rc = loader_get(m->config.loader, &image, w->what, why);
	if (rc)
		return rc;
	name = loader_plugin(image)->name;
	if (find(m, name))
		rc = err_fail(why, ERR_EXISTS, "plugin %s is loaded already",
			      name);
	if (!rc) {
		rc = wanted_options(&options, w, loader_plugin(image)->options,
				    why);
		if (rc)
			rc = err_wrap(why, rc, "plugin %s", name);
	}
	if (rc) {
		loader_put(image);
		return rc;
	}
	slot_open(m, w, image, options, NULL, done, ctx);
	return ERR_NONE;
}

enum err manager_unload(struct manager *m, const char *name, manager_done *done,
			void *ctx, struct why *why)
{
	struct slot *s = NULL;
	enum err rc = claim(m, &s, name, "unloaded", why);

	if (rc)
		return rc;
	slot_unload(s, done, ctx);
	return ERR_NONE;
}

enum err manager_reload(struct manager *m, const char *name, manager_done *done,
			void *ctx, struct why *why)
{
	struct loader_image *image;
	struct options *options;
	struct slot *s = NULL;
	enum err rc = claim(m, &s, name, "reloaded", why);

	if (rc)
		return rc;
	rc = loader_get(m->config.loader, &image, s->wanted.what, why);
	if (rc)
		return rc;
	if (strcmp(loader_plugin(image)->name, slot_name(s)))
		rc = err_fail(why, ERR_FORMAT,
			      "plugin %s: its file is the plugin %s now",
			      slot_name(s), loader_plugin(image)->name);
	if (!rc) {
		rc = wanted_options(&options, &s->wanted,
				    loader_plugin(image)->options, why);
		if (rc)
			rc = err_wrap(why, rc, "plugin %s", slot_name(s));
	}
	if (rc) {
		loader_put(image);
		return rc;
	}
	s->claimed = true;
	slot_open(m, &s->wanted, image, options, s, done, ctx);
	return ERR_NONE;
}

/* --- the whole -------------------------------------------------------------
 */

static void all_gone(void *ctx)
{
	struct manager *m = ctx;
	void (*closed)(void *ctx) = m->closed;
	void *closed_ctx = m->closed_ctx;

	net_timer_close(m->timer);
	free(m);
	closed(closed_ctx);
}

void manager_check_closed(struct manager *m)
{
	if (m->closing && !m->slots)
		net_timer_set(m->timer, net_loop_now(m->config.node->loop));
}

struct manager *manager_open(const struct manager_config *config)
{
	struct manager *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->config = *config;
	if (!m->config.grace_ms)
		m->config.grace_ms = MANAGER_GRACE_MS;
	if (!m->config.end_ms)
		m->config.end_ms = MANAGER_END_MS;
	m->timer = net_timer_open(config->node->loop, all_gone, m);
	return m;
}

void manager_close(struct manager *m, void (*closed)(void *ctx), void *ctx)
{
	struct slot *s = m->slots ? m->slots->prev : NULL;

	m->closing = true;
	m->config.changed = NULL;
	m->config.ending = NULL;
	m->closed = closed;
	m->closed_ctx = ctx;
	while (s) {
		/* The head's prev is the tail: there the walk ends. */
		struct slot *before = s == m->slots ? NULL : s->prev;

		slot_close(s);
		s = before;
	}
	manager_check_closed(m);
}

const char *manager_stage_name(enum manager_stage stage)
{
	switch (stage) {
	case MANAGER_STARTING:
		return "starting";
	case MANAGER_RUNNING:
		return "running";
	case MANAGER_RETIRING:
	case MANAGER_STOPPING:
		return "stopping";
	case MANAGER_LEFT:
		break;
	}
	return "left behind";
}

void manager_each(const struct manager *m,
		  bool (*visit)(void *ctx, const struct manager_plugin *p),
		  void *ctx)
{
	const struct slot *s;

	DL_FOREACH (m->slots, s) {
		const struct manager_plugin p = {
			.plugin = loader_plugin(s->image),
			.path = loader_path(s->image),
			.host = s->host,
			.stage = s->stage,
		};

		if (!visit(ctx, &p))
			return;
	}
}
