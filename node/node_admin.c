/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/urls.h"

/* --- facts -----------------------------------------------------------------
 */

/* The address that others would use, as in the node's first URL. */
static void reachable_self(struct enode *out, const struct server *server)
{
	struct urls urls;

	server_self(server, out);
	urls_of(&urls, out);
	if (enode_parse(out, urls.url[0], NULL))
		abort(); /* what urls_of prints is a URL */
}

struct listed {
	struct admin_protocol list[CAPABILITIES_MAX];
	size_t count;
};

static void list_protocol(struct listed *l, const struct capability *c)
{
	l->list[l->count++] = (struct admin_protocol){ .name = c->name };
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
	struct enode bound;

	for (size_t i = 0; i < count; i++)
		list_protocol(&listed, &offered[i]);
	facts.protocol_count = listed.count;
	server_self(a->server, &bound);
	facts.listen = (struct addr){ bound.ip, bound.tcp };
	reachable_self(&facts.enode, a->server);
	tell(to, &facts);
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
		.is_trusted = p->trusted,
		.is_static = p->is_static,
		.protocols = listed.list,
	};
	struct caps caps;

	for (size_t i = 0; i < p->channel_count; i++)
		list_protocol(&listed, channel_capability(p->channels[i]));
	peer.protocol_count = listed.count;
	enode_make(&peer.enode, &p->facts->pub, &p->facts->remote);
	caps_of(&caps, p->hello);
	peer.caps = caps.texts;
	peer.cap_count = caps.count;
	ask->tell(ask->to, &peer);
	caps_clear(&caps);
}

static void peers(void *ctx, void (*tell)(void *to, const struct admin_peer *),
		  void *to)
{
	const struct node_admin *a = ctx;
	struct peers_ask ask = { tell, to };

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
	if (server_trust(a->server, &node->id))
		return err_fail(why, ERR_LIMIT,
				"%d nodes are trusted, and no more can be",
				SERVER_MAX_TRUSTED);
	return ERR_NONE;
}

static bool plugin_method(void *ctx, const char *method, const char *params,
			  struct admin_call *call)
{
	(void)ctx;
	(void)method;
	(void)params;
	(void)call;
	return false;
}

static void plugin_methods(void *ctx,
			   void (*tell)(void *to, const char *method), void *to)
{
	(void)ctx;
	(void)tell;
	(void)to;
}

static void stop(void *ctx)
{
	const struct node_admin *a = ctx;

	a->stop(a->ctx);
}

void node_admin_init(struct node_admin *a, struct server *server,
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
			.stop = stop,
		},
		.server = server,
		.name = name,
		.is_listening = is_listening,
		.stop = stop_node,
		.ctx = ctx,
	};
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
