/* SPDX-License-Identifier: Apache-2.0 */
/* The types of settings about DNS. */
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "node/setting_types.h"

static bool is_same(const struct dns_link *a, const struct dns_link *b)
{
	return !memcmp(a->pub.b, b->pub.b, sizeof(a->pub.b)) &&
	       !strcasecmp(a->domain, b->domain);
}

static enum err read_lists(void *field, const char *text,
			   const struct setting_row *row, struct why *why)
{
	struct setting_dns_lists *lists = field;
	struct dns_link link;
	enum err rc = dns_link_parse(&link, span_text(text), why);

	if (rc)
		return err_wrap(why, rc, "\"%.24s%s\"", text,
				strlen(text) > 24 ? "..." : "");
	for (size_t i = 0; i < lists->count; i++)
		if (is_same(&lists->list[i], &link))
			return err_fail(why, ERR_EXISTS,
					"\"%.24s...\": the same list twice",
					text);
	if (lists->count == row->max)
		return err_fail(why, ERR_LIMIT, "more than %" PRIu64 " lists",
				row->max);
	lists->list =
		setting_list_room(lists->list, lists->count, sizeof(link));
	lists->list[lists->count++] = link;
	return ERR_NONE;
}

static bool print_lists(FILE *out, const void *field)
{
	const struct setting_dns_lists *lists = field;
	char url[DNS_LINK_TEXT];

	if (!lists->count)
		fputs("[]", out);
	for (size_t i = 0; i < lists->count; i++)
		setting_print_item(out, dns_link_text(url, &lists->list[i]));
	return true;
}

static void clear_lists(void *field)
{
	free(((struct setting_dns_lists *)field)->list);
}

const struct setting_type setting_dns_lists = {
	.name = "list of DNS lists",
	.form = SETTING_LIST,
	.size = sizeof(struct setting_dns_lists),
	.read = read_lists,
	.print = print_lists,
	.clear = clear_lists,
};

static enum err read_server(void *field, const char *text,
			    const struct setting_row *row, struct why *why)
{
	struct addr at = { 0 };

	(void)row;
	if (strcmp(text, "system") && ip_parse(&at.ip, text) &&
	    (addr_parse(&at, text) || !at.ip.family || !at.port))
		return err_fail(why, ERR_FORMAT,
				"\"%.60s\": not a server; give IP or IP:PORT "
				"(or system)",
				text);
	*(struct addr *)field = at;
	return ERR_NONE;
}

static bool print_server(FILE *out, const void *field)
{
	const struct addr *at = field;
	char text[ADDR_TEXT_MAX];

	if (!at->ip.family)
		fputs("system", out);
	else
		setting_print_text(out, at->port ? addr_text(text, at)
						 : ip_text(text, &at->ip));
	return true;
}

const struct setting_type setting_server = {
	.name = "address",
	.form = SETTING_EITHER,
	.size = sizeof(struct addr),
	.read = read_server,
	.print = print_server,
};
