/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "p2p/rlpx/capability.h"
#include "test/support/unit.h"

static struct capability offer(const char *name, uint64_t version,
			       uint32_t codes)
{
	struct capability c = { .version = version, .codes = codes };

	cr_assert_lt(strlen(name), sizeof(c.name));
	snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

static struct capability_claim claim(const char *name, uint64_t version)
{
	return (struct capability_claim){ .name = span_text(name),
					  .version = version };
}

static uint64_t number(json_t *at, const char *key)
{
	json_t *n = vectors_at(at, key);

	cr_assert(json_is_integer(n));
	return (uint64_t)json_integer_value(n);
}

static void match_vector(json_t *c)
{
	struct capability_match out[CAPABILITIES_MAX];
	struct capability local[CAPABILITIES_MAX];
	struct capability_claim theirs[16];
	json_t *ours = vectors_at(c, "local");
	json_t *remote = vectors_at(c, "remote");
	json_t *want = vectors_at(c, "match");
	size_t found;

	for (size_t i = 0; i < json_array_size(ours); i++) {
		json_t *o = json_array_get(ours, i);

		local[i] = offer(vectors_text(o, "name"), number(o, "version"),
				 (uint32_t)number(o, "length"));
	}
	for (size_t i = 0; i < json_array_size(remote); i++) {
		json_t *r = json_array_get(remote, i);

		theirs[i] =
			claim(vectors_text(r, "name"), number(r, "version"));
	}
	found = capability_match(out, local, json_array_size(ours), theirs,
				 json_array_size(remote));

	cr_assert_eq(found, json_object_size(want));
	for (size_t i = 0; i < found; i++) {
		const struct capability *got = &local[out[i].index];
		json_t *w = json_object_get(want, got->name);

		cr_assert_not_null(w);
		cr_assert_eq(got->version, number(w, "version"));
		cr_assert_eq(got->codes, number(w, "length"));
		cr_assert_eq(out[i].offset, number(w, "offset"));
	}
}

Test(capability, matches_as_the_vectors_say)
{
	json_t *root = vectors_load("rlpx.json");
	json_t *cases = vectors_at(root, "capability_matching.cases");

	cr_assert_eq(json_array_size(cases), 13);
	for (size_t i = 0; i < json_array_size(cases); i++)
		match_vector(json_array_get(cases, i));
	json_decref(root);
}

Test(capability, matches_in_name_order_whatever_the_local_order)
{
	struct capability local[] = { offer("zed", 1, 4), offer("foo", 1, 3),
				      offer("Zed", 1, 2), offer("fo", 7, 1) };
	struct capability_claim theirs[] = { claim("fo", 7), claim("zed", 1),
					     claim("foo", 1), claim("Zed", 1) };
	struct capability_match out[4];

	cr_assert_eq(capability_match(out, local, 4, theirs, 4), 4);
	cr_assert_eq(out[0].index, 2); /* "Zed" */
	cr_assert_eq(out[0].offset, 16);
	cr_assert_eq(out[1].index, 3); /* "fo" */
	cr_assert_eq(out[1].offset, 18);
	cr_assert_eq(out[2].index, 1); /* "foo" */
	cr_assert_eq(out[2].offset, 19);
	cr_assert_eq(out[3].index, 0); /* "zed" */
	cr_assert_eq(out[3].offset, 22);
}

Test(capability, takes_names_for_raw_bytes)
{
	struct capability local[] = { offer("foo", 1, 1) };
	struct capability_match out[1];
	struct capability_claim nul = { span_of("foo\0", 4), 1 };
	struct capability_claim shorter = { span_of("fo", 2), 1 };
	struct capability_claim empty = { span_of(NULL, 0), 1 };
	struct capability_claim whole = { span_of("foo\0", 3), 1 };

	cr_assert_eq(capability_match(out, local, 1, &nul, 1), 0);
	cr_assert_eq(capability_match(out, local, 1, &shorter, 1), 0);
	cr_assert_eq(capability_match(out, local, 1, &empty, 1), 0);
	cr_assert_eq(capability_match(out, local, 1, &whole, 1), 1);
}

Test(capability, matches_nothing_with_nothing)
{
	struct capability local[] = { offer("foo", 1, 1) };
	struct capability_claim theirs[] = { claim("foo", 1) };
	struct capability_match out[1];

	cr_assert_eq(capability_match(out, local, 1, NULL, 0), 0);
	cr_assert_eq(capability_match(out, NULL, 0, theirs, 1), 0);
	cr_assert_eq(capability_match(out, NULL, 0, NULL, 0), 0);
	capability_sort(NULL, 0);
	cr_assert_eq(capability_check(NULL, 0), ERR_NONE);
}

Test(capability, compares_versions_in_all_64_bits)
{
	struct capability local[] = { offer("foo", 1, 1),
				      offer("foo", UINT64_MAX, 2),
				      offer("foo", UINT64_C(1) << 32, 3) };
	struct capability_claim theirs[] = {
		claim("foo", UINT64_C(1) << 32),
		claim("foo", UINT64_MAX - 1),
		claim("foo", 1),
	};
	struct capability_match out[3];

	cr_assert_eq(capability_match(out, local, 3, theirs, 3), 1);
	cr_assert_eq(out[0].index, 2);
	theirs[0] = claim("foo", UINT64_MAX);
	cr_assert_eq(capability_match(out, local, 3, theirs, 3), 1);
	cr_assert_eq(out[0].index, 1);

	capability_sort(local, 3);
	cr_assert_eq(local[0].version, 1);
	cr_assert_eq(local[1].version, UINT64_C(1) << 32);
	cr_assert_eq(local[2].version, UINT64_MAX);
	local[0].version = 0;
	cr_assert_eq(capability_check(local, 3), ERR_NONE);
}

Test(capability, sorts_ours_by_name_then_version)
{
	struct capability local[] = { offer("foo", 10, 1), offer("foo", 9, 1),
				      offer("fo", 11, 1), offer("Zed", 1, 1),
				      offer("bar", 2, 1) };
	static const struct {
		const char *name;
		uint64_t version;
	} want[] = { { "Zed", 1 },
		     { "bar", 2 },
		     { "fo", 11 },
		     { "foo", 9 },
		     { "foo", 10 } };

	capability_sort(local, ARRAY_LEN(local));
	for (size_t i = 0; i < ARRAY_LEN(local); i++) {
		cr_assert_str_eq(local[i].name, want[i].name);
		cr_assert_eq(local[i].version, want[i].version);
	}
}

Test(capability, refuses_lists_of_ours_that_cannot_work)
{
	struct capability local[CAPABILITIES_MAX + 1];
	struct capability two[2] = { offer("foo", 1, 1), offer("foo", 1, 9) };

	cr_assert_eq(capability_check(two, 2), ERR_EXISTS);
	two[1] = offer("foo", 2, 1);
	cr_assert_eq(capability_check(two, 2), ERR_NONE);
	two[1] = offer("", 2, 1);
	cr_assert_eq(capability_check(two, 2), ERR_FORMAT);
	memset(two[1].name, 'x', sizeof(two[1].name));
	cr_assert_eq(capability_check(two, 2), ERR_FORMAT);
	two[1].name[sizeof(two[1].name) - 1] = 0;
	cr_assert_eq(capability_check(two, 2), ERR_NONE);

	for (size_t i = 0; i < ARRAY_LEN(local); i++)
		local[i] = offer("foo", i, 1);
	cr_assert_eq(capability_check(local, CAPABILITIES_MAX), ERR_NONE);
	cr_assert_eq(capability_check(local, CAPABILITIES_MAX + 1), ERR_LIMIT);
}

Test(capability, keeps_all_codes_within_32_bits)
{
	struct capability two[2] = { offer("foo", 1, 1),
				     offer("foo", 2, UINT32_MAX - 17) };

	cr_assert_eq(capability_check(two, 2), ERR_NONE);
	two[0].codes = 2;
	cr_assert_eq(capability_check(two, 2), ERR_LIMIT);
	two[0].codes = UINT32_MAX;
	two[1].codes = UINT32_MAX;
	cr_assert_eq(capability_check(two, 2), ERR_LIMIT);
}

Test(capability, allows_a_name_longer_than_eight)
{
	struct capability local[] = { offer("MyProtocol", 1, 1) };
	struct capability_claim theirs[] = { claim("MyProtocol", 1) };
	struct capability_match out[1];

	cr_assert_eq(capability_check(local, 1), ERR_NONE);
	cr_assert_eq(capability_match(out, local, 1, theirs, 1), 1);
	cr_assert_eq(out[0].offset, 16);
}

/* The algorithm as the specification words it, step by step: the model that
 * ours is held against. `theirs` is sorted already. */
static size_t model(struct capability_match *out,
		    const struct capability *local, size_t count,
		    const struct capability_claim *theirs, size_t theirs_count)
{
	uint32_t offset = 16;
	size_t found = 0;

	for (size_t t = 0; t < theirs_count; t++) {
		for (size_t i = 0; i < count; i++) {
			struct span name = span_text(local[i].name);

			if (theirs[t].version != local[i].version ||
			    !span_equal(theirs[t].name, name))
				continue;
			if (found && !strcmp(local[out[found - 1].index].name,
					     local[i].name))
				offset -= local[out[--found].index].codes;
			out[found++] = (struct capability_match){ (uint32_t)i,
								  offset };
			offset += local[i].codes;
			break;
		}
	}
	return found;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* Random names and versions; the codes follow from both, as they must. */
static size_t draw_list(struct capability *out, uint64_t *seed)
{
	static const char *const names[] = { "a", "b",	"ab",	"A",
					     "z", "aa", "eth",	"snap",
					     "~", "zz", "snaq", "MyProtocol" };
	size_t count = draw(seed, 24);
	size_t n = 0;

	while (n < count) {
		uint32_t name = draw(seed, ARRAY_LEN(names));
		uint32_t version = draw(seed, 4);

		out[n++] = offer(names[name], version,
				 (name * 7 + version * 3) % 11);
		if (capability_check(out, n)) {
			n--;
			count--;
		}
	}
	return n;
}

static size_t claims_of(struct capability_claim *out,
			const struct capability *list, size_t count,
			uint64_t *seed)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		out[n++] = claim(list[i].name, list[i].version);
		if (draw(seed, 8) == 0) /* said twice: harmless */
			out[n++] = claim(list[i].name, list[i].version);
	}
	return n;
}

Test(capability, agrees_from_both_sides_and_with_the_specification)
{
	struct capability x[24], y[24];
	struct capability_claim of_x[48], of_y[48];
	struct capability_match mx[24], my[24], want[24];
	size_t shared = 0;
	uint64_t seed = 1;

	for (unsigned round = 0; round < 3000; round++) {
		size_t nx = draw_list(x, &seed);
		size_t ny = draw_list(y, &seed);
		size_t cx = claims_of(of_x, x, nx, &seed);
		size_t cy = claims_of(of_y, y, ny, &seed);
		size_t found = capability_match(mx, x, nx, of_y, cy);

		cr_assert_eq(capability_match(my, y, ny, of_x, cx), found);
		cr_assert_eq(model(want, x, nx, of_y, cy), found);
		for (size_t i = 0; i < found; i++) {
			const struct capability *a = &x[mx[i].index];
			const struct capability *b = &y[my[i].index];

			cr_assert_str_eq(a->name, b->name);
			cr_assert_eq(a->version, b->version);
			cr_assert_eq(mx[i].offset, my[i].offset);
			cr_assert_eq(mx[i].index, want[i].index);
			cr_assert_eq(mx[i].offset, want[i].offset);
		}
		shared += found;
	}
	cr_assert_gt(shared, 3000); /* the lists did meet */
}
