/* SPDX-License-Identifier: Apache-2.0 */
/* drawing.h - a mesh as a picture: where its nodes lie, as SVG, and as text for
 * a terminal. Pure, but that it prints; the same mesh looks the same.
 *
 * A line is laid out as a snake, a star around its hub, all others on a circle,
 * from the top clockwise. */
#ifndef NODE_MESH_DRAWING_H
#define NODE_MESH_DRAWING_H

#include <stdbool.h>
#include <stdio.h>

#include "node/mesh/topology.h"

enum {
	DRAWING_TEXT_MOST = 24, /* nodes of a picture as text */
};

/* Borrowed. */
struct drawing {
	const char *title;
	struct topology topology;
	size_t nodes;
	const struct mesh_link *links;
	size_t link_count;
	const bool *node_failed; /* of each; NULL: none */
	const bool *link_failed;
};

/* A place; one unit is the distance that neighbours should have. */
struct spot {
	double x, y;
};

/* Where all nodes lie, in an area that begins at 0, 0. */
struct layout {
	struct spot *spots;
	double width, height;
	struct spot middle;
};

void layout_init(struct layout *l, const struct topology *t, size_t nodes);
void layout_clear(struct layout *l);

/* drawing_svg - a document of its own. What failed is red; links dashed. */
void drawing_svg(FILE *out, const struct drawing *d);

enum drawing_letters {
	DRAWING_ASCII,
	DRAWING_UTF8, /* lines of Braille dots */
};

/* drawing_text - for at most DRAWING_TEXT_MOST nodes; nothing for more. */
void drawing_text(FILE *out, const struct drawing *d,
		  enum drawing_letters letters, bool colour);

#endif
