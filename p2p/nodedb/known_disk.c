/* SPDX-License-Identifier: Apache-2.0 */
/* What is here against what is on disk. Of an entry that is on disk alone
 * there is a known_gone, so those are never more than what is on disk: even
 * when nothing can be written, they do not grow. */
#include "p2p/nodedb/known_inside.h"

/* --- what changed --------------------------------------------------------- */

static struct known_gone *gone_of(const struct known *k,
				  const struct entry_key *key)
{
	struct known_gone *g;

	HASH_FIND(hh, k->gone, key, sizeof(*key), g);
	return g;
}

static void gone_add(struct known *k, const struct entry_key *key)
{
	struct known_gone *g;

	if (gone_of(k, key))
		return;
	g = known_made(sizeof(*g));
	g->key = *key;
	HASH_ADD(hh, k->gone, key, sizeof(g->key), g);
}

static void gone_remove(struct known *k, struct known_gone *g)
{
	HASH_DEL(k->gone, g);
	free(g);
}

void known_changed(struct known *k, struct known_state *s)
{
	k->dirty += !s->is_dirty;
	s->is_dirty = true;
}

void known_came(struct known *k, struct known_state *s,
		const struct entry_key *key)
{
	struct known_gone *g = gone_of(k, key);

	if (!g)
		return;
	gone_remove(k, g);
	s->is_stored = true;
}

void known_went(struct known *k, const struct known_state *s,
		const struct entry_key *key)
{
	k->dirty -= s->is_dirty;
	if (s->is_stored)
		gone_add(k, key);
}

bool known_has_changes(const struct known *k)
{
	return k->dirty || k->gone;
}

/* --- to disk -------------------------------------------------------------- */

static struct known_state *state_of(const struct known *k,
				    const struct entry_key *key)
{
	struct span span = span_of(key->b, sizeof(key->b));
	struct known_item *item;
	struct known_list *l;
	struct node_id id;

	if (entry_is_list(span)) {
		l = known_list_find(k, key);
		return l ? &l->state : NULL;
	}
	memcpy(id.b, key->b + 1, sizeof(id.b));
	item = known_find(k, &id);
	return item ? &item->state : NULL;
}

static bool is_full(const struct known_batch *b)
{
	return b->count == KNOWN_BATCH;
}

static void add(struct known_batch *b, const struct entry_key *key, size_t at)
{
	b->changes[b->count++] = (struct known_change){
		.key = *key,
		.at = at,
		.len = b->values.len - at,
	};
}

static void collect_gone(struct known *k, struct known_batch *b)
{
	while (k->gone && !is_full(b)) {
		add(b, &k->gone->key, b->values.len);
		gone_remove(k, k->gone);
	}
}

static void collected(struct known *k, struct known_state *s)
{
	s->is_dirty = false;
	k->dirty--;
}

static void collect_nodes(struct known *k, struct known_batch *b,
			  struct known_item *item)
{
	for (; item && !is_full(b); item = item->next) {
		struct entry_key key = entry_node_key(&item->id);
		struct entry_node node;
		size_t at = b->values.len;

		if (!item->state.is_dirty)
			continue;
		node = known_item_read(item);
		entry_node_encode(&b->values, &node);
		add(b, &key, at);
		collected(k, &item->state);
	}
}

static void collect_lists(struct known *k, struct known_batch *b)
{
	for (struct known_list *l = k->lists; l && !is_full(b);
	     l = l->hh.next) {
		size_t at = b->values.len;

		if (!l->state.is_dirty)
			continue;
		entry_list_encode(&b->values, &l->list);
		add(b, &l->key, at);
		collected(k, &l->state);
	}
}

struct known_batch *known_collect(struct known *k, uint64_t seq)
{
	struct known_batch *b;

	if (!known_has_changes(k) && !seq)
		return NULL;
	b = malloc(sizeof(*b));
	if (!b)
		abort();
	b->count = 0;
	b->seq = seq;
	buf_init(&b->values, (size_t)KNOWN_BATCH * ENTRY_MAX);
	collect_gone(k, b);
	collect_lists(k, b);
	collect_nodes(k, b, k->proven);
	collect_nodes(k, b, k->unproven);
	return b;
}

/* It may have come back, or gone, since it was collected. */
static void is_written(struct known *k, const struct known_change *c)
{
	struct known_state *s = state_of(k, &c->key);

	if (s)
		s->is_stored = c->len;
	else if (c->len)
		gone_add(k, &c->key);
}

static void is_not_written(struct known *k, const struct known_change *c)
{
	struct known_state *s = state_of(k, &c->key);

	if (!c->len && s)
		s->is_stored = true;
	else if (!c->len)
		gone_add(k, &c->key);
	else if (s)
		known_changed(k, s);
}

void known_written(struct known *k, struct known_batch *batch, enum err rc)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (rc)
			is_not_written(k, &batch->changes[i]);
		else
			is_written(k, &batch->changes[i]);
	}
	buf_clear(&batch->values);
	free(batch);
}

/* --- from disk ------------------------------------------------------------ */

static uint32_t last_of(const struct known_item *item)
{
	uint32_t last = 0;

	for (size_t i = 0; i < item->count; i++) {
		uint32_t t = item->is_proven ? item->times[i].pong
					     : item->times[i].ping;

		last = t > last ? t : last;
	}
	return last;
}

static int by_silence(const struct known_item *a, const struct known_item *b)
{
	uint32_t x = last_of(a), y = last_of(b);

	return (x > y) - (x < y);
}

static enum err load_node(struct known *k, struct span key, struct span value)
{
	struct entry_node node;
	struct known_item *item;
	enum err rc = entry_node_decode(&node, key, value);
	struct node_id id;

	if (rc)
		return rc;
	memcpy(id.b, key.data + 1, sizeof(id.b));
	item = known_item_new(&id, &node);
	for (size_t i = 0; i < node.count; i++)
		item->is_proven |= node.at[i].pong != 0;
	item->state.is_stored = true;
	known_insert(k, item);
	return ERR_NONE;
}

static enum err load_list(struct known *k, struct span key, struct span value)
{
	struct entry_list list;
	enum err rc = entry_list_decode(&list, key, value);

	if (!rc)
		known_list_insert(k, &list)->state.is_stored = true;
	return rc;
}

enum err known_load(struct known *k, struct span key, struct span value)
{
	enum err rc = ERR_FORMAT;
	struct entry_key ours;

	if (entry_is_node(key))
		rc = load_node(k, key, value);
	else if (entry_is_list(key))
		rc = load_list(k, key, value);
	else
		return rc;
	if (rc) {
		memcpy(ours.b, key.data, sizeof(ours.b));
		gone_add(k, &ours);
	}
	return rc;
}

void known_loaded(struct known *k)
{
	DL_SORT(k->proven, by_silence);
	DL_SORT(k->unproven, by_silence);
	known_regroup(k);
	known_lists_trim(k);
}
