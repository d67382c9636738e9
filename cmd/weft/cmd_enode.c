/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/nodekey.h"
#include "node/parse.h"
#include "node/show.h"
#include "p2p/enode/enr.h"

struct enode_options {
	const char *key, *passphrase_file;
	struct value_addr addr;
	bool json;
};

#define FIELD(member) offsetof(struct enode_options, member)

static const struct option_row rows[] = {
	{ .name = "key",
	  .value = "FILE",
	  .help = "make the URL of this key instead of reading one",
	  .field = FIELD(key),
	  .read = value_text },
	VALUE_ROW_PASSPHRASE(FIELD(passphrase_file)),
	{ .name = "addr",
	  .value = "IP:PORT",
	  .help = "where that node listens",
	  .field = FIELD(addr),
	  .read = value_addr },
	{ .name = "json",
	  .help = "print a JSON object",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

/* The host as the URL has it, without brackets; "" for none. */
static const char *host_of(char ip[IP_TEXT_MAX], const struct enode *node)
{
	return node->host[0] ? node->host : ip_text(ip, &node->ip);
}

static void print_json(const struct enode *node, const struct enr *record,
		       const char *pub)
{
	json_t *o = show_json_event("enode");
	char text[ENR_TEXT_MAX];
	char url[ENODE_URL_MAX];
	char id[NODE_ID_HEX];
	char ip[IP_TEXT_MAX];

	show_json_set(o, "enode", json_string(enode_url(url, node)));
	show_json_set(o, "id", json_string(node_id_text(id, &node->id)));
	show_json_set(o, "public_key", json_string(pub));
	show_json_set(o, "host", json_string(host_of(ip, node)));
	show_json_set(o, "tcp", json_integer(node->tcp));
	show_json_set(o, "udp", json_integer(node->udp));
	if (record->len)
		show_json_set(o, "enr", json_string(enr_text(text, record)));
	show_json_line(stdout, o);
}

static void print_enode(const struct enode *node, const struct enr *record,
			bool json)
{
	char pub[2 * sizeof(node->pub.b) + 1];
	char text[ENR_TEXT_MAX];
	char url[ENODE_URL_MAX];
	char id[NODE_ID_HEX];
	char ip[IP_TEXT_MAX];

	show_hex(pub, span_of(node->pub.b, sizeof(node->pub.b)));
	if (json) {
		print_json(node, record, pub);
		return;
	}
	printf("enode       %s\n", enode_url(url, node));
	printf("id          %s\n", node_id_text(id, &node->id));
	printf("public key  %s\n", pub);
	if (*host_of(ip, node))
		printf("host        %s\n", host_of(ip, node));
	if (node->tcp)
		printf("tcp port    %u\n", node->tcp);
	if (node->udp)
		printf("udp port    %u\n", node->udp);
	if (record->len)
		printf("record      %s\n", enr_text(text, record));
}

static enum err from_key(struct enode *out, const struct enode_options *o,
			 struct why *why)
{
	struct ecc_keypair key;
	enum err rc;

	rc = value_key_load(&key, o->key, o->passphrase_file, why);
	if (!rc)
		enode_make(out, &key.pub, &o->addr.addr);
	secret_wipe(&key, sizeof(key));
	return rc;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct enode_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct enr record = { 0 };
	struct enode node;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (!o.key == (at == argc))
		return options_usage(
			c, "give either a URL, a record or --key FILE");
	if (o.addr.given && !o.key)
		return options_usage(c, "--addr: goes with --key only");
	if (o.addr.given && o.addr.addr.ip.family == IP_NONE)
		return options_usage(c, "--addr: an IP address is needed; give "
					"IP:PORT");
	if (o.key && from_key(&node, &o, &why))
		return options_failed(c, &why);
	if (!o.key && parse_node(&node, &record, argv[at], &why))
		return options_failed(c, &why);
	print_enode(&node, &record, o.json);
	return EXIT_OK;
}

const struct command command_enode = {
	.name = "weft enode",
	.operands = "URL|RECORD | --key FILE [--addr IP:PORT]",
	.summary = "take an enode URL or record apart, or make a URL",
	.examples = "  weft enode enode://<key>@203.0.113.5:30303\n"
		    "  weft enode enr:-IS4QHCYrYZbAKWC...\n"
		    "  weft enode --key node.key --addr 203.0.113.5:30303\n",
	.options = rows,
	.operands_max = 1,
	.run = run,
};
