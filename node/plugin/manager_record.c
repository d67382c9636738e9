/* SPDX-License-Identifier: Apache-2.0 */
/* manager_record.c - the entries of the node's record that its plugins set:
 * each is of one plugin, and together they fit, also while one is being
 * exchanged. */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/manager_inside.h"
#include "p2p/enode/local.h"

static size_t size_of(const struct slot *s)
{
	return instance_entries(s->host)->len;
}

/* Of two that are one plugin, now and soon, only one is told of at a time. */
static bool is_same_plugin(const struct slot *a, const struct slot *b)
{
	return a == b || a->old == b || b->old == a;
}

/* The room that others take, at most: of one that is being exchanged, the
 * larger of both. */
static size_t size_of_others(const struct slot *asks)
{
	const struct slot *s;
	size_t size = 0;

	DL_FOREACH (asks->m->slots, s) {
		if (is_same_plugin(s, asks) || s->stage > MANAGER_RUNNING)
			continue;
		if (!s->old)
			size += size_of(s);
		else if (size_of(s) > size_of(s->old))
			size += size_of(s) - size_of(s->old);
	}
	return size;
}

static const struct slot *who_has(const struct slot *asks, const char *key)
{
	struct span value;
	const struct slot *s;

	DL_FOREACH (asks->m->slots, s)
		if (!is_same_plugin(s, asks) && s->stage <= MANAGER_RUNNING &&
		    enr_draft_get(instance_entries(s->host), key, &value))
			return s;
	return NULL;
}

enum err slot_entry(void *ctx, const char *key)
{
	struct slot *asks = ctx;
	const struct instance_node *node = asks->m->config.node;
	const struct slot *has = who_has(asks, key);

	if (asks->stage > MANAGER_RUNNING)
		return ERR_CLOSED;
	if (has) {
		asks->refused_with = WEFT_EEXIST;
		return err_fail(&asks->refused, ERR_EXISTS,
				"the record's entry %s is set by %s already",
				key, slot_name(has));
	}
	if (size_of(asks) + size_of_others(asks) > LOCAL_ENTRIES_MAX) {
		asks->refused_with = WEFT_ELIMIT;
		return err_fail(&asks->refused, ERR_LIMIT,
				"the record has no room for the entry %s", key);
	}
	if (asks->stage != MANAGER_RUNNING || !node->entry)
		return ERR_NONE; /* told of with the other changes */
	return node->entry(node->ctx, key);
}

/* Keys are of one plugin, so none is there. */
static void add(struct enr_draft *out, const struct enr_draft *entries)
{
	struct rlp in = enr_draft_entries(entries);

	while (rlp_more(&in)) {
		struct span key = rlp_bytes(&in), value = rlp_raw(&in);
		char text[ENR_MAX];

		snprintf(text, sizeof(text), "%.*s", (int)key.len,
			 (const char *)key.data);
		if (enr_draft_set(out, text, value))
			abort();
	}
}

void manager_entries(const struct manager *m, struct enr_draft *out)
{
	const struct slot *s;

	*out = (struct enr_draft){ .len = 0 };
	DL_FOREACH (m->slots, s)
		if (s->stage == MANAGER_RUNNING)
			add(out, instance_entries(s->host));
}
