/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/capability.h"

#include <assert.h>
#include <stdlib.h>

/* A name and a version of either side: what is sorted by and looked up. */
struct key {
	struct span name;
	uint64_t version;
};

static struct key key_of(const struct capability *c)
{
	return (struct key){ .name = span_text(c->name),
			     .version = c->version };
}

/* "Byte-wise, so upper case before lower case." A name is raw bytes, NUL
 * included, and a shorter one goes before those it begins. */
static int compare_names(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(struct key a, struct key b)
{
	int order = compare_names(a.name, b.name);

	if (order)
		return order;
	return (a.version > b.version) - (a.version < b.version);
}

static int compare_local(const void *a, const void *b)
{
	return compare_keys(key_of(a), key_of(b));
}

static int compare_claims(const void *a, const void *b)
{
	const struct capability_claim *x = a;
	const struct capability_claim *y = b;

	return compare_keys((struct key){ x->name, x->version },
			    (struct key){ y->name, y->version });
}

/* Is the capability among the claims, which are sorted? */
static bool is_claimed(const struct capability *c,
		       const struct capability_claim *theirs, size_t count)
{
	struct capability_claim ours = { .name = span_text(c->name),
					 .version = c->version };

	return count &&
	       bsearch(&ours, theirs, count, sizeof(*theirs), compare_claims);
}

/* Put local[index] where its name belongs among the matches so far. A name
 * has one place, and its highest version keeps it. Returns the new count. */
static size_t keep_highest(struct capability_match *out, size_t count,
			   const struct capability *local, size_t index)
{
	struct key ours = key_of(&local[index]);
	size_t at = count;

	while (at &&
	       compare_names(ours.name,
			     span_text(local[out[at - 1].index].name)) < 0)
		at--;
	if (at &&
	    span_equal(ours.name, span_text(local[out[at - 1].index].name))) {
		if (local[out[at - 1].index].version < ours.version)
			out[at - 1].index = (uint32_t)index;
		return count;
	}
	for (size_t i = count; i > at; i--)
		out[i] = out[i - 1];
	out[at].index = (uint32_t)index;
	return count + 1;
}

enum err capability_check(const struct capability *local, size_t count)
{
	uint64_t codes = CAPABILITY_BASE_CODES;

	if (count > CAPABILITIES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		if (!local[i].name[0] ||
		    !memchr(local[i].name, 0, sizeof(local[i].name)))
			return ERR_FORMAT;
		for (size_t k = 0; k < i; k++)
			if (!compare_local(&local[k], &local[i]))
				return ERR_EXISTS;
		codes += local[i].codes;
	}
	return codes > UINT32_MAX ? ERR_LIMIT : ERR_NONE;
}

void capability_sort(struct capability *local, size_t count)
{
	if (count)
		qsort(local, count, sizeof(*local), compare_local);
}

/* The specification walks the peer's sorted list, gives a name's codes back
 * when a higher version of it follows, and so ends with "per name only the
 * highest shared version, contiguous ranges in name order" (specs: "Capability
 * matching and message codes"). That end is made here directly: our list is
 * the short one, so its entries are looked up in theirs, and offsets are given
 * once, when it is known who stays. */
size_t capability_match(struct capability_match *out,
			const struct capability *local, size_t count,
			struct capability_claim *theirs, size_t theirs_count)
{
	uint32_t offset = CAPABILITY_BASE_CODES;
	size_t found = 0;

	assert(count <= CAPABILITIES_MAX);
	if (theirs_count)
		qsort(theirs, theirs_count, sizeof(*theirs), compare_claims);
	for (size_t i = 0; i < count; i++)
		if (is_claimed(&local[i], theirs, theirs_count))
			found = keep_highest(out, found, local, i);
	for (size_t i = 0; i < found; i++) {
		out[i].offset = offset;
		offset += local[out[i].index].codes;
	}
	return found;
}
