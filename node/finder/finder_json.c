/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/finder_json.h"

#include <stdlib.h>
#include <time.h>

#include "p2p/base/attr.h"
#include "p2p/discover/table.h"

/* Takes the value. */
static void set(json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		abort();
}

static void set_number(json_t *o, const char *key, uint64_t value)
{
	set(o, key, json_integer((json_int_t)value));
}

/* --- counters ---------------------------------------------------------------
 */

static const char *const v4_types[V4_ENRRESPONSE + 1] = {
	[V4_PING] = "ping",
	[V4_PONG] = "pong",
	[V4_FINDNODE] = "findnode",
	[V4_NEIGHBORS] = "neighbors",
	[V4_ENRREQUEST] = "enrrequest",
	[V4_ENRRESPONSE] = "enrresponse",
};

static const char *const v5_types[V5_TALKRESP + 1] = {
	[V5_PING] = "ping",	    [V5_PONG] = "pong",
	[V5_FINDNODE] = "findnode", [V5_NODES] = "nodes",
	[V5_TALKREQ] = "talkreq",   [V5_TALKRESP] = "talkresp",
};

static json_t *by_type(const uint64_t *counts, const char *const *names,
		       size_t count)
{
	json_t *o = json_object();

	for (size_t i = 1; i < count; i++)
		set_number(o, names[i], counts[i]);
	return o;
}

static void set_table(json_t *o, const struct table *t)
{
	set_number(o, "known", table_count(t));
	set_number(o, "live", table_live(t));
}

static json_t *v4_json(const struct v4 *v4)
{
	const struct v4_stats *s = v4_stats(v4);
	json_t *o = json_object(), *dropped = json_object();

	for (int d = 0; d < V4_DROPS; d++)
		if (s->dropped[d])
			set_number(dropped, v4_drop_name((enum v4_drop)d),
				   s->dropped[d]);
	set_table(o, v4_table(v4));
	set(o, "received", by_type(s->received, v4_types, ARRAY_LEN(v4_types)));
	set(o, "sent", by_type(s->sent, v4_types, ARRAY_LEN(v4_types)));
	set_number(o, "received_bytes", s->received_bytes);
	set_number(o, "sent_bytes", s->sent_bytes);
	set(o, "dropped", dropped);
	return o;
}

static json_t *v5_json(const struct v5 *v5)
{
	const struct v5_stats *s = v5_stats(v5);
	json_t *o = json_object(), *dropped = json_object();

	for (int d = 0; d < V5_DROPS; d++)
		if (s->dropped[d])
			set_number(dropped, v5_drop_name((enum v5_drop)d),
				   s->dropped[d]);
	set_table(o, v5_table(v5));
	set(o, "received", by_type(s->received, v5_types, ARRAY_LEN(v5_types)));
	set(o, "sent", by_type(s->sent, v5_types, ARRAY_LEN(v5_types)));
	set_number(o, "challenges", s->challenges);
	set_number(o, "challenges_repeated", s->repeated);
	set_number(o, "handshakes_made", s->handshakes_made);
	set_number(o, "handshakes_taken", s->handshakes_taken);
	set_number(o, "received_bytes", s->received_bytes);
	set_number(o, "sent_bytes", s->sent_bytes);
	set(o, "dropped", dropped);
	return o;
}

static json_t *udp_json(const struct net_udp_counts *c)
{
	const struct {
		const char *key;
		uint64_t value;
	} members[] = {
		{ "received", c->received },
		{ "received_bytes", c->bytes_in },
		{ "empty", c->empty },
		{ "too_long", c->too_long },
		{ "receive_errors", c->receive_errors },
		{ "sent", c->sent },
		{ "sent_bytes", c->bytes_out },
		{ "dropped", c->dropped },
		{ "send_errors", c->send_errors },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		set_number(o, members[i].key, members[i].value);
	return o;
}

static json_t *dns_json(const struct dns_client_counts *c)
{
	json_t *o = json_object();

	set_number(o, "lists", c->lists);
	set_number(o, "entries", c->entries);
	set_number(o, "cached", c->cached);
	set_number(o, "asked", c->asked);
	set_number(o, "failed", c->failed);
	set_number(o, "records", c->records);
	return o;
}

json_t *finder_counters_json(const struct finder *f)
{
	const struct discovery *d = finder_discovery(f);
	struct finder_counts counts = finder_counts(f);
	json_t *o = json_object();

	set_number(o, "seq", discovery_record(d)->seq);
	set_number(o, "candidates", counts.candidates);
	set_number(o, "remembered", counts.known);
	set_number(o, "unanswerable", discovery_unanswerable(d));
	set(o, "udp", udp_json(&counts.udp));
	if (counts.dns.lists)
		set(o, "dns", dns_json(&counts.dns));
	if (discovery_v4(d))
		set(o, "v4", v4_json(discovery_v4(d)));
	if (discovery_v5(d))
		set(o, "v5", v5_json(discovery_v5(d)));
	return o;
}

/* --- buckets ----------------------------------------------------------------
 */

/* The record, or the URL of a node of which none is known. */
static json_t *node_json(const struct contact *c)
{
	char record[ENR_TEXT_MAX], url[ENODE_URL_MAX];
	struct enode node = {
		.pub = c->pub,
		.id = c->id,
		.ip = c->udp.ip,
		.tcp = c->tcp,
		.udp = c->udp.port,
	};

	if (c->record.len)
		return json_string(enr_text(record, &c->record));
	return json_string(enode_url(url, &node));
}

/* As RFC 3339 has it, of a time on the monotonic clock. */
static json_t *time_json(struct mono at)
{
	time_t t = time(NULL) - (time_t)(mono_since_ms(mono_now(), at) / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static void add_node(void *ctx, const struct table_row *row)
{
	json_t *o = json_object();

	set(o, "node", node_json(row->contact));
	set(o, "addedToTable", time_json(row->added));
	set(o, "addedToBucket", time_json(row->added));
	set_number(o, "checks", row->checks);
	set(o, "live", json_boolean(row->live));
	if (json_array_append_new(json_array_get(ctx, row->bucket), o))
		abort();
}

json_t *finder_buckets_json(const struct finder *f,
			    enum discover_version version)
{
	const struct discovery *d = finder_discovery(f);
	const struct table *t = NULL;
	json_t *buckets;

	if (version == DISCOVER_V4 && discovery_v4(d))
		t = v4_table(discovery_v4(d));
	if (version == DISCOVER_V5 && discovery_v5(d))
		t = v5_table(discovery_v5(d));
	if (!t)
		return NULL;
	buckets = json_array();
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		if (json_array_append_new(buckets, json_array()))
			abort();
	table_visit(t, add_node, buckets);
	return buckets;
}
