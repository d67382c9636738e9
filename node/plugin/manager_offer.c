/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "node/plugin/manager_inside.h"

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

enum err slot_tell_change(const struct manager *m, const struct slot *come,
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

/* What it is refused is remembered, for what is said when start fails for it.
 */
static void refuse(struct slot *asks, int with, const char *what,
		   const char *name, uint32_t version, const char *words)
{
	asks->refused_with = with;
	err_fail(&asks->refused, ERR_DENIED, "%s%.63s/%" PRIu32 " %s", what,
		 name, version, words);
}

/* One that another has, or the plugin itself. */
static void refuse_taken(struct slot *asks, const struct slot *has,
			 const char *what, const char *name, uint32_t version)
{
	char words[LOADER_NAME_MAX + 32];

	if (has == asks)
		snprintf(words, sizeof(words), "is there twice");
	else
		snprintf(words, sizeof(words), "is offered by %s already",
			 slot_name(has));
	refuse(asks, WEFT_EEXIST, what, name, version, words);
}

/* Does what s offers keep `asks` from offering the same? */
static bool is_in_the_way(const struct slot *s, const struct slot *asks)
{
	return s != asks->old && s->stage <= MANAGER_RUNNING;
}

static bool node_is_taken(void *ctx, const char *name, uint32_t version)
{
	struct slot *asks = ctx;
	const struct instance_node *node = asks->m->config.node;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s) {
		if (!is_in_the_way(s, asks) || !offers(s, name, version))
			continue;
		refuse_taken(asks, s, "", name, version);
		return true;
	}
	if (!node->is_taken || !node->is_taken(node->ctx, name, version))
		return false;
	refuse(asks, WEFT_EEXIST, "", name, version,
	       "is offered by the node itself");
	return true;
}

static bool node_service_is_taken(void *ctx, const char *name, uint32_t version)
{
	struct slot *asks = ctx;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s) {
		if (!is_in_the_way(s, asks) ||
		    !instance_service(s->host, name, version))
			continue;
		refuse_taken(asks, s, "service ", name, version);
		return true;
	}
	return false;
}

/* Of one that runs, and not of the plugin itself, in whatever edition. */
static struct service *node_service_find(void *ctx, const char *name,
					 uint32_t version)
{
	struct slot *asks = ctx;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s) {
		struct service *found;

		if (s == asks || s == asks->old || !is_offering(s))
			continue;
		found = instance_service(s->host, name, version);
		if (found)
			return found;
	}
	refuse(asks, WEFT_ENOENT, "service ", name, version,
	       "is offered by no plugin of this node");
	return NULL;
}

static bool node_talk_is_taken(void *ctx, const char *name)
{
	struct slot *asks = ctx;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s) {
		char words[LOADER_NAME_MAX + 32];

		if (s == asks || !is_in_the_way(s, asks) ||
		    !instance_talks(s->host, span_text(name)))
			continue;
		snprintf(words, sizeof(words), "TALK %.63s is answered by %s",
			 name, slot_name(s));
		asks->refused_with = WEFT_EEXIST;
		err_fail(&asks->refused, ERR_DENIED, "%s already", words);
		return true;
	}
	return false;
}

static void node_talk_reply(void *ctx, uint64_t token, struct span response)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	node->talk_reply(node->ctx, token, response);
}

static enum err node_talk(void *ctx, const struct instance_talk *talk,
			  void (*done)(void *ctx, enum err rc,
				       struct span response),
			  void *done_ctx)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	return node->talk(node->ctx, talk, done, done_ctx);
}

static enum err node_candidate(void *ctx, const char *plugin,
			       const struct enode *node,
			       const struct enr *record)
{
	const struct slot *tells = ctx;
	const struct instance_node *of = tells->m->config.node;

	if (tells->stage > MANAGER_RUNNING)
		return ERR_CLOSED;
	return of->candidate(of->ctx, plugin, node, record);
}

static enum err node_record(void *ctx, struct enr *out,
			    const struct node_id *id)
{
	const struct instance_node *node = ((struct slot *)ctx)->m->config.node;

	return node->record(node->ctx, out, id);
}

enum err manager_talk_asked(const struct manager *m, uint64_t token,
			    const struct weft_talk_facts *who,
			    struct span protocol, struct span request)
{
	const struct slot *s;

	DL_FOREACH (m->slots, s)
		if (is_offering(s) && instance_talks(s->host, protocol))
			return instance_talk_asked(s->host, token, who,
						   protocol, request);
	return ERR_NOT_FOUND;
}

void slot_node_init(struct slot *s)
{
	s->node = *s->m->config.node;
	s->node.ctx = s;
	s->node.facts = node_facts;
	s->node.is_taken = node_is_taken;
	s->node.service_is_taken = node_service_is_taken;
	s->node.service_find = node_service_find;
	s->node.talk_is_taken = node_talk_is_taken;
	s->node.talk_reply = node_talk_reply;
	s->node.talk = s->node.talk ? node_talk : NULL;
	s->node.candidate = s->node.candidate ? node_candidate : NULL;
	s->node.entry = slot_entry;
	s->node.record = s->node.record ? node_record : NULL;
}
