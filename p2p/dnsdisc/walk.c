/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/walk.h"

#include <assert.h>

#include "p2p/crypto/hashtable.h"

/* An entry that was named. Names of different length that begin alike are one:
 * 12 bytes are what every one of them has. */
struct dns_seen {
	uint8_t key[DNS_HASH_MIN];
	bool is_branch; /* as far as we know */
	bool is_twice;	/* named once more */
	UT_hash_handle hh;
};

static struct dns_seen *find(const struct dns_walk *w,
			     const struct dns_hash *hash)
{
	struct dns_seen *seen;

	HASH_FIND(hh, w->seen, hash->b, sizeof(seen->key), seen);
	return seen;
}

static void add(struct dns_walk *w, const struct dns_hash *hash, uint8_t depth)
{
	struct dns_step step = { .hash = *hash, .depth = depth };
	struct dns_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		abort();
	memcpy(seen->key, hash->b, sizeof(seen->key));
	HASH_ADD(hh, w->seen, key, sizeof(seen->key), seen);
	dns_walk_put_back(w, &step);
}

static void forget(struct dns_walk *w)
{
	struct dns_seen *seen, *next;

	HASH_ITER (hh, w->seen, seen, next) {
		HASH_DELETE(hh, w->seen, seen);
		free(seen);
	}
	w->count = 0;
	w->found = 0;
}

void dns_walk_start(struct dns_walk *w, enum dns_walk_kind kind,
		    const struct dns_hash *top, size_t entries_max)
{
	assert(entries_max > 0 && entries_max <= DNS_ENTRIES_MAX);
	*w = (struct dns_walk){
		.kind = kind,
		.top = *top,
		.entries_max = entries_max,
	};
	add(w, top, 1);
}

void dns_walk_restart(struct dns_walk *w)
{
	forget(w);
	add(w, &w->top, 1);
}

void dns_walk_clear(struct dns_walk *w)
{
	forget(w);
	free(w->missing);
	w->missing = NULL;
	w->room = 0;
}

size_t dns_walk_entries(const struct dns_walk *w)
{
	return HASH_COUNT(w->seen);
}

struct dns_step dns_walk_take(struct dns_walk *w, size_t index)
{
	struct dns_step step = w->missing[index];

	assert(index < w->count);
	w->missing[index] = w->missing[--w->count];
	return step;
}

void dns_walk_put_back(struct dns_walk *w, const struct dns_step *step)
{
	if (w->count == w->room) {
		w->room = w->room ? 2 * w->room : 16;
		w->missing =
			reallocarray(w->missing, w->room, sizeof(*w->missing));
		if (!w->missing)
			abort();
	}
	w->missing[w->count++] = *step;
}

/* --- branches ------------------------------------------------------------- */

/* Before anything of the branch counts. */
static enum err check_children(const struct dns_walk *w, struct span children,
			       struct why *why)
{
	char name[DNS_HASH_TEXT];
	struct dns_hash hash;
	size_t fresh = 0;

	while (dns_branch_next(&hash, &children)) {
		const struct dns_seen *seen = find(w, &hash);

		if (seen && seen->is_branch)
			return err_fail(why, ERR_FORMAT,
					"names the branch %s again: a loop",
					dns_hash_text(name, &hash));
		fresh += !seen;
	}
	/* One that this branch names twice counts twice here. */
	if (dns_walk_entries(w) + fresh > w->entries_max)
		return err_fail(why, ERR_LIMIT, "over %zu entries",
				w->entries_max);
	return ERR_NONE;
}

/* So that the last one that is missing is the first one named. */
static void reverse(struct dns_step *steps, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct dns_step other = steps[count - 1 - i];

		steps[count - 1 - i] = steps[i];
		steps[i] = other;
	}
}

static void add_children(struct dns_walk *w, struct span children,
			 uint8_t depth)
{
	size_t before = w->count;
	struct dns_hash hash;

	while (dns_branch_next(&hash, &children)) {
		struct dns_seen *seen = find(w, &hash);

		if (seen)
			seen->is_twice = true;
		else
			add(w, &hash, depth);
	}
	if (w->count > before)
		reverse(w->missing + before, w->count - before);
}

static enum err enter_branch(struct dns_walk *w, const struct dns_step *step,
			     struct span children, struct why *why)
{
	struct dns_seen *seen = find(w, &step->hash);
	enum err rc;

	if (seen->is_twice)
		return err_fail(why, ERR_FORMAT,
				"a branch that is named twice: a loop");
	if (children.len && step->depth == DNS_DEPTH_MAX)
		return err_fail(why, ERR_LIMIT, "over %d entries deep",
				DNS_DEPTH_MAX);
	seen->is_branch = true; /* it may name itself */
	rc = check_children(w, children, why);
	if (!rc)
		add_children(w, children, (uint8_t)(step->depth + 1));
	return rc;
}

/* --- entries -------------------------------------------------------------- */

enum err dns_walk_visit(struct dns_walk *w, enum dns_fault *fault,
			const struct dns_step *step, const struct dns_entry *e,
			struct why *why)
{
	bool is_record = e->kind == DNS_LEAF;

	if (e->kind == DNS_BRANCH) {
		*fault = DNS_FAULT_TREE;
		return enter_branch(w, step, e->children, why);
	}
	*fault = DNS_FAULT_ENTRY;
	if (is_record != (w->kind == DNS_WALK_RECORDS))
		return err_fail(why, ERR_FORMAT, "a %s among the %s",
				is_record ? "record" : "link",
				is_record ? "links" : "records");
	w->found++;
	return ERR_NONE;
}

enum err dns_walk_enter(struct dns_walk *w, struct dns_entry *out,
			enum dns_fault *fault, const struct dns_step *step,
			const struct span *values, size_t count,
			struct why *why)
{
	char name[DNS_HASH_TEXT];
	struct dns_entry e;
	enum err rc = dns_entry_find(&e, values, count, &step->hash, why);

	if (rc) {
		/* The right text, which the list has so. */
		*fault = count == 1 && dns_hash_matches(&step->hash, values[0])
				 ? DNS_FAULT_ENTRY
				 : DNS_FAULT_ANSWER;
		return rc;
	}
	rc = dns_walk_visit(w, fault, step, &e, why);
	if (rc)
		return err_wrap(why, rc, "%s",
				dns_hash_text(name, &step->hash));
	*out = e;
	return ERR_NONE;
}
