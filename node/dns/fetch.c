/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns/fetch.h"

#include <stdlib.h>
#include <utlist.h>

#include "p2p/net/txt.h"

enum {
	PROGRESS_MS = 200,
};

struct fetch;

/* A name that is looked up; in the list of its fetch. */
struct asking {
	struct asking *next;
	struct fetch *f;
	uint32_t ask;
	struct net_txt_query *query;
};

struct fetch {
	const struct dnsfetch_config *config;
	struct dns_sync *sync;
	struct dnslist *out;
	bool is_over;
	enum err rc;
	struct why *why;
	struct mono told; /* progress, last */

	struct net_loop *loop; /* NULL with a zone */
	struct net_txt *txt;
	struct net_timer *timer;
	struct asking *askings;
};

static void end(struct fetch *f, enum err rc, const char *text)
{
	f->is_over = true;
	f->rc = rc ? err_fail(f->why, rc, "%s", text) : ERR_NONE;
}

static struct mono now_of(const struct fetch *f)
{
	return f->loop ? net_loop_now(f->loop) : mono_now();
}

/* --- lookups -------------------------------------------------------------- */

static void ask_zone(struct fetch *f, uint32_t ask, const char *name)
{
	struct span values[NET_TXT_VALUES_MAX];
	size_t count =
		dnszone_find(f->config->zone, values, ARRAY_LEN(values), name);

	if (!count)
		dns_sync_fail(f->sync, ask, ERR_NOT_FOUND, "no TXT record");
	else if (count > ARRAY_LEN(values))
		dns_sync_fail(f->sync, ask, ERR_LIMIT, "too many TXT records");
	else
		dns_sync_answer(f->sync, ask, values, count);
}

static void act(struct fetch *f);

static void forget(struct asking *a)
{
	LL_DELETE(a->f->askings, a);
	net_txt_query_close(a->query);
	free(a);
}

static void on_answered(void *ctx, enum err rc, const struct span *values,
			size_t count, const struct why *why)
{
	struct asking *a = ctx;
	struct fetch *f = a->f;

	if (rc)
		dns_sync_fail(f->sync, a->ask, rc, why->text);
	else
		dns_sync_answer(f->sync, a->ask, values, count);
	forget(a);
	act(f);
}

static void ask_dns(struct fetch *f, uint32_t ask, const char *name)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->f = f;
	a->ask = ask;
	LL_PREPEND(f->askings, a);
	a->query = net_txt_ask(f->txt, name, f->config->timeout_ms, on_answered,
			       a);
}

/* --- events --------------------------------------------------------------- */

static void take_record(struct fetch *f, const struct enr *record)
{
	char id[NODE_ID_HEX];
	struct why why = WHY_NONE;

	/* A list may have two of a node; the newer one counts. */
	const struct nodeset_node *node =
		nodeset_find(&f->out->nodes, &record->id);

	if (node && node->record.seq >= record->seq)
		return;
	if (!nodeset_put(&f->out->nodes, NULL, record))
		return;
	err_fail(&why, ERR_LIMIT, "node %s: %s", node_id_text(id, &record->id),
		 record->seq > INT64_MAX ? "seq is beyond 2^63 - 1"
					 : "too many nodes");
	end(f, ERR_LIMIT, why.text);
}

static void done(struct fetch *f)
{
	const struct dns_root *root = dns_sync_root(f->sync);

	f->out->url = *f->config->list;
	f->out->has_url = true;
	f->out->seq = root->seq;
	f->out->sig = root->sig;
	f->out->is_signed = true;
	end(f, ERR_NONE, "");
}

static void take_event(struct fetch *f, const struct dns_event *ev)
{
	switch (ev->type) {
	case DNS_EVENT_ASK:
		(f->loop ? ask_dns : ask_zone)(f, ev->ask, ev->name);
		break;
	case DNS_EVENT_ROOT:
		if (ev->seq > INT64_MAX)
			end(f, ERR_LIMIT, "seq is beyond 2^63 - 1");
		break;
	case DNS_EVENT_RECORD:
		take_record(f, ev->record);
		break;
	case DNS_EVENT_LINK:
		if (dnslist_add_link(f->out, ev->link))
			end(f, ERR_LIMIT, "too many links");
		break;
	case DNS_EVENT_DONE:
		done(f);
		break;
	case DNS_EVENT_FAILED:
	case DNS_EVENT_REFUSED:
		end(f, ev->err, ev->why);
		break;
	case DNS_EVENT_JOINED:
	case DNS_EVENT_LEFT:
		break; /* of a client */
	}
}

static void tell_progress(struct fetch *f)
{
	struct dns_sync_counts counts = dns_sync_counts(f->sync);
	struct mono now = now_of(f);

	if (!f->config->progress || f->is_over ||
	    mono_since_ms(now, f->told) < PROGRESS_MS)
		return;
	f->told = now;
	f->config->progress(f->config->ctx, &counts);
}

static void take_events(struct fetch *f)
{
	struct dns_event ev;

	while (!f->is_over && dns_sync_next(f->sync, &ev, now_of(f)))
		take_event(f, &ev);
	tell_progress(f);
}

static void act(struct fetch *f)
{
	take_events(f);
	if (f->is_over)
		net_loop_stop(f->loop);
	else
		net_timer_set(f->timer, dns_sync_tick(f->sync, now_of(f)));
}

static void on_timer(void *ctx)
{
	act(ctx);
}

/* --- the two ways --------------------------------------------------------- */

static void run_zone(struct fetch *f)
{
	/* Each answer is there at once, so that it never has to wait. */
	while (!f->is_over)
		take_events(f);
}

static void run_dns(struct fetch *f)
{
	f->rc = net_loop_open(&f->loop, f->why);
	if (f->rc)
		return;
	f->txt = net_txt_open(f->loop, &f->config->server);
	f->timer = net_timer_open(f->loop, on_timer, f);
	net_timer_set(f->timer, net_loop_now(f->loop));
	net_loop_run(f->loop);
	while (f->askings)
		forget(f->askings);
	net_timer_close(f->timer);
	net_txt_close(f->txt);
	net_loop_close(f->loop);
}

enum err dnsfetch(struct dnslist *out, struct dns_sync_counts *counts,
		  const struct dnsfetch_config *config, struct why *why)
{
	struct fetch f = { .config = config, .out = out, .why = why };

	f.sync = dns_sync_new(config->list, config->seq_min,
			      config->zone ? DNS_SYNC_RATE_MAX : config->rate,
			      mono_now());
	(config->zone ? run_zone : run_dns)(&f);
	*counts = dns_sync_counts(f.sync);
	dns_sync_free(f.sync);
	if (f.rc)
		dnslist_clear(out);
	return f.rc;
}
