/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "node/report_inside.h"

enum {
	ID_SHOWN = 8, /* digits: enough to tell one's peers apart */
};

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

static void row(const struct report *r, const char *what, const char *text,
		const char *note)
{
	fprintf(r->out, "  %s%-9s%s %s%s\n", tone(r, SHOW_DIM), what,
		tone(r, SHOW_PLAIN), text, note);
}

/* The protocols of our Hello. Without any a node is of little use to others,
 * and somebody who has just begun should read what to do. */
static void tell_offered(const struct report *r,
			 const struct report_start *start)
{
	char text[REPORT_CAPABILITY_MAX];

	fprintf(r->out, "  %s%-9s%s", tone(r, SHOW_DIM), "speaks",
		tone(r, SHOW_PLAIN));
	for (size_t i = 0; i < start->offered_count; i++)
		fprintf(r->out, " %s",
			report_capability(text, &start->offered[i]));
	if (!start->offered_count)
		fputs(" no protocol; load one: weft run --plugin foobar",
		      r->out);
	fputc('\n', r->out);
}

/* Reachable from elsewhere, and without a bootnode to tell by which address? */
static bool is_told_of_loopback(const struct report_start *start)
{
	struct enr_endpoint at;

	enr_endpoint(&at, discovery_record(start->discovery), NULL);
	return ip_is_loopback(&at.ip) && ip_is_unspecified(&start->asked.ip);
}

/* By what it finds nodes, and from where on. */
static void tell_discovery(const struct report *r,
			   const struct report_start *start)
{
	bool v4 = discovery_v4(start->discovery) != NULL;
	bool v5 = discovery_v5(start->discovery) != NULL;
	char record[ENR_TEXT_MAX];

	fprintf(r->out, "  %s%-9s%s nodes by discovery %s%s%s",
		tone(r, SHOW_DIM), "finds", tone(r, SHOW_PLAIN), v4 ? "v4" : "",
		v4 && v5 ? " and " : "", v5 ? "v5" : "");
	if (start->listen.port && start->asked.port != start->listen.port)
		fprintf(r->out, " on UDP port %u", start->asked.port);
	if (start->bootnodes)
		fprintf(r->out, ", beginning with %zu\n", start->bootnodes);
	else
		fputs(", as they come: no --bootnode\n", r->out);
	row(r, "record", enr_text(record, discovery_record(start->discovery)),
	    "");
	if (is_told_of_loopback(start))
		fprintf(r->out,
			"            %sgood on this machine; elsewhere the URL "
			"is, "
			"or say --nat extip:IP%s\n",
			tone(r, SHOW_DIM), tone(r, SHOW_PLAIN));
}

void report_text_started(struct report *r, const struct report_start *start)
{
	const struct addr *at =
		start->listen.port ? &start->listen : &start->asked;
	char listen[ADDR_TEXT_MAX + 32] = "no";
	char id[NODE_ID_SHORT];

	if (at->port && ip_is_unspecified(&at->ip))
		snprintf(listen, sizeof(listen), "port %u on all interfaces",
			 at->port);
	else if (at->port)
		addr_text(listen, at);
	if (at->port && !start->listen.port)
		strcat(listen, ", UDP only");
	fprintf(r->out, "%s%s%s\n\n", tone(r, SHOW_BOLD), start->name,
		tone(r, SHOW_PLAIN));
	node_id_short(id, &start->id);
	id[ID_SHOWN] = '\0';
	row(r, "node", id, "");
	row(r, "key", start->key_path, start->key_made ? " (new)" : "");
	if (start->bootnode_only)
		row(r, "speaks", "nothing: it is a bootnode only", "");
	else
		tell_offered(r, start);
	row(r, "listens", listen, start->moved ? " (30303 is busy)" : "");
	for (size_t i = 0; i < start->url_count; i++)
		row(r, i ? "" : "enode", start->urls[i], "");
	if (start->discovery)
		tell_discovery(r, start);
	if (r->terminal)
		fprintf(r->out, "\n%sCtrl-C stops it%s\n", tone(r, SHOW_DIM),
			tone(r, SHOW_PLAIN));
	tail(r);
}

/* Hello's name is what a stranger likes it to be: cut to a line's share. */
static const char *peer_name(char out[SHOW_TEXT_MAX], const struct hello *h)
{
	enum {
		NAME_SHOWN = 48
	};

	return show_text(out, NAME_SHOWN, hello_name(h));
}

void report_text_added(struct report *r, const struct server_event *ev)
{
	char text[REPORT_CAPABILITY_MAX];
	char remote[ADDR_TEXT_MAX];
	char name[SHOW_TEXT_MAX];
	char id[NODE_ID_SHORT];

	head(r, SHOW_GOOD, "peer", node_id_short(id, &ev->peer->id));
	fprintf(r->out, "connected %s %s", ev->peer->inbound ? "from" : "to",
		addr_text(remote, &ev->peer->remote));
	if (ev->peer->source[0])
		fprintf(r->out, " (%s)", ev->peer->source);
	fprintf(r->out, "  %s ", peer_name(name, ev->hello));
	for (size_t i = 0; i < ev->shared_count; i++)
		fprintf(r->out, " %s", report_capability(text, ev->shared[i]));
	fprintf(r->out, "  %s(%zu peer%s)%s", tone(r, SHOW_DIM), ev->peers,
		ev->peers == 1 ? "" : "s", tone(r, SHOW_PLAIN));
	tail(r);
}

void report_text_dropped(struct report *r, const struct server_event *ev)
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

void report_text_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next)
{
	struct addr at = { .ip = node->ip, .port = node->tcp };
	char addr[ADDR_TEXT_MAX];
	char id[NODE_ID_SHORT];

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

/* The head of a line that is about no peer. */
static void own_head(struct report *r, enum show_tone t, const char *subject)
{
	head(r, t, subject, "        ");
}

void report_text_ready(struct report *r, const struct discovery *d,
		       enum discover_version version)
{
	const struct table *t = report_table(d, version);
	size_t known = table_count(t), live = table_live(t);

	own_head(r, live || !r->has_bootnodes ? SHOW_GOOD : SHOW_BAD,
		 version == DISCOVER_V4 ? "v4" : "v5");
	if (live)
		fprintf(r->out, "knows %zu node%s, of which %zu answered",
			known, known == 1 ? "" : "s", live);
	else if (r->has_bootnodes)
		fprintf(r->out, "no bootnode answers  %s(trying on)%s",
			tone(r, SHOW_DIM), tone(r, SHOW_PLAIN));
	else
		fputs("ready, and knows no node yet", r->out);
	tail(r);
}

void report_text_record(struct report *r, const struct enr *record)
{
	char text[ENR_TEXT_MAX];

	own_head(r, SHOW_PLAIN, "record");
	fputs(enr_text(text, record), r->out);
	tail(r);
}

/* "-> foo", or what it says and its pairs. */
void report_text_plugin(struct report *r, const struct log_line *line)
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

void report_text_stopped(struct report *r, const struct server_counters *sums,
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
