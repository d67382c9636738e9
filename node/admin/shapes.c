/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/shapes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "node/json/parse.h"
#include "node/json/text.h"

static json_t *made(json_t *value)
{
	if (!value)
		abort();
	return value;
}

void shape_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, made(value)))
		abort();
}

static void add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, made(value)))
		abort();
}

/* Our own words, such as a path, are mostly UTF-8 and need not be. */
static json_t *text_of(const char *text)
{
	return json_text(span_text(text ? text : ""));
}

static json_t *id_of(const struct node_id *id)
{
	char text[NODE_ID_HEX];

	return json_string(node_id_text(text, id));
}

static json_t *enode_of(const struct enode *node)
{
	char url[ENODE_URL_MAX];

	return json_string(enode_url(url, node));
}

static json_t *addr_of(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_text(text, a));
}

/* "protocols": by name, in the order of Go's maps, which is sorted. A plugin's
 * text that is no JSON is shown as if it had none. */
static json_t *info_of(const struct admin_protocol *p)
{
	json_t *info;

	if (p->info && !json_from_stranger(&info, span_text(p->info),
					   JSON_PARTS_DEFAULT, NULL))
		return info;
	return json_string(p->is_shaking ? "handshake" : "unknown");
}

static int by_name(const void *a, const void *b)
{
	const struct admin_protocol *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : (*x > *y) - (*x < *y); /* as they were given */
}

static json_t *protocols_of(const struct admin_protocol *list, size_t count)
{
	const struct admin_protocol **sorted;
	json_t *object = made(json_object());

	sorted = calloc(count + 1, sizeof(const struct admin_protocol *));
	if (!sorted)
		abort();
	for (size_t i = 0; i < count; i++)
		sorted[i] = &list[i];
	qsort(sorted, count, sizeof(const struct admin_protocol *), by_name);
	for (size_t i = 0; i < count; i++)
		if (!json_object_get(object, sorted[i]->name))
			shape_set(object, sorted[i]->name, info_of(sorted[i]));
	free(sorted);
	return object;
}

/* netip.Addr's text of an address there is not. */
static json_t *ip_of(const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->family == IP_NONE)
		return json_string("invalid IP");
	return json_string(ip_text(text, ip));
}

/* As Go prints a listener's address: "[::]:30303" is on all interfaces. */
static json_t *listen_of(const struct admin_self *self)
{
	struct addr at = self->listen;

	if (!self->is_listening)
		return json_string("");
	if (at.ip.family == IP_NONE)
		at.ip.family = IP_V6;
	return addr_of(&at);
}

json_t *shape_self(const struct admin_self *self)
{
	json_t *ports = made(json_object());
	json_t *o = made(json_object());

	shape_set(ports, "discovery", json_integer(self->asked));
	shape_set(ports, "listener", json_integer(self->enode.tcp));
	shape_set(o, "id", id_of(&self->enode.id));
	shape_set(o, "name", text_of(self->name));
	shape_set(o, "enode", enode_of(&self->enode));
	shape_set(o, "enr", text_of(self->enr));
	shape_set(o, "ip", ip_of(&self->enode.ip));
	shape_set(o, "ports", ports);
	shape_set(o, "listenAddr", listen_of(self));
	shape_set(o, "protocols",
		  protocols_of(self->protocols, self->protocol_count));
	return o;
}

static json_t *network_of(const struct admin_peer *peer)
{
	json_t *o = made(json_object());

	shape_set(o, "localAddress", addr_of(&peer->local));
	shape_set(o, "remoteAddress", addr_of(&peer->remote));
	shape_set(o, "inbound", json_boolean(peer->is_inbound));
	shape_set(o, "trusted", json_boolean(peer->is_trusted));
	shape_set(o, "static", json_boolean(peer->is_static));
	if (peer->source && peer->source[0])
		shape_set(o, "source", text_of(peer->source));
	return o;
}

json_t *shape_peer(const struct admin_peer *peer)
{
	json_t *caps = made(json_array());
	json_t *o = made(json_object());

	for (size_t i = 0; i < peer->cap_count; i++)
		add(caps, json_text(peer->caps[i]));
	if (peer->enr)
		shape_set(o, "enr", text_of(peer->enr));
	shape_set(o, "enode", enode_of(&peer->enode));
	shape_set(o, "id", id_of(&peer->enode.id));
	shape_set(o, "name", json_text(peer->name));
	shape_set(o, "caps", caps);
	shape_set(o, "network", network_of(peer));
	shape_set(o, "protocols",
		  protocols_of(peer->protocols, peer->protocol_count));
	return o;
}

json_t *shape_event(const struct admin_event *event)
{
	static const char *const types[] = {
		[ADMIN_PEER_ADD] = "add",
		[ADMIN_PEER_DROP] = "drop",
		[ADMIN_MSG_SEND] = "msgsend",
		[ADMIN_MSG_RECV] = "msgrecv",
	};
	bool is_message =
		event->kind == ADMIN_MSG_SEND || event->kind == ADMIN_MSG_RECV;
	json_t *o = made(json_object());

	shape_set(o, "type", json_string(types[event->kind]));
	shape_set(o, "peer", id_of(&event->peer));
	if (event->error && event->error[0])
		shape_set(o, "error", text_of(event->error));
	if (is_message) {
		shape_set(o, "protocol", text_of(event->protocol));
		shape_set(o, "msg_code", json_integer((json_int_t)event->code));
		shape_set(o, "msg_size", json_integer(event->size));
	}
	if (event->local.ip.family != IP_NONE)
		shape_set(o, "local", addr_of(&event->local));
	if (event->remote.ip.family != IP_NONE)
		shape_set(o, "remote", addr_of(&event->remote));
	return o;
}

json_t *shape_plugin(const struct admin_plugin *plugin)
{
	json_t *protocols = made(json_array());
	json_t *counters = made(json_object());
	json_t *o = made(json_object());

	for (size_t i = 0; i < plugin->protocol_count; i++)
		add(protocols, text_of(plugin->protocols[i]));
	for (size_t i = 0; i < plugin->counter_count; i++)
		shape_set(counters, plugin->counters[i].name,
			  made(json_integer(plugin->counters[i].value)));
	shape_set(o, "name", text_of(plugin->name));
	shape_set(o, "version", text_of(plugin->version));
	shape_set(o, "summary", text_of(plugin->summary));
	shape_set(o, "path", text_of(plugin->path));
	shape_set(o, "state", text_of(plugin->state));
	shape_set(o, "protocols", protocols);
	shape_set(o, "counters", counters);
	return o;
}
