/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/lists.h"

#include <ctype.h>
#include <stdlib.h>
#include <utlist.h>

#include "p2p/crypto/rng.h"
#include "p2p/net/later.h"
#include "p2p/net/txt.h"

enum {
	WARNINGS = 5, /* at once, and then one each time: */
	WARNING_MS = 10 * 60 * 1000,
	TURN_MAX = 32, /* events in a turn of the loop */
};

/* A name that is looked up. */
struct asking {
	struct asking *next;
	struct lists *l;
	uint32_t ask;
	struct net_txt_query *query;
};

struct lists {
	struct lists_config config;
	struct dns_client *client;
	struct net_txt *txt;
	struct net_timer *timer;
	struct net_later *turn;
	struct asking *askings;
	unsigned warnings; /* that are left */
	struct mono warned;
};

static struct mono now_of(const struct lists *l)
{
	return net_loop_now(l->config.loop);
}

/* The URL by which a list is remembered: a domain is the same in any case. */
static const char *url_of(char out[DNS_LINK_TEXT], const struct dns_link *link)
{
	struct dns_link lower = *link;

	for (char *c = lower.domain; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return dns_link_text(out, &lower);
}

/* --- lookups -------------------------------------------------------------- */

static void forget(struct asking *a)
{
	LL_DELETE(a->l->askings, a);
	net_txt_query_close(a->query);
	free(a);
}

static void on_answered(void *ctx, enum err rc, const struct span *values,
			size_t count, const struct why *why)
{
	struct asking *a = ctx;
	struct lists *l = a->l;

	if (rc)
		dns_client_fail(l->client, a->ask, rc, why->text, now_of(l));
	else
		dns_client_answer(l->client, a->ask, values, count, now_of(l));
	forget(a);
	net_later_ask(l->turn);
}

static void ask(struct lists *l, const struct dns_event *ev)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->l = l;
	a->ask = ev->ask;
	LL_PREPEND(l->askings, a);
	a->query = net_txt_ask(l->txt, ev->name, DNS_LOOKUP_TIMEOUT_MS,
			       on_answered, a);
}

/* --- events --------------------------------------------------------------- */

/* Whoever serves a list decides how often it is wrong, not how often we say
 * so. */
static enum log_level level_of_warning(struct lists *l)
{
	struct mono now = now_of(l);

	if (l->warnings < WARNINGS &&
	    mono_since_ms(now, l->warned) >= WARNING_MS) {
		l->warnings++;
		l->warned = now;
	}
	if (!l->warnings)
		return LOG_DEBUG;
	if (l->warnings-- == WARNINGS)
		l->warned = now;
	return LOG_WARN;
}

static void tell_fault(struct lists *l, const struct dns_event *ev)
{
	bool is_bad = ev->type == DNS_EVENT_REFUSED || ev->is_whole;
	enum log_level level = is_bad ? level_of_warning(l) : LOG_DEBUG;
	char url[DNS_LINK_TEXT];

	log_event(l->config.log, level, "dns",
		  ev->is_whole ? "a list is of no use now"
		  : is_bad     ? "an entry of a list is left out"
			       : "a lookup failed",
		  LOG_TEXT("why", ev->why),
		  LOG_TEXT("list", url_of(url, ev->list)));
}

static void tell_left(struct lists *l, const struct dns_event *ev)
{
	char url[DNS_LINK_TEXT];

	if (ev->err)
		log_event(l->config.log, level_of_warning(l), "dns",
			  "a list that another links to is not read",
			  LOG_TEXT("why", ev->why),
			  LOG_TEXT("list", url_of(url, ev->list)));
	else
		log_event(l->config.log, LOG_INFO, "dns",
			  "no list links to this one any more",
			  LOG_TEXT("list", url_of(url, ev->list)));
}

static void take_root(struct lists *l, const struct dns_event *ev)
{
	char url[DNS_LINK_TEXT];

	l->config.remember(l->config.ctx, url_of(url, ev->list), ev->seq);
	log_event(l->config.log, LOG_INFO, "dns", "list read",
		  LOG_TEXT("list", url), LOG_U64("seq", ev->seq));
}

/* Before its root is looked at. */
static void remind(struct lists *l, const struct dns_link *list)
{
	char url[DNS_LINK_TEXT];
	uint64_t seq = l->config.seq_of(l->config.ctx, url_of(url, list));

	if (seq)
		dns_client_remember(l->client, list, seq);
}

static void take_event(struct lists *l, const struct dns_event *ev)
{
	char url[DNS_LINK_TEXT];

	switch (ev->type) {
	case DNS_EVENT_ASK:
		ask(l, ev);
		break;
	case DNS_EVENT_ROOT:
		take_root(l, ev);
		break;
	case DNS_EVENT_RECORD:
		l->config.found(l->config.ctx, ev->record);
		break;
	case DNS_EVENT_JOINED:
		remind(l, ev->list);
		log_event(l->config.log, LOG_INFO, "dns",
			  "a list links to this one",
			  LOG_TEXT("list", url_of(url, ev->list)));
		break;
	case DNS_EVENT_LEFT:
		tell_left(l, ev);
		break;
	case DNS_EVENT_FAILED:
	case DNS_EVENT_REFUSED:
		tell_fault(l, ev);
		break;
	case DNS_EVENT_LINK:
	case DNS_EVENT_DONE:
		break; /* of a download */
	}
}

static void on_turn(void *ctx)
{
	struct lists *l = ctx;
	struct dns_event ev;

	for (int i = 0; i < TURN_MAX; i++) {
		if (!dns_client_next(l->client, &ev, now_of(l)))
			break;
		take_event(l, &ev);
	}
	net_timer_set(l->timer, dns_client_tick(l->client, now_of(l)));
}

static void on_timer(void *ctx)
{
	struct lists *l = ctx;

	net_later_ask(l->turn);
}

/* --- open and close ------------------------------------------------------- */

static void add_lists(struct lists *l, const struct lists_config *config)
{
	for (size_t i = 0; i < config->count; i++)
		if (!dns_client_add(l->client, &config->lists[i]))
			remind(l, &config->lists[i]);
}

struct lists *lists_open(const struct lists_config *config)
{
	struct lists *l = calloc(1, sizeof(*l));
	struct secret32 seed;

	if (!l)
		abort();
	l->config = *config;
	l->warnings = WARNINGS;
	rng_bytes(seed.b, sizeof(seed.b));
	l->client = dns_client_new(&seed, now_of(l));
	secret_wipe(&seed, sizeof(seed));
	l->txt = net_txt_open(config->loop, config->server);
	l->timer = net_timer_open(config->loop, on_timer, l);
	l->turn = net_later_open(config->loop, on_turn, l);
	add_lists(l, config);
	return l;
}

void lists_close(struct lists *l)
{
	if (!l)
		return;
	while (l->askings)
		forget(l->askings);
	net_later_close(l->turn);
	net_timer_close(l->timer);
	net_txt_close(l->txt);
	dns_client_free(l->client);
	free(l);
}

void lists_want(struct lists *l, size_t records)
{
	dns_client_want(l->client, records);
	net_later_ask(l->turn);
}

void lists_counts(const struct lists *l, struct dns_client_counts *out)
{
	dns_client_counts(l->client, out);
}
