/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ID_SHOWN = 8, /* digits: enough to tell one's peers apart */
};

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

static const char *tone(const struct report *r, enum show_tone t)
{
	return show_tone(r->colour, t);
}

/* The head of a text line: time, subject and whom it is about. */
static void head(struct report *r, enum show_tone t, const char *subject,
		 const char *id)
{
	time_t now = time(NULL);
	char clock[16];
	struct tm tm;

	r->spoke = true;
	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(r->out, "%s%s%s  %s%-6s%s  %.*s  ", tone(r, SHOW_DIM), clock,
		tone(r, SHOW_PLAIN), tone(r, t), subject, tone(r, SHOW_PLAIN),
		ID_SHOWN, id);
}

static void tail(const struct report *r)
{
	fputc('\n', r->out);
	fflush(r->out);
}

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

static void started_json(struct report *r, const struct report_start *start)
{
	json_t *o = show_json_event("started");
	json_t *urls = json_array();

	for (size_t i = 0; i < start->url_count; i++)
		if (json_array_append_new(urls, json_string(start->urls[i])))
			abort();
	show_json_set(o, "enode", json_string(start->urls[0]));
	show_json_set(o, "listen",
		      start->listen.port ? json_addr(&start->listen)
					 : json_null());
	show_json_set(o, "name", show_json_own(start->name));
	show_json_set(o, "pid", json_integer(getpid()));
	show_json_set(o, "id", json_id(&start->id));
	show_json_set(o, "enodes", urls);
	show_json_set(o, "datadir", show_json_own(start->datadir));
	show_json_line(r->out, o);
}

static void row(const struct report *r, const char *what, const char *text,
		const char *note)
{
	fprintf(r->out, "  %s%-9s%s %s%s\n", tone(r, SHOW_DIM), what,
		tone(r, SHOW_PLAIN), text, note);
}

static void started_text(struct report *r, const struct report_start *start)
{
	char listen[ADDR_TEXT_MAX + 32] = "no";
	char id[NODE_ID_SHORT];

	if (start->listen.port && ip_is_unspecified(&start->listen.ip))
		snprintf(listen, sizeof(listen), "port %u on all interfaces",
			 start->listen.port);
	else if (start->listen.port)
		addr_text(listen, &start->listen);
	fprintf(r->out, "%s%s%s\n\n", tone(r, SHOW_BOLD), start->name,
		tone(r, SHOW_PLAIN));
	node_id_short(id, &start->id);
	id[ID_SHOWN] = '\0';
	row(r, "node", id, "");
	row(r, "key", start->key_path, start->key_made ? " (new)" : "");
	row(r, "speaks", start->protocols, "");
	row(r, "listens", listen, start->moved ? " (30303 is busy)" : "");
	for (size_t i = 0; i < start->url_count; i++)
		row(r, i ? "" : "enode", start->urls[i], "");
	if (r->terminal)
		fprintf(r->out, "\n%sCtrl-C stops it%s\n", tone(r, SHOW_DIM),
			tone(r, SHOW_PLAIN));
	tail(r);
}

void report_started(struct report *r, const struct report_start *start)
{
	if (r->form == SHOW_AS_JSON)
		started_json(r, start);
	else
		started_text(r, start);
}

static const char *capability_text(char *out, size_t room,
				   const struct capability *c)
{
	snprintf(out, room, "%s/%" PRIu64, c->name, c->version);
	return out;
}

static void added_json(struct report *r, const struct server_event *ev)
{
	json_t *o = show_json_event("peer_added");
	json_t *protocols = json_array();
	char text[CAPABILITY_NAME_MAX + 24];

	for (size_t i = 0; i < ev->shared_count; i++)
		if (json_array_append_new(
			    protocols,
			    json_string(capability_text(text, sizeof(text),
							ev->shared[i]))))
			abort();
	show_json_set(o, "id", json_id(&ev->peer->id));
	show_json_set(o, "name", show_json_text(hello_name(ev->hello)));
	show_json_set(o, "remote", json_addr(&ev->peer->remote));
	show_json_set(o, "inbound", json_boolean(ev->peer->inbound));
	show_json_set(o, "protocols", protocols);
	show_json_set(o, "peers", json_integer((json_int_t)ev->peers));
	show_json_line(r->out, o);
}

/* Hello's name is what a stranger likes it to be: cut to a line's share. */
static const char *peer_name(char out[SHOW_TEXT_MAX], const struct hello *h)
{
	enum {
		NAME_SHOWN = 48
	};

	return show_text(out, NAME_SHOWN, hello_name(h));
}

static void added_text(struct report *r, const struct server_event *ev)
{
	char text[CAPABILITY_NAME_MAX + 24];
	char remote[ADDR_TEXT_MAX];
	char name[SHOW_TEXT_MAX];
	char id[NODE_ID_SHORT];

	head(r, SHOW_GOOD, "peer", node_id_short(id, &ev->peer->id));
	fprintf(r->out, "connected %s %s  %s ",
		ev->peer->inbound ? "from" : "to",
		addr_text(remote, &ev->peer->remote),
		peer_name(name, ev->hello));
	for (size_t i = 0; i < ev->shared_count; i++)
		fprintf(r->out, " %s",
			capability_text(text, sizeof(text), ev->shared[i]));
	fprintf(r->out, "  %s(%zu peer%s)%s", tone(r, SHOW_DIM), ev->peers,
		ev->peers == 1 ? "" : "s", tone(r, SHOW_PLAIN));
	tail(r);
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
		added_json(r, ev);
	else
		added_text(r, ev);
}

static void dropped_json(struct report *r, const struct server_event *ev)
{
	json_t *o = show_json_event("peer_dropped");

	show_json_set(o, "id", json_id(&ev->peer->id));
	show_json_set(o, "reason", json_integer(ev->reason));
	show_json_set(o, "cause", show_json_text(span_text(ev->cause)));
	show_json_set(o, "peers", json_integer((json_int_t)ev->peers));
	show_json_line(r->out, o);
}

static void dropped_text(struct report *r, const struct server_event *ev)
{
	char cause[REPORT_CAUSE_MAX];
	char id[NODE_ID_SHORT];

	head(r, SHOW_WARN, "peer", node_id_short(id, &ev->peer->id));
	fprintf(r->out, "gone: %s  %s(%zu peer%s)%s",
		show_text(cause, sizeof(cause), span_text(ev->cause)),
		tone(r, SHOW_DIM), ev->peers, ev->peers == 1 ? "" : "s",
		tone(r, SHOW_PLAIN));
	tail(r);
}

void report_peer_dropped(struct report *r, const struct server_event *ev)
{
	if (r->form == SHOW_AS_JSON)
		dropped_json(r, ev);
	else
		dropped_text(r, ev);
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

static void failed_text(struct report *r, const struct enode *node,
			const char *cause, enum report_next next)
{
	struct report_dial *d = dial_of(r, &node->id);
	struct addr at = { .ip = node->ip, .port = node->tcp };
	char addr[ADDR_TEXT_MAX];
	char id[NODE_ID_SHORT];

	if (d && !strcmp(d->cause, cause))
		return;
	if (d)
		snprintf(d->cause, sizeof(d->cause), "%s", cause);
	head(r, SHOW_BAD, "dial", node_id_short(id, &node->id));
	addr_text(addr, &at);
	if (node->host[0])
		fprintf(r->out, "%s:%u: ", node->host, node->tcp);
	else if (!strstr(cause, addr))
		fprintf(r->out, "%s: ", addr);
	fprintf(r->out, "%s", cause);
	if (next == REPORT_TRIED_AGAIN)
		fprintf(r->out, "  %s(trying on)%s", tone(r, SHOW_DIM),
			tone(r, SHOW_PLAIN));
	tail(r);
}

void report_dial_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next)
{
	char text[REPORT_CAUSE_MAX];
	char url[ENODE_URL_MAX];
	json_t *o;

	show_text(text, sizeof(text), span_text(cause));
	if (r->form != SHOW_AS_JSON) {
		failed_text(r, node, text, next);
		return;
	}
	o = show_json_event("dial_failed");
	show_json_set(o, "enode", json_string(enode_url(url, node)));
	show_json_set(o, "cause", json_string(text));
	show_json_set(o, "again", json_boolean(next == REPORT_TRIED_AGAIN));
	show_json_line(r->out, o);
}

void report_foobar(struct report *r, const struct node_id *peer,
		   enum report_way way, const char *text)
{
	char id[NODE_ID_SHORT];
	json_t *o;

	if (r->form != SHOW_AS_JSON) {
		head(r, SHOW_PLAIN, "foobar", node_id_short(id, peer));
		fprintf(r->out, "%s %s", way == REPORT_SENT ? "->" : "<-",
			text);
		tail(r);
		return;
	}
	o = show_json_event("foobar");
	show_json_set(o, "id", json_id(peer));
	show_json_set(o, way == REPORT_SENT ? "sent" : "received",
		      json_string(text));
	show_json_line(r->out, o);
}

void report_foobar_left_out(struct report *r, const struct node_id *peer,
			    uint64_t count)
{
	char id[NODE_ID_SHORT];
	json_t *o;

	if (r->form != SHOW_AS_JSON) {
		head(r, SHOW_PLAIN, "foobar", node_id_short(id, peer));
		fprintf(r->out, "... %" PRIu64 " more left out", count);
		tail(r);
		return;
	}
	o = show_json_event("foobar_left_out");
	show_json_set(o, "id", json_id(peer));
	show_json_set(o, "count", json_integer((json_int_t)count));
	show_json_line(r->out, o);
}

static void plugin_json(struct report *r, const struct log_line *line)
{
	static const char *const taken[] = {
		"started", "peer_added", "peer_dropped",    "dial_failed",
		"stopped", "log",	 "foobar_left_out",
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

/* "-> foo", or what it says and its pairs. */
static void plugin_text(struct report *r, const struct log_line *line)
{
	const struct log_field *f = line->fields;
	char value[SHOW_TEXT_MAX], id[SHOW_TEXT_MAX] = "";
	const char *way = NULL;

	if (f->kind != LOG_KIND_END && !strcmp(f->key, "id")) {
		show_text(id, sizeof(id), f->text); /* head cuts it */
		f++;
	}
	head(r, SHOW_PLAIN, line->area, id);
	if (f->kind != LOG_KIND_END && f[1].kind == LOG_KIND_END)
		way = !strcmp(f->key, "sent")	    ? "->"
		      : !strcmp(f->key, "received") ? "<-"
						    : NULL;
	if (way) {
		fprintf(r->out, "%s %s", way,
			show_text(value, sizeof(value), f->text));
	} else {
		fputs(line->message, r->out);
		for (; f->kind != LOG_KIND_END; f++)
			fprintf(r->out, "  %s=%s", f->key,
				log_value_text(value, sizeof(value), f));
	}
	tail(r);
}

void report_plugin(struct report *r, const struct log_line *line)
{
	if (r->form == SHOW_AS_JSON)
		plugin_json(r, line);
	else
		plugin_text(r, line);
}

static void stopped_json(struct report *r, const struct server_counters *sums,
			 uint64_t ns)
{
	const struct {
		const char *key;
		uint64_t value;
	} members[] = {
		{ "sessions", sums->sessions },
		{ "messages_in", sums->messages_in },
		{ "messages_out", sums->messages_out },
		{ "bytes_in", sums->bytes_in },
		{ "bytes_out", sums->bytes_out },
		{ "accepted", sums->accepted },
		{ "dialed", sums->dialed },
		{ "throttled", sums->throttled },
		{ "replays", sums->replays },
		{ "timeouts_handshake", sums->timeouts_handshake },
		{ "timeouts_idle", sums->timeouts_idle },
		{ "timeouts_slow", sums->timeouts_slow },
		{ "disconnects_sent", sums->disconnects_sent },
		{ "disconnects_received", sums->disconnects_received },
	};
	json_t *o = show_json_event("stopped");
	json_t *faults = json_object();

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		show_json_set(o, members[i].key,
			      json_integer((json_int_t)members[i].value));
	for (int f = RLPX_FAULT_NONE + 1; f < RLPX_FAULT_COUNT; f++)
		if (sums->faults[f])
			show_json_set(
				faults, rlpx_fault_name(f),
				json_integer((json_int_t)sums->faults[f]));
	show_json_set(o, "faults", faults);
	show_json_set(o, "seconds", json_real((double)ns / 1e9));
	show_json_line(r->out, o);
}

static void stopped_text(struct report *r, const struct server_counters *sums,
			 uint64_t ns)
{
	char in[SHOW_AMOUNT_MAX], out[SHOW_AMOUNT_MAX], ran[SHOW_AMOUNT_MAX];

	fprintf(r->out,
		"%sstopped after %s: %" PRIu64 " session%s, %" PRIu64
		" messages in (%s), %" PRIu64 " out (%s)",
		r->spoke ? "\n" : "", show_ms(ran, ns), sums->sessions,
		sums->sessions == 1 ? "" : "s", sums->messages_in,
		show_bytes(in, sums->bytes_in), sums->messages_out,
		show_bytes(out, sums->bytes_out));
	tail(r);
}

void report_stopped(struct report *r, const struct server_counters *sums,
		    uint64_t ns)
{
	if (r->outlet)
		outlet_last(r->outlet);
	if (r->form == SHOW_AS_JSON)
		stopped_json(r, sums, ns);
	else
		stopped_text(r, sums, ns);
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
