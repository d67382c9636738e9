/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/report_inside.h"

void report_init(struct report *r, FILE *out, enum show_form form, size_t dials)
{
	*r = (struct report){
		.out = out,
		.form = form,
		.colour = show_has_colour(out),
		.terminal = isatty(fileno(out)),
		.dials = calloc(dials ? dials : 1, sizeof(*r->dials)),
		.dial_count = dials,
	};
	if (!r->dials)
		abort();
	if (fileno(out) < 0)
		return;
	fflush(out);
	r->outlet = outlet_open(fileno(out), form);
	r->out = outlet_stream(r->outlet);
}

void report_clear(struct report *r)
{
	if (r->outlet)
		outlet_drain(r->outlet, REPORT_LAST_MS);
	outlet_close(r->outlet);
	r->outlet = NULL;
	r->out = NULL;
	free(r->dials);
	r->dials = NULL;
	r->dial_count = 0;
}

const char *report_capability(char out[REPORT_CAPABILITY_MAX],
			      const struct capability *c)
{
	snprintf(out, REPORT_CAPABILITY_MAX, "%s/%" PRIu64, c->name,
		 c->version);
	return out;
}

void report_started(struct report *r, const struct report_start *start)
{
	r->has_bootnodes = start->bootnodes > 0;
	if (r->form == SHOW_AS_JSON)
		report_json_started(r, start);
	else
		report_text_started(r, start);
}

/* What was told of failed dials counts for nothing once it is a peer. */
static void forget_dial(struct report *r, const struct node_id *id)
{
	for (size_t i = 0; i < r->dial_count; i++)
		if (node_id_equal(&r->dials[i].id, id))
			r->dials[i].cause[0] = '\0';
}

void report_peer_added(struct report *r, const struct server_event *ev)
{
	forget_dial(r, &ev->peer->id);
	if (r->form == SHOW_AS_JSON)
		report_json_added(r, ev);
	else
		report_text_added(r, ev);
}

void report_peer_dropped(struct report *r, const struct server_event *ev)
{
	if (r->form == SHOW_AS_JSON)
		report_json_dropped(r, ev);
	else
		report_text_dropped(r, ev);
}

/* The entry of this node, or a free one. NULL cannot be while no more nodes
 * are dialed than report_init was told. */
static struct report_dial *dial_of(struct report *r, const struct node_id *id)
{
	static const struct node_id unused;

	for (size_t i = 0; i < r->dial_count; i++) {
		struct report_dial *d = &r->dials[i];

		if (node_id_equal(&d->id, &unused))
			d->id = *id;
		if (node_id_equal(&d->id, id))
			return d;
	}
	return NULL;
}

/* Was that the last we told of this node? */
static bool is_known(struct report *r, const struct enode *node,
		     const char *cause)
{
	struct report_dial *d = dial_of(r, &node->id);

	if (!d)
		return false;
	if (!strcmp(d->cause, cause))
		return true;
	snprintf(d->cause, sizeof(d->cause), "%s", cause);
	return false;
}

void report_dial_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next)
{
	char text[REPORT_CAUSE_MAX];

	show_text(text, sizeof(text), span_text(cause));
	if (r->form == SHOW_AS_JSON)
		report_json_failed(r, node, text, next);
	else if (!is_known(r, node, text))
		report_text_failed(r, node, text, next);
}

const struct table *report_table(const struct discovery *d,
				 enum discover_version version)
{
	return version == DISCOVER_V4 ? v4_table(discovery_v4(d))
				      : v5_table(discovery_v5(d));
}

static void tell_ready(struct report *r, const struct discovery *d,
		       enum discover_version version)
{
	size_t live = table_live(report_table(d, version));

	if (live)
		r->lonely &= ~(unsigned)version;
	else
		r->lonely |= (unsigned)version;
	if (r->form == SHOW_AS_JSON)
		report_json_ready(r, d, version);
	else if (live || !r->has_bootnodes)
		report_text_ready(r, d, version);
}

/* Whether a bootnode answers shows after the first refresh: a table that it
 * found empty begins the next one within seconds. */
static void tell_unanswered(struct report *r, const struct discovery *d,
			    enum discover_version version)
{
	if (r->form == SHOW_AS_JSON || !r->has_bootnodes ||
	    !(r->lonely & ~r->told_lonely & version))
		return;
	r->told_lonely |= (unsigned)version;
	report_text_ready(r, d, version);
}

void report_found(struct report *r, const struct discovery *d,
		  const struct discover_event *ev)
{
	if (ev->type == DISCOVER_READY ||
	    (ev->type == DISCOVER_LIVE && r->lonely & ev->version))
		tell_ready(r, d, ev->version);
	else if (ev->type == DISCOVER_SEEDS)
		tell_unanswered(r, d, ev->version);
	else if (ev->type == DISCOVER_SELF && r->form == SHOW_AS_JSON)
		report_json_record(r, &ev->node.record);
	else if (ev->type == DISCOVER_SELF)
		report_text_record(r, &ev->node.record);
}

void report_plugin(struct report *r, const struct log_line *line)
{
	if (r->form == SHOW_AS_JSON)
		report_json_plugin(r, line);
	else
		report_text_plugin(r, line);
}

void report_stopped(struct report *r, const struct server_counters *sums,
		    uint64_t ns)
{
	if (r->outlet)
		outlet_last(r->outlet);
	if (r->form == SHOW_AS_JSON)
		report_json_stopped(r, sums, ns);
	else
		report_text_stopped(r, sums, ns);
	if (r->outlet)
		outlet_drain(r->outlet, REPORT_LAST_MS);
}

bool report_is_broken(const struct report *r)
{
	return ferror(r->out) || (r->outlet && outlet_is_broken(r->outlet));
}

void report_watch(struct report *r, void (*broke)(void *ctx), void *ctx)
{
	if (r->outlet)
		outlet_watch(r->outlet, broke, ctx);
}
