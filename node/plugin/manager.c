/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/manager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "p2p/base/suggest.h"

/* One plugin. It lives from its load until its instance is gone; one that is
 * left behind lives for ever, since the instance refers to it. */
struct slot {
	struct slot *prev, *next;
	struct manager *m;
	struct instance_node node; /* ctx is this slot */
	struct wanted wanted;
	struct loader_image *image;
	struct weft_host *host;
	enum manager_stage stage;
	struct slot *old; /* STARTING: whose place it is to take */
	bool claimed;	  /* RUNNING: an unload or reload is under way */
	struct net_timer *timer;
	struct why taken; /* which of its protocols another has */

	/* Whoever waits for the load, unload or reload. */
	manager_done *done;
	void *ctx;
	enum err rc; /* what they will be told at its end */
	struct why why;
};

struct manager {
	struct manager_config config;
	struct slot *slots; /* the last loaded last */
	struct net_timer *timer;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/* What was left behind when its manager closed, kept where leak checkers find
 * it: stacks that never run again still point there. */
static struct slot *left_behind;

static const char *name_of(const struct slot *s)
{
	return loader_plugin(s->image)->name;
}

static void set_timer(const struct slot *s, uint64_t ms)
{
	net_timer_set(s->timer, mono_add_ms(net_loop_now(s->node.loop), ms));
}

/* --- capabilities ----------------------------------------------------------
 */

static bool is_offering(const struct slot *s)
{
	return s->stage == MANAGER_RUNNING;
}

static bool is_same(const struct capability *a, const char *name,
		    uint64_t version)
{
	return a->version == version && !strcmp(a->name, name);
}

static bool offers(const struct slot *s, const char *name, uint64_t version)
{
	const struct protocol *p;
	size_t count = instance_protocols(s->host, &p);

	for (size_t i = 0; i < count; i++)
		if (is_same(&p[i].capability, name, version))
			return true;
	return false;
}

/* What `s` has and `other` (which may be NULL) has not. */
static size_t difference(struct capability *out, const struct slot *s,
			 const struct slot *other)
{
	const struct protocol *p;
	size_t count = s ? instance_protocols(s->host, &p) : 0;
	size_t n = 0;

	for (size_t i = 0; i < count && n < CAPABILITIES_MAX; i++) {
		const struct capability *c = &p[i].capability;

		if (!other || !offers(other, c->name, c->version))
			out[n++] = *c;
	}
	return n;
}

/* Tell the node that `gone` has made room for `come`; either may be NULL. */
static enum err tell_change(const struct manager *m, const struct slot *come,
			    const struct slot *gone, struct why *why)
{
	struct capability gained[CAPABILITIES_MAX];
	struct capability lost[CAPABILITIES_MAX];
	struct manager_change change = {
		.gained = gained,
		.gained_count = difference(gained, come, gone),
		.lost = lost,
		.lost_count = difference(lost, gone, come),
	};

	if (!m->config.changed)
		return ERR_NONE;
	return m->config.changed(m->config.ctx, &change, why);
}

struct protocol *manager_protocols_new(const struct manager *m, size_t *count)
{
	struct protocol *all = NULL;
	const struct slot *s;

	*count = 0;
	DL_FOREACH (m->slots, s) {
		const struct protocol *p;
		size_t n = is_offering(s) ? instance_protocols(s->host, &p) : 0;

		if (!n)
			continue;
		all = realloc(all, (*count + n) * sizeof(*all));
		if (!all)
			abort();
		memcpy(all + *count, p, n * sizeof(*all));
		*count += n;
	}
	return all;
}

/* --- what an instance asks of its node -------------------------------------
 */

static void node_facts(void *ctx, struct weft_node_facts *out)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	node->facts(node->ctx, out);
}

/* Remembers who has it, for what is said when start fails for that. */
static bool node_is_taken(void *ctx, const char *name, uint32_t version)
{
	struct slot *asks = ctx;
	const struct instance_node *node = asks->m->config.node;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s) {
		if (s == asks || s == asks->old || s->stage > MANAGER_RUNNING ||
		    !offers(s, name, version))
			continue;
		err_fail(&asks->taken, ERR_EXISTS,
			 "%.63s/%" PRIu32 " is offered by %s already", name,
			 version, name_of(s));
		return true;
	}
	if (!node->is_taken || !node->is_taken(node->ctx, name, version))
		return false;
	err_fail(&asks->taken, ERR_EXISTS,
		 "%.63s/%" PRIu32 " is offered by the node itself", name,
		 version);
	return true;
}

static const void *node_service_get(void *ctx, struct weft_host *user,
				    const char *name, uint32_t version)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	if (!node->service_get)
		return NULL;
	return node->service_get(node->ctx, user, name, version);
}

static void node_service_put(void *ctx, struct weft_host *user,
			     const void *table)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	if (node->service_put)
		node->service_put(node->ctx, user, table);
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

/* The last one is gone: `closed` comes from the timer. */
static void check_closed(struct manager *m)
{
	if (m->closing && !m->slots)
		net_timer_set(m->timer, net_loop_now(m->config.node->loop));
}

/* The instance is gone, and nothing of the plugin runs any more. */
static void stopped(void *ctx)
{
	struct slot *s = ctx;
	struct slot told = {
		.done = s->done, .ctx = s->ctx, .rc = s->rc, .why = s->why
	};

	log_event(s->node.log, LOG_INFO, "plugin", "unloaded",
		  LOG_TEXT("name", name_of(s)),
		  LOG_TEXT("version", loader_plugin(s->image)->version));
	DL_DELETE(s->m->slots, s);
	check_closed(s->m);
	slot_free(s);
	finish(&told, told.rc, &told.why);
}

static void begin_stop(struct slot *s)
{
	s->stage = MANAGER_STOPPING;
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
	check_closed(m);
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
		  LOG_TEXT("name", name_of(s)), LOG_TEXT("left", left.text));
	if (!rc)
		rc = err_fail(
			&why, ERR_BUSY,
			"plugin %s has not ended, and stays loaded: %.300s",
			name_of(s), left.text);
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
		(void)tell_change(s->m, NULL, s, NULL);
	set_timer(s, s->m->config.grace_ms);
}

static void on_timer(void *ctx)
{
	struct slot *s = ctx;

	switch (s->stage) {
	case MANAGER_RUNNING:
		retire(s, NULL);
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
	enum err rc;

	s->stage = MANAGER_RUNNING;
	if (old)
		old->stage = MANAGER_RETIRING;
	rc = tell_change(s->m, s, old, why);
	if (rc) {
		s->stage = MANAGER_STARTING;
		if (old)
			old->stage = MANAGER_RUNNING;
		return err_wrap(why, rc, "plugin %s", name_of(s));
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
	if (rc == WEFT_EEXIST && s->taken.text[0])
		failed = err_fail(&why, ERR_DENIED,
				  "plugin %s: start failed: %.300s", name_of(s),
				  s->taken.text);
	else if (rc)
		failed = err_fail(&why, ERR_DENIED,
				  "plugin %s: start failed: %s", name_of(s),
				  instance_api.error_text(rc));
	else if (take_place(s, &why))
		failed = ERR_DENIED;
	if (failed) {
		fail_start(s, failed, &why);
		return;
	}
	log_event(s->node.log, LOG_INFO, "plugin", "loaded",
		  LOG_TEXT("name", name_of(s)),
		  LOG_TEXT("version", loader_plugin(s->image)->version),
		  LOG_TEXT("path", loader_path(s->image)));
	finish(s, ERR_NONE, NULL);
}

/* Takes the image and the options. */
static void slot_open(struct manager *m, const struct wanted *w,
		      struct loader_image *image, struct options *options,
		      struct slot *old, manager_done *done, void *ctx)
{
	struct slot *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->m = m;
	s->node = *m->config.node;
	s->node.ctx = s;
	s->node.facts = node_facts;
	s->node.is_taken = node_is_taken;
	s->node.service_get = node_service_get;
	s->node.service_put = node_service_put;
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

/* --- what may be asked for --------------------------------------------------
 */

/* The plugin of that name that runs or will; an exchanged one does not count
 * any more, nor what only ends. */
static struct slot *find(const struct manager *m, const char *name)
{
	struct slot *s;

	DL_FOREACH (m->slots, s)
		if (s->stage <= MANAGER_RUNNING && !strcmp(name_of(s), name))
			return s;
	return NULL;
}

/* The one to unload or reload. */
static enum err claim(struct manager *m, struct slot **out, const char *name,
		      struct why *why)
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
	return ERR_NONE;
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
	enum err rc = claim(m, &s, name, why);

	if (rc)
		return rc;
	s->claimed = true;
	s->done = done;
	s->ctx = ctx;
	set_timer(s, 0);
	return ERR_NONE;
}

enum err manager_reload(struct manager *m, const char *name, manager_done *done,
			void *ctx, struct why *why)
{
	struct loader_image *image;
	struct options *options;
	struct slot *s = NULL;
	enum err rc = claim(m, &s, name, why);

	if (rc)
		return rc;
	rc = loader_get(m->config.loader, &image, s->wanted.what, why);
	if (rc)
		return rc;
	if (strcmp(loader_plugin(image)->name, name_of(s)))
		rc = err_fail(why, ERR_FORMAT,
			      "plugin %s: its file is the plugin %s now",
			      name_of(s), loader_plugin(image)->name);
	if (!rc) {
		rc = wanted_options(&options, &s->wanted,
				    loader_plugin(image)->options, why);
		if (rc)
			rc = err_wrap(why, rc, "plugin %s", name_of(s));
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

static void close_slot(struct slot *s)
{
	if (s->done && !s->rc) {
		s->rc = err_fail(&s->why, ERR_CLOSED,
				 "plugin %s: the node is stopping", name_of(s));
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

void manager_close(struct manager *m, void (*closed)(void *ctx), void *ctx)
{
	struct slot *s = m->slots ? m->slots->prev : NULL;

	m->closing = true;
	m->config.changed = NULL;
	m->closed = closed;
	m->closed_ctx = ctx;
	while (s) {
		/* The head's prev is the tail: there the walk ends. */
		struct slot *before = s == m->slots ? NULL : s->prev;

		close_slot(s);
		s = before;
	}
	check_closed(m);
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
