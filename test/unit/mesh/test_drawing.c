/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test/support/unit.h"

/* A mesh to draw; `failed` is a link and a node of it. */
struct model {
	struct drawing d;
	struct mesh_link *links;
	bool link_failed[64], node_failed[64];
	char *text;
	size_t len;
};

static void model_init(struct model *m, enum topology_kind kind, size_t nodes)
{
	*m = (struct model){ .d = { .title = "five & <more>",
				    .topology = { .kind = kind },
				    .nodes = nodes } };
	m->links =
		topology_links_new(&m->d.link_count, &m->d.topology, nodes, 1);
	m->d.links = m->links;
	m->d.link_failed = m->link_failed;
	m->d.node_failed = m->node_failed;
}

static void model_clear(struct model *m)
{
	free(m->links);
	free(m->text);
}

static const char *svg_of(struct model *m)
{
	FILE *out;

	free(m->text);
	out = open_memstream(&m->text, &m->len);
	drawing_svg(out, &m->d);
	fclose(out);
	return m->text;
}

static const char *text_of(struct model *m, enum drawing_letters letters,
			   bool colour)
{
	FILE *out;

	free(m->text);
	out = open_memstream(&m->text, &m->len);
	drawing_text(out, &m->d, letters, colour);
	fclose(out);
	return m->text;
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static double apart(const struct layout *l, size_t a, size_t b)
{
	double dx = l->spots[a].x - l->spots[b].x;
	double dy = l->spots[a].y - l->spots[b].y;

	return sqrt(dx * dx + dy * dy);
}

Test(drawing, keeps_all_nodes_apart_and_inside)
{
	for (enum topology_kind kind = 0; kind <= TOPOLOGY_RANDOM; kind++)
		for (size_t nodes = 2; nodes < 70; nodes++) {
			struct topology t = { .kind = kind, .degree = 2 };
			struct layout l;

			layout_init(&l, &t, nodes);
			for (size_t i = 0; i < nodes; i++) {
				cr_assert(l.spots[i].x > -0.01 &&
					  l.spots[i].x < l.width + 0.01);
				cr_assert(l.spots[i].y > -0.01 &&
					  l.spots[i].y < l.height + 0.01);
				for (size_t j = 0; j < i; j++)
					cr_assert_gt(apart(&l, i, j), 0.8,
						     "%d %zu: %zu, %zu", kind,
						     nodes, i, j);
			}
			layout_clear(&l);
		}
}

Test(drawing, lays_a_line_as_a_snake)
{
	struct topology t = { .kind = TOPOLOGY_LINE };
	struct layout l;

	layout_init(&l, &t, 30);
	for (size_t i = 1; i < 30; i++)
		cr_assert_lt(fabs(apart(&l, i - 1, i) - 1), 0.01);
	layout_clear(&l);
}

Test(drawing, puts_the_hub_of_a_star_in_the_middle)
{
	struct topology t = { .kind = TOPOLOGY_STAR };
	struct layout l;

	layout_init(&l, &t, 9);
	for (size_t i = 2; i < 9; i++)
		cr_assert_lt(fabs(apart(&l, 0, i) - apart(&l, 0, 1)), 0.01);
	layout_clear(&l);
}

Test(drawing, draws_each_node_and_link_once_as_svg)
{
	struct model m;
	const char *svg;

	model_init(&m, TOPOLOGY_RING, 12);
	svg = svg_of(&m);
	cr_assert_eq(times(svg, "<line "), 12);
	cr_assert_eq(times(svg, "<circle "), 12);
	cr_assert_eq(times(svg, ">n1</text>"), 1);
	cr_assert_eq(times(svg, ">n12</text>"), 1);
	cr_assert_eq(times(svg, "class=\"link failed\""), 0);
	cr_assert_eq(times(svg, "class=\"node failed\""), 0);
	cr_assert_eq(times(svg, "five &amp; &lt;more&gt;"), 2);
	cr_assert_not_null(strstr(svg, "</svg>\n"));
	cr_assert_null(strstr(svg, "nan\""));
	model_clear(&m);
}

Test(drawing, shows_what_failed)
{
	struct model m;
	const char *text;

	model_init(&m, TOPOLOGY_STAR, 6);
	m.link_failed[2] = true;
	m.node_failed[3] = true;
	text = svg_of(&m);
	cr_assert_eq(times(text, "class=\"link failed\""), 1);
	cr_assert_eq(times(text, "class=\"node failed\""), 1);
	text = text_of(&m, DRAWING_UTF8, true);
	cr_assert_not_null(strstr(text, "\x1b[31m n4"));
	text = text_of(&m, DRAWING_UTF8, false);
	cr_assert_null(strchr(text, '\x1b'));
	model_clear(&m);
}

Test(drawing, names_each_node_of_a_small_mesh_as_text)
{
	for (enum topology_kind kind = 0; kind < TOPOLOGY_RANDOM; kind++)
		for (size_t nodes = 3; nodes <= DRAWING_TEXT_MOST; nodes++) {
			struct model m;
			const char *text;

			model_init(&m, kind, nodes);
			memset(m.link_failed, 0, sizeof(m.link_failed));
			m.d.link_failed = NULL;
			text = text_of(&m, DRAWING_ASCII, false);
			for (size_t i = 0; i < nodes; i++) {
				char name[32];

				/* A blank behind it, or the row's end. */
				snprintf(name, sizeof(name), "n%zu ", i + 1);
				if (times(text, name) == 1)
					continue;
				name[strlen(name) - 1] = '\n';
				cr_assert_eq(times(text, name), 1,
					     "%d %zu: %s\n%s", kind, nodes,
					     name, text);
			}
			for (; *text; text++)
				cr_assert(*text == '\n' ||
					  (*text >= ' ' && *text < 127));
			model_clear(&m);
		}
}

Test(drawing, has_no_blanks_at_the_end_of_its_rows)
{
	struct model m;
	const char *text;

	model_init(&m, TOPOLOGY_RING, 5);
	text = text_of(&m, DRAWING_UTF8, false);
	cr_assert_null(strstr(text, " \n"));
	cr_assert_null(strstr(text, "\n\n"));
	cr_assert_neq(text[0], '\n');
	cr_assert_not_null(strstr(text, "\xe2\xa0")); /* dots */
	model_clear(&m);
}

Test(drawing, leaves_a_large_mesh_to_svg)
{
	struct model m;

	model_init(&m, TOPOLOGY_RING, DRAWING_TEXT_MOST + 1);
	cr_assert_str_eq(text_of(&m, DRAWING_UTF8, false), "");
	model_clear(&m);
}
