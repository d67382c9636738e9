/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/mesh_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	NODES_SHOWN = 40,    /* rows of the table; beyond it, only sums */
	FAILURES_SHOWN = 40, /* of nodes and of links each */
};

/* --- the drawing -------------------------------------------------------------
 */

static void *new_array(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		abort();
	return p;
}

void mesh_drawing_init(struct mesh_drawing *d, const struct mesh_config *config,
		       const struct tally *t)
{
	char text[TOPOLOGY_TEXT_MAX];

	*d = (struct mesh_drawing){
		.links = new_array(t->links, sizeof(*d->links)),
		.link_failed = new_array(t->links, sizeof(*d->link_failed)),
		.node_failed = new_array(t->nodes, sizeof(*d->node_failed)),
	};
	for (size_t i = 0; i < t->links; i++) {
		d->links[i] = t->link[i].link;
		d->link_failed[i] = !tally_is_done(t, &t->link[i]);
	}
	for (size_t i = 0; i < t->nodes; i++)
		d->node_failed[i] = t->node[i].why[0] != '\0';
	snprintf(d->title, sizeof(d->title),
		 "%zu nodes, %s, seed %" PRIu64 ": %zu of %zu links", t->nodes,
		 topology_text(text, &t->topology), config->seed, t->done,
		 t->links);
	d->drawing = (struct drawing){
		.title = d->title,
		.topology = t->topology,
		.nodes = t->nodes,
		.links = d->links,
		.link_count = t->links,
		.node_failed = d->node_failed,
		.link_failed = d->link_failed,
	};
}

void mesh_drawing_clear(struct mesh_drawing *d)
{
	free(d->links);
	free(d->link_failed);
	free(d->node_failed);
}

/* What the terminal is told to expect by its environment; we print no other
 * letters that would need a locale. */
static enum drawing_letters letters(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (!value || !*value)
			continue;
		return strcasestr(value, "utf-8") || strcasestr(value, "utf8")
			       ? DRAWING_UTF8
			       : DRAWING_ASCII;
	}
	return DRAWING_ASCII;
}

/* --- as text -----------------------------------------------------------------
 */

static void print_picture(const struct mesh_config *config,
			  const struct tally *t)
{
	struct mesh_drawing d;

	if (t->nodes > DRAWING_TEXT_MOST)
		return;
	mesh_drawing_init(&d, config, t);
	drawing_text(stdout, &d.drawing, letters(), show_has_colour(stdout));
	mesh_drawing_clear(&d);
	putchar('\n');
}

static void print_row(const struct tally *t, size_t i)
{
	const struct tally_node *n = &t->node[i];
	char in[SHOW_AMOUNT_MAX], out[SHOW_AMOUNT_MAX];
	const struct addr at = { n->self.ip, n->self.tcp };
	char name[TALLY_NAME_MAX], addr[ADDR_TEXT_MAX], id[NODE_ID_SHORT];

	printf("  %-5s  %-16s  %-15s  %5zu  %6" PRIu64 "  %6" PRIu64
	       "  %9s  %9s\n",
	       tally_name(name, i),
	       n->listens ? node_id_short(id, &n->self.id) : "-",
	       n->listens ? addr_text(addr, &at) : "-", n->degree,
	       n->messages_in, n->messages_out, show_bytes(in, n->bytes_in),
	       show_bytes(out, n->bytes_out));
}

static void print_table(const struct tally *t)
{
	printf("  node   id                address          links"
	       "      in     out   bytes in  bytes out\n");
	for (size_t i = 0; i < t->nodes && i < NODES_SHOWN; i++)
		print_row(t, i);
	if (t->nodes > NODES_SHOWN)
		printf("  ... and %zu more\n", t->nodes - NODES_SHOWN);
	putchar('\n');
}

static double as_ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void print_round_trips(const struct tally_sums *s)
{
	if (s->round_trips)
		printf("  round trips  min %.2f  median %.2f  p90 %.2f  "
		       "p99 %.2f  max %.2f ms\n",
		       as_ms(s->least_ns), as_ms(s->median_ns),
		       as_ms(s->p90_ns), as_ms(s->p99_ns), as_ms(s->most_ns));
}

static void print_sums(const struct tally *t, const struct mesh_times *times)
{
	char in[SHOW_AMOUNT_MAX], out[SHOW_AMOUNT_MAX];
	char forming[SHOW_AMOUNT_MAX], running[SHOW_AMOUNT_MAX];
	char stopping[SHOW_AMOUNT_MAX];
	struct tally_sums s;

	tally_sum(&s, t);
	printf("  links        %zu of %zu up", t->up, t->links);
	if (t->wants_talk)
		printf(", %zu of them with foo and bar both ways", t->done);
	printf("\n  messages     %" PRIu64 " in (%s), %" PRIu64 " out (%s)\n",
	       s.messages_in, show_bytes(in, s.bytes_in), s.messages_out,
	       show_bytes(out, s.bytes_out));
	print_round_trips(&s);
	if (times->forming_ns)
		printf("  time         %s to form, %s running, %s to stop\n",
		       show_ms(forming, times->forming_ns),
		       show_ms(running, times->running_ns),
		       show_ms(stopping, times->stopping_ns));
}

static void print_failed_nodes(const struct tally *t)
{
	char name[TALLY_NAME_MAX];
	size_t failed = 0;

	for (size_t i = 0; i < t->nodes; i++) {
		if (!t->node[i].why[0] || failed++ >= FAILURES_SHOWN)
			continue;
		printf("  node %s failed: %s\n", tally_name(name, i),
		       t->node[i].why);
	}
	if (failed > FAILURES_SHOWN)
		printf("  ... and %zu more nodes\n", failed - FAILURES_SHOWN);
}

static void print_failed_links(const struct tally *t)
{
	char from[TALLY_NAME_MAX], to[TALLY_NAME_MAX];
	char why[TALLY_WHY_MAX];
	size_t failed = 0;

	for (size_t i = 0; i < t->links; i++) {
		const struct tally_link *l = &t->link[i];

		if (tally_is_done(t, l) || failed++ >= FAILURES_SHOWN)
			continue;
		printf("  link %s -> %s failed: %s\n",
		       tally_name(from, l->link.dialer),
		       tally_name(to, l->link.listener),
		       tally_link_why(why, t, l));
	}
	if (failed > FAILURES_SHOWN)
		printf("  ... and %zu more links\n", failed - FAILURES_SHOWN);
}

static void print_end(const struct mesh_config *config, const struct tally *t,
		      const struct mesh_times *times, bool ok)
{
	bool colour = show_has_colour(stdout);
	char text[TOPOLOGY_TEXT_MAX];

	printf("mesh of %zu nodes, %s, seed %" PRIu64 "%s\n\n", t->nodes,
	       topology_text(text, &t->topology), config->seed,
	       config->processes ? ", in processes" : "");
	print_picture(config, t);
	print_table(t);
	print_sums(t, times);
	fputs(show_tone(colour, SHOW_BAD), stdout);
	print_failed_nodes(t);
	print_failed_links(t);
	if (t->strangers)
		printf("  %zu ends of sessions are no link's\n", t->strangers);
	fputs(show_tone(colour, SHOW_PLAIN), stdout);
	printf("  %s%s%s\n", show_tone(colour, ok ? SHOW_GOOD : SHOW_BAD),
	       ok ? "all links formed, all nodes stopped" : "failed",
	       show_tone(colour, SHOW_PLAIN));
}

/* --- as JSON -----------------------------------------------------------------
 */

static json_t *count_of(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *seconds_of(uint64_t ns)
{
	return json_real((double)ns / 1e9);
}

static json_t *ms_of(uint64_t ns)
{
	return json_real((double)ns / 1e6);
}

static json_t *why_of(const char *why)
{
	return *why ? show_json_text(span_text(why)) : json_null();
}

static json_t *name_of(size_t node)
{
	char name[TALLY_NAME_MAX];

	return json_string(tally_name(name, node));
}

/* A seed is any 64 bits, of which JSON's readers often keep 53: so as text. */
static json_t *seed_of(uint64_t seed)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, seed);
	return json_string(text);
}

void mesh_report_plan(const struct mesh_config *config, size_t links,
		      const struct budget_need *need)
{
	char text[TOPOLOGY_TEXT_MAX];
	json_t *o, *needs;

	if (config->form != SHOW_AS_JSON)
		return;
	o = show_json_event("plan");
	needs = json_object();
	show_json_set(o, "nodes", count_of(config->nodes));
	show_json_set(o, "topology",
		      json_string(topology_text(text, &config->topology)));
	show_json_set(o, "seed", seed_of(config->seed));
	show_json_set(o, "processes", json_boolean(config->processes));
	show_json_set(o, "links", count_of(links));
	show_json_set(needs, "sessions", count_of(need->sessions));
	show_json_set(needs, "descriptors", count_of(need->descriptors));
	show_json_set(needs, "stacks", count_of(need->stacks));
	show_json_set(needs, "mappings", count_of(need->mappings));
	show_json_set(needs, "memory", count_of(need->memory));
	show_json_set(needs, "tasks", count_of(need->tasks));
	show_json_set(o, "needs", needs);
	show_json_line(stdout, o);
}

void mesh_report_formed(const struct mesh_config *config,
			const struct mesh_times *times)
{
	json_t *o;

	if (config->form != SHOW_AS_JSON)
		return;
	o = show_json_event("formed");
	show_json_set(o, "seconds", seconds_of(times->forming_ns));
	show_json_line(stdout, o);
}

static void node_json(const struct tally *t, size_t i)
{
	const struct tally_node *n = &t->node[i];
	char url[ENODE_URL_MAX];
	json_t *o = show_json_event("node");

	show_json_set(o, "name", name_of(i));
	show_json_set(o, "enode",
		      n->listens ? json_string(enode_url(url, &n->self))
				 : json_null());
	show_json_set(o, "links", count_of(n->degree));
	show_json_set(o, "messages_in", count_of(n->messages_in));
	show_json_set(o, "messages_out", count_of(n->messages_out));
	show_json_set(o, "bytes_in", count_of(n->bytes_in));
	show_json_set(o, "bytes_out", count_of(n->bytes_out));
	show_json_set(o, "stopped", json_boolean(n->stopped));
	show_json_set(o, "ok", json_boolean(!n->why[0]));
	show_json_set(o, "why", why_of(n->why));
	show_json_line(stdout, o);
}

static json_t *end_json(const struct tally_end *end, bool talks)
{
	const struct tally_talk *k = &end->talk;
	json_t *o = json_object();

	show_json_set(o, "up", json_boolean(end->up));
	if (!talks)
		return o;
	show_json_set(o, "foo_in", count_of(k->foo_in));
	show_json_set(o, "foo_out", count_of(k->foo_out));
	show_json_set(o, "bar_in", count_of(k->bar_in));
	show_json_set(o, "bar_out", count_of(k->bar_out));
	show_json_set(o, "round_trip_ms",
		      k->round_trip_ns ? ms_of(k->round_trip_ns) : json_null());
	return o;
}

static void link_json(const struct tally *t, const struct tally_link *l)
{
	char why[TALLY_WHY_MAX];
	json_t *o = show_json_event("link");

	show_json_set(o, "dialer", name_of(l->link.dialer));
	show_json_set(o, "listener", name_of(l->link.listener));
	show_json_set(o, "losses", count_of(l->losses));
	show_json_set(o, "at_dialer", end_json(&l->ends[0], t->wants_talk));
	show_json_set(o, "at_listener", end_json(&l->ends[1], t->wants_talk));
	show_json_set(o, "ok", json_boolean(tally_is_done(t, l)));
	show_json_set(o, "why", why_of(tally_link_why(why, t, l)));
	show_json_line(stdout, o);
}

static json_t *round_trips_json(const struct tally_sums *s)
{
	json_t *o = json_object();

	show_json_set(o, "count", count_of(s->round_trips));
	if (!s->round_trips)
		return o;
	show_json_set(o, "min", ms_of(s->least_ns));
	show_json_set(o, "p50", ms_of(s->median_ns));
	show_json_set(o, "p90", ms_of(s->p90_ns));
	show_json_set(o, "p99", ms_of(s->p99_ns));
	show_json_set(o, "max", ms_of(s->most_ns));
	return o;
}

static json_t *times_json(const struct mesh_times *times)
{
	json_t *o = json_object();

	show_json_set(o, "forming",
		      times->forming_ns ? seconds_of(times->forming_ns)
					: json_null());
	show_json_set(o, "running", seconds_of(times->running_ns));
	show_json_set(o, "stopping", seconds_of(times->stopping_ns));
	return o;
}

static void end_json_lines(const struct tally *t,
			   const struct mesh_times *times, bool ok)
{
	struct tally_sums s;
	json_t *o;

	for (size_t i = 0; i < t->nodes; i++)
		node_json(t, i);
	for (size_t i = 0; i < t->links; i++)
		link_json(t, &t->link[i]);
	tally_sum(&s, t);
	o = show_json_event("result");
	show_json_set(o, "ok", json_boolean(ok));
	show_json_set(o, "nodes", count_of(t->nodes));
	show_json_set(o, "nodes_failed", count_of(s.nodes_failed));
	show_json_set(o, "links", count_of(t->links));
	show_json_set(o, "links_failed", count_of(s.links_failed));
	show_json_set(o, "strangers", count_of(t->strangers));
	show_json_set(o, "messages_in", count_of(s.messages_in));
	show_json_set(o, "messages_out", count_of(s.messages_out));
	show_json_set(o, "bytes_in", count_of(s.bytes_in));
	show_json_set(o, "bytes_out", count_of(s.bytes_out));
	show_json_set(o, "round_trip_ms", round_trips_json(&s));
	show_json_set(o, "seconds", times_json(times));
	show_json_line(stdout, o);
}

void mesh_report_end(const struct mesh_config *config, const struct tally *t,
		     const struct mesh_times *times, bool ok)
{
	if (config->form == SHOW_AS_JSON)
		end_json_lines(t, times, ok);
	else
		print_end(config, t, times, ok);
	fflush(stdout);
}
