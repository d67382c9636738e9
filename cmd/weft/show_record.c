/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/show_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/record.h"

enum {
	KEY_WIDTH = 10, /* the longest of the rows above the entries */
};

static json_t *entries_json(const struct enr *r)
{
	struct rlp in = enr_entries(r);
	json_t *list = json_array();

	while (rlp_more(&in)) {
		struct span key = rlp_bytes(&in), value = rlp_raw(&in);
		json_t *o = json_object();
		char text[RECORD_VALUE_MAX];
		char hex[2 * ENR_MAX + 1];
		bool ok = record_value(text, key, value);

		show_json_set(o, "key", show_json_text(key));
		show_json_set(o, "value", json_string(text));
		show_json_set(o, "decodes", json_boolean(ok));
		show_json_set(o, "rlp", json_string(show_hex(hex, value)));
		if (json_array_append_new(list, o))
			abort();
	}
	return list;
}

/* JSON's integers here end at 2^63 - 1; beyond, digits in quotes. */
static json_t *seq_json(uint64_t seq)
{
	char text[24];

	if (seq <= INT64_MAX)
		return json_integer((json_int_t)seq);
	snprintf(text, sizeof(text), "%" PRIu64, seq);
	return json_string(text);
}

static void print_json(const struct enr *r, const struct why *invalid)
{
	json_t *o = show_json_event("enr");
	struct enr_endpoint at;
	char text[ENR_TEXT_MAX];
	char url[ENODE_URL_MAX];
	char id[NODE_ID_HEX];
	char ip[IP_TEXT_MAX];
	struct enode node;

	enr_node(&node, r, NULL);
	enr_endpoint(&at, r, NULL);
	show_json_set(o, "enr", json_string(enr_text(text, r)));
	show_json_set(o, "valid", json_boolean(!invalid));
	if (invalid) {
		show_json_set(o, "reason", json_string(invalid->text));
	} else {
		show_json_set(o, "id", json_string(node_id_text(id, &r->id)));
		show_json_set(o, "enode", json_string(enode_url(url, &node)));
	}
	show_json_set(o, "seq", seq_json(r->seq));
	show_json_set(o, "bytes", json_integer(r->len));
	show_json_set(o, "ip", json_string(ip_text(ip, &at.ip)));
	show_json_set(o, "tcp", json_integer(at.tcp));
	show_json_set(o, "udp", json_integer(at.udp));
	show_json_set(o, "quic", json_integer(at.quic));
	show_json_set(o, "entries", entries_json(r));
	show_json_line(stdout, o);
}

static void print_endpoint(const struct enr *r)
{
	struct enr_endpoint at;
	char ip[IP_TEXT_MAX];

	enr_endpoint(&at, r, NULL);
	printf("%-*s  %s", KEY_WIDTH, "endpoint",
	       at.ip.family ? ip_text(ip, &at.ip) : "no address");
	if (at.tcp)
		printf(", tcp %u", at.tcp);
	if (at.udp)
		printf(", udp %u", at.udp);
	if (at.quic)
		printf(", quic %u", at.quic);
	printf("\n");
}

static void print_entries(const struct enr *r)
{
	struct rlp in = enr_entries(r);
	char key[4 * ENR_MAX + 1];
	int width = 0;

	while (rlp_more(&in)) {
		int n = (int)strlen(
			show_text(key, sizeof(key), rlp_bytes(&in)));

		rlp_raw(&in);
		width = n > width ? n : width;
	}
	in = enr_entries(r);
	while (rlp_more(&in)) {
		struct span name = rlp_bytes(&in), value = rlp_raw(&in);
		char text[RECORD_VALUE_MAX];
		bool ok = record_value(text, name, value);

		printf("  %-*s  %s%s\n", width,
		       show_text(key, sizeof(key), name), ok ? "" : "(!) ",
		       text);
	}
}

static void print_text(const struct enr *r, const struct why *invalid)
{
	char text[ENR_TEXT_MAX];
	char url[ENODE_URL_MAX];
	char id[NODE_ID_HEX];
	struct enode node;

	enr_node(&node, r, NULL);
	if (invalid)
		printf("%-*s  %s\n", KEY_WIDTH, "INVALID", invalid->text);
	printf("%-*s  %s\n", KEY_WIDTH, "enr", enr_text(text, r));
	if (!invalid) {
		printf("%-*s  %s\n", KEY_WIDTH, "id", node_id_text(id, &r->id));
		printf("%-*s  %s\n", KEY_WIDTH, "enode", enode_url(url, &node));
	}
	printf("%-*s  %" PRIu64 "\n", KEY_WIDTH, "seq", r->seq);
	printf("%-*s  %u of at most %d bytes\n", KEY_WIDTH, "size", r->len,
	       ENR_MAX);
	print_endpoint(r);
	printf("entries\n");
	print_entries(r);
}

void show_record(const struct enr *r, const struct why *invalid,
		 enum show_form form)
{
	if (form == SHOW_AS_JSON)
		print_json(r, invalid);
	else
		print_text(r, invalid);
}
