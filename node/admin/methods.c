/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/methods.h"

#include <stdlib.h>

#include "node/admin/shapes.h"
#include "p2p/enode/enr.h"
#include "p2p/net/udp.h"

#define EVENTS "peerEvents"

/* What a method has to work with. */
struct scope {
	const struct admin_node *node;
	const struct methods_caller *caller;
	const json_t *args; /* an array that fits the method; NULL: none */
	struct admin_call *call;
};

struct method {
	const char *name;
	/* Arguments: s a string, o an object, n the name of a subscription;
	 * those behind ? may be missing. */
	const char *args;
	void (*run)(const struct scope *sc);
};

static const char *text_arg(const struct scope *sc, size_t i)
{
	return json_string_value(json_array_get(sc->args, i));
}

static json_t *made(json_t *value)
{
	if (!value)
		abort();
	return value;
}

static void succeed(const struct scope *sc)
{
	admin_call_result(sc->call, json_true());
}

/* --- admin_ --------------------------------------------------------------- */

static void keep_self(void *to, const struct admin_self *self)
{
	json_t **result = to;

	*result = shape_self(self);
}

static void node_info(const struct scope *sc)
{
	json_t *result = NULL;

	sc->node->self(sc->node->ctx, keep_self, &result);
	admin_call_result(sc->call, result);
}

static void keep_peer(void *to, const struct admin_peer *peer)
{
	if (json_array_append_new(to, shape_peer(peer)))
		abort();
}

static const char *id_text(const json_t *peer)
{
	return json_string_value(json_object_get(peer, "id"));
}

static int by_id(const void *a, const void *b)
{
	return strcmp(id_text(*(json_t *const *)a),
		      id_text(*(json_t *const *)b));
}

/* "Sort the result array alphabetically by node identifier", does Server. */
static json_t *sorted_by_id(json_t *peers)
{
	size_t n = json_array_size(peers);
	json_t *sorted = made(json_array());
	json_t **list = calloc(n + 1, sizeof(*list));

	if (!list)
		abort();
	for (size_t i = 0; i < n; i++)
		list[i] = json_array_get(peers, i);
	qsort(list, n, sizeof(*list), by_id);
	for (size_t i = 0; i < n; i++)
		if (json_array_append(sorted, list[i]))
			abort();
	free(list);
	json_decref(peers);
	return sorted;
}

static void peers(const struct scope *sc)
{
	json_t *result = made(json_array());

	sc->node->peers(sc->node->ctx, keep_peer, result);
	admin_call_result(sc->call, sorted_by_id(result));
}

/* The node that the first argument names; false: the call was answered. */
static bool node_arg(struct enode *out, const struct scope *sc)
{
	struct why why = WHY_NONE;
	struct reach reach = { 0 };

	net_udp_ways(&reach);
	if (!enr_parse_node(out, NULL, text_arg(sc, 0), &reach, &why))
		return true;
	admin_call_error(sc->call, JSONRPC_FAILED, "invalid enode: %s",
			 why.text);
	return false;
}

static void answer(const struct scope *sc, enum err rc, const struct why *why)
{
	if (!rc)
		succeed(sc);
	else
		admin_call_error(sc->call, JSONRPC_FAILED, "%s",
				 why->text[0] ? why->text : err_name(rc));
}

static void add_peer(const struct scope *sc)
{
	struct why why = WHY_NONE;
	struct enode node;

	if (node_arg(&node, sc))
		answer(sc, sc->node->peer_add(sc->node->ctx, &node, &why),
		       &why);
}

static void remove_peer(const struct scope *sc)
{
	struct why why = WHY_NONE;
	struct enode node;

	if (node_arg(&node, sc))
		answer(sc, sc->node->peer_remove(sc->node->ctx, &node, &why),
		       &why);
}

static void set_trust(const struct scope *sc, enum admin_trust trust)
{
	struct why why = WHY_NONE;
	struct enode node;

	if (node_arg(&node, sc))
		answer(sc,
		       sc->node->peer_trust(sc->node->ctx, &node, trust, &why),
		       &why);
}

static void add_trusted_peer(const struct scope *sc)
{
	set_trust(sc, ADMIN_TRUST);
}

static void remove_trusted_peer(const struct scope *sc)
{
	set_trust(sc, ADMIN_TRUST_NOT);
}

static void peer_events(const struct scope *sc)
{
	char id[METHODS_WATCH_ID];

	if (sc->caller->watch(sc->caller->ctx, id))
		admin_call_result(sc->call, json_string(id));
	else
		admin_call_error(sc->call, JSONRPC_FAILED,
				 "too many subscriptions");
}

static void subscribe(const struct scope *sc)
{
	const char *what = text_arg(sc, 0);

	if (!strcmp(what, EVENTS))
		peer_events(sc);
	else
		admin_call_error(sc->call, JSONRPC_METHOD,
				 "no \"%s\" subscription in admin namespace",
				 what);
}

static void unsubscribe(const struct scope *sc)
{
	if (sc->caller->unwatch(sc->caller->ctx, text_arg(sc, 0)))
		succeed(sc);
	else
		admin_call_error(sc->call, JSONRPC_FAILED,
				 "subscription not found");
}

/* --- plugin_, disc, node_, rpc_
 * ------------------------------------------------- */

static void keep_plugin(void *to, const struct admin_plugin *plugin)
{
	if (json_array_append_new(to, shape_plugin(plugin)))
		abort();
}

static void plugin_list(const struct scope *sc)
{
	json_t *result = made(json_array());

	sc->node->plugins(sc->node->ctx, keep_plugin, result);
	admin_call_result(sc->call, result);
}

static bool are_options(const json_t *options)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)options, key,
			    value) if (!json_is_string(value) &&
				       !json_is_number(value) &&
				       !json_is_boolean(value)) return false;
	return true;
}

static void plugin_load(const struct scope *sc)
{
	const json_t *options = json_array_get(sc->args, 1);

	if (json_is_null(options))
		options = NULL;
	if (are_options(options))
		sc->node->plugin_load(sc->node->ctx, text_arg(sc, 0), options,
				      sc->call);
	else
		admin_call_error(sc->call, JSONRPC_PARAMS,
				 "invalid argument 1: an option is a string, a "
				 "number, true or false");
}

static void plugin_unload(const struct scope *sc)
{
	sc->node->plugin_unload(sc->node->ctx, text_arg(sc, 0), sc->call);
}

static void plugin_reload(const struct scope *sc)
{
	sc->node->plugin_reload(sc->node->ctx, text_arg(sc, 0), sc->call);
}

static void node_counters(const struct scope *sc)
{
	admin_call_result(sc->call, sc->node->counters(sc->node->ctx));
}

static void discovery_counters(const struct scope *sc)
{
	admin_call_result(sc->call,
			  sc->node->discovery_counters(sc->node->ctx));
}

static void buckets(const struct scope *sc, unsigned version)
{
	json_t *result = sc->node->discovery_buckets(sc->node->ctx, version);

	if (result)
		admin_call_result(sc->call, result);
	else
		admin_call_error(sc->call, JSONRPC_FAILED,
				 "discovery v%u is off", version);
}

static void v4_buckets(const struct scope *sc)
{
	buckets(sc, 4);
}

static void v5_buckets(const struct scope *sc)
{
	buckets(sc, 5);
}

static void node_stop(const struct scope *sc)
{
	succeed(sc);
	sc->caller->stop(sc->caller->ctx);
}

/* "admin" of "admin_peers". */
static void add_space(void *to, const char *method)
{
	const char *end = strchr(method, '_');
	char space[64];

	if (!end || (size_t)(end - method) >= sizeof(space))
		return;
	memcpy(space, method, (size_t)(end - method));
	space[end - method] = '\0';
	if (!json_object_get(to, space))
		shape_set(to, space, json_string("1.0"));
}

static void rpc_modules(const struct scope *sc);

static const struct method methods[] = {
	{ "admin_addPeer", "s", add_peer },
	{ "admin_addTrustedPeer", "s", add_trusted_peer },
	{ "admin_nodeInfo", "", node_info },
	{ "admin_peerEvents", "", peer_events },
	{ "admin_peers", "", peers },
	{ "admin_removePeer", "s", remove_peer },
	{ "admin_removeTrustedPeer", "s", remove_trusted_peer },
	{ "admin_subscribe", "n", subscribe },
	{ "admin_unsubscribe", "s", unsubscribe },
	{ "discovery_counters", "", discovery_counters },
	{ "discv4_buckets", "", v4_buckets },
	{ "discv5_buckets", "", v5_buckets },
	{ "node_counters", "", node_counters },
	{ "node_stop", "", node_stop },
	{ "plugin_list", "", plugin_list },
	{ "plugin_load", "s?o", plugin_load },
	{ "plugin_reload", "s", plugin_reload },
	{ "plugin_unload", "s", plugin_unload },
	{ "rpc_modules", "", rpc_modules },
};

/* A node without plugins has no methods for them, nor one without discovery for
 * that. */
static bool has_method(const struct admin_node *node, const struct method *m)
{
	if (!strncmp(m->name, "plugin_", 7))
		return node->plugin_load;
	return strncmp(m->name, "disc", 4) != 0 || node->discovery_counters;
}

static void rpc_modules(const struct scope *sc)
{
	json_t *result = made(json_object());

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (has_method(sc->node, &methods[i]))
			add_space(result, methods[i].name);
	sc->node->plugin_methods(sc->node->ctx, add_space, result);
	admin_call_result(sc->call, result);
}

/* --- dispatch ------------------------------------------------------------- */

/* go-ethereum has words of its own for these. */
static bool check_name(const struct scope *sc)
{
	if (text_arg(sc, 0))
		return true;
	admin_call_error(sc->call, JSONRPC_PARAMS, "%s",
			 sc->args ? "expected subscription name as first "
				    "argument"
				  : "non-array args");
	return false;
}

/* Is there one of the wanted kind? Else the call was answered. */
static bool check_arg(const struct scope *sc, size_t i, char kind, bool needed)
{
	const json_t *arg = json_array_get(sc->args, i);

	if (kind == 'n')
		return check_name(sc);
	if (!arg || json_is_null(arg)) {
		if (needed)
			admin_call_error(sc->call, JSONRPC_PARAMS,
					 "missing value for required argument "
					 "%zu",
					 i);
		return !needed;
	}
	if (kind == 's' ? json_is_string(arg) : json_is_object(arg))
		return true;
	admin_call_error(sc->call, JSONRPC_PARAMS,
			 "invalid argument %zu: %s is needed", i,
			 kind == 's' ? "a string" : "an object");
	return false;
}

static bool check_args(const struct scope *sc, const char *wanted)
{
	bool needed = true;
	size_t n = 0;

	if (sc->args && !json_is_array(sc->args)) {
		admin_call_error(sc->call, JSONRPC_PARAMS, "non-array args");
		return false;
	}
	for (const char *kind = wanted; *kind; kind++)
		if (*kind == '?')
			needed = false;
		else if (!check_arg(sc, n++, *kind, needed))
			return false;
	if (json_array_size(sc->args) <= n)
		return true;
	admin_call_error(sc->call, JSONRPC_PARAMS,
			 "too many arguments, want at most %zu", n);
	return false;
}

static void call_plugin(const struct scope *sc, const char *method)
{
	char *params;

	params = sc->args ? json_dumps(sc->args, JSON_COMPACT) : strdup("[]");
	if (!params)
		abort();
	if (!sc->node->plugin_method(sc->node->ctx, method, params, sc->call))
		admin_call_error(
			sc->call, JSONRPC_METHOD,
			"the method %s does not exist/is not available",
			method);
	free(params);
}

void methods_call(const struct admin_node *node,
		  const struct methods_caller *caller, const char *method,
		  const json_t *params, struct admin_call *call)
{
	const struct scope sc = {
		.node = node,
		.caller = caller,
		.args = params,
		.call = call,
	};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcmp(methods[i].name, method) != 0 ||
		    !has_method(node, &methods[i]))
			continue;
		if (check_args(&sc, methods[i].args))
			methods[i].run(&sc);
		return;
	}
	if (params && !json_is_array(params) && !json_is_object(params))
		admin_call_error(call, JSONRPC_PARAMS, "non-array args");
	else
		call_plugin(&sc, method);
}

const char *methods_name(size_t i)
{
	return i < ARRAY_LEN(methods) ? methods[i].name : NULL;
}
