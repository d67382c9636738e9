/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodefilter.h"

#include <stdlib.h>

/* --- one node ------------------------------------------------------------- */

static bool is_in(const struct enr *r, const struct netlist *ips)
{
	struct enr_endpoint at;

	enr_endpoint(&at, r, NULL);
	return !ips->count ||
	       (at.ip.family != IP_NONE && netlist_has(ips, &at.ip));
}

/* "Last minus first response". */
static bool is_old(const struct nodeset_node *node, uint64_t min_age)
{
	return !min_age ||
	       (node->last_response > node->first_response &&
		node->last_response - node->first_response >= min_age);
}

static bool is_dialable(const struct enr *r)
{
	return enr_get_port(r, "tcp") || enr_get_port(r, "tcp6") ||
	       enr_get_port(r, "quic") || enr_get_port(r, "quic6");
}

static bool has_keys(const struct enr *r, const struct nodefilter *f)
{
	struct span value;

	for (size_t i = 0; i < f->key_count; i++)
		if (!enr_get(r, f->keys[i], &value))
			return false;
	return true;
}

static bool is_wanted(const struct nodeset_node *node,
		      const struct nodefilter *f)
{
	return is_in(&node->record, &f->ips) && is_old(node, f->min_age) &&
	       (!f->dialable || is_dialable(&node->record)) &&
	       has_keys(&node->record, f);
}

/* --- the best ------------------------------------------------------------- */

static int by_score(const void *a, const void *b)
{
	const struct nodeset_node *x = *(struct nodeset_node *const *)a;
	const struct nodeset_node *y = *(struct nodeset_node *const *)b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return memcmp(x->record.id.b, y->record.id.b, NODE_ID_LEN);
}

static void keep_best(struct nodeset *set, uint64_t limit)
{
	size_t count = nodeset_count(set), n = 0;
	struct nodeset_node **list, *node = NULL;

	if (count <= limit)
		return;
	list = calloc(count, sizeof(struct nodeset_node *));
	if (!list)
		abort();
	while ((node = nodeset_next(set, node)))
		list[n++] = node;
	qsort(list, n, sizeof(struct nodeset_node *), by_score);
	while (n > limit)
		nodeset_remove(set, list[--n]);
	free(list);
}

void nodefilter_apply(struct nodeset *set, const struct nodefilter *f)
{
	struct nodeset_node *node = nodeset_next(set, NULL);

	while (node) {
		struct nodeset_node *next = nodeset_next(set, node);

		if (!is_wanted(node, f))
			nodeset_remove(set, node);
		node = next;
	}
	keep_best(set, f->limit);
}

/* --- keys ------------------------------------------------------------------
 */

struct tally {
	struct nodekeys_row row;
	UT_hash_handle hh;
};

static void count_key(struct tally **table, struct span key)
{
	struct tally *t;

	HASH_FIND(hh, *table, key.data, key.len, t);
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			abort();
		t->row.len = key.len;
		memcpy(t->row.key, key.data, key.len);
		HASH_ADD_KEYPTR(hh, *table, t->row.key, key.len, t);
	}
	t->row.nodes++;
}

static int by_frequency(const void *a, const void *b)
{
	const struct nodekeys_row *x = a, *y = b;
	int order;

	if (x->nodes != y->nodes)
		return x->nodes < y->nodes ? 1 : -1;
	order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

size_t nodekeys_count(struct nodekeys_row **out, const struct nodeset *set)
{
	struct nodeset_node *node = NULL;
	struct tally *table = NULL, *t, *next;
	size_t count, n = 0;

	while ((node = nodeset_next(set, node))) {
		struct rlp in = enr_entries(&node->record);

		while (rlp_more(&in)) {
			count_key(&table, rlp_bytes(&in));
			rlp_raw(&in);
		}
	}
	count = HASH_COUNT(table);
	*out = calloc(count + 1, sizeof(**out));
	if (!*out)
		abort();
	HASH_ITER (hh, table, t, next) {
		(*out)[n++] = t->row;
		HASH_DELETE(hh, table, t);
		free(t);
	}
	qsort(*out, count, sizeof(**out), by_frequency);
	return count;
}
