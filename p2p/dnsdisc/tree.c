/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/tree.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BRANCH_TEXT = 512, /* 15 and 13 * 27 fit */
};

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* --- growing -------------------------------------------------------------- */

static struct dns_hash add(struct dns_tree *tree, const char *text)
{
	struct dns_tree_entry *e;

	/* Doubled when it is full, which it is at the powers of two. */
	if (!(tree->count & (tree->count - 1)))
		tree->entries = need(reallocarray(
			tree->entries, tree->count ? 2 * tree->count : 1,
			sizeof(*tree->entries)));
	e = &tree->entries[tree->count++];
	e->hash = dns_hash_of(span_text(text));
	e->text = need(strdup(text));
	return e->hash;
}

static struct dns_hash add_branch(struct dns_tree *tree,
				  const struct dns_hash *children, size_t count)
{
	char text[BRANCH_TEXT] = "enrtree-branch:", hash[DNS_HASH_TEXT];
	size_t n = strlen(text);

	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i ? "," : "",
				      dns_hash_text(hash, &children[i]));
	return add(tree, text);
}

/* "A subtree of one leaf is that leaf; of at most 13 leaves one branch;
 * otherwise branches of 13, recursively. Zero leaves make enrtree-branch:."
 * Level by level, in place. */
static struct dns_hash grow(struct dns_tree *tree, struct dns_hash *level,
			    size_t count)
{
	if (!count)
		return add_branch(tree, NULL, 0);
	while (count > 1) {
		size_t up = 0;

		for (size_t at = 0; at < count; at += DNS_BRANCH_CHILDREN) {
			size_t n = count - at < DNS_BRANCH_CHILDREN
					   ? count - at
					   : DNS_BRANCH_CHILDREN;

			level[up++] = n == 1 ? level[at]
					     : add_branch(tree, &level[at], n);
		}
		count = up;
	}
	return level[0];
}

/* --- checking ------------------------------------------------------------- */

static bool has_bad_port(const struct enr *r)
{
	static const char *const keys[] = { "tcp", "udp", "tcp6", "udp6" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct span value;
		struct rlp in;

		if (!enr_get(r, keys[i], &value))
			continue;
		in = rlp_of(value.data, value.len);
		rlp_uint(&in, 2);
		if (rlp_end(&in))
			return true;
	}
	return false;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct enr *)a)->id.b,
		      ((const struct enr *)b)->id.b, NODE_ID_LEN);
}

/* A copy in the order of node ids, each verified. */
static enum err sorted(struct enr **out, const struct enr *records,
		       size_t count, struct why *why)
{
	struct enr *list = need(calloc(count + 1, sizeof(*list)));
	char id[NODE_ID_HEX];
	enum err rc;

	if (count)
		memcpy(list, records, count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		rc = enr_verify(&list[i], why);
		if (!rc && has_bad_port(&list[i]))
			rc = err_fail(why, ERR_FORMAT,
				      "a port is not a 16-bit integer");
		if (rc) {
			free(list);
			return err_wrap(why, rc, "record %zu", i + 1);
		}
	}
	qsort(list, count, sizeof(*list), by_id);
	for (size_t i = 1; i < count; i++) {
		if (by_id(&list[i - 1], &list[i]))
			continue;
		err_fail(why, ERR_EXISTS, "node %s: two records",
			 node_id_text(id, &list[i].id));
		free(list);
		return ERR_EXISTS;
	}
	*out = list;
	return ERR_NONE;
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(((const struct dns_tree_entry *)a)->hash.b,
		      ((const struct dns_tree_entry *)b)->hash.b,
		      DNS_HASH_OURS);
}

/* Every name once: the empty branch may be that of records and of links. */
static void drop_repeated(struct dns_tree *tree)
{
	size_t kept = 0;

	qsort(tree->entries, tree->count, sizeof(*tree->entries), by_hash);
	for (size_t i = 0; i < tree->count; i++) {
		if (kept &&
		    !by_hash(&tree->entries[kept - 1], &tree->entries[i]))
			free(tree->entries[i].text);
		else
			tree->entries[kept++] = tree->entries[i];
	}
	tree->count = kept;
}

/* --- making --------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err check_links(const struct dns_tree *tree, size_t count,
			    struct why *why)
{
	char **texts = need(calloc(count + 1, sizeof(*texts)));
	enum err rc = ERR_NONE;

	for (size_t i = 0; i < count; i++)
		texts[i] = tree->entries[i].text;
	qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 1; i < count && !rc; i++)
		if (!strcmp(texts[i - 1], texts[i]))
			rc = err_fail(why, ERR_EXISTS, "%s: there twice",
				      texts[i]);
	free(texts);
	return rc;
}

static enum err add_links(struct dns_tree *tree, const struct dns_link *links,
			  size_t count, struct why *why)
{
	struct dns_hash *level = need(calloc(count + 1, sizeof(*level)));
	char text[DNS_LINK_TEXT];
	enum err rc;

	for (size_t i = 0; i < count; i++)
		level[i] = add(tree, dns_link_text(text, &links[i]));
	rc = check_links(tree, count, why);
	if (!rc)
		tree->root.links = grow(tree, level, count);
	free(level);
	return rc;
}

static void add_records(struct dns_tree *tree, const struct enr *records,
			size_t count)
{
	struct dns_hash *level = need(calloc(count + 1, sizeof(*level)));
	char text[ENR_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		level[i] = add(tree, enr_text(text, &records[i]));
	tree->root.records = grow(tree, level, count);
	free(level);
}

enum err dns_tree_make(struct dns_tree *out, const struct enr *records,
		       size_t record_count, const struct dns_link *links,
		       size_t link_count, struct why *why)
{
	struct dns_tree tree = { 0 };
	struct enr *list = NULL;
	enum err rc;

	if (record_count > DNS_TREE_MAX || link_count > DNS_TREE_MAX)
		return err_fail(why, ERR_LIMIT, "over %d records or links",
				DNS_TREE_MAX);
	rc = sorted(&list, records, record_count, why);
	if (rc)
		return rc;
	rc = add_links(&tree, links, link_count, why);
	if (!rc) {
		add_records(&tree, list, record_count);
		drop_repeated(&tree);
		/* No more than who reads it takes. */
		if (tree.count > DNS_TREE_MAX)
			rc = err_fail(why, ERR_LIMIT, "over %d entries",
				      DNS_TREE_MAX);
	}
	if (rc)
		dns_tree_clear(&tree);
	else
		*out = tree;
	free(list);
	return rc;
}

void dns_tree_clear(struct dns_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->entries[i].text);
	free(tree->entries);
	*tree = (struct dns_tree){ 0 };
}
