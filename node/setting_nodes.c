/* SPDX-License-Identifier: Apache-2.0 */
/* The types of settings that are lists of nodes. */
#include <inttypes.h>
#include <stdlib.h>

#include "node/parse.h"
#include "node/setting_types.h"

static enum err fail_twice(const char *text, struct why *why)
{
	return err_fail(why, ERR_EXISTS, "\"%.24s...\": the same node twice",
			text);
}

static enum err fail_too_many(uint64_t max, struct why *why)
{
	return err_fail(why, ERR_LIMIT, "more than %" PRIu64 " nodes", max);
}

static enum err add_node(struct setting_nodes *nodes, const char *text,
			 const struct enode *node, uint64_t max,
			 struct why *why)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (node_id_equal(&nodes->list[i].id, &node->id))
			return fail_twice(text, why);
	if (nodes->count == max)
		return fail_too_many(max, why);
	nodes->list =
		setting_list_room(nodes->list, nodes->count, sizeof(*node));
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
	for (size_t i = 0; i < nodes->count; i++)
		setting_print_item(out, enode_url(url, &nodes->list[i]));
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
			return fail_twice(text, why);
	if (nodes->count == row->max)
		return fail_too_many(row->max, why);
	nodes->list = setting_list_room(nodes->list, nodes->count, sizeof(b));
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

		setting_print_item(out, b->record.len
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
