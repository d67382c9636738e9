/* SPDX-License-Identifier: Apache-2.0 */
/* picture.c - the part of drawing.h that draws for a terminal. A cell of text
 * is two dots wide and four high. */
#include <math.h>
#include <stdlib.h>

#include "node/mesh/drawing.h"
#include "node/show.h"

enum {
	COLUMNS_MOST = 76,
	EDGE = 3, /* columns left and right, for labels */
};

struct cell {
	uint8_t dots; /* as in Unicode's Braille patterns */
	char letter;  /* instead of the dots; 0: none */
	bool failed;
};

struct picture {
	const struct drawing *d;
	struct layout layout;
	size_t columns, rows;
	struct cell *cells;
};

/* A circle looks like one when it has twice as many columns as rows. */
static void picture_init(struct picture *p, const struct drawing *d)
{
	double width;

	*p = (struct picture){ .d = d };
	layout_init(&p->layout, &d->topology, d->nodes);
	if (d->topology.kind == TOPOLOGY_LINE) {
		p->columns = (size_t)p->layout.width * 8 + 2 * EDGE + 1;
		p->rows = (size_t)p->layout.height * 3 + 1;
	} else {
		width = 22 + 1.7 * (double)d->nodes;
		p->columns = (size_t)width + 2 * EDGE + 1;
		p->rows = (size_t)(width / 2) + 1;
	}
	if (p->columns > COLUMNS_MOST)
		p->columns = COLUMNS_MOST;
	p->cells = calloc(p->columns * p->rows, sizeof(*p->cells));
	if (!p->cells)
		abort();
}

static void picture_clear(struct picture *p)
{
	free(p->cells);
	layout_clear(&p->layout);
}

static struct cell *cell_at(const struct picture *p, size_t column, size_t row)
{
	return &p->cells[row * p->columns + column];
}

/* In cells, with fractions. */
static struct spot place(const struct picture *p, size_t node)
{
	const struct layout *l = &p->layout;
	double wide = l->width > 0 ? l->spots[node].x / l->width : 0;
	double high = l->height > 0 ? l->spots[node].y / l->height : 0;

	return (struct spot){
		EDGE + wide * (double)(p->columns - 2 * EDGE - 1),
		high * (double)(p->rows - 1),
	};
}

static void set_dot(struct picture *p, long x, long y, bool failed)
{
	static const uint8_t bits[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	struct cell *c;

	if (x < 0 || y < 0 || x >= 2 * (long)p->columns ||
	    y >= 4 * (long)p->rows)
		return;
	c = cell_at(p, (size_t)x / 2, (size_t)y / 4);
	c->dots |= bits[y % 4][x % 2];
	c->failed |= failed;
}

static void draw_link(struct picture *p, size_t i)
{
	const struct mesh_link *link = &p->d->links[i];
	bool failed = p->d->link_failed && p->d->link_failed[i];
	struct spot a = place(p, link->dialer);
	struct spot b = place(p, link->listener);
	/* To the middle of cells, in dots. */
	double x = 2 * a.x + 0.5, y = 4 * a.y + 1.5;
	double dx = 2 * (b.x - a.x), dy = 4 * (b.y - a.y);
	long steps = lround(fmax(fabs(dx), fabs(dy)));

	for (long s = 0; s <= steps; s++) {
		double part = steps ? (double)s / (double)steps : 0;

		/* One that failed has gaps. */
		if (failed && s % 6 > 2)
			continue;
		set_dot(p, lround(x + part * dx), lround(y + part * dy),
			failed);
	}
}

/* The name stands where the node is, between blanks. */
static void draw_node(struct picture *p, size_t i)
{
	struct spot at = place(p, i);
	char label[32];
	size_t row = (size_t)lround(at.y);
	int n = snprintf(label, sizeof(label), " n%zu ", i + 1);
	long column = lround(at.x) - n / 2;

	for (int k = 0; k < n; k++) {
		struct cell *c;

		if (column + k < 0 || column + k >= (long)p->columns)
			continue;
		c = cell_at(p, (size_t)(column + k), row);
		c->letter = label[k];
		c->failed = p->d->node_failed && p->d->node_failed[i];
	}
}

/* The dots of a cell as the closest letter there is. */
static char ascii_of(uint8_t dots)
{
	static const uint8_t upper = 0x1b, lower = 0xe4;

	if (!dots)
		return ' ';
	if (!(dots & upper))
		return '.';
	if (!(dots & lower))
		return '\'';
	return ':';
}

static void print_cell(FILE *out, const struct cell *c,
		       enum drawing_letters letters)
{
	if (c->letter)
		fputc(c->letter, out);
	else if (!c->dots || letters == DRAWING_ASCII)
		fputc(ascii_of(c->dots), out);
	else /* U+2800 and the dots */
		fprintf(out, "\xe2%c%c", 0xa0 | c->dots >> 6,
			0x80 | (c->dots & 0x3f));
}

/* Where the row ends, without the blanks behind. */
static size_t end_of(const struct picture *p, size_t row)
{
	size_t end = p->columns;

	while (end) {
		const struct cell *c = cell_at(p, end - 1, row);

		if (c->letter ? c->letter != ' ' : c->dots)
			break;
		end--;
	}
	return end;
}

static void print_row(FILE *out, const struct picture *p, size_t row,
		      enum drawing_letters letters, bool colour)
{
	size_t end = end_of(p, row);
	bool red = false;

	if (end)
		fputs("  ", out);
	for (size_t i = 0; i < end; i++) {
		const struct cell *c = cell_at(p, i, row);

		if (c->failed != red)
			fputs(show_tone(colour,
					c->failed ? SHOW_BAD : SHOW_PLAIN),
			      out);
		red = c->failed;
		print_cell(out, c, letters);
	}
	if (red)
		fputs(show_tone(colour, SHOW_PLAIN), out);
	fputc('\n', out);
}

void drawing_text(FILE *out, const struct drawing *d,
		  enum drawing_letters letters, bool colour)
{
	struct picture p;

	if (d->nodes > DRAWING_TEXT_MOST)
		return;
	picture_init(&p, d);
	for (size_t i = 0; i < d->link_count; i++)
		draw_link(&p, i);
	for (size_t i = 0; i < d->nodes; i++)
		draw_node(&p, i);
	while (p.rows && !end_of(&p, p.rows - 1))
		p.rows--;
	for (size_t row = 0; row < p.rows; row++)
		print_row(out, &p, row, letters, colour);
	picture_clear(&p);
}
