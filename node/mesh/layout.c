/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c - the part of drawing.h that places nodes. */
#include <math.h>
#include <stdlib.h>

#include "node/mesh/drawing.h"

static const double turn = 6.283185307179586;

/* First and last at the top of a circle of `count` places, clockwise. */
static void place_on_circle(struct layout *l, struct spot *spots, size_t count)
{
	double radius = (double)count / turn;

	if (radius < 1)
		radius = 1;
	l->width = l->height = 2 * radius;
	l->middle = (struct spot){ radius, radius };
	for (size_t i = 0; i < count; i++) {
		double angle = turn * (double)i / (double)count;

		spots[i].x = radius + radius * sin(angle);
		spots[i].y = radius - radius * cos(angle);
	}
}

/* Rows of equal length, every other one from right to left. */
static void place_snake(struct layout *l, size_t count)
{
	size_t columns = (size_t)ceil(sqrt(2.0 * (double)count));
	size_t rows;

	if (columns < 5)
		columns = count < 5 ? count : 5;
	rows = (count + columns - 1) / columns;
	l->width = (double)(columns - 1);
	l->height = (double)(rows - 1);
	l->middle = (struct spot){ l->width / 2, l->height / 2 };
	for (size_t i = 0; i < count; i++) {
		size_t row = i / columns;
		size_t column = i % columns;

		if (row % 2)
			column = columns - 1 - column;
		l->spots[i] = (struct spot){ (double)column, (double)row };
	}
}

void layout_init(struct layout *l, const struct topology *t, size_t nodes)
{
	*l = (struct layout){ .spots = calloc(nodes, sizeof(*l->spots)) };
	if (!l->spots)
		abort();
	switch (t->kind) {
	case TOPOLOGY_LINE:
		place_snake(l, nodes);
		break;
	case TOPOLOGY_STAR:
		place_on_circle(l, l->spots + 1, nodes - 1);
		l->spots[0] = l->middle;
		break;
	case TOPOLOGY_RING:
	case TOPOLOGY_FULL:
	case TOPOLOGY_RANDOM:
		place_on_circle(l, l->spots, nodes);
		break;
	}
}

void layout_clear(struct layout *l)
{
	free(l->spots);
	l->spots = NULL;
}
