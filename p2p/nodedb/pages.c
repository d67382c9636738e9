/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/pages.h"

#include <stdlib.h>

/* The format: numbers in the machine's order, size_t as wide as it is there. */
enum {
	MAGIC = 0xBEEFC0DE,
	VERSION = 1,
	PAGE_MIN = 4096,
	PAGE_LARGEST = 32768,
	METAS = 2, /* pages */
	DEPTH_MAX = 32,
	KEY_MAX = 511,
	KEYS_PER_PAGE = 2, /* at least, so that long values go elsewhere */

	IS_BRANCH = 0x01,
	IS_LEAF = 0x02,
	IS_OVERFLOW = 0x04,
	IS_META = 0x08,
	NODE_BIG = 0x01, /* its value is on overflow pages */
	KEYS_ARE_NUMBERS = 0x08,
};

#define NO_PAGE SIZE_MAX

struct page_head {
	size_t number;
	uint16_t pad;
	uint16_t flags;
	uint16_t lower, upper; /* of the gap between offsets and nodes; of
				  overflow pages together their count */
};

struct node_head {
	uint16_t lo, hi;
	uint16_t flags; /* of a branch: more of the child's number */
	uint16_t key;	/* bytes */
};

struct tree {
	uint32_t pad;
	uint16_t flags;
	uint16_t depth;
	size_t branches, leaves, overflows; /* pages */
	size_t entries;
	size_t root;
};

struct meta {
	uint32_t magic;
	uint32_t version;
	size_t address;
	size_t mapsize;
	struct tree free, main;
	size_t last; /* page */
	size_t transaction;
};

struct check {
	struct span file;
	struct why *why;
	size_t page_size;
	struct meta meta;
	uint8_t *seen; /* a bit for each page */
	size_t count;  /* of these */
};

/* A tree on the way through it. */
struct walk {
	struct check *check;
	const struct tree *tree;
	bool is_free;	   /* the one of the free pages */
	struct tree found; /* counts */
};

/* A page of a tree, its head read. */
struct page {
	size_t number;
	const uint8_t *data;
	struct page_head head;
	size_t count;	       /* nodes */
	struct span low, high; /* what the parents say of its keys: from low,
				* below high; data NULL: nothing */
};

struct node {
	struct node_head head;
	struct span key;
	const uint8_t *value;
	size_t size; /* of the node in its page, made even */
};

static enum err bad(const struct check *c, size_t page, const char *what)
{
	return err_fail(c->why, ERR_FORMAT, "page %zu: %s", page, what);
}

/* --- pages ---------------------------------------------------------------- */

static struct page_head head_of(const uint8_t *page)
{
	struct page_head head;

	memcpy(&head, page, sizeof(head));
	return head;
}

/* Each page once: as a part of a tree, or as a free one. */
static enum err see(struct check *c, size_t number)
{
	uint8_t bit = (uint8_t)(1U << number % 8);

	if (number < METAS || number > c->meta.last)
		return bad(c, number, "out of range");
	if (c->seen[number / 8] & bit)
		return bad(c, number, "in use twice");
	c->seen[number / 8] |= bit;
	c->count++;
	return ERR_NONE;
}

/* A page in the file, or NULL. */
static const uint8_t *page_at(const struct check *c, size_t number)
{
	if (number >= c->file.len / c->page_size)
		return NULL;
	return c->file.data + number * c->page_size;
}

/* --- nodes ---------------------------------------------------------------- */

static size_t child_of(const struct node_head *h)
{
	/* In two steps: a size_t of 32 bits has no room for the flags. */
	size_t high = (size_t)h->flags << 16 << (sizeof(size_t) > 4 ? 16 : 0);

	return h->lo | (size_t)h->hi << 16 | (sizeof(size_t) > 4 ? high : 0);
}

static size_t value_len(const struct node_head *h)
{
	return h->lo | (size_t)h->hi << 16;
}

/* Bytes that a node takes, or 0: it would be too large for any page. */
static size_t node_size(const struct check *c, const struct page *p,
			const struct node_head *h)
{
	size_t most = (c->page_size - sizeof(struct page_head)) / KEYS_PER_PAGE;
	size_t n = sizeof(*h) + h->key;

	if (p->head.flags == IS_LEAF)
		n += h->flags & NODE_BIG ? sizeof(size_t) : value_len(h);
	if (h->key > KEY_MAX || n > (most & ~(size_t)1) - sizeof(uint16_t))
		return 0;
	return n + n % 2;
}

static enum err node_at(struct node *out, const struct check *c,
			const struct page *p, size_t i)
{
	uint16_t at;

	memcpy(&at, p->data + sizeof(p->head) + i * sizeof(at), sizeof(at));
	if (at < p->head.upper || at % 2 ||
	    at > c->page_size - sizeof(out->head))
		return bad(c, p->number, "a node outside of it");
	memcpy(&out->head, p->data + at, sizeof(out->head));
	out->size = node_size(c, p, &out->head);
	if (!out->size || out->size > c->page_size - at)
		return bad(c, p->number, "a node that is too large");
	out->key = span_of(p->data + at + sizeof(out->head), out->head.key);
	out->value = out->key.data + out->key.len;
	return ERR_NONE;
}

/* Do the nodes fill what is behind the gap, without overlaps? */
static enum err check_nodes(const struct check *c, const struct page *p)
{
	uint8_t taken[PAGE_LARGEST / 2] = { 0 }; /* of every second byte */
	size_t sum = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct node n;
		enum err rc = node_at(&n, c, p, i);
		size_t start;

		if (rc)
			return rc;
		start = (size_t)(n.key.data - p->data) - sizeof(n.head);
		for (size_t at = start; at < start + n.size; at += 2)
			if (taken[at / 2]++)
				return bad(c, p->number, "nodes that overlap");
		sum += n.size;
	}
	if (sum != c->page_size - p->head.upper)
		return bad(c, p->number, "a gap between nodes");
	return ERR_NONE;
}

/* --- the order of keys ---------------------------------------------------- */

static size_t number_of(struct span key)
{
	size_t n;

	memcpy(&n, key.data, sizeof(n));
	return n;
}

static int compare(const struct walk *w, struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d;

	if (w->is_free)
		return (number_of(a) > number_of(b)) -
		       (number_of(a) < number_of(b));
	d = memcmp(a.data, b.data, n);
	return d ? d : (a.len > b.len) - (a.len < b.len);
}

/* The first key of a branch stands for all that is lower, and is not read. */
static bool is_read(const struct page *p, size_t i)
{
	return i > 0 || p->head.flags == IS_LEAF;
}

static enum err check_keys(const struct walk *w, const struct page *p)
{
	struct span last = { 0 };

	for (size_t i = 0; i < p->count; i++) {
		struct node n;
		enum err rc = node_at(&n, w->check, p, i);

		if (rc)
			return rc;
		if (!is_read(p, i))
			continue;
		if (w->is_free ? n.key.len != sizeof(size_t) : !n.key.len)
			return bad(w->check, p->number, "a key of wrong size");
		if ((p->low.data && compare(w, n.key, p->low) < 0) ||
		    (p->high.data && compare(w, n.key, p->high) >= 0) ||
		    (last.data && compare(w, n.key, last) <= 0))
			return bad(w->check, p->number, "keys out of order");
		last = n.key;
	}
	return ERR_NONE;
}

/* --- values --------------------------------------------------------------- */

/* The list of pages that a transaction left free: their number, then they,
 * the highest first. */
static enum err check_free(struct walk *w, size_t page, const struct node *n,
			   struct span list)
{
	struct check *c = w->check;
	size_t transaction = number_of(n->key);
	size_t count, last = NO_PAGE;

	if (!transaction || transaction > c->meta.transaction)
		return bad(c, page, "free pages of another time");
	if (list.len < sizeof(count))
		return bad(c, page, "free pages without count");
	count = number_of(list);
	if (count > list.len / sizeof(count) - 1)
		return bad(c, page, "more free pages than it names");
	for (size_t i = 1; i <= count; i++) {
		size_t number = number_of(span_of(
			list.data + i * sizeof(number), sizeof(number)));
		enum err rc = see(c, number);

		if (rc)
			return rc;
		if (number >= last)
			return bad(c, page, "free pages out of order");
		last = number;
	}
	return ERR_NONE;
}

/* A value on pages of its own. */
static enum err find_big(struct walk *w, struct span *out, const struct node *n)
{
	struct check *c = w->check;
	size_t first = number_of(span_of(n->value, sizeof(first)));
	size_t len = value_len(&n->head), count;
	const uint8_t *page = page_at(c, first);
	struct page_head head;

	if (!page)
		return bad(c, first, "behind the end of the file");
	head = head_of(page);
	count = head.lower | (size_t)head.upper << 16;
	if (head.number != first || head.flags != IS_OVERFLOW)
		return bad(c, first, "of another kind or place");
	if (len > PAGES_FILE_MAX || !count ||
	    count > PAGES_FILE_MAX / c->page_size ||
	    count * c->page_size - sizeof(head) < len ||
	    !page_at(c, first + count - 1))
		return bad(c, first, "a value of wrong size");
	for (size_t i = 0; i < count; i++) {
		enum err rc = see(c, first + i);

		if (rc)
			return rc;
	}
	w->found.overflows += count;
	*out = span_of(page + sizeof(head), len);
	return ERR_NONE;
}

static enum err check_leaf(struct walk *w, const struct page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct span value;
		struct node n;
		enum err rc = node_at(&n, w->check, p, i);

		if (!rc && n.head.flags & ~NODE_BIG)
			rc = bad(w->check, p->number, "a node of another kind");
		if (rc)
			return rc;
		value = span_of(n.value, value_len(&n.head));
		if (n.head.flags & NODE_BIG)
			rc = find_big(w, &value, &n);
		if (!rc && w->is_free)
			rc = check_free(w, p->number, &n, value);
		if (rc)
			return rc;
	}
	w->found.leaves++;
	w->found.entries += p->count;
	return ERR_NONE;
}

/* --- trees ---------------------------------------------------------------- */

static enum err check_head(const struct walk *w, struct page *p, bool is_leaf)
{
	const struct check *c = w->check;
	size_t room = c->page_size, offsets;

	p->head = head_of(p->data);
	if (p->head.number != p->number ||
	    p->head.flags != (is_leaf ? IS_LEAF : IS_BRANCH))
		return bad(c, p->number, "of another kind or place");
	if (p->head.lower < sizeof(p->head) || p->head.upper > room ||
	    p->head.lower > p->head.upper || p->head.lower % 2)
		return bad(c, p->number, "bounds that cannot be");
	offsets = p->head.lower - sizeof(p->head);
	p->count = offsets / sizeof(uint16_t);
	/* LMDB relies on a branch that branches, but among free pages. */
	if (p->count < (is_leaf || w->is_free ? 1 : 2))
		return bad(c, p->number, "without nodes");
	return ERR_NONE;
}

static enum err walk_page(struct walk *w, size_t number, struct span low,
			  struct span high, unsigned depth);

static enum err walk_branch(struct walk *w, const struct page *p,
			    unsigned depth)
{
	for (size_t i = 0; i < p->count; i++) {
		struct span low = p->low, high = p->high;
		struct node n, next;
		enum err rc = node_at(&n, w->check, p, i);

		if (!rc && i)
			low = n.key;
		if (!rc && i + 1 < p->count) {
			rc = node_at(&next, w->check, p, i + 1);
			high = next.key;
		}
		if (!rc)
			rc = walk_page(w, child_of(&n.head), low, high,
				       depth + 1);
		if (rc)
			return rc;
	}
	w->found.branches++;
	return ERR_NONE;
}

/* At most DEPTH_MAX deep in itself. */
static enum err walk_page(struct walk *w, size_t number, struct span low,
			  struct span high, unsigned depth)
{
	struct page p = { .number = number, .low = low, .high = high };
	bool is_leaf = depth == w->tree->depth;
	enum err rc = see(w->check, number);

	if (rc)
		return rc;
	p.data = page_at(w->check, number);
	if (!p.data)
		return bad(w->check, number, "behind the end of the file");
	rc = check_head(w, &p, is_leaf);
	if (!rc)
		rc = check_nodes(w->check, &p);
	if (!rc)
		rc = check_keys(w, &p);
	if (rc)
		return rc;
	return is_leaf ? check_leaf(w, &p) : walk_branch(w, &p, depth);
}

static enum err check_tree(struct check *c, const struct tree *tree,
			   bool is_free)
{
	struct walk w = { .check = c, .tree = tree, .is_free = is_free };
	struct span none = { 0 };
	enum err rc = ERR_NONE;

	if (tree->depth > DEPTH_MAX || !tree->depth != (tree->root == NO_PAGE))
		return err_fail(c->why, ERR_FORMAT, "a tree without its root");
	if (tree->depth)
		rc = walk_page(&w, tree->root, none, none, 1);
	if (rc)
		return rc;
	if (w.found.branches != tree->branches ||
	    w.found.leaves != tree->leaves ||
	    w.found.overflows != tree->overflows ||
	    w.found.entries != tree->entries)
		return err_fail(c->why, ERR_FORMAT, "pages are missing");
	return ERR_NONE;
}

/* --- meta pages ----------------------------------------------------------- */

static enum err read_meta(struct check *c, struct meta *out, size_t number)
{
	const uint8_t *page = page_at(c, number);
	struct page_head head;

	if (!page)
		return err_fail(c->why, ERR_FORMAT, "%zu bytes are no database",
				c->file.len);
	head = head_of(page);
	memcpy(out, page + sizeof(head), sizeof(*out));
	if (out->magic != MAGIC || out->version != VERSION ||
	    head.flags != IS_META || head.number != number)
		return err_fail(c->why, ERR_FORMAT, "not an LMDB database");
	if (out->free.pad != c->page_size ||
	    out->free.flags != KEYS_ARE_NUMBERS || out->main.pad ||
	    out->main.flags)
		return bad(c, number, "of a database of another kind");
	return ERR_NONE;
}

/* What LMDB takes for the size of pages: from the first one. */
static enum err find_page_size(struct check *c)
{
	struct meta meta;
	size_t at = sizeof(struct page_head), size;

	if (c->file.len < PAGE_MIN)
		return err_fail(c->why, ERR_FORMAT, "%zu bytes are no database",
				c->file.len);
	memcpy(&meta, c->file.data + at, sizeof(meta));
	size = meta.free.pad;
	if (meta.magic != MAGIC || meta.version != VERSION)
		return err_fail(c->why, ERR_FORMAT, "not an LMDB database");
	if (size < PAGE_MIN || size > PAGE_LARGEST || size & (size - 1))
		return bad(c, 0, "pages of a size that cannot be");
	c->page_size = size;
	return ERR_NONE;
}

/* Transactions are numbered, and write to the meta pages in turn; LMDB takes
 * the newer one. */
static enum err choose_meta(struct check *c)
{
	struct meta even, odd;
	enum err rc = read_meta(c, &even, 0);

	if (!rc)
		rc = read_meta(c, &odd, 1);
	if (rc)
		return rc;
	if (!even.transaction && !odd.transaction)
		c->meta = even; /* new */
	else if (even.transaction % 2 == 0 &&
		 odd.transaction == even.transaction + 1)
		c->meta = odd;
	else if (odd.transaction % 2 && even.transaction == odd.transaction + 1)
		c->meta = even;
	else
		return err_fail(c->why, ERR_FORMAT,
				"meta pages of different databases");
	if (c->meta.last < METAS - 1 ||
	    c->meta.last >= PAGES_FILE_MAX / c->page_size)
		return err_fail(c->why, ERR_FORMAT, "its size cannot be");
	return ERR_NONE;
}

enum err pages_check(struct span file, struct why *why)
{
	struct check c = { .file = file, .why = why };
	enum err rc;

	if (file.len > PAGES_FILE_MAX)
		return err_fail(why, ERR_LIMIT, "over %d MB",
				PAGES_FILE_MAX >> 20);
	rc = find_page_size(&c);
	if (!rc)
		rc = choose_meta(&c);
	if (rc)
		return rc;
	c.seen = calloc(1, c.meta.last / 8 + 1);
	if (!c.seen)
		abort();
	rc = check_tree(&c, &c.meta.free, true);
	if (!rc)
		rc = check_tree(&c, &c.meta.main, false);
	if (!rc && c.count != c.meta.last + 1 - METAS)
		rc = err_fail(why, ERR_FORMAT, "pages that nothing leads to");
	free(c.seen);
	return rc;
}
