/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setting_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/parse.h"
#include "node/plugin/options.h"

#define MS INT64_C(1000000)

/* --- text ----------------------------------------------------------------- */

void setting_print_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static enum err read_text(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	char *copy;

	(void)row;
	if (!*text)
		return err_fail(why, ERR_FORMAT, "empty");
	if (!parse_is_text(text))
		return err_fail(why, ERR_FORMAT, "not plain UTF-8 text");
	copy = strdup(text);
	if (!copy)
		abort();
	*(char **)field = copy;
	return ERR_NONE;
}

static enum err read_hello_name(void *field, const char *text,
				const struct setting_row *row, struct why *why)
{
	size_t len = strlen(text);
	bool printable = len > 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			printable = false;
	if (!printable || len > row->max)
		return err_fail(why, ERR_FORMAT,
				"not 1 to %" PRIu64 " printable ASCII letters",
				row->max);
	return read_text(field, text, row, why);
}

static bool print_text(FILE *out, const void *field)
{
	const char *text = *(char *const *)field;

	if (!text)
		return false;
	setting_print_text(out, text);
	return true;
}

static void clear_text(void *field)
{
	free(*(char **)field);
}

const struct setting_type setting_text = {
	.name = "text",
	.form = SETTING_TEXT,
	.size = sizeof(char *),
	.read = read_text,
	.print = print_text,
	.clear = clear_text,
};
const struct setting_type setting_path = {
	.name = "path",
	.form = SETTING_PATH,
	.size = sizeof(char *),
	.read = read_text,
	.print = print_text,
	.clear = clear_text,
};
const struct setting_type setting_hello_name = {
	.name = "text",
	.form = SETTING_TEXT,
	.size = sizeof(char *),
	.read = read_hello_name,
	.print = print_text,
	.clear = clear_text,
};

/* --- words and numbers ---------------------------------------------------- */

static enum err read_flag(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	bool yes = !strcmp(text, "true");

	(void)row;
	if (!yes && strcmp(text, "false"))
		return err_fail(why, ERR_FORMAT, "\"%.40s\": not true or false",
				text);
	*(bool *)field = yes;
	return ERR_NONE;
}

static bool print_flag(FILE *out, const void *field)
{
	fputs(*(const bool *)field ? "true" : "false", out);
	return true;
}

const struct setting_type setting_flag = {
	.name = "true or false",
	.form = SETTING_PLAIN,
	.size = sizeof(bool),
	.read = read_flag,
	.print = print_flag,
};

static enum err read_count(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	return parse_count(field, text, row->min, row->max, why);
}

static bool print_count(FILE *out, const void *field)
{
	fprintf(out, "%" PRIu64, *(const uint64_t *)field);
	return true;
}

const struct setting_type setting_count = {
	.name = "number",
	.form = SETTING_PLAIN,
	.size = sizeof(uint64_t),
	.read = read_count,
	.print = print_count,
};

static enum err read_interval(void *field, const char *text,
			      const struct setting_row *row, struct why *why)
{
	return parse_duration(field, text, row->min, row->max, why);
}

static bool print_interval(FILE *out, const void *field)
{
	char text[OPTIONS_DURATION_MAX];

	fputs(duration_text(text, (int64_t) * (const uint64_t *)field * MS),
	      out);
	return true;
}

const struct setting_type setting_interval = {
	.name = "duration",
	.form = SETTING_EITHER,
	.size = sizeof(uint64_t),
	.read = read_interval,
	.print = print_interval,
};

static enum err read_size(void *field, const char *text,
			  const struct setting_row *row, struct why *why)
{
	return parse_size(field, text, row->min, row->max, why);
}

static bool print_size(FILE *out, const void *field)
{
	char text[PARSE_SIZE_MAX];

	fputs(parse_size_text(text, *(const uint64_t *)field), out);
	return true;
}

const struct setting_type setting_size = {
	.name = "size",
	.form = SETTING_EITHER,
	.size = sizeof(uint64_t),
	.read = read_size,
	.print = print_size,
};

static enum err read_level(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	(void)row;
	return parse_level(field, text, why);
}

static bool print_level(FILE *out, const void *field)
{
	fputs(log_level_name(*(const enum log_level *)field), out);
	return true;
}

const struct setting_type setting_level = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(enum log_level),
	.read = read_level,
	.print = print_level,
};

/* --- addresses and nodes -------------------------------------------------- */

static enum err read_listen(void *field, const char *text,
			    const struct setting_row *row, struct why *why)
{
	struct setting_listen listen = { .how = NODE_LISTEN_AT };

	(void)row;
	if (!strcmp(text, "auto"))
		listen.how = NODE_LISTEN_ANY;
	else if (!strcmp(text, "none"))
		listen.how = NODE_LISTEN_NOT;
	else if (addr_parse(&listen.at, text))
		return err_fail(why, ERR_FORMAT,
				"\"%.60s\": not an address; give IP:PORT, "
				":PORT or PORT (or auto, or none)",
				text);
	*(struct setting_listen *)field = listen;
	return ERR_NONE;
}

static bool print_listen(FILE *out, const void *field)
{
	const struct setting_listen *listen = field;
	char text[ADDR_TEXT_MAX];

	switch (listen->how) {
	case NODE_LISTEN_ANY:
		fputs("auto", out);
		break;
	case NODE_LISTEN_NOT:
		fputs("none", out);
		break;
	case NODE_LISTEN_AT:
		setting_print_text(out, addr_text(text, &listen->at));
		break;
	}
	return true;
}

const struct setting_type setting_listen = {
	.name = "address",
	.form = SETTING_EITHER,
	.size = sizeof(struct setting_listen),
	.read = read_listen,
	.print = print_listen,
};

static enum err add_node(struct setting_nodes *nodes, const char *text,
			 const struct enode *node, uint64_t max,
			 struct why *why)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (node_id_equal(&nodes->list[i].id, &node->id))
			return err_fail(why, ERR_EXISTS,
					"\"%.24s...\": the same node twice",
					text);
	if (nodes->count == max)
		return err_fail(why, ERR_LIMIT, "more than %" PRIu64 " nodes",
				max);
	nodes->list = realloc(nodes->list, (nodes->count + 1) * sizeof(*node));
	if (!nodes->list)
		abort();
	nodes->list[nodes->count++] = *node;
	return ERR_NONE;
}

static enum err read_nodes(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	struct enode node;
	enum err rc = parse_dialable(&node, text, why);

	return rc ? rc : add_node(field, text, &node, row->max, why);
}

static enum err read_identities(void *field, const char *text,
				const struct setting_row *row, struct why *why)
{
	struct enode node;
	enum err rc = parse_node(&node, NULL, text, why);

	return rc ? rc : add_node(field, text, &node, row->max, why);
}

static bool print_nodes(FILE *out, const void *field)
{
	const struct setting_nodes *nodes = field;
	char url[ENODE_URL_MAX];

	if (!nodes->count)
		fputs("[]", out);
	for (size_t i = 0; i < nodes->count; i++) {
		fputs("\n  - ", out);
		setting_print_text(out, enode_url(url, &nodes->list[i]));
	}
	return true;
}

static void clear_nodes(void *field)
{
	free(((struct setting_nodes *)field)->list);
}

const struct setting_type setting_nodes = {
	.name = "list of nodes",
	.form = SETTING_LIST,
	.size = sizeof(struct setting_nodes),
	.read = read_nodes,
	.print = print_nodes,
	.clear = clear_nodes,
};
const struct setting_type setting_identities = {
	.name = "list of nodes",
	.form = SETTING_LIST,
	.size = sizeof(struct setting_nodes),
	.read = read_identities,
	.print = print_nodes,
	.clear = clear_nodes,
};

/* --- discovery ------------------------------------------------------------ */

enum {
	DNS = 4, /* beside DISCOVER_V4 and DISCOVER_V5 */
};

_Static_assert(!(DNS & (DISCOVER_V4 | DISCOVER_V5)), "bits");

static const struct {
	const char *word;
	unsigned version;
} versions[] = {
	{ "v4", DISCOVER_V4 },
	{ "v5", DISCOVER_V5 },
	{ "dns", DNS },
};

/* One of a list of versions; 0: there is no such one. */
static unsigned version_of(struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (span_equal(word, span_text(versions[i].word)))
			return versions[i].version;
	return 0;
}

static enum err read_versions(unsigned *out, const char *text, struct why *why)
{
	*out = 0;
	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned version = version_of(span_of(text, len));

		if (!version)
			return err_fail(why, ERR_FORMAT,
					"\"%.*s\": give some of v4, v5 and dns "
					"(v4,v5), or off, or auto",
					len < 40 ? (int)len : 40, text);
		if (*out & version)
			return err_fail(why, ERR_EXISTS, "%.*s twice", (int)len,
					text);
		*out |= version;
		if (!text[len])
			return ERR_NONE;
		text += len + 1;
	}
}

static enum err read_discovery(void *field, const char *text,
			       const struct setting_row *row, struct why *why)
{
	struct setting_discovery d = { .is_auto = !strcmp(text, "auto") };
	unsigned said = 0;
	enum err rc = ERR_NONE;

	(void)row;
	if (!d.is_auto && strcmp(text, "off"))
		rc = read_versions(&said, text, why);
	d.versions = said & ~(unsigned)DNS;
	d.dns = said & DNS;
	if (!rc)
		*(struct setting_discovery *)field = d;
	return rc;
}

static bool print_discovery(FILE *out, const void *field)
{
	const struct setting_discovery *d = field;
	unsigned said = d->versions | (d->dns ? DNS : 0);
	const char *comma = "";

	if (d->is_auto)
		fputs("auto", out);
	else if (!said)
		setting_print_text(out, "off"); /* which is false without " */
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		if (!(said & versions[i].version))
			continue;
		fprintf(out, "%s%s", comma, versions[i].word);
		comma = ",";
	}
	return true;
}

const struct setting_type setting_discovery = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(struct setting_discovery),
	.read = read_discovery,
	.print = print_discovery,
};

static enum err read_nat(void *field, const char *text,
			 const struct setting_row *row, struct why *why)
{
	(void)row;
	return nat_method_parse(field, text, why);
}

static bool print_nat(FILE *out, const void *field)
{
	char text[NAT_METHOD_TEXT];

	nat_method_text(text, field);
	if (strchr(text, ':'))
		setting_print_text(out, text);
	else
		fputs(text, out);
	return true;
}

const struct setting_type setting_nat = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(struct nat_method),
	.read = read_nat,
	.print = print_nat,
};

static enum err read_bootnodes(void *field, const char *text,
			       const struct setting_row *row, struct why *why)
{
	struct setting_bootnodes *nodes = field;
	struct bootnode b;
	enum err rc = parse_askable(&b.node, &b.record, text, why);

	if (rc)
		return rc;
	for (size_t i = 0; i < nodes->count; i++)
		if (node_id_equal(&nodes->list[i].node.id, &b.node.id))
			return err_fail(why, ERR_EXISTS,
					"\"%.24s...\": the same node twice",
					text);
	if (nodes->count == row->max)
		return err_fail(why, ERR_LIMIT, "more than %" PRIu64 " nodes",
				row->max);
	nodes->list = realloc(nodes->list, (nodes->count + 1) * sizeof(b));
	if (!nodes->list)
		abort();
	nodes->list[nodes->count++] = b;
	return ERR_NONE;
}

static bool print_bootnodes(FILE *out, const void *field)
{
	const struct setting_bootnodes *nodes = field;

	if (!nodes->count)
		fputs("[]", out);
	for (size_t i = 0; i < nodes->count; i++) {
		const struct bootnode *b = &nodes->list[i];
		char url[ENODE_URL_MAX], record[ENR_TEXT_MAX];

		fputs("\n  - ", out);
		setting_print_text(out, b->record.len
						? enr_text(record, &b->record)
						: enode_url(url, &b->node));
	}
	return true;
}

static void clear_bootnodes(void *field)
{
	free(((struct setting_bootnodes *)field)->list);
}

const struct setting_type setting_bootnodes = {
	.name = "list of nodes",
	.form = SETTING_LIST,
	.size = sizeof(struct setting_bootnodes),
	.read = read_bootnodes,
	.print = print_bootnodes,
	.clear = clear_bootnodes,
};

/* --- networks ------------------------------------------------------------- */

static enum err read_networks(void *field, const char *text,
			      const struct setting_row *row, struct why *why)
{
	struct setting_networks *networks = field;
	struct netlist more;
	enum err rc = netlist_parse(&more, text, why);

	(void)row;
	if (rc)
		return rc;
	if (!networks->list)
		networks->list = calloc(1, sizeof(more));
	if (!networks->list)
		abort();
	return netlist_add(networks->list, &more, why);
}

static bool print_networks(FILE *out, const void *field)
{
	const struct netlist *list =
		((const struct setting_networks *)field)->list;

	if (!list)
		fputs("[]", out);
	for (size_t i = 0; list && i < list->count; i++) {
		char net[IP_TEXT_MAX + 8];
		size_t len;

		ip_text(net, &list->nets[i].ip);
		len = strlen(net);
		snprintf(net + len, sizeof(net) - len, "/%u",
			 list->nets[i].bits);
		fputs("\n  - ", out);
		setting_print_text(out, net);
	}
	return true;
}

static void clear_networks(void *field)
{
	free(((struct setting_networks *)field)->list);
}

const struct setting_type setting_networks = {
	.name = "list of networks",
	.form = SETTING_LIST,
	.size = sizeof(struct setting_networks),
	.read = read_networks,
	.print = print_networks,
	.clear = clear_networks,
};

/* --- the form of the log -------------------------------------------------- */

static const char *const log_formats[] = {
	[SETTING_LOG_AUTO] = "auto",
	[SETTING_LOG_TEXT] = "text",
	[SETTING_LOG_JSON] = "json",
};

static enum err read_log_format(void *field, const char *text,
				const struct setting_row *row, struct why *why)
{
	(void)row;
	for (size_t i = 0; i < ARRAY_LEN(log_formats); i++)
		if (!strcmp(text, log_formats[i])) {
			*(enum setting_log_format *)field =
				(enum setting_log_format)i;
			return ERR_NONE;
		}
	return err_fail(why, ERR_FORMAT,
			"\"%.40s\": no format; give text, json or auto", text);
}

static bool print_log_format(FILE *out, const void *field)
{
	fputs(log_formats[*(const enum setting_log_format *)field], out);
	return true;
}

const struct setting_type setting_log_format = {
	.name = "word",
	.form = SETTING_EITHER,
	.size = sizeof(enum setting_log_format),
	.read = read_log_format,
	.print = print_log_format,
};
