/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/counters.h"
#include "node/report_inside.h"

static json_t *json_id(const struct node_id *id)
{
	char text[NODE_ID_HEX];

	return json_string(node_id_text(text, id));
}

static json_t *json_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_text(text, a));
}

static json_t *json_record(const struct enr *record)
{
	char text[ENR_TEXT_MAX];

	return json_string(enr_text(text, record));
}

static void put_discovery(json_t *o, const struct discovery *d)
{
	json_t *versions = json_array();

	if ((discovery_v4(d) &&
	     json_array_append_new(versions, json_string("v4"))) ||
	    (discovery_v5(d) &&
	     json_array_append_new(versions, json_string("v5"))))
		abort();
	show_json_set(o, "enr", json_record(discovery_record(d)));
	show_json_set(o, "discovery", versions);
}

void report_json_started(struct report *r, const struct report_start *start)
{
	json_t *o = show_json_event("started");
	json_t *urls = json_array(), *protocols = json_array();
	char text[REPORT_CAPABILITY_MAX];

	for (size_t i = 0; i < start->url_count; i++)
		if (json_array_append_new(urls, json_string(start->urls[i])))
			abort();
	for (size_t i = 0; i < start->offered_count; i++)
		if (json_array_append_new(protocols,
					  json_string(report_capability(
						  text, &start->offered[i]))))
			abort();
	show_json_set(o, "enode", json_string(start->urls[0]));
	show_json_set(o, "listen",
		      start->listen.port ? json_addr(&start->listen)
					 : json_null());
	show_json_set(o, "name", show_json_own(start->name));
	show_json_set(o, "pid", json_integer(getpid()));
	show_json_set(o, "id", json_id(&start->id));
	show_json_set(o, "enodes", urls);
	show_json_set(o, "protocols", protocols);
	show_json_set(o, "datadir", show_json_own(start->datadir));
	if (start->discovery)
		put_discovery(o, start->discovery);
	show_json_line(r->out, o);
}

void report_json_added(struct report *r, const struct server_event *ev)
{
	json_t *o = show_json_event("peer_added");
	json_t *protocols = json_array();
	char text[REPORT_CAPABILITY_MAX];

	for (size_t i = 0; i < ev->shared_count; i++)
		if (json_array_append_new(protocols,
					  json_string(report_capability(
						  text, ev->shared[i]))))
			abort();
	show_json_set(o, "id", json_id(&ev->peer->id));
	show_json_set(o, "name", show_json_text(hello_name(ev->hello)));
	show_json_set(o, "remote", json_addr(&ev->peer->remote));
	show_json_set(o, "inbound", json_boolean(ev->peer->inbound));
	if (ev->peer->source[0])
		show_json_set(o, "source", show_json_own(ev->peer->source));
	show_json_set(o, "protocols", protocols);
	show_json_set(o, "peers", json_integer((json_int_t)ev->peers));
	show_json_line(r->out, o);
}

void report_json_dropped(struct report *r, const struct server_event *ev)
{
	json_t *o = show_json_event("peer_dropped");

	show_json_set(o, "id", json_id(&ev->peer->id));
	show_json_set(o, "reason", json_integer(ev->reason));
	show_json_set(o, "cause", show_json_text(span_text(ev->cause)));
	show_json_set(o, "peers", json_integer((json_int_t)ev->peers));
	show_json_line(r->out, o);
}

void report_json_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next)
{
	json_t *o = show_json_event("dial_failed");
	char url[ENODE_URL_MAX];

	show_json_set(o, "enode", json_string(enode_url(url, node)));
	show_json_set(o, "cause", json_string(cause));
	show_json_set(o, "again", json_boolean(next == REPORT_TRIED_AGAIN));
	show_json_line(r->out, o);
}

void report_json_ready(struct report *r, const struct discovery *d,
		       enum discover_version version)
{
	const struct table *t = report_table(d, version);
	json_t *o = show_json_event("discovery");

	show_json_set(o, "version",
		      json_string(version == DISCOVER_V4 ? "v4" : "v5"));
	show_json_set(o, "known", json_integer((json_int_t)table_count(t)));
	show_json_set(o, "live", json_integer((json_int_t)table_live(t)));
	show_json_line(r->out, o);
}

void report_json_record(struct report *r, const struct enr *record)
{
	json_t *o = show_json_event("record");

	show_json_set(o, "enr", json_record(record));
	show_json_set(o, "seq", json_integer((json_int_t)record->seq));
	show_json_line(r->out, o);
}

void report_json_plugin(struct report *r, const struct log_line *line)
{
	static const char *const taken[] = {
		"started",     "peer_added", "peer_dropped",
		"dial_failed", "stopped",    "dropped_lines",
		"log",	       "discovery",  "record",
	};
	char event[128];
	json_t *o;

	snprintf(event, sizeof(event), "%s", line->area);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (!strcmp(line->area, taken[i]))
			snprintf(event, sizeof(event), "plugin_%s", taken[i]);
	o = show_json_event(event);
	for (const struct log_field *f = line->fields; f->kind != LOG_KIND_END;
	     f++)
		show_json_set(o, f->key, show_json_text(f->text));
	show_json_set(o, "message", show_json_own(line->message));
	show_json_line(r->out, o);
}

void report_json_stopped(struct report *r, const struct server_counters *sums,
			 uint64_t ns)
{
	json_t *o = show_json_event("stopped");

	counters_add(o, sums);
	show_json_set(o, "seconds", json_real((double)ns / 1e9));
	show_json_line(r->out, o);
}
