/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_plugins.h"

#include <stdlib.h>
#include <unistd.h>

static enum err check(struct loader *loader, const struct wanted *w,
		      const struct wanted **misused, struct why *why)
{
	struct loader_image *image;
	struct options *options;
	enum err rc = loader_get(loader, &image, w->what, why);

	if (rc)
		return rc;
	rc = wanted_options(&options, w, loader_plugin(image)->options, why);
	if (rc)
		*misused = w;
	else
		options_free(options);
	loader_put(image);
	return rc;
}

enum err node_plugins_check(const struct wanted *wanted, size_t count,
			    const char *folder, const struct wanted **misused,
			    struct why *why)
{
	struct loader *loader = loader_new(&(struct loader_config){
		.folder = folder,
		.us = geteuid(),
	});
	enum err rc = ERR_NONE;

	*misused = NULL;
	for (size_t i = 0; i < count && !rc; i++)
		rc = check(loader, &wanted[i], misused, why);
	loader_free(loader);
	return rc;
}

struct protocol *node_plugins_offer(const struct node_plugins *p, size_t *count)
{
	return manager_protocols_new(p->manager, count);
}

/* Before the server is there, what they offer waits for it. */
static enum err changed(void *ctx, const struct manager_change *change,
			struct why *why)
{
	struct node_plugins *p = ctx;
	struct protocol *list;
	size_t count;
	enum err rc;

	(void)change;
	if (!p->server)
		return ERR_NONE;
	list = node_plugins_offer(p, &count);
	rc = server_offer(p->server, list, count, why);
	free(list);
	if (!rc)
		p->config.entries(p->config.ctx);
	return rc;
}

static void facts(void *ctx, struct weft_node_facts *out)
{
	const struct node_plugins *p = ctx;

	p->config.facts(p->config.ctx, out);
}

static void talk_reply(void *ctx, uint64_t token, struct span response)
{
	const struct node_plugins *p = ctx;

	node_talk_reply(p->config.talk, token, response);
}

static enum err talk(void *ctx, const struct instance_talk *talk,
		     void (*done)(void *ctx, enum err rc, struct span response),
		     void *done_ctx)
{
	const struct node_plugins *p = ctx;

	return node_talk_ask(p->config.talk, talk, done, done_ctx);
}

static enum err candidate(void *ctx, const char *plugin,
			  const struct enode *node, const struct enr *record)
{
	const struct node_plugins *p = ctx;

	return node_told_of(p->config.told, plugin, node, record);
}

static void ending(void *ctx, const char *name)
{
	const struct node_plugins *p = ctx;

	node_told_forget(p->config.told, name);
}

static enum err entry(void *ctx, const char *key)
{
	const struct node_plugins *p = ctx;

	(void)key;
	p->config.entries(p->config.ctx);
	return ERR_NONE;
}

static enum err record(void *ctx, struct enr *out, const struct node_id *id)
{
	const struct node_plugins *p = ctx;

	return p->config.record(p->config.ctx, out, id);
}

static void load_next(struct node_plugins *p);

static void loaded(void *ctx, enum err rc, const struct why *why)
{
	struct node_plugins *p = ctx;

	if (rc) {
		p->config.ready(p->config.ctx, rc, why);
		return;
	}
	p->loaded++;
	load_next(p);
}

static void load_next(struct node_plugins *p)
{
	struct why why = WHY_NONE;
	enum err rc = ERR_NONE;

	if (p->loaded < p->config.count)
		rc = manager_load(p->manager, &p->config.wanted[p->loaded],
				  loaded, p, &why);
	if (rc || p->loaded == p->config.count)
		p->config.ready(p->config.ctx, rc, &why);
}

void node_plugins_open(struct node_plugins *p,
		       const struct node_plugins_config *config)
{
	*p = (struct node_plugins){ .config = *config };
	p->node = (struct instance_node){
		.ctx = p,
		.loop = config->loop,
		.tasks = config->tasks,
		.log = config->log,
		.facts = facts,
		.talk_reply = talk_reply,
		.talk = talk,
		.candidate = candidate,
		.entry = entry,
		.record = record,
	};
	p->manager = manager_open(&(struct manager_config){
		.loader = config->loader,
		.node = &p->node,
		.changed = changed,
		.ending = ending,
		.ctx = p,
	});
	load_next(p);
}

void node_plugins_serve(struct node_plugins *p, struct server *server)
{
	p->server = server;
}

static void manager_closed(void *ctx)
{
	struct node_plugins *p = ctx;

	p->manager = NULL;
	p->closed(p->config.ctx);
}

void node_plugins_close(struct node_plugins *p, void (*closed)(void *ctx))
{
	p->server = NULL;
	p->closed = closed;
	manager_close(p->manager, manager_closed, p);
}
