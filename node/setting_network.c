/* SPDX-License-Identifier: Apache-2.0 */
/* The types of settings about the network: where we listen, what we allow, how
 * others find us and we find them. */
#include <stdlib.h>
#include <string.h>

#include "node/setting_types.h"

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
		setting_print_item(out, net);
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
