/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - a node of the server library alone, with the protocols of probe.h,
 * that prints what happens as JSON lines, for the tests one folder up.
 *
 *     interop_node [--key HEX] [--dial ENODE]... [--max-peers N] [--plain]
 *                  [--protocols foobar/1,probe/1,...]
 *
 * Listens on a free port of 127.0.0.1. SIGTERM ends it in good order. */
#include "test/interop/programs/probe.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/server/server.h"

enum {
	DIALS_MAX = 8
};

struct options {
	struct ecc_keypair key;
	struct enode dial[DIALS_MAX];
	size_t dials;
	struct protocol protocols[PROBE_PROTOCOLS];
	size_t protocol_count;
	size_t max_peers;
	enum rlpx_plain plain;
};

struct node {
	struct net_loop *loop;
	struct server *server;
	struct net_signal *stop;
	int status;
};

_Noreturn static void die(const char *what, const char *detail)
{
	fprintf(stderr, "interop_node: %s: %s\n", what, detail);
	exit(2);
}

/* Happened: the fields of every event that is about a peer. */
static json_t *peer_event(const char *name, const struct server_event *ev)
{
	char id[NODE_ID_HEX];

	return json_pack("{sssssbsI}", "event", name, "id",
			 node_id_text(id, &ev->peer->id), "inbound",
			 ev->peer->inbound, "peers", (json_int_t)ev->peers);
}

static void say_added(const struct server_event *ev)
{
	json_t *event = peer_event("peer_added", ev);
	json_t *protocols = json_array();
	char label[PROBE_LABEL_MAX];

	for (size_t i = 0; i < ev->shared_count; i++)
		json_array_append_new(
			protocols,
			json_string(probe_label(label, ev->shared[i])));
	json_object_set_new(event, "protocols", protocols);
	json_object_set_new(event, "name", json_string(ev->peer->name));
	json_object_set_new(event, "version",
			    json_integer((json_int_t)ev->hello->version));
	probe_say(event);
}

static void say_dropped(const struct server_event *ev)
{
	json_t *event = peer_event("peer_dropped", ev);

	json_object_set_new(event, "reason", json_integer(ev->reason));
	json_object_set_new(event, "cause", json_string(ev->cause));
	probe_say(event);
}

static void say_dial_failed(const struct server_event *ev)
{
	char url[ENODE_URL_MAX];

	probe_say(json_pack("{ssssss}", "event", "dial_failed", "enode",
			    enode_url(url, ev->dialed), "cause", ev->cause));
}

static void say_started(const struct server *s)
{
	char url[ENODE_URL_MAX];
	char id[NODE_ID_HEX];
	struct enode self;

	server_self(s, &self);
	probe_say(json_pack("{ssssss}", "event", "started", "enode",
			    enode_url(url, &self), "id",
			    node_id_text(id, &self.id)));
}

static void say_stopping(const struct server *s)
{
	struct server_counters c;

	server_read_counters(s, &c);
	probe_say(json_pack("{sssIsIsIsI}", "event", "stopping", "accepted",
			    (json_int_t)c.accepted, "dialed",
			    (json_int_t)c.dialed, "sessions",
			    (json_int_t)c.sessions, "throttled",
			    (json_int_t)c.throttled));
}

static void on_event(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		say_added(ev);
		break;
	case SERVER_PEER_DROPPED:
		say_dropped(ev);
		break;
	case SERVER_DIAL_FAILED:
		say_dial_failed(ev);
		break;
	case SERVER_CLOSED:
		net_signal_close(n->stop);
		break;
	}
}

static void on_stop(void *ctx, int signum UNUSED)
{
	struct node *n = ctx;

	say_stopping(n->server);
	server_close(n->server);
}

static void parse_key(struct ecc_keypair *out, const char *hex)
{
	char digits[3] = { 0 };
	char *end;

	if (strlen(hex) != 64)
		die("--key", "64 hex digits are needed");
	for (size_t i = 0; i < 32; i++) {
		memcpy(digits, hex + 2 * i, 2);
		out->key.b[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end)
			die("--key", "not hex");
	}
	if (!ecc_key_valid(&out->key))
		die("--key", "not a scalar of the curve");
}

static void parse_protocols(struct options *o, char *list)
{
	char label[PROBE_LABEL_MAX];
	char *save = NULL;

	o->protocol_count = 0;
	for (char *want = strtok_r(list, ",", &save); want;
	     want = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < PROBE_PROTOCOLS &&
		       strcmp(want,
			      probe_label(label,
					  &probe_protocols[i].capability)))
			i++;
		if (i == PROBE_PROTOCOLS ||
		    o->protocol_count == PROBE_PROTOCOLS)
			die("--protocols", want);
		o->protocols[o->protocol_count++] = probe_protocols[i];
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "dial", required_argument, NULL, 'd' },
		{ "max-peers", required_argument, NULL, 'm' },
		{ "plain", no_argument, NULL, 'p' },
		{ "protocols", required_argument, NULL, 'c' },
		{ 0 },
	};
	struct why why = WHY_NONE;
	int c;

	rng_key(&o->key.key);
	memcpy(o->protocols, probe_protocols, sizeof(probe_protocols));
	o->protocol_count = PROBE_PROTOCOLS;
	o->max_peers = SERVER_MAX_PEERS;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'k') {
			parse_key(&o->key, optarg);
		} else if (c == 'd' && o->dials < DIALS_MAX) {
			if (enode_parse(&o->dial[o->dials++], optarg, &why))
				die("--dial", why.text);
		} else if (c == 'm') {
			o->max_peers = strtoul(optarg, NULL, 10);
		} else if (c == 'p') {
			o->plain = RLPX_PLAIN_ACCEPT;
		} else if (c == 'c') {
			parse_protocols(o, optarg);
		} else {
			exit(2);
		}
	}
	ecc_pub_of(&o->key.pub, &o->key.key);
}

static enum err start(struct node *n, const struct options *o, struct why *why)
{
	struct server_config config = {
		.key = &o->key,
		.name = "interop/c",
		.protocols = o->protocols,
		.protocol_count = o->protocol_count,
		.listening = SERVER_LISTEN,
		.plain = o->plain,
		.max_peers = o->max_peers,
		.event = on_event,
		.ctx = n,
	};
	enum err rc = addr_parse(&config.listen, "127.0.0.1:0");

	if (!rc)
		rc = net_loop_open(&n->loop, why);
	if (!rc)
		rc = net_signal_open(&n->stop, n->loop, SIGTERM, on_stop, n,
				     why);
	if (!rc)
		rc = server_open(&n->server, n->loop, &config, why);
	if (rc)
		return rc;
	say_started(n->server);
	for (size_t i = 0; i < o->dials && !rc; i++)
		rc = server_dial(n->server, &o->dial[i], why);
	return rc;
}

int main(int argc, char **argv)
{
	static struct options options;
	struct why why = WHY_NONE;
	struct node node = { 0 };

	crypto_init();
	parse(&options, argc, argv);
	if (start(&node, &options, &why))
		die("start", why.text);
	net_loop_run(node.loop);
	net_loop_close(node.loop);
	secret_wipe(&options.key, sizeof(options.key));
	return 0;
}
