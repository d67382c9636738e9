/* SPDX-License-Identifier: Apache-2.0 */
/* The newest roots of DNS node lists: "Remember the highest seq per URL (in the
 * node database) and refuse lower ones." */
#include <string.h>

#include "p2p/nodedb/known_inside.h"

enum {
	USED_S = 24 * 3600, /* how exact `used` is */
};

struct known_list *known_list_find(const struct known *k,
				   const struct entry_key *key)
{
	struct known_list *l;

	HASH_FIND(hh, k->lists, key, sizeof(*key), l);
	return l;
}

struct known_list *known_list_insert(struct known *k,
				     const struct entry_list *list)
{
	struct known_list *l = known_made(sizeof(*l));

	l->list = *list;
	l->key = entry_list_key(list->url);
	HASH_ADD(hh, k->lists, key, sizeof(l->key), l);
	known_came(k, &l->state, &l->key);
	return l;
}

static void remove_list(struct known *k, struct known_list *l)
{
	known_went(k, &l->state, &l->key);
	HASH_DEL(k->lists, l);
	free(l);
}

void known_lists_clear(struct known *k)
{
	while (k->lists)
		remove_list(k, k->lists);
}

void known_lists_trim(struct known *k)
{
	while (HASH_COUNT(k->lists) > KNOWN_LISTS) {
		struct known_list *least = k->lists;

		for (struct known_list *l = least; l; l = l->hh.next)
			if (l->list.used < least->list.used)
				least = l;
		remove_list(k, least);
	}
}

static void use(struct known *k, struct known_list *l, uint64_t unix_s)
{
	/* A clock that was ahead must not protect it for ever. */
	if (l->list.used <= unix_s && unix_s - l->list.used < USED_S)
		return;
	l->list.used = unix_s;
	known_changed(k, &l->state);
}

uint64_t known_list_seq(struct known *k, const char *url, uint64_t unix_s)
{
	struct entry_key key = entry_list_key(url);
	struct known_list *l = known_list_find(k, &key);

	if (!l)
		return 0;
	use(k, l, unix_s);
	return l->list.seq;
}

void known_set_list_seq(struct known *k, const char *url, uint64_t seq,
			uint64_t unix_s)
{
	struct entry_key key = entry_list_key(url);
	struct known_list *l = known_list_find(k, &key);
	struct entry_list list = { .seq = seq, .used = unix_s };

	if (strlen(url) >= sizeof(list.url))
		return;
	if (!l) {
		memcpy(list.url, url, strlen(url));
		l = known_list_insert(k, &list);
		known_changed(k, &l->state);
		known_lists_trim(k);
		return;
	}
	use(k, l, unix_s);
	if (seq <= l->list.seq)
		return;
	l->list.seq = seq;
	known_changed(k, &l->state);
}
