/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/topology.h"

#include <stdlib.h>
#include <string.h>

#include "test/support/unit.h"

enum {
	MOST = 64
};

static struct topology parsed(const char *text)
{
	struct topology t;

	cr_assert_eq(topology_parse(&t, text, NULL), ERR_NONE, "%s", text);
	return t;
}

/* Every link of the mesh, looked at. */
struct seen {
	bool linked[MOST][MOST];
	size_t degree[MOST];
	size_t dials[MOST];
	size_t count;
};

static void look(struct seen *out, const char *text, size_t nodes,
		 uint64_t seed)
{
	struct topology t = parsed(text);
	struct mesh_link *links;

	memset(out, 0, sizeof(*out));
	links = topology_links_new(&out->count, &t, nodes, seed);
	for (size_t i = 0; i < out->count; i++) {
		size_t a = links[i].dialer, b = links[i].listener;

		cr_assert_lt(a, nodes);
		cr_assert_lt(b, nodes);
		cr_assert_neq(a, b, "%s: a link with itself", text);
		cr_assert_not(out->linked[a][b], "%s: a link twice", text);
		out->linked[a][b] = out->linked[b][a] = true;
		out->degree[a]++;
		out->degree[b]++;
		out->dials[a]++;
	}
	free(links);
}

static size_t reached(const struct seen *s, size_t nodes)
{
	size_t queue[MOST] = { 0 };
	bool found[MOST] = { true };
	size_t count = 1;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < nodes; j++)
			if (s->linked[queue[i]][j] && !found[j]) {
				found[j] = true;
				queue[count++] = j;
			}
	return count;
}

Test(topology, reads_what_it_prints)
{
	static const char *const good[] = { "line", "ring",	"star",
					    "full", "random:2", "random:4999" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char text[TOPOLOGY_TEXT_MAX];
		struct topology t = parsed(good[i]);

		cr_assert_str_eq(topology_text(text, &t), good[i]);
	}
}

Test(topology, refuses_what_is_none)
{
	static const char *const bad[] = { "",		"Ring",
					   "ring ",	"random",
					   "random:",	"random:0",
					   "random:x",	"random:-1",
					   "random:4x", "random:10000" };
	struct topology t = { TOPOLOGY_STAR, 7 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct why why = WHY_NONE;

		cr_assert_eq(topology_parse(&t, bad[i], &why), ERR_FORMAT, "%s",
			     bad[i]);
		cr_assert_neq(why.text[0], '\0');
	}
	cr_assert_eq(t.kind, TOPOLOGY_STAR);
	cr_assert_eq(t.degree, 7);
}

Test(topology, knows_how_many_nodes_it_takes)
{
	static const struct {
		const char *text;
		size_t least;
	} cases[] = { { "line", 2 },	 { "ring", 3 },	    { "star", 2 },
		      { "full", 2 },	 { "random:1", 2 }, { "random:2", 3 },
		      { "random:9", 10 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct topology t = parsed(cases[i].text);

		cr_assert_eq(topology_check(&t, cases[i].least, NULL), ERR_NONE,
			     "%s", cases[i].text);
		cr_assert_eq(topology_check(&t, cases[i].least - 1, NULL),
			     ERR_LIMIT, "%s", cases[i].text);
		cr_assert_eq(topology_check(&t, MESH_NODES_MAX + 1, NULL),
			     ERR_LIMIT);
	}
}

Test(topology, is_not_connected_by_one_link_each)
{
	struct topology t = parsed("random:1");

	cr_assert_eq(topology_check(&t, 3, NULL), ERR_LIMIT);
}

Test(topology, makes_a_line)
{
	struct seen s;

	look(&s, "line", 5, 1);
	cr_assert_eq(s.count, 4);
	for (size_t i = 0; i < 4; i++)
		cr_assert(s.linked[i][i + 1]);
}

Test(topology, makes_a_ring)
{
	struct seen s;

	look(&s, "ring", 5, 1);
	cr_assert_eq(s.count, 5);
	for (size_t i = 0; i < 5; i++) {
		cr_assert(s.linked[i][(i + 1) % 5]);
		cr_assert_eq(s.dials[i], 1);
	}
}

Test(topology, makes_a_star_whose_hub_dials_nobody)
{
	struct seen s;

	look(&s, "star", 5, 1);
	cr_assert_eq(s.count, 4);
	cr_assert_eq(s.degree[0], 4);
	cr_assert_eq(s.dials[0], 0);
}

Test(topology, links_all_of_a_full_mesh_and_shares_the_dialing)
{
	struct seen s;

	look(&s, "full", 20, 1);
	cr_assert_eq(s.count, 190);
	for (size_t i = 0; i < 20; i++) {
		cr_assert_eq(s.degree[i], 19);
		cr_assert(s.dials[i] >= 9 && s.dials[i] <= 10, "%zu",
			  s.dials[i]);
	}
}

Test(topology, gives_each_node_of_a_random_mesh_its_links)
{
	for (uint64_t seed = 0; seed < 50; seed++)
		for (size_t degree = 2; degree < 8; degree++) {
			char text[TOPOLOGY_TEXT_MAX];
			struct topology t = { TOPOLOGY_RANDOM, degree };
			size_t lacking = 0;
			struct seen s;

			look(&s, topology_text(text, &t), 40, seed);
			cr_assert_eq(reached(&s, 40), 40, "%s", text);
			for (size_t i = 0; i < 40; i++) {
				cr_assert_leq(s.degree[i], degree);
				lacking += degree - s.degree[i];
			}
			cr_assert_eq(lacking, 0, "%s seed %d", text, (int)seed);
		}
}

Test(topology, fills_a_small_random_mesh)
{
	struct seen s;

	look(&s, "random:3", 4, 9);
	cr_assert_eq(s.count, 6);
	look(&s, "random:1", 2, 9);
	cr_assert_eq(s.count, 1);
}

Test(topology, leaves_one_with_a_link_less_where_links_are_halves)
{
	for (uint64_t seed = 0; seed < 50; seed++) {
		size_t lacking = 0;
		struct seen s;

		look(&s, "random:3", 21, seed);
		for (size_t i = 0; i < 21; i++)
			lacking += 3 - s.degree[i];
		cr_assert_eq(lacking, 1);
		cr_assert_eq(reached(&s, 21), 21);
	}
}

Test(topology, depends_on_the_seed_alone)
{
	struct seen a, b, c;

	look(&a, "random:4", 30, 7);
	look(&b, "random:4", 30, 7);
	look(&c, "random:4", 30, 8);
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
	cr_assert_neq(memcmp(&a, &c, sizeof(a)), 0);
}

Test(topology, is_never_larger_than_it_said)
{
	static const char *const all[] = { "line", "ring", "star", "full",
					   "random:5" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct topology t = parsed(all[i]);
		struct topology_size size;
		size_t most = 0;
		struct seen s;

		look(&s, all[i], 21, 3);
		topology_size(&size, &t, 21);
		for (size_t n = 0; n < 21; n++)
			most = s.degree[n] > most ? s.degree[n] : most;
		cr_assert_leq(s.count, size.links, "%s", all[i]);
		cr_assert_eq(most, size.degree, "%s", all[i]);
		if (t.kind != TOPOLOGY_RANDOM)
			cr_assert_eq(s.count, size.links, "%s", all[i]);
	}
}
