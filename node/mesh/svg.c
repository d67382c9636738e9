/* SPDX-License-Identifier: Apache-2.0 */
/* svg.c - the part of drawing.h that draws for a browser. */
#include <math.h>

#include "node/mesh/drawing.h"

enum {
	MARGIN = 44, /* pixels around the nodes, for their labels */
	TITLE = 34,  /* above that */
};

struct canvas {
	const struct drawing *d;
	struct layout layout;
	double unit;   /* pixels */
	double radius; /* of a node */
	double font;
	double width;
};

static const char style[] =
	"<style>\n"
	"  .page { fill: #fff }\n"
	"  .title { fill: #24292f }\n"
	"  .link { stroke: #57606a; stroke-opacity: .55 }\n"
	"  .node { fill: #0969da; stroke: #fff; stroke-width: 1.5 }\n"
	"  .name { fill: #24292f; stroke: #fff; stroke-width: 3;"
	" paint-order: stroke }\n"
	"  .link.failed { stroke: #cf222e; stroke-opacity: 1;"
	" stroke-dasharray: 6 4 }\n"
	"  .node.failed { fill: #cf222e }\n"
	"  @media (prefers-color-scheme: dark) {\n"
	"    .page { fill: #0d1117 } .title, .name { fill: #e6edf3 }\n"
	"    .name { stroke: #0d1117 }\n"
	"    .link { stroke: #9ea7b3 } .node { fill: #4493f8; stroke: #0d1117 "
	"}\n"
	"  }\n"
	"</style>\n";

/* Few nodes get more room each. */
static void canvas_init(struct canvas *c, const struct drawing *d)
{
	double least = 240;
	double larger;

	c->d = d;
	layout_init(&c->layout, &d->topology, d->nodes);
	larger = fmax(c->layout.width, c->layout.height);
	c->unit = d->topology.kind == TOPOLOGY_LINE ? 60 : 30;
	if (larger * c->unit < least)
		c->unit = least / larger;
	c->radius = fmin(12, c->unit / 4);
	c->font = fmin(13, fmax(8, c->unit / 3));
	c->width = fmax(c->layout.width * c->unit + 2 * MARGIN, 320);
}

static struct spot at(const struct canvas *c, size_t node)
{
	double left = (c->width - c->layout.width * c->unit) / 2;

	return (struct spot){
		left + c->layout.spots[node].x * c->unit,
		TITLE + MARGIN + c->layout.spots[node].y * c->unit,
	};
}

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(*text, out);
			break;
		}
	}
}

static void print_link(FILE *out, const struct canvas *c, size_t i)
{
	const struct mesh_link *link = &c->d->links[i];
	struct spot from = at(c, link->dialer);
	struct spot to = at(c, link->listener);
	bool failed = c->d->link_failed && c->d->link_failed[i];

	fprintf(out,
		"<line class=\"link%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
		"y2=\"%.1f\"/>\n",
		failed ? " failed" : "", from.x, from.y, to.x, to.y);
}

/* Outside of a circle; else below the node. */
static void print_name(FILE *out, const struct canvas *c, size_t i)
{
	struct spot p = at(c, i);
	const struct spot *spot = &c->layout.spots[i];
	double dx = spot->x - c->layout.middle.x;
	double dy = spot->y - c->layout.middle.y;
	double away = sqrt(dx * dx + dy * dy);
	double far = c->radius + c->font * 0.9;

	if (c->d->topology.kind == TOPOLOGY_LINE || away < 0.01) {
		dx = 0;
		dy = away = 1;
	}
	fprintf(out,
		"<text class=\"name\" x=\"%.1f\" y=\"%.1f\" "
		"text-anchor=\"middle\" dominant-baseline=\"central\">"
		"n%zu</text>\n",
		p.x + dx / away * far, p.y + dy / away * far, i + 1);
}

static void print_node(FILE *out, const struct canvas *c, size_t i)
{
	struct spot p = at(c, i);
	bool failed = c->d->node_failed && c->d->node_failed[i];

	fprintf(out,
		"<circle class=\"node%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>"
		"\n",
		failed ? " failed" : "", p.x, p.y, c->radius);
	print_name(out, c, i);
}

/* Failed links last, so that they lie on top. */
static void print_links(FILE *out, const struct canvas *c)
{
	const struct drawing *d = c->d;

	fprintf(out, "<g stroke-width=\"%.1f\">\n",
		d->link_count > 4 * d->nodes ? 0.6 : 1.6);
	for (int failed = 0; failed < 2; failed++)
		for (size_t i = 0; i < d->link_count; i++)
			if ((d->link_failed && d->link_failed[i]) == failed)
				print_link(out, c, i);
	fputs("</g>\n", out);
}

void drawing_svg(FILE *out, const struct drawing *d)
{
	struct canvas c;
	double height;

	canvas_init(&c, d);
	height = TITLE + 2 * MARGIN + c.layout.height * c.unit;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
		"height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
		"font-family=\"sans-serif\">\n<title>",
		c.width, height, c.width, height);
	print_escaped(out, d->title);
	fprintf(out,
		"</title>\n%s<rect class=\"page\" width=\"%.0f\" "
		"height=\"%.0f\" rx=\"8\"/>\n<text class=\"title\" x=\"%.1f\" "
		"y=\"26\" text-anchor=\"middle\" font-size=\"14\">",
		style, c.width, height, c.width / 2);
	print_escaped(out, d->title);
	fputs("</text>\n", out);
	print_links(out, &c);
	fprintf(out, "<g font-size=\"%.1f\">\n", c.font);
	for (size_t i = 0; i < d->nodes; i++)
		print_node(out, &c, i);
	fputs("</g>\n</svg>\n", out);
	layout_clear(&c.layout);
}
