/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/admin/call.h"
#include "node/counters.h"
#include "node/finder/finder_json.h"
#include "node/node_record.h"
#include "node/show.h"
#include "node/urls.h"

/* --- facts -----------------------------------------------------------------
 */

/* The address that others would use, as in the node's first URL. */
static void reachable_self(struct enode *out, const struct node *node)
{
	struct urls urls;

	node_reached(node, out);
	urls_of(&urls, out);
	if (enode_parse(out, urls.url[0], NULL))
		abort(); /* what urls_of prints is a URL */
}

struct listed {
	struct admin_protocol list[CAPABILITIES_MAX];
	size_t count;
};

/* Whose protocol is asked about, and in which session. */
struct info_ask {
	const struct capability *c;
	const struct node_id *peer; /* NULL: about the node */
	char *json;
};

static bool ask_plugin(void *ctx, const struct manager_plugin *p)
{
	struct info_ask *ask = ctx;
	uint32_t version = (uint32_t)ask->c->version;

	if (p->stage == MANAGER_RUNNING)
		ask->json = ask->peer
				    ? instance_peer_info(p->host, ask->c->name,
							 version, ask->peer)
				    : instance_node_info(p->host, ask->c->name,
							 version);
	return !ask->json;
}

static void list_protocol(struct listed *l, const struct node_admin *a,
			  const struct capability *c,
			  const struct node_id *peer)
{
	struct info_ask ask = { .c = c, .peer = peer };

	manager_each(a->plugins, ask_plugin, &ask);
	l->list[l->count++] =
		(struct admin_protocol){ .name = c->name, .info = ask.json };
}

static void listed_clear(struct listed *l)
{
	for (size_t i = 0; i < l->count; i++)
		free((void *)l->list[i].info);
}

static void self(void *ctx, void (*tell)(void *to, const struct admin_self *),
		 void *to)
{
	struct node_admin *a = ctx;
	struct listed listed = { .count = 0 };
	struct admin_self facts = {
		.name = a->name,
		.is_listening = a->is_listening,
		.protocols = listed.list,
	};
	const struct capability *offered;
	size_t count = server_offered(a->server, &offered);
	const struct finder *finder = node_finder(a->of);
	char record[ENR_TEXT_MAX];
	struct enode bound;

	for (size_t i = 0; i < count; i++)
		list_protocol(&listed, a, &offered[i], NULL);
	facts.protocol_count = listed.count;
	server_self(a->server, &bound);
	facts.listen = (struct addr){ bound.ip, bound.tcp };
	reachable_self(&facts.enode, a->of);
	if (finder) {
		facts.enr = enr_text(
			record, discovery_record(finder_discovery(finder)));
		facts.asked = facts.enode.udp;
	}
	tell(to, &facts);
	listed_clear(&listed);
}

/* "name/version" of each capability that a Hello offered. */
struct caps {
	struct span *texts;
	size_t count;
};

static void caps_of(struct caps *out, const struct hello *hello)
{
	struct capability_claim *claims;

	claims = calloc(hello->caps_count + 1u, sizeof(*claims));
	out->texts = calloc(hello->caps_count + 1u, sizeof(*out->texts));
	if (!claims || !out->texts)
		abort();
	out->count = hello_claims(hello, claims);
	for (size_t i = 0; i < out->count; i++) {
		size_t room = claims[i].name.len + 24;
		char *text = malloc(room);
		int n;

		if (!text)
			abort();
		if (claims[i].name.len)
			memcpy(text, claims[i].name.data, claims[i].name.len);
		n = snprintf(text + claims[i].name.len, 24, "/%" PRIu64,
			     claims[i].version);
		out->texts[i] = span_of(text, claims[i].name.len + (size_t)n);
	}
	free(claims);
}

static void caps_clear(struct caps *caps)
{
	for (size_t i = 0; i < caps->count; i++)
		free((void *)caps->texts[i].data);
	free(caps->texts);
}

struct peers_ask {
	const struct node_admin *a;
	void (*tell)(void *to, const struct admin_peer *);
	void *to;
};

static void tell_peer(void *ctx, const struct server_peer *p)
{
	const struct peers_ask *ask = ctx;
	struct listed listed = { .count = 0 };
	struct admin_peer peer = {
		.name = hello_name(p->hello),
		.local = p->facts->local,
		.remote = p->facts->remote,
		.is_inbound = p->facts->inbound,
		.is_trusted = p->facts->trusted,
		.is_static = p->facts->is_static,
		.source = p->facts->source,
		.protocols = listed.list,
	};
	const struct enr *record = node_record_newest(node_finder(ask->a->of),
						      p->record, &p->facts->id);
	char text[ENR_TEXT_MAX];
	struct caps caps;

	for (size_t i = 0; i < p->channel_count; i++)
		list_protocol(&listed, ask->a,
			      channel_capability(p->channels[i]),
			      &p->facts->id);
	peer.protocol_count = listed.count;
	if (record)
		peer.enr = enr_text(text, record);
	enode_make(&peer.enode, &p->facts->pub, &p->facts->remote);
	caps_of(&caps, p->hello);
	peer.caps = caps.texts;
	peer.cap_count = caps.count;
	ask->tell(ask->to, &peer);
	caps_clear(&caps);
	listed_clear(&listed);
}

static void peers(void *ctx, void (*tell)(void *to, const struct admin_peer *),
		  void *to)
{
	const struct node_admin *a = ctx;
	struct peers_ask ask = { a, tell, to };

	server_each_peer(a->server, tell_peer, &ask);
}

/* --- wishes ----------------------------------------------------------------
 */

static enum err peer_add(void *ctx, const struct enode *node, struct why *why)
{
	const struct node_admin *a = ctx;
	enum err rc = server_dial(a->server, node, why);
	struct enode us;

	server_self(a->server, &us);
	if (rc == ERR_EXISTS || node_id_equal(&node->id, &us.id))
		return ERR_NONE;
	return rc;
}

static enum err peer_remove(void *ctx, const struct enode *node,
			    struct why *why)
{
	const struct node_admin *a = ctx;

	enum err undialed = server_undial(a->server, &node->id);
	enum err gone = server_disconnect(a->server, &node->id, DISC_REQUESTED);

	(void)why;
	(void)undialed; /* it is no error to remove what is not there */
	(void)gone;
	return ERR_NONE;
}

static enum err peer_trust(void *ctx, const struct enode *node,
			   enum admin_trust trust, struct why *why)
{
	const struct node_admin *a = ctx;

	if (trust == ADMIN_TRUST_NOT) {
		server_distrust(a->server, &node->id);
		return ERR_NONE;
	}
	if (server_trust(a->server, node))
		return err_fail(why, ERR_LIMIT,
				"%d nodes are trusted, and no more can be",
				SERVER_MAX_TRUSTED);
	return ERR_NONE;
}

/* --- plugins ---------------------------------------------------------------
 */

struct plugins_ask {
	void (*tell)(void *to, const struct admin_plugin *);
	void *to;
};

static struct admin_counter *counters_new(const struct weft_host *host,
					  size_t *count)
{
	const struct instance_counter *counters;
	struct admin_counter *out;

	*count = instance_counters(host, &counters);
	out = calloc(*count + 1, sizeof(*out));
	if (!out)
		abort();
	for (size_t i = 0; i < *count; i++)
		out[i] = (struct admin_counter){ counters[i].name,
						 counters[i].value };
	return out;
}

static bool tell_plugin(void *ctx, const struct manager_plugin *p)
{
	const struct plugins_ask *ask = ctx;
	const struct protocol *protocols;
	size_t count = instance_protocols(p->host, &protocols);
	char texts[CAPABILITIES_MAX][CAPABILITY_NAME_MAX + 24];
	const char *list[CAPABILITIES_MAX];
	size_t counter_count;
	struct admin_counter *counters = counters_new(p->host, &counter_count);

	if (count > CAPABILITIES_MAX)
		count = CAPABILITIES_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct capability *c = &protocols[i].capability;

		snprintf(texts[i], sizeof(texts[i]), "%s/%" PRIu64, c->name,
			 c->version);
		list[i] = texts[i];
	}
	ask->tell(ask->to, &(struct admin_plugin){
				   .name = p->plugin->name,
				   .version = p->plugin->version,
				   .summary = p->plugin->summary,
				   .path = p->path,
				   .state = manager_stage_name(p->stage),
				   .protocols = list,
				   .protocol_count = count,
				   .counters = counters,
				   .counter_count = counter_count,
			   });
	free(counters);
	return true;
}

static void plugins(void *ctx,
		    void (*tell)(void *to, const struct admin_plugin *),
		    void *to)
{
	const struct node_admin *a = ctx;
	struct plugins_ask ask = { tell, to };

	manager_each(a->plugins, tell_plugin, &ask);
}

static void answer(void *ctx, enum err rc, const struct why *why)
{
	if (rc)
		admin_call_error(ctx, JSONRPC_FAILED, "%s", why->text);
	else
		admin_call_result(ctx, json_true());
}

/* One that failed at once is answered here, the others by `answer`. */
static void answer_if(enum err rc, const struct why *why,
		      struct admin_call *call)
{
	if (rc)
		answer(call, rc, why);
}

/* An option's value as the command line would have it. */
static enum err set_option(struct wanted *w, const char *name,
			   const json_t *value, struct why *why)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	enum err rc;

	if (!text)
		abort();
	rc = wanted_set(w, name,
			json_is_string(value) ? json_string_value(value) : text,
			"options", 0, why);
	free(text);
	return rc;
}

static void plugin_load(void *ctx, const char *what, const json_t *options,
			struct admin_call *call)
{
	const struct node_admin *a = ctx;
	struct why why = WHY_NONE;
	enum err rc = ERR_NONE;
	struct wanted w;
	void *at;

	wanted_init(&w, what, "plugin_load");
	for (at = json_object_iter((json_t *)options); at && !rc;
	     at = json_object_iter_next((json_t *)options, at))
		rc = set_option(&w, json_object_iter_key(at),
				json_object_iter_value(at), &why);
	if (!rc)
		rc = manager_load(a->plugins, &w, answer, call, &why);
	answer_if(rc, &why, call);
	wanted_clear(&w);
}

static void plugin_unload(void *ctx, const char *name, struct admin_call *call)
{
	const struct node_admin *a = ctx;
	struct why why = WHY_NONE;
	enum err rc = manager_unload(a->plugins, name, answer, call, &why);

	answer_if(rc, &why, call);
}

static void plugin_reload(void *ctx, const char *name, struct admin_call *call)
{
	const struct node_admin *a = ctx;
	struct why why = WHY_NONE;
	enum err rc = manager_reload(a->plugins, name, answer, call, &why);

	answer_if(rc, &why, call);
}

static void method_done(void *ctx, int rc, const char *json)
{
	if (rc < 0)
		admin_call_error(ctx, JSONRPC_FAILED, "the plugin says: %s",
				 instance_api.error_text(rc));
	else
		admin_call_text(ctx, json);
}

struct method_ask {
	const char *method;
	struct weft_host *host;
	const struct instance_rpc *rpc;
	void (*tell)(void *to, const char *method);
	void *to;
};

static bool visit_methods(void *ctx, const struct manager_plugin *p)
{
	struct method_ask *ask = ctx;
	const struct instance_rpc *rpcs;
	size_t count =
		p->stage == MANAGER_RUNNING ? instance_rpcs(p->host, &rpcs) : 0;

	for (size_t i = 0; i < count; i++) {
		if (ask->tell)
			ask->tell(ask->to, rpcs[i].method);
		else if (!strcmp(rpcs[i].method, ask->method)) {
			ask->host = p->host;
			ask->rpc = &rpcs[i];
			return false;
		}
	}
	return true;
}

static bool plugin_method(void *ctx, const char *method, const char *params,
			  struct admin_call *call)
{
	const struct node_admin *a = ctx;
	struct method_ask ask = { .method = method };

	manager_each(a->plugins, visit_methods, &ask);
	if (!ask.rpc)
		return false;
	instance_rpc_call(ask.host, ask.rpc, params, method_done, call);
	return true;
}

static void plugin_methods(void *ctx,
			   void (*tell)(void *to, const char *method), void *to)
{
	const struct node_admin *a = ctx;
	struct method_ask ask = { .tell = tell, .to = to };

	manager_each(a->plugins, visit_methods, &ask);
}

/* How many peers there are and what they hold now, then what was counted. */
static json_t *counters(void *ctx)
{
	const struct node_admin *a = ctx;
	struct server_counters sums;
	json_t *o = json_object();

	if (!o)
		abort();
	server_read_counters(a->server, &sums);
	show_json_set(o, "peers",
		      json_integer((json_int_t)server_peers(a->server)));
	show_json_set(o, "memory",
		      json_integer((json_int_t)server_memory(a->server)));
	counters_add(o, &sums);
	return o;
}

static json_t *discovery_counters(void *ctx)
{
	const struct node_admin *a = ctx;

	return finder_counters_json(node_finder(a->of));
}

static json_t *discovery_buckets(void *ctx, unsigned version)
{
	const struct node_admin *a = ctx;

	return finder_buckets_json(node_finder(a->of),
				   version == 4 ? DISCOVER_V4 : DISCOVER_V5);
}

static void stop(void *ctx)
{
	const struct node_admin *a = ctx;

	a->stop(a->ctx);
}

void node_admin_init(struct node_admin *a, const struct node *of,
		     const char *name, bool is_listening,
		     void (*stop_node)(void *ctx), void *ctx)
{
	*a = (struct node_admin){
		.node = {
			.ctx = a,
			.self = self,
			.peers = peers,
			.peer_add = peer_add,
			.peer_remove = peer_remove,
			.peer_trust = peer_trust,
			.plugin_method = plugin_method,
			.plugin_methods = plugin_methods,
			.counters = counters,
			.stop = stop,
			.plugins = plugins,
			.plugin_load = plugin_load,
			.plugin_unload = plugin_unload,
			.plugin_reload = plugin_reload,
		},
		.of = of,
		.server = node_server(of),
		.plugins = node_manager(of),
		.name = name,
		.is_listening = is_listening,
		.stop = stop_node,
		.ctx = ctx,
	};
	if (!node_finder(of))
		return;
	a->node.discovery_counters = discovery_counters;
	a->node.discovery_buckets = discovery_buckets;
}

void node_admin_tell(struct admin *admin, const struct server_event *ev)
{
	struct admin_event event = {
		.kind = ev->kind == SERVER_PEER_ADDED ? ADMIN_PEER_ADD
						      : ADMIN_PEER_DROP,
		.error = ev->cause,
	};

	if (!admin ||
	    (ev->kind != SERVER_PEER_ADDED && ev->kind != SERVER_PEER_DROPPED))
		return;
	event.peer = ev->peer->id;
	event.local = ev->peer->local;
	event.remote = ev->peer->remote;
	admin_event(admin, &event);
}
